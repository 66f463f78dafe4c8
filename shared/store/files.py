"""Uploaded content in GridFS."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gridfs.errors import FileExists, NoFile
from motor.motor_asyncio import AsyncIOMotorDatabase, AsyncIOMotorGridFSBucket

from shared.store.weather import weather


class Files:
    """Uploaded content. An id stands for one content and is written once."""

    def __init__(self, database: AsyncIOMotorDatabase[Any], name: str) -> None:
        self._database = database
        self._name = name

    @cached_property
    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        """Made at the first use: a bucket takes the running loop, and wiring has none yet."""
        return AsyncIOMotorGridFSBucket(self._database, bucket_name=self._name)

    async def put(self, id_: str, name: str, content: bytes) -> None:
        """Stores the content; again under the same id, nothing more happens."""
        with weather():
            try:
                await self._bucket.upload_from_stream_with_id(id_, name, content)
            except FileExists:
                return

    async def get(self, id_: str) -> bytes | None:
        """The content, or None."""
        with weather():
            try:
                return bytes(await (await self._bucket.open_download_stream(id_)).read())
            except NoFile:
                return None
