"""Numbers that only ever rise, whatever the clocks of those who draw them say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument

from shared.store.weather import weather


class Numbers:
    """One series of numbers in a service's store. Near to microseconds since 1970, for people."""

    def __init__(self, collection: AsyncIOMotorCollection[Any], name: str) -> None:
        self._collection = collection
        self._name = name

    async def draw(self, number: int = 1) -> int:
        """The first of so many numbers in a row that nobody else was given, or will be."""
        now = int(datetime.now(UTC).timestamp() * 1_000_000)
        # A clock that jumps back must not put a later message before an earlier one.
        raised = {"$set": {"next": {"$add": [{"$max": ["$next", now]}, number]}}}
        with weather():
            raw = await self._collection.find_one_and_update(
                {"_id": self._name}, [raised], upsert=True, return_document=ReturnDocument.AFTER
            )
        return int(raw["next"]) - number
