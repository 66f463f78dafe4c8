"""A network that has many claims behind it: the claims it did, copied under other names.

Copying by MongoDB itself takes seconds where doing as many claims would take hours. What grows is
every store and its indexes; the topics do not.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.stand import Stand
from shared.contracts.base import Service

LEFT_ALONE = ("policy", "parked")


async def grow(stand: Stand, claims: int) -> None:
    """Copies the claims there are until at least so many are stored; `stand` counts them too."""
    before = stand.claims
    copies = math.ceil(claims / before) - 1
    for service in Service:
        database = stand.database(service)
        for name in await database.list_collection_names():
            if name not in LEFT_ALONE and not name.startswith("uploads"):
                await _copy(database[name], copies)
    stand.claims = before * (1 + max(0, copies))


async def _copy(collection: Any, copies: int) -> None:
    first = await collection.count_documents({"copy": {"$exists": True}}, limit=1)
    assert not first, "a store is grown once"
    for number in range(1, copies + 1):
        await collection.aggregate(_copying(collection.name, f"-{number}")).to_list(None)


def _copying(collection: str, suffix: str) -> list[dict[str, Any]]:
    """Adds each original once more; claims in the path get the same new names."""
    renamed: dict[str, Any] = {"_id": {"$concat": ["$_id", suffix]}, "copy": {"$literal": True}}
    if collection == "path":
        renamed["claim"] = {"$concat": ["$claim", suffix]}
    return [
        {"$match": {"copy": {"$exists": False}}},
        {"$set": renamed},
        {"$merge": {"into": collection, "whenMatched": "fail", "whenNotMatched": "insert"}},
    ]
