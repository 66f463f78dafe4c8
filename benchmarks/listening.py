"""When which claim got where: read off the topics by one consumer, not asked of the services."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from aiokafka import AIOKafkaConsumer

from benchmarks.checks import Refused
from shared.contracts.base import Fact

STALL_S = 60.0
"""No news for so long means that what is still awaited will not come."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One fact of one claim: its id, the time it states, and when it was read, by `monotonic`."""

    id: bytes
    time: bytes
    at: float

    @property
    def said_at(self) -> float:
        """The fact's own time, in seconds of the epoch."""
        return datetime.fromisoformat(self.time.decode()).timestamp()


class Listening:
    """Notes the first fact of each type for each claim, from when it is entered."""

    def __init__(self, kafka: str, topics: Sequence[str], facts: Sequence[type[Fact]]) -> None:
        self._consumer: Any = AIOKafkaConsumer(
            *topics, bootstrap_servers=kafka, fetch_max_wait_ms=100
        )
        self._types = {fact.type.encode() for fact in facts}
        self._heard: dict[bytes, dict[str, Heard]] = defaultdict(dict)
        self._ids: dict[bytes, set[bytes]] = defaultdict(set)
        self._newest: dict[bytes, float] = {}
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        parts = self._consumer.assignment()
        await self._consumer.seek_to_end(*parts)
        for part in parts:  # a position that is not fetched yet would be taken later, past facts
            await self._consumer.position(part)
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._consumer.stop()

    def heard(self, fact: type[Fact]) -> dict[str, Heard]:
        """The first such fact of each claim."""
        return self._heard[fact.type.encode()]

    async def until(self, fact: type[Fact], count: int, stall_s: float = STALL_S) -> None:
        """Waits until there are so many of this fact. Raises `Refused` when no more come."""
        while (found := self.count(fact)) < count:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), stall_s)
            except TimeoutError:
                raise Refused(
                    f"{count - found:,} of {count:,} were lost: for {stall_s:.0f} s no further "
                    f"{fact.__name__} was heard."
                ) from None

    def count(self, fact: type[Fact]) -> int:
        """How many of this fact there are, under ids of their own."""
        return len(self._ids[fact.type.encode()])

    def newest(self, fact: type[Fact]) -> float:
        """When the latest of this fact was read, by `time.monotonic`."""
        return self._newest[fact.type.encode()]

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=1_000)
            now = time.monotonic()
            for records in batches.values():
                for record in records:
                    self.note(dict(record.headers), now)
            if batches:
                self._news.set()

    def note(self, headers: Mapping[str, bytes], now: float) -> None:
        """Takes in the headers of one record, read at `now`."""
        type_ = headers["ce_type"]
        if type_ not in self._types:
            return
        claim, id_ = headers["ce_subject"].decode(), headers["ce_id"]
        self._heard[type_].setdefault(claim, Heard(id_, headers["ce_time"], now))
        if id_ not in self._ids[type_]:
            self._ids[type_].add(id_)
            self._newest[type_] = now
