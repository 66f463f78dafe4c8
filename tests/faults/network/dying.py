"""A real service that dies exactly between two steps of its work, life after life.

    python -m tests.faults.network.dying FOLDER SERVICE

`FOLDER/SERVICE.plan` is a JSON list of lives, each `[gap, passings]`: a life ends, without any
clean-up, when its gap is passed for the so-manieth time. While there is no plan, and after its
last life, the service just works. Each death adds its gap as a line to `FOLDER/SERVICE.deaths`.

This process loads the libraries once and forks each life, so that the next begins at once. The
product knows nothing of this: the shared classes are wrapped here, in the test's own program.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

from faststream.kafka.message import KafkaAckableMessage

from shared.bus import Bus
from shared.service import Process
from shared.store import Documents, Journal

DEAD = 77
"""The exit code of a planned death."""
PR_SET_PDEATHSIG = 1

GAPS = ("saving", "saved", "half-said", "said", "committed", "called")
"""Before the save; after it; with half of the facts published; with all of them; after the commit;
with an outside call answered and its outcome not saved."""


class Lives:
    """What is planned for this life, and the end of it."""

    def __init__(self, folder: Path, service: str) -> None:
        self._plan = folder / f"{service}.plan"
        self._deaths = folder / f"{service}.deaths"
        self._life: tuple[str, int] | None = None
        self._known = False

    def passed(self, gap: str) -> None:
        """One passing of a gap; perhaps the last."""
        if self.ends_at(gap):
            self.end(gap)

    def end(self, gap: str) -> NoReturn:
        """Notes the death and dies."""
        with self._deaths.open("a") as deaths:
            deaths.write(f"{gap}\n")
        os._exit(DEAD)

    def ends_at(self, gap: str) -> bool:
        """Counts a passing; whether life ends with it."""
        if not self._known and self._plan.exists():
            self._life, self._known = self._planned(), True
        if self._life is None or self._life[0] != gap:
            return False
        self._life = (gap, self._life[1] - 1)
        return self._life[1] == 0

    def _planned(self) -> tuple[str, int] | None:
        lives = json.loads(self._plan.read_text())
        lived = len(self._deaths.read_text().splitlines()) if self._deaths.exists() else 0
        return tuple(lives[lived]) if lived < len(lives) else None


Method = Callable[..., Awaitable[Any]]


def between(lives: Lives, before: str | None, method: Method, after: str | None) -> Method:
    """The method with a gap before and behind it. Nothing to do is no passing."""

    @wraps(method)
    async def wrapped(self: Any, *work: Any, **named: Any) -> Any:
        busy = not work or bool(work[0])
        if busy and before:
            lives.passed(before)
        result = await method(self, *work, **named)
        if busy and after:
            lives.passed(after)
        return result

    return wrapped


def half_said(lives: Lives, publish: Method) -> Method:
    """Publishing that may stop in the middle, with the first half confirmed."""

    async def wrapped(self: Bus, events: Sequence[Any]) -> None:
        if lives.ends_at("half-said"):
            await publish(self, events[: (len(events) + 1) // 2])
            lives.end("half-said")
        await publish(self, events)

    return wrapped


def called(lives: Lives, door: Callable[..., Any]) -> Callable[..., Any]:
    """Doors whose outside calls may be answered to nobody."""

    @wraps(door)
    def wrapped(self: Process, decider: Any, **given: Any) -> Any:
        caller = given.get("caller")
        if caller is not None:

            async def dying(call: Any) -> Any:
                outcome = await caller(call)
                lives.passed("called")
                return outcome

            given["caller"] = dying
        return door(self, decider, **given)

    return wrapped


def wrap(lives: Lives) -> None:
    """Puts the gaps around what all services share."""
    Documents.save = between(lives, "saving", Documents.save, "saved")  # type: ignore[method-assign]
    Journal.add = between(lives, "saving", Journal.add, "saved")  # type: ignore[method-assign]
    said = between(lives, None, Bus.publish, "said")
    Bus.publish = half_said(lives, said)  # type: ignore[method-assign]
    ack = between(lives, None, KafkaAckableMessage.ack, "committed")
    KafkaAckableMessage.ack = ack  # type: ignore[method-assign]
    Process.door = called(lives, Process.door)  # type: ignore[method-assign]


def live(folder: Path, service: str) -> None:
    """One life, in a forked process."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    wrap(Lives(folder, service))
    sys.argv = [service]
    runpy.run_module(f"services.{service}", run_name="__main__")


def main() -> int:
    """Life after life, until one ends in another way than planned."""
    folder, service = Path(sys.argv[1]), sys.argv[2]
    package = importlib.import_module(f"services.{service}")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            importlib.import_module(f"services.{service}.{module.name}")
    while True:
        child = os.fork()
        if child == 0:
            live(folder, service)
            return 0
        signal.signal(signal.SIGTERM, lambda *_, child=child: os.kill(child, signal.SIGTERM))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code != DEAD:
            return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
