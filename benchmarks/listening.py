"""When which claim got where: read off the topics by one consumer, not asked of the services."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
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
        self._news = asyncio.Event()
        self.twice: set[str] = set()

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
        """Waits until so many claims have it. Raises `Refused` when nothing comes any more."""
        heard = self.heard(fact)
        while len(heard) < count:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), stall_s)
            except TimeoutError:
                raise Refused(
                    f"{count - len(heard):,} of {count:,} claims were lost: for {stall_s:.0f} s "
                    f"no further {fact.__name__} was heard."
                ) from None

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=1_000)
            now = time.monotonic()
            for records in batches.values():
                for record in records:
                    self._note(dict(record.headers), now)
            if batches:
                self._news.set()

    def _note(self, headers: dict[str, bytes], now: float) -> None:
        type_ = headers["ce_type"]
        if type_ not in self._types:
            return
        claim, id_ = headers["ce_subject"].decode(), headers["ce_id"]
        known = self._heard[type_].setdefault(claim, Heard(id_, headers["ce_time"], now))
        if known.id != id_:
            self.twice.add(claim)
