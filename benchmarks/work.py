"""Measures what a claim writes, by MongoDB's own counts, and puts the recipe together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.recipe import Recipe, Stores
from benchmarks.stand import Stand
from benchmarks.topics import Ends, heard_by, records, steps
from benchmarks.waiting import until
from shared.contracts.base import Service

POLICIES = "policy"
"""The register: written before the clock starts."""


@dataclass(frozen=True, slots=True)
class Written:
    """What MongoDB counted so far, by `database.collection`: updates, and documents there are.

    `bytes_in` is all that it received.
    """

    updates: Mapping[str, int]
    documents: Mapping[str, int]
    bytes_in: int


async def written(mongo: Any, prefix: str) -> Written:
    """The counts of all databases whose names begin so."""
    top = (await mongo.admin.command("top"))["totals"]
    status = await mongo.admin.command("serverStatus")
    names = [name for name in top if name.startswith(prefix) and not name.endswith(f".{POLICIES}")]
    return Written(
        updates={name: top[name]["update"]["count"] for name in names},
        documents={
            name: await _collection(mongo, name).estimated_document_count() for name in names
        },
        bytes_in=status["network"]["bytesIn"],
    )


def per_claim(before: Written, after: Written, claims: int) -> dict[str, float]:
    """Writes of one claim, and the bytes that MongoDB received for it."""
    writes = 0
    for name, updates in after.updates.items():
        updated = updates - before.updates.get(name, 0)
        writes += updated or after.documents[name] - before.documents.get(name, 0)
    return {
        "writes": writes / claims,
        "written_bytes": (after.bytes_in - before.bytes_in) / claims,
    }


async def stores(stand: Stand, before: Written, after: Written, claims: int) -> dict[str, Stores]:
    """What each service wrote for a claim, by MongoDB's own counts.

    A document is written several times as it grows, and once only to be marked. So the sizes at
    the end are scaled to what MongoDB received in all.
    """
    counted = {
        str(service): await _stores(stand, service, before, after, claims) for service in Service
    }
    stored = sum(s.replaced * s.replaced_bytes + s.added * s.added_bytes for s in counted.values())
    received = (after.bytes_in - before.bytes_in) / claims
    return {name: scaled(each, min(1.0, received / stored)) for name, each in counted.items()}


def scaled(stores: Stores, factor: float) -> Stores:
    """The same writes with other sizes."""
    return Stores(
        stores.replaced,
        round(stores.replaced_bytes * factor),
        stores.added,
        round(stores.added_bytes * factor),
    )


async def recipe(stand: Stand, begins: Ends, before: Written, claims: int) -> Recipe:
    """The recipe of the claims since then, once the path has all of their facts."""
    found = await records(stand, begins)
    ids = list({dict(record.headers)["ce_id"].decode() for record in found})
    path = stand.database(Service.INTAKE)["path"]

    async def all_kept() -> bool:
        return bool(await path.count_documents({"_id": {"$in": ids}}) == len(ids))

    await until(all_kept, f"the path has the {len(ids):,} facts that were published")
    after = await written(stand.mongo, stand.name)
    line = stand.load.in_bulk("size", 1)[0][1]
    return Recipe(
        steps=steps(found),
        hears=await heard_by(stand),
        stores=await stores(stand, before, after, claims),
        report_bytes=len(line.partition(b"\r\n\r\n")[2]),
    )


async def _stores(
    stand: Stand, service: Service, before: Written, after: Written, claims: int
) -> Stores:
    updates, sizes, added, added_sizes = 0.0, 0.0, 0.0, 0.0
    mine = f"{stand.name}_{service}."
    for name in (name for name in after.updates if name.startswith(mine)):
        count = after.updates[name] - before.updates.get(name, 0)
        new = after.documents[name] - before.documents.get(name, 0)
        size = await _average_bytes(_collection(stand.mongo, name))
        if count:
            updates, sizes = updates + count, sizes + count * size
        elif new:
            added, added_sizes = added + new, added_sizes + new * size
    return Stores(
        updates / claims,
        round(sizes / updates) if updates else 0,
        added / claims,
        round(added_sizes / added) if added else 0,
    )


async def _average_bytes(collection: Any) -> float:
    sizes = [{"$group": {"_id": None, "size": {"$avg": {"$bsonSize": "$$ROOT"}}}}]
    found = [raw async for raw in collection.aggregate(sizes)]
    return float(found[0]["size"]) if found else 0.0


def _collection(mongo: Any, name: str) -> Any:
    database, _, collection = name.partition(".")
    return mongo[database][collection]
