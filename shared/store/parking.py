"""The parking: messages that could not be processed, in the order they came, by claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import UpdateOne

from shared.contracts.event import Record
from shared.store.weather import weather


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that waits for ops. `behind` waits only because an earlier one of its claim does.

    `record` is absent for a timer or an outcome: the document itself brings those back.
    """

    id: str
    subject: str | None
    reason: str
    at: datetime
    behind: bool = False
    record: Record | None = None
    type: str = ""
    order: int = field(default=0, compare=False)


class Parking:
    """The messages that could not be processed, in the order they came."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Makes the index by claim."""
        with weather():
            await self._collection.create_index([("subject", 1), ("order", 1)])

    async def held(self, subjects: Sequence[str]) -> set[str]:
        """Those of the subjects that have a parked message: their later ones must queue."""
        with weather():
            return set(
                await self._collection.distinct("subject", {"subject": {"$in": list(subjects)}})
            )

    async def park(self, entries: Sequence[Parked]) -> None:
        """Adds messages at the end of their subject's queue; one parked already stays as it is."""
        if not entries:
            return
        start = int(datetime.now(UTC).timestamp() * 1_000_000)
        writes = [
            UpdateOne({"_id": e.id}, {"$setOnInsert": _raw_parked(e, start + i)}, upsert=True)
            for i, e in enumerate(entries)
        ]
        with weather():
            await self._collection.bulk_write(writes, ordered=False)

    async def queue(self, subject: str | None) -> list[Parked]:
        """What is parked of one claim, oldest first (None: what names no claim at all)."""
        return await self._sorted({"subject": subject}, limit=10_000)

    async def page(self, after: int, limit: int) -> list[Parked]:
        """What is parked, oldest first, from behind the entry with order `after`; no records."""
        return await self._sorted({"order": {"$gt": after}}, limit, {"record": 0})

    async def _sorted(
        self, where: Mapping[str, Any], limit: int, shown: Mapping[str, Any] | None = None
    ) -> list[Parked]:
        with weather():
            cursor = self._collection.find(dict(where), shown).sort("order", 1).limit(limit)
            return [_parked(raw) async for raw in cursor]

    async def find(self, id_: str) -> Parked | None:
        """One parked message."""
        with weather():
            raw = await self._collection.find_one({"_id": id_})
        return None if raw is None else _parked(raw)

    async def blame(self, id_: str, reason: str) -> None:
        """The message failed again, for this reason."""
        with weather():
            await self._collection.update_one(
                {"_id": id_}, {"$set": {"reason": reason, "behind": False}}
            )

    async def remove(self, id_: str) -> bool:
        """Takes a message out of the queue; False if it was not there."""
        with weather():
            return (await self._collection.delete_one({"_id": id_})).deleted_count == 1

    async def orphans(self) -> list[str]:
        """Subjects whose queue is led by a message that only waited for another, now gone."""
        heads: list[Mapping[str, Any]] = [
            {"$match": {"subject": {"$ne": None}}},
            {"$sort": {"subject": 1, "order": 1}},
            {"$group": {"_id": "$subject", "behind": {"$first": "$behind"}}},
            {"$match": {"behind": True}},
        ]
        with weather():
            return [raw["_id"] async for raw in self._collection.aggregate(heads)]


def _raw_parked(entry: Parked, order: int) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "subject": entry.subject,
        "reason": entry.reason,
        "at": entry.at,
        "behind": entry.behind,
        "type": entry.type,
        "order": order,
    }
    if entry.record is not None:
        record = entry.record
        raw["record"] = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "headers": [[name, content] for name, content in record.headers],
            "value": record.value,
        }
    return raw


def _parked(raw: Mapping[str, Any]) -> Parked:
    record = raw.get("record")
    return Parked(
        id=raw["_id"],
        subject=raw["subject"],
        reason=raw["reason"],
        at=raw["at"],
        behind=raw["behind"],
        type=raw["type"],
        order=raw["order"],
        record=record
        and Record(
            **{**record, "headers": tuple((name, content) for name, content in record["headers"])}
        ),
    )
