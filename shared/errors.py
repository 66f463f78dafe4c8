"""The three kinds of trouble, and what is done about each.

    ClaimpathError
    ├── Unprocessable        a message that cannot be understood: park it
    │   ├── Unreadable         the bytes are not the event they claim to be
    │   ├── UnknownType        no contract has this event type
    │   └── UnknownSubject     nothing is known here of the claim it speaks about
    ├── Weather              a server is away: wait and try again, park nothing
    │   ├── StoreDown
    │   └── BrokerDown
    └── Held                 an earlier message of the claim is parked: queue behind it

Everything else that is raised is a bug. The runtime parks the message that met it, so that one
claim waits for a corrected release and all others go on; the log has the traceback.
An expected refusal is none of these: it is a fact (`shared.decider.Refusal`).
"""


class ClaimpathError(Exception):
    """Root of everything that Claimpath raises on purpose."""


class Unprocessable(ClaimpathError):
    """A message that cannot be understood. Trying again does not help."""


class Unreadable(Unprocessable):
    """The bytes are not a CloudEvent, or not the JSON that their type promises."""


class UnknownType(Unprocessable):
    """No contract of this release has the event's type."""


class UnknownSubject(Unprocessable):
    """The event speaks of a claim that this service has never heard of."""


class Weather(ClaimpathError):
    """A server is away. The same thing will work later."""


class StoreDown(Weather):
    """MongoDB did not answer, or could not say whether it wrote."""


class BrokerDown(Weather):
    """Kafka did not confirm."""


class Held(ClaimpathError):
    """An earlier message of this claim is parked; later ones must not overtake it."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject} waits for operations staff: an earlier message is parked")
