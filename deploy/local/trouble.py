"""What can be expected to go wrong while the network starts, runs and stops."""


class Trouble(Exception):
    """One sentence for the person at the terminal; it is shown without a stack trace."""
