"""Which TCP ports of this machine's loopback are free."""

import random
import socket
from collections.abc import Iterable, Mapping

from deploy.local.trouble import Trouble

LOOPBACK = "127.0.0.1"
# Below the kernel's ephemeral range (32768 and up), where an outgoing connection of any
# program could take a port between our look and the server's bind.
LOWEST, HIGHEST = 15_000, 32_000
_handed_out: set[int] = set()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of an earlier run in TIME_WAIT do not count, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free loopback port, never the same one twice in this process."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of `count` free loopback ports in a row; raises `Trouble` if none are found."""
    for _ in range(1000):
        first = random.randint(LOWEST, HIGHEST - count)
        wanted = range(first, first + count)
        if _handed_out.isdisjoint(wanted) and all(map(is_free, wanted)):
            _handed_out.update(wanted)
            return first
    raise Trouble(f"No {count} free ports in a row between {LOWEST} and {HIGHEST}.")


def require_free(wanted: Mapping[str, int]) -> None:
    """Raise `Trouble` naming every port that another program holds; keys say what it is for."""
    taken = [f"{port} ({name})" for name, port in wanted.items() if not is_free(port)]
    if taken:
        raise Trouble(
            f"Another program listens on {_ports(taken)}; stop it or choose another --port."
        )


def _ports(taken: Iterable[str]) -> str:
    listed = list(taken)
    return ("port " if len(listed) == 1 else "ports ") + ", ".join(listed)
