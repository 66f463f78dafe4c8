"""From Kafka's records to the doors, and what happens to a record that cannot be processed.

Order is per claim. A record that fails is parked with its claim: later records of that claim
queue behind it, all other claims go on. Weather parks nothing: the batch waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
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

        With `id_`, only as far as that one. Returns how many went through, and why the next one
        did not, if any.
        """
        done = 0
        for entry in await self._parking.queue(subject):
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
        messages, parked = self._read(records)
        subjects = {m.subject for m in messages} | {e.subject for e in parked if e.subject}
        held = await self._parking.held(sorted(subjects)) if subjects else set()
        held |= {entry.subject for entry in parked if entry.subject}
        parked += [failed(m, Behind(), behind=True) for m in messages if m.subject in held]
        parked += await self._through([m for m in messages if m.subject not in held])
        for entry in parked:
            log.error("parked %s of %s: %s", entry.id, entry.subject, entry.reason)
        await self._parking.park(parked)

    def _read(self, records: Sequence[Record]) -> tuple[list[Message], list[Parked]]:
        messages: list[Message] = []
        parked: list[Parked] = []
        for record in records:
            try:
                message = self._message(record)
            except Unprocessable as error:
                parked.append(self._unreadable(record, error))
            else:
                if message is not None:
                    messages.append(message)
        return messages, parked

    def _message(self, record: Record) -> Message | None:
        """The message in a record; None where nobody here hears its type."""
        event = read(record)
        fact = event.fact()
        if type(fact) not in self._hears:
            return None
        return Message(
            id=event.id,
            subject=event.subject,
            body=fact,
            now=self._clock(),
            insurer=event.insurer,
            traceparent=event.traceparent,
            record=record,
        )

    def _unreadable(self, record: Record, error: Unprocessable) -> Parked:
        return Parked(
            id=record.place,
            subject=record.key,
            reason=f"{type(error).__name__}: {error}",
            at=self._clock(),
            record=record,
        )

    async def _through(self, messages: Sequence[Message]) -> list[Parked]:
        """Every message through every door that hears it; what failed, ready to be parked."""
        heard: dict[Hearer, list[Message]] = defaultdict(list)
        for message in messages:
            assert isinstance(message.body, Fact)
            for hearer in self._hears[type(message.body)]:
                heard[hearer].append(message)
        answers = await asyncio.gather(*(h.handle(theirs) for h, theirs in heard.items()))
        return [
            failed(message, reply.failure)
            for theirs, replies in zip(heard.values(), answers, strict=True)
            for message, reply in zip(theirs, replies, strict=True)
            if reply.failure is not None
        ]

    async def _retry(self, entry: Parked) -> str | None:
        """Tries a parked record again; the reason if it fails again."""
        if entry.record is None:
            return None  # a timer or an outcome: the document itself brings it back
        messages, parked = self._read([entry.record])
        parked += await self._through([replace(m, now=self._clock()) for m in messages])
        return parked[0].reason if parked else None


class Behind(Unprocessable):
    """An earlier message of the same claim is parked."""

    def __init__(self) -> None:
        super().__init__("an earlier message of this claim is parked")
