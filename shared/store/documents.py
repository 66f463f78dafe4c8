"""Documents: one per claim (or policy, complaint, ...), written only under a version guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from shared.document import Deadline, Document, Seen, StoredFact
from shared.errors import StoreDown
from shared.store.weather import weather

DUPLICATE_KEY = 11000


class Documents:
    """One document per claim, replaced as a whole, only by who has read its newest version."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self, *indexes: str) -> None:
        """Makes the indexes for timers, owed facts and callers, and one for each path named."""
        with weather():
            await self._collection.create_index(
                "caller", partialFilterExpression={"caller": {"$type": "string"}}
            )
            for name in ("due", "owed"):
                await self._collection.create_index(
                    name, partialFilterExpression={name: {"$type": "date"}}
                )
            for path in indexes:
                await self._collection.create_index([(path, 1), ("_id", 1)])

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of the documents that exist, by id."""
        with weather():
            cursor = self._collection.find({"_id": {"$in": list(ids)}})
            return {raw["_id"]: _document(raw) async for raw in cursor}

    async def save(self, documents: Sequence[Document]) -> set[str]:
        """Writes each as the next version of what was read; the ids returned lost their race.

        Replacing with upsert turns a lost race into a duplicate key that names its document.
        """
        if not documents:
            return set()
        writes = [
            ReplaceOne({"_id": d.id, "version": d.version}, _raw(d), upsert=True) for d in documents
        ]
        with weather():
            try:
                await self._collection.bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                return _lost(error, documents)
        return set()

    async def due(self, now: datetime, limit: int, after: Deadline | None = None) -> list[Deadline]:
        """Documents whose deadline has come, the earliest first, from behind `after`."""
        query: dict[str, Any] = {"due": {"$lte": now}}
        if after is not None:
            id_, at = after
            query["$or"] = [{"due": {"$gt": at}}, {"due": at, "_id": {"$gt": id_}}]
        with weather():
            cursor = self._collection.find(query, {"due": 1}).sort([("due", 1), ("_id", 1)])
            return [(raw["_id"], raw["due"]) async for raw in cursor.limit(limit)]

    async def owed(self, before: datetime, limit: int) -> list[Document]:
        """Documents saved before that time whose facts nobody else will publish."""
        with weather():
            cursor = self._collection.find({"owed": {"$lte": before}}).limit(limit)
            return [_document(raw) async for raw in cursor]

    async def calling(self, caller: str) -> list[Document]:
        """Documents whose outstanding outside calls this named process makes, or made."""
        with weather():
            return [_document(raw) async for raw in self._collection.find({"caller": caller})]

    async def settle(self, documents: Sequence[Document]) -> None:
        """Notes that all facts of these versions are on the wire."""
        if not documents:
            return
        clear = {"$unset": {"owed": ""}, "$set": {"unconfirmed": []}}
        with weather():
            await self._collection.bulk_write(
                [UpdateOne({"_id": d.id, "version": d.version}, clear) for d in documents],
                ordered=False,
            )

    async def page(
        self, where: Mapping[str, Any], after: str, limit: int
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """Ids and states that match, in order of id, from behind `after`."""
        query = {"$and": [dict(where), {"_id": {"$gt": after}}]}
        with weather():
            cursor = self._collection.find(query, {"state": 1}).sort("_id", 1).limit(limit)
            return [(raw["_id"], raw["state"]) async for raw in cursor]

    async def count(self, where: Mapping[str, Any]) -> int:
        """How many documents match."""
        with weather():
            return await self._collection.count_documents(dict(where))

    async def sums(self, pipeline: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What an aggregation over the documents yields."""
        with weather():
            return [raw async for raw in self._collection.aggregate(list(pipeline))]


def _lost(error: BulkWriteError, documents: Sequence[Document]) -> set[str]:
    details = error.details or {}
    failed = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(e["code"] != DUPLICATE_KEY for e in failed):
        raise StoreDown(f"MongoDB: {details}") from error
    return {documents[e["index"]].id for e in failed}


def _raw(document: Document) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "_id": document.id,
        "version": document.version + 1,
        "insurer": document.insurer,
        "state": document.state,
        "seen": [_raw_seen(seen) for seen in document.seen],
        "unconfirmed": list(document.unconfirmed),
    }
    if document.due is not None:
        raw["due"] = document.due
    if document.owed is not None:
        raw["owed"] = document.owed
    if document.caller:
        raw["caller"] = document.caller
    return raw


def _raw_seen(seen: Seen) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": seen.id}
    if seen.digest:
        raw["digest"] = seen.digest
    if seen.facts is not None:
        raw["facts"] = [
            [
                f.id,
                f.type,
                f.time.isoformat(),
                f.cause,
                f.sequence,
                f.traceparent,
                f.subject,
                f.data,
            ]
            for f in seen.facts
        ]
    return raw


def _document(raw: Mapping[str, Any]) -> Document:
    return Document(
        id=raw["_id"],
        version=raw["version"],
        insurer=raw["insurer"],
        state=raw["state"],
        seen=tuple(_seen(seen) for seen in raw["seen"]),
        due=raw.get("due"),
        unconfirmed=tuple(raw["unconfirmed"]),
        owed=raw.get("owed"),
        caller=raw.get("caller", ""),
    )


def _seen(raw: Mapping[str, Any]) -> Seen:
    facts = raw.get("facts")
    return Seen(
        id=raw["id"],
        digest=raw.get("digest", ""),
        facts=None if facts is None else tuple(_fact(fact) for fact in facts),
    )


def _fact(raw: Sequence[Any]) -> StoredFact:
    id_, type_, time, *rest = raw
    return StoredFact(id_, type_, datetime.fromisoformat(time), *rest)
