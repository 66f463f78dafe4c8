"""Reads the five databases, and MongoDB's own log of what was written in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from shared.contracts.base import Service
from tests.faults.network.evidence import Documents, Parked

KEPT = (
    "intake.claim",
    "intake.policy",
    "intake.path",
    "claims.claim",
    "claims.policy",
    "payments.book",
    "notifications.correspondence",
    "feedback.survey",
)
VERSIONED = tuple(name for name in KEPT if name != "intake.path")
WITH_TIMERS = ("payments.book", "notifications.correspondence")


class Stores:
    """The databases of one network, as MongoDB has them. `close` it at the end."""

    def __init__(self, mongo: str, database: str) -> None:
        self._client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(mongo, tz_aware=True)
        self._database = database

    def collection(self, name: str) -> Any:
        """The collection `service.kind`."""
        service, _, kind = name.partition(".")
        return self._client[f"{self._database}_{service}"][kind]

    async def documents(self) -> Mapping[str, Documents]:
        """Every document of every collection."""
        return {
            name: {raw["_id"]: raw async for raw in self.collection(name).find()} for name in KEPT
        }

    async def parked(self) -> list[Parked]:
        """What every service has set aside."""
        return [
            Parked(str(service), raw["subject"], raw["reason"], raw["behind"])
            for service in Service
            async for raw in self.collection(f"{service}.parked").find().sort("order", 1)
        ]

    async def due(self) -> int:
        """How many documents have a timer running, and are not set aside."""
        waiting = 0
        for name in WITH_TIMERS:
            held = await self.collection(f"{name.partition('.')[0]}.parked").distinct("subject")
            query = {"due": {"$type": "date"}, "_id": {"$nin": held}}
            waiting += await self.collection(name).count_documents(query)
        return waiting

    async def owed(self) -> int:
        """How many documents have facts that are not confirmed to be on the wire."""
        owing = {"owed": {"$type": "date"}}
        return sum([await self.collection(name).count_documents(owing) for name in VERSIONED])

    async def versions(self) -> Mapping[str, list[int]]:
        """By document, the versions that were written, in the order of the primary's log."""
        spaces = {f"{self._database}_{name}": name for name in VERSIONED}
        written: dict[str, list[int]] = defaultdict(list)
        async for entry in self._client.local["oplog.rs"].find({"ns": {"$in": list(spaces)}}):
            for id_, version in _written(entry):
                written[f"{spaces[entry['ns']]}/{id_}"].append(version)
        return written

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()


def _written(entry: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The document's id and its new version, if this entry of the log sets one."""
    what = entry["o"]
    if entry["op"] == "i":
        yield what["_id"], what["version"]
    if entry["op"] == "u":
        # A replacement is logged whole, or as the difference where that is shorter.
        version = what.get("version") or what.get("diff", {}).get("u", {}).get("version")
        if version is not None:
            yield entry["o2"]["_id"], version
