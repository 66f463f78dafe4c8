"""Records that are only ever added, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import BulkWriteError

from shared.errors import StoreDown
from shared.store.documents import DUPLICATE_KEY
from shared.store.weather import weather


class Journal:
    """An append-only collection, keyed by what is recorded."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self, index: str) -> None:
        """Makes the index that `find` uses."""
        with weather():
            await self._collection.create_index(index)

    async def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Adds those whose `_id` is not there yet; the others stand as they are."""
        if not records:
            return
        with weather():
            try:
                await self._collection.insert_many(records, ordered=False)
            except BulkWriteError as error:
                only_repeats(error)

    async def find(self, where: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The records that match, in no order."""
        with weather():
            return [raw async for raw in self._collection.find(dict(where))]


def only_repeats(error: BulkWriteError) -> None:
    """Raises `StoreDown` unless all that was refused is there already."""
    details = error.details or {}
    repeats = all(e["code"] == DUPLICATE_KEY for e in details.get("writeErrors", []))
    if details.get("writeConcernErrors") or not repeats:
        raise StoreDown(f"MongoDB: {details}") from error
