"""From Kafka's records to the doors, and what happens to a record that cannot be processed.

Order is per claim. A record that fails is parked with its claim: later records of that claim
queue behind it, all other claims go on. Weather parks nothing: the batch waits. What the parking
has no room for stays in Kafka.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from shared import aside
from shared.aside import Behind
from shared.contracts.base import Fact
from shared.contracts.event import Record, read
from shared.decider import Message
from shared.errors import Unprocessable, Weather
from shared.room import Room
from shared.runtime import Clock, Door, ParkingStore
from shared.store import Parked
from shared.turn import Reply

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds between tries while a server is away."""
LONGEST_TYPE = 200
"""Characters that are kept of the type that an unreadable record claims to be of."""


class Hearer(Protocol):
    """Whatever takes messages from Kafka: a `Door`, or the recorder of the claim path."""

    async def handle(self, messages: Sequence[Message]) -> list[Reply]: ...


Hears = Mapping[type[Fact], Sequence[Hearer]]
Failures = Mapping[tuple[str, str], Exception]
"""Why messages failed, by subject and id."""


class Listener:
    """Hands each record to every door that hears its type; parks what fails. Never raises.

    `doors` are those that timers and outcomes come through when they are released.
    """

    def __init__(
        self,
        hears: Hears,
        parking: ParkingStore,
        room: Room,
        clock: Clock,
        doors: Sequence[Door[Any]] = (),
    ) -> None:
        self._hears = hears
        self._parking = parking
        self._room = room
        self._clock = clock
        self._doors = {door.decider.kind: door for door in doors}

    async def __call__(self, records: Sequence[Record]) -> Sequence[Record]:
        """Returns once the records are handled or parked, however long a server is away.

        What is returned has no room in the parking, and was not taken, nor was anything after it
        in its partition: it must be brought again.
        """
        wait = FIRST_WAIT
        while True:
            try:
                return await self._handle(records)
            except Weather as error:
                log.warning("a batch of %d waits %.1f s: %s", len(records), wait, error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def retry(self, entry: Parked) -> str | None:
        """Tries a parked message again; the reason if it fails again. Raises `Weather`."""
        if entry.record is not None:
            parked = await self._tried(self._read([entry.record]), set())
            return parked[0].reason if parked else None
        door = self._doors.get(entry.inner.kind) if entry.inner else None
        if entry.inner is None or door is None:
            return None  # nobody's any more: as a record that nobody here hears
        try:
            message = aside.again(entry.inner, entry, door.decider, self._clock())
        except Unprocessable as error:
            return aside.reason(error)
        if message is None:
            return None  # its caller broke: the document's own deadline asks again
        ((_, reply),) = await _told(door, [message])
        return aside.reason(reply.failure) if reply.failure else None

    async def _handle(self, records: Sequence[Record]) -> Sequence[Record]:
        if self._room.full:
            await self._room.look()
            if self._room.full:
                return records
        read = self._read(records)
        subjects = {each.subject for each in read if each.subject}
        held = await self._parking.held(sorted(subjects)) if subjects else set()
        read, waiting = _with_room(read, await self._room.crowded(held))
        parked = await self._tried(read, held)
        for entry in parked:
            log.error("parked %s of %s: %s", entry.id, entry.subject, entry.reason)
        if parked:
            await self._parking.park(parked)
            await self._room.look()
        return waiting

    def _read(self, records: Sequence[Record]) -> list[Message | Parked]:
        """What is heard here, and what cannot be read, in the order of the records."""
        read: list[Message | Parked] = []
        for record in records:
            try:
                message = self._message(record)
            except Unprocessable as error:
                read.append(self._unreadable(record, error))
            else:
                if message is not None:
                    read.append(message)
        return read

    def _message(self, record: Record) -> Message | None:
        """The message in a record; None where nobody here hears its type."""
        event = read(record)
        if event.contract not in self._hears:
            return None
        return Message(
            id=event.id,
            subject=event.subject,
            body=event.fact(),
            now=self._clock(),
            insurer=event.insurer,
            traceparent=event.traceparent,
            record=record,
            event=event,
        )

    def _unreadable(self, record: Record, error: Unprocessable) -> Parked:
        return Parked(
            id=record.place,
            subject=record.key,
            reason=aside.reason(error),
            at=self._clock(),
            record=record,
            type=_said_type(record),
        )

    async def _tried(self, read: Sequence[Message | Parked], held: set[str]) -> list[Parked]:
        """All that can go through has; what cannot is returned, in order."""
        return list(_parked(read, held, await self._through(_free(read, held))))

    async def _through(self, messages: Sequence[Message]) -> Failures:
        """Every message through every door that hears it, and what failed."""
        heard: dict[Hearer, list[Message]] = defaultdict(list)
        for message in messages:
            assert isinstance(message.body, Fact)
            for hearer in self._hears[type(message.body)]:
                heard[hearer].append(message)
        answers = await asyncio.gather(*(_told(h, theirs) for h, theirs in heard.items()))
        failures = {
            (message.subject, message.id): reply.failure
            for answer in answers
            for message, reply in answer
            if reply.failure is not None
        }
        for bug in {f for f in failures.values() if not isinstance(f, Unprocessable)}:
            log.error("a bug in the handling of a message", exc_info=bug)
        return failures


async def _told(hearer: Hearer, messages: Sequence[Message]) -> list[tuple[Message, Reply]]:
    """What the hearer made of each. A batch that fails as a whole is told claim by claim.

    What the store cannot take (a number too large, say) costs the claim it is of, and no other.
    """
    try:
        return list(zip(messages, await hearer.handle(messages), strict=True))
    except Weather:
        raise
    except Exception as error:
        claims: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            claims[message.subject].append(message)
        if len(claims) == 1:
            return [(message, Reply(failure=error)) for message in messages]
    return [pair for claim in claims.values() for pair in await _told(hearer, claim)]


def _with_room(
    read: Sequence[Message | Parked], crowded: AbstractSet[str]
) -> tuple[list[Message | Parked], list[Record]]:
    """What may be taken, and of each partition the first record that may not, if any."""
    taken: list[Message | Parked] = []
    waiting: dict[tuple[str, int], Record] = {}
    for each in read:
        assert each.record is not None
        partition = each.record.topic, each.record.partition
        if each.subject in crowded:
            waiting.setdefault(partition, each.record)
        if partition not in waiting:
            taken.append(each)
    return taken, list(waiting.values())


def _free(read: Sequence[Message | Parked], held: AbstractSet[str | None]) -> list[Message]:
    """The messages that nothing of their claim stands before."""
    free, waiting = [], set(held)
    for each in read:
        if isinstance(each, Parked):
            waiting.add(each.subject)
        elif each.subject not in waiting:
            free.append(each)
    return free


def _parked(
    read: Sequence[Message | Parked], held: AbstractSet[str | None], failures: Failures
) -> Iterator[Parked]:
    """What has to wait: what cannot be read, what failed, and what came after for its claim."""
    waiting = set(held)
    for entry in read:
        if isinstance(entry, Message):
            failure = failures.get((entry.subject, entry.id))
            if entry.subject in waiting:
                entry = aside.parked(entry, Behind())
            elif failure is not None:
                entry = aside.parked(entry, failure)
            else:
                continue
        waiting.add(entry.subject)
        yield entry


def _said_type(record: Record) -> str:
    """The type that a record claims to be of, as far as it can be read."""
    said = (content for name, content in record.headers if name == "ce_type")
    return next(said, b"").decode(errors="replace")[:LONGEST_TYPE]
