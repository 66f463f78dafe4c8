"""Keeps the claim path. A fact heard is a fact added: nothing is decided, so no door is needed.

The fact's id is the key, so a fact heard twice stands there once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.path import Entry
from shared.decider import Message
from shared.store import Journal
from shared.telemetry import span_context
from shared.turn import Reply


class Recorder:
    """Adds what it hears to the path."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def handle(self, messages: Sequence[Message]) -> list[Reply]:
        """Writes all of them at once. Raises `StoreDown`."""
        await self._journal.add([_raw(message) for message in messages])
        return [Reply()] * len(messages)

    async def path(self, claim: str) -> list[Entry]:
        """Everything heard of the claim."""
        return [_entry(raw) for raw in await self._journal.find({"claim": claim})]

    async def paths(self, claims: Sequence[str]) -> dict[str, list[Entry]]:
        """Everything heard of each of the claims."""
        found: dict[str, list[Entry]] = {claim: [] for claim in claims}
        for raw in await self._journal.find({"claim": {"$in": list(claims)}}):
            found[raw["claim"]].append(_entry(raw))
        return found


def _raw(message: Message) -> dict[str, Any]:
    event = message.event
    assert event is not None, "the path is made of what Kafka brings"
    context = span_context(event.traceparent)
    return {
        "_id": event.id,
        "claim": event.subject,
        "insurer": event.insurer,
        "type": event.type,
        "service": event.source.rsplit("/", 1)[-1],
        "at": event.time.isoformat(),  # as text: MongoDB keeps milliseconds only
        "heard": message.now,
        "cause": event.cause,
        "sequence": event.sequence,
        "trace": f"{context.trace_id:032x}" if context else "",
        "data": event.data.decode(),
    }


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(
        id=raw["_id"],
        claim=raw["claim"],
        type=raw["type"],
        service=raw["service"],
        at=datetime.fromisoformat(raw["at"]),
        cause=raw["cause"],
        sequence=raw["sequence"],
        trace=raw["trace"],
        data=json.loads(raw["data"]),
    )
