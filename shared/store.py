"""MongoDB: documents written under a version guard, parked messages, and files.

The only file that knows motor. Every trouble with the server leaves here as `StoreDown`; a lost
race is no trouble but an answer (`Documents.save` returns the ids that lost).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from gridfs.errors import NoFile
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure

from shared.contracts.event import Record
from shared.errors import StoreDown

DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A published fact as its document remembers it, to say it again with the same id."""

    id: str
    type: str
    time: datetime
    cause: str
    traceparent: str
    subject: str
    data: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An input that changed the document. `facts` is None once it is too old to be repeated."""

    id: str
    digest: str
    facts: tuple[StoredFact, ...] | None


@dataclass(frozen=True, slots=True)
class Document:
    """One claim (or policy, complaint, ...) in one service. Version 0 is not stored yet.

    `unconfirmed` are inputs whose facts may not be on the wire; `owed` is set, to the time of the
    save, while nobody but this document would bring them there.
    """

    id: str
    version: int = 0
    insurer: str = ""
    state: Mapping[str, Any] | None = None
    seen: tuple[Seen, ...] = ()
    due: datetime | None = None
    unconfirmed: tuple[str, ...] = ()
    owed: datetime | None = None


@contextmanager
def weather() -> Iterator[None]:
    """Turns what the server or the network did into `StoreDown`."""
    try:
        yield
    except (ConnectionFailure, OperationFailure) as error:
        raise StoreDown(f"MongoDB: {error}") from error


class Store:
    """One service's database. Connects lazily; nothing is written before `prepare`."""

    def __init__(self, url: str, database: str) -> None:
        self._client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            tzinfo=UTC,
            w="majority",
            journal=True,
            retryWrites=True,
            serverSelectionTimeoutMS=3_000,
            socketTimeoutMS=10_000,
            appname=database,
        )
        self._database: AsyncIOMotorDatabase[Any] = self._client.get_database(
            database, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC)
        )

    def documents(self, kind: str) -> Documents:
        """The documents of one kind."""
        return Documents(self._database[kind])

    def collection(self, name: str) -> AsyncIOMotorCollection[Any]:
        """A plain collection, for records that are only ever added (the claim path)."""
        return self._database[name]

    def parking(self) -> Parking:
        """The messages this service could not process."""
        return Parking(self._database["parked"])

    def files(self, name: str) -> Files:
        """Uploaded content, by digest-checked file."""
        return Files(AsyncIOMotorGridFSBucket(self._database, bucket_name=name))

    async def ping(self) -> None:
        """Raises `StoreDown` unless a primary answers."""
        with weather():
            await self._client.admin.command("ping")

    def close(self) -> None:
        """Ends all connections."""
        self._client.close()


class Documents:
    """One document per claim, replaced as a whole, only by who has read its newest version."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self, *indexes: str) -> None:
        """Makes the indexes for timers and owed facts, and one for each path named."""
        with weather():
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

    async def due(self, now: datetime, limit: int) -> list[tuple[str, datetime]]:
        """Documents whose deadline has come, the earliest first."""
        with weather():
            cursor = self._collection.find({"due": {"$lte": now}}, {"due": 1})
            return [(raw["_id"], raw["due"]) async for raw in cursor.sort("due", 1).limit(limit)]

    async def owed(self, before: datetime, limit: int) -> list[Document]:
        """Documents saved before that time whose facts nobody else will publish."""
        with weather():
            cursor = self._collection.find({"owed": {"$lte": before}}).limit(limit)
            return [_document(raw) async for raw in cursor]

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
        """What is parked, oldest first, from behind the entry with order `after`."""
        return await self._sorted({"order": {"$gt": after}}, limit)

    async def _sorted(self, where: Mapping[str, Any], limit: int) -> list[Parked]:
        with weather():
            cursor = self._collection.find(dict(where)).sort("order", 1).limit(limit)
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


class TooLarge(Exception):
    """An upload went over its limit. Nothing of it was kept."""


class Files:
    """Uploaded content in GridFS. An id, once written, is never written again."""

    def __init__(self, bucket: AsyncIOMotorGridFSBucket) -> None:
        self._bucket = bucket

    async def put(self, id_: str, name: str, chunks: AsyncIterator[bytes], most: int) -> str:
        """Stores the stream and returns its SHA-256. Raises `TooLarge` above `most` bytes."""
        digest, size = hashlib.sha256(), 0
        with weather():
            await self.remove(id_)
            target = self._bucket.open_upload_stream_with_id(id_, name)
            async for chunk in chunks:
                size += len(chunk)
                if size > most:
                    await target.abort()
                    raise TooLarge
                digest.update(chunk)
                await target.write(chunk)
            await target.close()
        return digest.hexdigest()

    async def get(self, id_: str) -> bytes | None:
        """The content, or None."""
        with weather():
            try:
                return bytes(await (await self._bucket.open_download_stream(id_)).read())
            except NoFile:
                return None

    async def remove(self, id_: str) -> None:
        """Forgets the content, if there is any."""
        with weather():
            try:
                await self._bucket.delete(id_)
            except NoFile:
                return


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
    return raw


def _raw_seen(seen: Seen) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": seen.id}
    if seen.digest:
        raw["digest"] = seen.digest
    if seen.facts is not None:
        raw["facts"] = [
            [f.id, f.type, f.time.isoformat(), f.cause, f.traceparent, f.subject, f.data]
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
    )


def _seen(raw: Mapping[str, Any]) -> Seen:
    facts = raw.get("facts")
    return Seen(
        id=raw["id"],
        digest=raw.get("digest", ""),
        facts=None if facts is None else tuple(_fact(fact) for fact in facts),
    )


def _fact(raw: Sequence[str]) -> StoredFact:
    id_, type_, time, cause, traceparent, subject, data = raw
    return StoredFact(id_, type_, datetime.fromisoformat(time), cause, traceparent, subject, data)


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
