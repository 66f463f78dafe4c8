"""MongoDB: documents under a version guard, parked messages, journals and files.

The only room that knows motor, which is deprecated upstream: moving to PyMongo's own async client
is to stay a change of this room alone. Every trouble with the server leaves here as `StoreDown`;
a lost race is no trouble but an answer (`Documents.save` returns the ids that lost).
"""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

from shared.store.acts import Act, Acts, What
from shared.store.documents import Documents
from shared.store.files import Files
from shared.store.journal import Journal
from shared.store.numbers import Numbers
from shared.store.parked import Filter, Inner, Parked
from shared.store.parking import Parking
from shared.store.weather import weather

__all__ = [
    "Act",
    "Acts",
    "Documents",
    "Files",
    "Filter",
    "Inner",
    "Journal",
    "Parked",
    "Parking",
    "Store",
    "What",
]


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
        # Wiring happens before there is a loop; motor would otherwise take the wrong one.
        self._client.get_io_loop = asyncio.get_running_loop  # type: ignore[method-assign]
        self._database: AsyncIOMotorDatabase[Any] = self._client.get_database(
            database, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC)
        )

    def documents(self, kind: str) -> Documents:
        """The documents of one kind."""
        return Documents(self._database[kind])

    def journal(self, name: str) -> Journal:
        """Records that are only ever added (the claim path)."""
        return Journal(self._database[name])

    def parking(self) -> Parking:
        """The messages this service could not process."""
        return Parking(self._database["parked"], self._numbers())

    def acts(self) -> Acts:
        """What people did to those messages, and why."""
        return Acts(self._database["parking_acts"], self._numbers())

    def files(self, name: str) -> Files:
        """Uploaded content, by digest-checked file."""
        return Files(self._database, name)

    def _numbers(self) -> Numbers:
        return Numbers(self._database["parking_numbers"], "parking")

    async def ping(self) -> None:
        """Raises `StoreDown` unless a primary answers."""
        with weather():
            await self._client.admin.command("ping")

    def close(self) -> None:
        """Ends all connections."""
        self._client.close()
