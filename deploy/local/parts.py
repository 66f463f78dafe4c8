"""What the embedded network consists of, as data.

All ports follow from the gateway's: it has N itself, the others N + their offset.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SMTP, MONGO, KAFKA, KAFKA_CONTROLLER = 8, 9, 10, 11
PORTS = 12


@dataclass(frozen=True)
class Program:
    """A process of ours that speaks HTTP.

    `offset` is its port's distance from the gateway's, `route` the path prefix under which it is
    reached, `health` the path that answers 200 when all is well. `started`, if it is another, does
    so once the program works: a service whose parking is full is not well, and must be reached
    all the same. `more_ports` maps further settings to offsets.
    """

    name: str
    command: Sequence[str]
    offset: int
    route: str
    health: str
    more_ports: Mapping[str, int] = field(default_factory=dict)
    started: str = ""


def service(name: str, offset: int, command: Sequence[str] | None = None) -> Program:
    """One of the five services; it answers under its own name."""
    run = command or _module(f"services.{name}")
    health = f"/{name}/health"
    return Program(name, run, offset, f"/{name}", f"{health}/ready", started=f"{health}/started")


def _module(module: str) -> list[str]:
    return [sys.executable, "-m", module]


SERVICES = (
    service("intake", 1),
    service("claims", 2),
    service("payments", 3),
    service("notifications", 4),
    service("feedback", 5),
)
BANK = Program("bank", _module("sandboxes.bank"), 6, "/sandbox/bank", "/sandbox/bank/health")
MAIL = Program(
    "mail",
    _module("sandboxes.mail"),
    7,
    "/sandbox/mail",
    "/sandbox/mail/health",
    {"CLAIMPATH_SMTP_PORT": SMTP},
)
PROGRAMS = (BANK, MAIL, *SERVICES)
