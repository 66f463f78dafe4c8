"""MongoDB as a replica set of one node, so that a store can rely on majority writes."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local import binaries
from deploy.local.ports import LOOPBACK
from deploy.local.server import Server

NOT_YET_INITIALIZED = 94
CACHE_GB = "0.5"


class Mongo(Server):
    """A MongoDB server with its files in `data/mongo`, on a loopback port.

    `url` is what a service connects to. The same data may be opened on another port.
    """

    grace = 30.0

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        self.url = f"mongodb://{LOOPBACK}:{port}/?replicaSet=rs0"
        super().__init__("mongo", data, f"{LOOPBACK}:{port}", self.url)

    def command(self) -> Sequence[str]:
        network = ["--bind_ip", LOOPBACK, "--port", str(self.port), "--nounixsocket"]
        # A small cache and oplog: this runs beside a browser and an editor.
        limits = ["--wiredTigerCacheSizeGB", CACHE_GB, "--oplogSize", "512"]
        quiet = ["--quiet", "--setParameter", "diagnosticDataCollectionEnabled=false"]
        files = ["--dbpath", str(self.data / "mongo"), "--replSet", "rs0"]
        return [binaries.mongod(), *files, *network, *limits, *quiet]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **binaries.libcurl(self.data / "lib")}

    async def prepare(self) -> None:
        (self.data / "mongo").mkdir(parents=True, exist_ok=True)

    async def ready(self) -> bool:
        """Whether it takes writes; the first questions also form the replica set."""
        if not self.process.alive:
            return False
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=500
        )
        try:
            return await asyncio.wait_for(self._is_primary(client), 5.0)
        except (PyMongoError, TimeoutError):
            return False
        finally:
            await client.close()

    async def _is_primary(self, client: AsyncMongoClient[dict[str, Any]]) -> bool:
        hello = await client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            await self._form_replica_set(client)
        return bool(hello.get("isWritablePrimary"))

    async def _form_replica_set(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        try:
            config = (await client.admin.command("replSetGetConfig"))["config"]
        except OperationFailure as refusal:
            if refusal.code != NOT_YET_INITIALIZED:
                raise
            # Just after a start the stored configuration may not be read yet: then this is
            # refused as "already initialized" and the next look finds it.
            await client.admin.command("replSetInitiate", self._config())
            return
        if config["members"][0]["host"] != self.address:
            await self._move(client, config)

    async def _move(self, client: AsyncMongoClient[dict[str, Any]], config: dict[str, Any]) -> None:
        """The data were last opened on another port, and a replica set remembers its own."""
        moved = {**config, "version": config["version"] + 1, "members": self._config()["members"]}
        await client.admin.command("replSetReconfig", moved, force=True)

    def _config(self) -> dict[str, Any]:
        return {"_id": "rs0", "members": [{"_id": 0, "host": self.address}]}
