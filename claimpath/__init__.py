"""The command line of Claimpath."""
