"""A service that dies exactly between two steps of its work, life after life.

`FOLDER/NAME.plan` is a JSON list of lives, each `[gap, passings]`: a life ends, without any
clean-up, when its gap is passed for the so-manieth time. While there is no plan, and after its
last life, the service just works. Each death adds a line with its gap to `FOLDER/NAME.deaths`.

The product knows nothing of this: the shared classes are wrapped, in a test's process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

from faststream.kafka.message import KafkaAckableMessage

from shared.bus import Bus
from shared.service import Process
from shared.store import Documents, Journal

DEAD = 77
"""The exit code of a planned death."""

GAPS = ("saving", "saved", "half-said", "said", "committed", "called")
"""Before the save; after it; with half of the facts published; with all of them; after the commit;
with an outside call answered and its outcome not saved."""


class Plan:
    """How this life is to end."""

    def __init__(self, folder: Path, name: str) -> None:
        self._plan = folder / f"{name}.plan"
        self._deaths = folder / f"{name}.deaths"
        self._life: tuple[str, int] | None = None
        self._known = False

    def passed(self, gap: str) -> None:
        """One passing of a gap; perhaps the last."""
        if self.ends_at(gap):
            self.end(gap)

    def end(self, gap: str) -> NoReturn:
        """Notes the death and dies."""
        with self._deaths.open("a") as deaths:
            deaths.write(f"{gap} at {datetime.now():%H:%M:%S.%f}\n")
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


def between(plan: Plan, before: str | None, method: Method, after: str | None) -> Method:
    """The method with a gap before and behind it. Nothing to do is no passing."""

    @wraps(method)
    async def wrapped(self: Any, *work: Any, **named: Any) -> Any:
        busy = not work or bool(work[0])
        if busy and before:
            plan.passed(before)
        result = await method(self, *work, **named)
        if busy and after:
            plan.passed(after)
        return result

    return wrapped


def half_said(plan: Plan, publish: Method) -> Method:
    """Publishing that may stop in the middle, with the first half confirmed."""

    async def wrapped(self: Bus, events: Sequence[Any]) -> None:
        if plan.ends_at("half-said"):
            await publish(self, events[: (len(events) + 1) // 2])
            plan.end("half-said")
        await publish(self, events)

    return wrapped


def called(plan: Plan, door: Callable[..., Any]) -> Callable[..., Any]:
    """Doors whose outside calls may be answered to nobody."""

    @wraps(door)
    def wrapped(self: Process, decider: Any, **given: Any) -> Any:
        caller = given.get("caller")
        if caller is not None:

            async def dying(call: Any) -> Any:
                outcome = await caller(call)
                plan.passed("called")
                return outcome

            given["caller"] = dying
        return door(self, decider, **given)

    return wrapped


def wrap(plan: Plan) -> None:
    """Puts the gaps around what all services share."""
    Documents.save = between(plan, "saving", Documents.save, "saved")  # type: ignore[method-assign]
    Journal.add = between(plan, "saving", Journal.add, "saved")  # type: ignore[method-assign]
    said = between(plan, None, Bus.publish, "said")
    Bus.publish = half_said(plan, said)  # type: ignore[method-assign]
    ack = between(plan, None, KafkaAckableMessage.ack, "committed")
    KafkaAckableMessage.ack = ack  # type: ignore[method-assign]
    Process.door = called(plan, Process.door)  # type: ignore[method-assign]
