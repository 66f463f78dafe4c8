"""What operations staff do to parked messages: release and discard, each act on record.

A claim's messages are released in their order. The oldest is taken under a lease, processed as if
it came from Kafka, marked as ended, written into the journal of acts, and removed. A crash between
any two of these steps is healed by the next release (what was processed is processed again, and
changes nothing) or by `bury`.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.errors import StoreDown, Weather
from shared.runtime import Clock
from shared.store import Act, Filter, Parked, What
from shared.store.acts import done, without_content

WAIT_S = 2.0
"""So long a message may be in other hands before somebody who wants it is told."""
TRY_S = 20.0
"""Seconds that one message may take: less than its lease, so that two never work on it."""
REQUEST_S = 10.0
"""No message is begun later than this after its request, in seconds."""
AT_ONCE = 16
"""Claims that one request works on at a time."""
PAGE = 200
OURSELVES, FREED = "claimpath", "the message it waited behind is gone"

Retry = Callable[[Parked], Awaitable[str | None]]
"""Processes a message; the reason if it fails again. See `shared.listener.Listener.retry`."""


class ParkingQueue(Protocol):
    """What is needed of the parking; see `shared.store.Parking`."""

    async def find(self, id_: str) -> Parked | None: ...
    async def head(self, subject: str) -> Parked | None: ...
    async def orphans(self) -> list[str]: ...
    async def meant(
        self, which: Filter, act: int, limit: int, newest_first: bool = False
    ) -> list[Parked]: ...
    async def left(self, which: Filter, act: int) -> int: ...
    async def tried(self, entry: Parked, act: int) -> None: ...
    async def take(self, id_: str, holder: str) -> Parked | None: ...
    async def give_back(self, id_: str, holder: str) -> None: ...
    async def blame(self, id_: str, reason: str) -> None: ...
    async def end(self, id_: str, holder: str, ending: Mapping[str, Any]) -> bool: ...
    async def ended(self, limit: int) -> list[tuple[Parked, Mapping[str, Any]]]: ...
    async def remove(self, entry: Parked) -> None: ...


class ActsJournal(Protocol):
    """Where acts are written down; see `shared.store.Acts`."""

    async def draw(self) -> int: ...
    async def add(self, act: Act) -> None: ...
    async def find(self, number: int) -> Act | None: ...


class Busy(Exception):
    """Somebody else is at work on this message."""


@dataclass
class Came:
    """What a request came to, in messages. `reasons` counts those that still fail."""

    act: int
    done: int = 0
    busy: int = 0
    left: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class Releasing:
    """Releases and discards, for people and, where a queue lost its head, by itself."""

    def __init__(
        self, parking: ParkingQueue, acts: ActsJournal, retry: Retry, clock: Clock
    ) -> None:
        self._parking = parking
        self._acts = acts
        self._retry = retry
        self._clock = clock

    async def begin(self, what: What, by: str, why: str, asked: Mapping[str, Any]) -> Act:
        """Writes down who wants what, and why, before anything is done."""
        number = await self._acts.draw()
        act = Act(number, number, what, by, why, self._clock(), asked)
        await self._acts.add(act)
        return act

    async def release(self, entry: Parked, act: Act) -> Came:
        """The claim's queue up to this message, and those behind it that only waited.

        What names no claim waits for nothing, and nothing for it. Raises `Busy` and `Weather`.
        """
        came, until = Came(act.number), time.monotonic() + REQUEST_S
        if entry.subject is None:
            await self._try(entry, act, came)
        else:
            await self._queue(entry.subject, entry.order, act, came, until)
            waits = not came.reasons and await self._parking.find(entry.id) is not None
            came.left = int(waits)  # the time was over before its turn came
        return came

    async def release_all(self, which: Filter, act: Act, most: int = PAGE) -> Came:
        """The claims of what the filter means, each in its order as far as it goes.

        A claim is tried once in an act, however many requests the act takes.
        """
        came, until = Came(act.number), time.monotonic() + REQUEST_S
        last = {
            entry.subject or entry.id: entry
            for entry in await self._parking.meant(which, act.number, most)
        }

        async def one(entry: Parked) -> None:
            try:
                if entry.subject is None:
                    await self._try(entry, act, came)
                else:
                    await self._queue(entry.subject, entry.order, act, came, until)
            except Busy:
                came.busy += 1

        await _some_at_once(one, list(last.values()))
        came.left = await self._parking.left(which, act.number)
        return came

    async def discard(self, entry: Parked, act: Act) -> bool:
        """Takes one message out for good; False if it has gone. Raises `Busy` and `Weather`."""
        holder = uuid.uuid4().hex
        taken = await self._taken(entry, holder)
        return taken is not None and await self._end(taken, holder, What.DISCARDED, act)

    async def discard_all(self, which: Filter, act: Act, most: int = PAGE) -> Came:
        """What the filter means, the newest first: else those behind would be freed meanwhile."""
        came, until = Came(act.number), time.monotonic() + REQUEST_S
        for entry in await self._parking.meant(which, act.number, most, newest_first=True):
            if time.monotonic() > until:
                break
            try:
                came.done += int(await self.discard(entry, act))
            except Busy:
                came.busy += 1
        came.left = await self._parking.left(which, act.number)
        return came

    async def free(self) -> int:
        """Releases queues whose first message is gone; returns of how many claims."""
        orphans = await self._parking.orphans()
        for subject in orphans:
            head = await self._parking.head(subject)
            if head is not None and head.behind:
                asked = {"claim": subject}
                act = await self.begin(What.RELEASE_ASKED, OURSELVES, FREED, asked)
                with suppress(Busy):
                    await self._queue(subject, 0, act, Came(act.number), time.monotonic() + WAIT_S)
        return len(orphans)

    async def bury(self) -> int:
        """Finishes what a process that died had ended; returns how many messages."""
        ended = await self._parking.ended(PAGE)
        for entry, ending in ended:
            await self._bury(entry, ending)
        return len(ended)

    # -- one claim, one message

    async def _queue(self, subject: str, last: int, act: Act, came: Came, until: float) -> None:
        """In order up to `last`, and on through what only waited, until one fails again."""
        while time.monotonic() < until:
            head = await self._parking.head(subject)
            if head is None or head.order > act.number:
                return
            if head.order > last and not head.behind:
                return
            if not await self._try(head, act, came):
                return

    async def _try(self, entry: Parked, act: Act, came: Came) -> bool:
        """One message; False if it fails again."""
        holder = uuid.uuid4().hex
        taken = await self._taken(entry, holder)
        if taken is None:
            return True
        try:
            reason = await self._processed(taken)
            if reason is None:
                ended = await self._end(taken, holder, What.RELEASED, act)
                came.done += ended  # not in one line: other claims are counted while it waits
                return True
            came.reasons[reason] += 1
            await self._failed(taken, reason, act)
            return False
        finally:
            with suppress(Weather):  # the lease ends by itself
                await self._parking.give_back(taken.id, holder)

    async def _taken(self, entry: Parked, holder: str) -> Parked | None:
        """The message, for us alone; None if it has gone meanwhile."""
        until = time.monotonic() + WAIT_S
        while (taken := await self._parking.take(entry.id, holder)) is None:
            if await self._parking.find(entry.id) is None:
                return None
            if time.monotonic() > until:
                raise Busy(entry.id)
            await asyncio.sleep(0.05)
        return taken

    async def _processed(self, entry: Parked) -> str | None:
        try:
            async with asyncio.timeout(TRY_S):
                return await self._retry(entry)
        except TimeoutError:
            # Beyond its lease somebody else would try it too, and then go on to the next.
            raise StoreDown(f"{entry.id} took longer than {TRY_S:.0f} s") from None

    async def _failed(self, entry: Parked, reason: str, act: Act) -> None:
        await self._acts.add(await self._note(What.FAILED_AGAIN, act, entry, reason))
        await self._parking.blame(entry.id, reason)
        await self._parking.tried(entry, act.number)

    async def _end(self, entry: Parked, holder: str, what: What, act: Act) -> bool:
        ending = (await self._note(what, act, entry)).ending()
        if not await self._parking.end(entry.id, holder, ending):
            return False
        await self._bury(entry, ending)
        return True

    async def _bury(self, entry: Parked, ending: Mapping[str, Any]) -> None:
        await self._acts.add(done(ending, entry))
        await self._parking.remove(entry)

    async def _note(self, what: What, act: Act, entry: Parked, reason: str | None = None) -> Act:
        message = without_content(entry, reason or entry.reason)
        number = await self._acts.draw()
        return Act(number, act.number, what, act.by, act.why, self._clock(), message=message)


async def _some_at_once(
    work: Callable[[Parked], Awaitable[None]], entries: Sequence[Parked]
) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(entry: Parked) -> None:
        async with places:
            await work(entry)

    await asyncio.gather(*(one(entry) for entry in entries))
