"""The parking: messages that could not be processed, in the order they came, by claim.

Whoever works on a message holds its lease, and only the oldest of a claim is ever processed: so
no two processes release one message, and none overtakes another. An ending is one write on the
message itself; from there it comes into the journal of acts, and then the message goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument, UpdateOne

from shared.store.numbers import Numbers
from shared.store.parked import Filter, Parked, parked, raw_parked
from shared.store.weather import weather

LEASE_MS = 60_000
"""So long nobody else works on a message after a process died that did, in milliseconds."""
THERE: dict[str, Any] = {"ended": None}
"""Neither released nor discarded. What has ended is on its way out."""
BARE = {"record": 0, "inner": 0}
"""Messages without their content."""


class Parking:
    """The messages that could not be processed, in the order they came."""

    def __init__(self, collection: AsyncIOMotorCollection[Any], numbers: Numbers) -> None:
        self._collection = collection
        self._numbers = numbers

    async def prepare(self) -> None:
        """Makes the indexes: by claim, by order, and of what has ended."""
        with weather():
            await self._collection.create_index([("subject", 1), ("order", 1), ("behind", 1)])
            await self._collection.create_index("order")
            await self._collection.create_index(
                "ended.number", partialFilterExpression={"ended.number": {"$exists": True}}
            )

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
        first = await self._numbers.draw(len(entries))
        with weather():
            known = {
                raw["_id"]: raw["subject"]
                async for raw in self._collection.find(
                    {"_id": {"$in": [e.id for e in entries]}}, {"subject": 1}
                )
            }
            await self._collection.bulk_write(
                [_parking(e, first + i, known) for i, e in enumerate(entries)], ordered=False
            )

    # -- how many

    async def total(self) -> int:
        """How many are parked, from the collection's own count, which costs nothing."""
        with weather():
            return await self._collection.estimated_document_count()

    async def crowded(self, subjects: Sequence[str], most: int) -> set[str]:
        """Those of the subjects that have so many messages parked, or more."""
        counted: list[Mapping[str, Any]] = [
            {"$match": {"subject": {"$in": list(subjects)}}},
            {"$group": {"_id": "$subject", "number": {"$sum": 1}}},
            {"$match": {"number": {"$gte": most}}},
        ]
        with weather():
            return {raw["_id"] async for raw in self._collection.aggregate(counted)}

    # -- looking

    async def page(self, after: int, limit: int, which: Filter | None = None) -> list[Parked]:
        """What is parked, oldest first, behind the one with order `after`; no content."""
        where = _query(which or Filter()) | {"order": {"$gt": after}}
        return await self._sorted(where, limit)

    async def find(self, id_: str) -> Parked | None:
        """One parked message, with its content."""
        with weather():
            raw = await self._collection.find_one({"_id": id_, **THERE})
        return None if raw is None else parked(raw)

    async def head(self, subject: str) -> Parked | None:
        """The oldest message of a claim, without its content."""
        return next(iter(await self._sorted({"subject": subject}, 1)), None)

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

    # -- what an act concerns: parked before it, and not tried in it yet

    async def meant(
        self, which: Filter, act: int, limit: int, newest_first: bool = False
    ) -> list[Parked]:
        """Messages that an act is still to do; no content."""
        where = _query(which) | _open(act)
        return await self._sorted(where, limit, -1 if newest_first else 1)

    async def left(self, which: Filter, act: int) -> int:
        """How many messages an act is still to do."""
        with weather():
            return await self._collection.count_documents(_query(which) | THERE | _open(act))

    async def tried(self, entry: Parked, act: int) -> None:
        """This act has come as far as it can with the entry and those behind it."""
        where = {"_id": entry.id} if entry.subject is None else {"subject": entry.subject}
        with weather():
            await self._collection.update_many(where, {"$set": {"tried": act}})

    # -- working on one

    async def take(self, id_: str, holder: str) -> Parked | None:
        """The message, with its lease; None if it is not there, or another holds it.

        The server's clock counts the lease: those of several processes may differ.
        """
        free = {"$or": [{"lease": None}, {"$expr": {"$lt": ["$lease.until", "$$NOW"]}}]}
        lease = {"holder": {"$literal": holder}, "until": {"$add": ["$$NOW", LEASE_MS]}}
        with weather():
            raw = await self._collection.find_one_and_update(
                {"_id": id_, **THERE, **free},
                [{"$set": {"lease": lease}}],
                return_document=ReturnDocument.AFTER,
            )
        return None if raw is None else parked(raw)

    async def give_back(self, id_: str, holder: str) -> None:
        """Ends the lease."""
        with weather():
            await self._collection.update_one(
                {"_id": id_, "lease.holder": holder}, {"$unset": {"lease": ""}}
            )

    async def blame(self, id_: str, reason: str) -> None:
        """The message failed again, for this reason; it waits for nobody but itself."""
        error = reason.partition(":")[0]
        failed = {"reason": reason, "error": error, "behind": False}
        with weather():
            await self._collection.update_one({"_id": id_}, {"$set": failed})

    async def end(self, id_: str, holder: str, ending: Mapping[str, Any]) -> bool:
        """The message is released or discarded; False if the lease was lost."""
        with weather():
            done = await self._collection.update_one(
                {"_id": id_, "lease.holder": holder, **THERE},
                {"$set": {"ended": dict(ending)}},
            )
        return done.matched_count == 1

    async def ended(self, limit: int) -> list[tuple[Parked, Mapping[str, Any]]]:
        """Messages that have ended and are still here, each with its ending."""
        with weather():
            cursor = self._collection.find({"ended.number": {"$exists": True}}).limit(limit)
            return [(parked(raw), raw["ended"]) async for raw in cursor]

    async def remove(self, entry: Parked) -> None:
        """Takes out what has ended. One parked again under its id, since, stays."""
        with weather():
            await self._collection.delete_one({"_id": entry.id, "order": entry.order})

    async def _sorted(
        self, where: Mapping[str, Any], limit: int, direction: int = 1
    ) -> list[Parked]:
        with weather():
            cursor = self._collection.find({**where, **THERE}, BARE).sort("order", direction)
            return [parked(raw) async for raw in cursor.limit(limit)]


def _parking(entry: Parked, order: int, known: dict[str, str | None]) -> UpdateOne:
    """Two claims may have messages of one id, though they should not: neither may be lost."""
    another = known.setdefault(entry.id, entry.subject) != entry.subject
    id_ = f"{entry.id}@{entry.subject}" if another else entry.id
    return UpdateOne({"_id": id_}, {"$setOnInsert": raw_parked(entry) | {"order": order}}, True)


def _open(act: int) -> dict[str, Any]:
    return {"order": {"$lt": act}, "tried": {"$ne": act}}


def _query(which: Filter) -> dict[str, Any]:
    query: dict[str, Any] = {
        name: wanted
        for name, wanted in (
            ("subject", which.claim),
            ("type", which.type),
            ("error", which.error),
        )
        if wanted is not None
    }
    if which.reason is not None:
        query["reason"] = {"$regex": re.escape(which.reason)}
    at = {"$gte": which.since, "$lt": which.until}
    if limits := {name: moment for name, moment in at.items() if moment is not None}:
        query["at"] = limits
    return query
