"""From Kafka's records to the doors, and what happens to a record that cannot be processed.

Order is per claim. A record that fails is parked with its claim: later records of that claim
queue behind it, all other claims go on. Weather parks nothing: the batch waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from shared.contracts.base import Fact
from shared.contracts.event import Record, read
from shared.decider import Message
from shared.errors import Unprocessable, Weather
from shared.runtime import Clock, failed
from shared.store import Parked, Parking
from shared.turn import Reply

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds between tries while a server is away."""


class Hearer(Protocol):
    """Whatever takes messages from Kafka: a `Door`, or the recorder of the claim path."""

    async def handle(self, messages: Sequence[Message]) -> list[Reply]: ...


Hears = Mapping[type[Fact], Sequence[Hearer]]
Failures = Mapping[tuple[str, str], Exception]
"""Why messages failed, by subject and id."""


class Listener:
    """Hands each record to every door that hears its type; parks what fails. Never raises."""

    def __init__(self, hears: Hears, parking: Parking, clock: Clock) -> None:
        self._hears = hears
        self._parking = parking
        self._clock = clock

    async def __call__(self, records: Sequence[Record]) -> None:
        """Returns once every record is handled or parked, however long a server is away."""
        wait = FIRST_WAIT
        while True:
            try:
                return await self._handle(records)
            except Weather as error:
                log.warning("a batch of %d waits %.1f s: %s", len(records), wait, error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def release(self, subject: str | None, id_: str | None = None) -> tuple[int, str | None]:
        """Processes a claim's parked records in their order, as far as they go.

        With `id_`, only as far as that one; what names no claim waits for nothing but itself.
        Returns how many went through, and why the next one did not, if any.
        """
        done = 0
        for entry in await self._parking.queue(subject):
            if subject is None and entry.id != id_:
                continue
            reason = await self._retry(entry)
            if reason is not None:
                await self._parking.blame(entry.id, reason)
                return done, reason
            await self._parking.remove(entry.id)
            done += 1
            if entry.id == id_:
                break
        return done, None

    async def free(self) -> int:
        """Releases queues whose blocking message is gone; returns of how many claims."""
        orphans = await self._parking.orphans()
        for subject in orphans:
            await self.release(subject)
        return len(orphans)

    async def _handle(self, records: Sequence[Record]) -> None:
        read = self._read(records)
        subjects = {each.subject for each in read if each.subject}
        held = await self._parking.held(sorted(subjects)) if subjects else set()
        parked = await self._tried(read, held)
        for entry in parked:
            log.error("parked %s of %s: %s", entry.id, entry.subject, entry.reason)
        await self._parking.park(parked)

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
            reason=f"{type(error).__name__}: {error}",
            at=self._clock(),
            record=record,
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

    async def _retry(self, entry: Parked) -> str | None:
        """Tries a parked record again; the reason if it fails again."""
        if entry.record is None:
            return None  # a timer or an outcome: the document itself brings it back
        parked = await self._tried(self._read([entry.record]), set())
        return parked[0].reason if parked else None


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
                entry = failed(entry, Behind(), behind=True)
            elif failure is not None:
                entry = failed(entry, failure)
            else:
                continue
        waiting.add(entry.subject)
        yield entry


class Behind(Unprocessable):
    """An earlier message of the same claim is parked."""

    def __init__(self) -> None:
        super().__init__("an earlier message of this claim is parked")
