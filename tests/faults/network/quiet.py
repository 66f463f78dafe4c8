"""Waits until nothing is left to do: no timer runs, nothing is owed, everything is heard."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from tests.faults.network.stores import Stores
from tests.faults.network.wire import Offsets, Wire

LOOK_S = 0.5
ANSWER_S = 20.0
"""A broker that is just starting may leave a question open for good: it is asked again."""


@dataclass(frozen=True)
class Look:
    """What was still to do, and where the topics ended."""

    lag: int
    due: int
    owed: int
    ends: Offsets

    @property
    def idle(self) -> bool:
        """Whether nothing is to do at this moment."""
        return not (self.lag or self.due or self.owed)


async def quiet(wire: Wire, stores: Stores, seconds: float) -> None:
    """Returns when nothing is to do and nothing more can come.

    Fails with what is left after `seconds`. Whether nothing was lost on the way, the audit says.
    """
    started = time.monotonic()
    before: Look | None = None
    while True:
        now = await _look(wire, stores)
        # What was heard before the first look may have set a timer after it: the second look
        # sees that, and because no record came in between, there is nothing that could set one.
        if now and before and now.idle and before.idle and now.ends == before.ends:
            return
        assert time.monotonic() < started + seconds, (
            f"after {seconds:.0f} s not quiet yet: {_left(now)}"
        )
        before = now
        await asyncio.sleep(LOOK_S)


async def _look(wire: Wire, stores: Stores) -> Look | None:
    """None while a server is away."""
    try:
        async with asyncio.timeout(ANSWER_S):
            due, owed = await stores.due(), await stores.owed()
            ends, lag = await wire.ends_and_lag()
        return Look(lag, due, owed, ends)
    except (KafkaError, PyMongoError, OSError, TimeoutError):
        return None


def _left(now: Look | None) -> str:
    if now is None:
        return "a server does not answer"
    return f"{now.lag} records unheard, {now.due} timers running, {now.owed} documents owe facts"
