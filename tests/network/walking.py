"""A whole network under test, and what tests do with it: as a user would, from outside."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.network import Network
from shared.contracts.base import Service
from tests.network.collector import Collector

ROOT = Path(__file__).parents[2]


class Walking:
    """A running network: `http` speaks to its gateway, `network` starts and stops its parts.

    `kafka` and `topics` say where its events are, `mongo` and `database` where its stores are.
    """

    def __init__(
        self,
        network: Network,
        http: httpx.AsyncClient,
        collector: Collector,
        environment: Mapping[str, str],
    ) -> None:
        self.network = network
        self.http = http
        self.collector = collector
        self.kafka, self.mongo = network.kafka, network.mongo
        self.topics = environment["CLAIMPATH_TOPICS"]
        self.database = environment["CLAIMPATH_DATABASE"]

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Runs `claimpath` with these arguments; its exit code, output and complaints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "claimpath",
            *arguments,
            cwd=ROOT,
            env={**os.environ, "CLAIMPATH_GATEWAY": self.network.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def told(self, *arguments: str) -> Any:
        """What `claimpath ... --json` prints; fails with its complaints if it fails."""
        code, out, err = await self.command(*arguments, "--json")
        assert code == 0, f"claimpath {' '.join(arguments)} ended with {code}:\n{out}\n{err}"
        return json.loads(out)

    async def submit(self, *arguments: str) -> dict[str, Any]:
        """`claimpath submit ARGUMENTS --wait --json`; it has checked every path itself."""
        summary: dict[str, Any] = await self.told("submit", *arguments, "--wait")
        return summary

    async def ledger(self) -> dict[str, Any]:
        """The trial balance over all payments."""
        answer: dict[str, Any] = (await self.http.get("/payments/ledger")).json()
        return answer

    async def path(self, claim: str) -> dict[str, Any]:
        """The claim's path; one without facts while there is none yet."""
        response = await self.http.get(f"/intake/claims/{claim}/path")
        found: dict[str, Any] = response.json() if response.status_code == 200 else {"facts": []}
        return found

    async def facts(self, claim: str) -> list[str]:
        """The short names of the claim's facts, causes before effects."""
        return [fact["fact"] for fact in (await self.path(claim))["facts"]]

    async def stored(self, service: str, kind: str) -> int:
        """How many documents of a kind this service's own store holds."""
        client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(self.mongo)
        try:
            return await client[f"{self.database}_{service}"][kind].count_documents({})
        finally:
            client.close()

    async def events(self) -> int:
        """How many events were ever published by the five services."""
        topics = [f"{self.topics}.{service}" for service in Service]
        reader = AIOKafkaConsumer(*topics, bootstrap_servers=self.kafka)
        await reader.start()
        try:
            return sum((await reader.end_offsets(reader.assignment())).values())
        finally:
            await reader.stop()
