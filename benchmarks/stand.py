"""A network to measure: fresh, in a folder that is thrown away, on ports that are free."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from benchmarks import checks
from benchmarks.load import Load
from benchmarks.waiting import until
from benchmarks.wire import Wire
from deploy.local.broker import BrokerKind
from deploy.local.network import Network
from deploy.local.parts import PORTS, PROGRAMS, Program
from deploy.local.ports import free_ports
from shared.contracts.base import Service

QUIET = {"OTEL_EXPORTER_OTLP_ENDPOINT": "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ""}
"""Spans off, whatever the environment of whoever measures says."""


@dataclass
class Stand:
    """A network that runs, its policies registered. `claims` counts those reported so far."""

    network: Network
    load: Load
    name: str
    claims: int = 0
    mongo: Any = field(default=None, repr=False)

    def url(self, part: str) -> str:
        """A part's own address, past the gateway."""
        return self.network.parts[part].address

    def topic(self, service: Service) -> str:
        """The topic of a service's facts."""
        return f"{self.name}.{service}"

    def database(self, service: Service) -> Any:
        """A service's store, to count in."""
        return self.mongo[f"{self.name}_{service}"]

    def processes(self) -> dict[str, int]:
        """Every process of the network that we started, by name, and ourselves as `bench`."""
        parts = self.network.parts.items()
        running = {name: part.process.pid for name, part in parts}
        return {n: pid for n, pid in running.items() if pid} | {"bench": os.getpid()}

    async def settled(self) -> None:
        """Raises `Refused` unless the books balance, with one payment for each claim."""
        async with httpx.AsyncClient(base_url=self.network.url, trust_env=False) as http:
            answer = await http.get("/payments/ledger", timeout=60)
        checks.balanced(answer.json(), self.claims)

    async def register(self) -> None:
        """Registers the policies and waits until intake has heard of all of them."""
        wire = await Wire.to(self.network.url)
        for lines, request in self.load.registrations():
            answer = await wire.ask(request)
            checks.all_said(b'"status": "registered"', answer.body, lines)
        wire.close()
        known = self.database(Service.INTAKE)["policy"]

        async def all_known() -> bool:
            return bool(await known.count_documents({}) == self.load.policies)

        await until(all_known, f"intake knows {self.load.policies:,} policies")


@asynccontextmanager
async def stand(
    policies: int,
    broker: BrokerKind = "auto",
    environment: Mapping[str, str] | None = None,
    programs: Sequence[Program] = PROGRAMS,
    ports: int = PORTS,
) -> AsyncIterator[Stand]:
    """A network for as long as it is needed, on your own servers where the environment names some.

    Raises `Trouble` if it does not start.
    """
    name = f"bench{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="claimpath-bench-") as folder:
        network = Network(
            Path(folder),
            free_ports(ports),
            broker=broker,
            kafka=os.environ.get("CLAIMPATH_KAFKA") or None,
            mongo=os.environ.get("CLAIMPATH_MONGO") or None,
            environment={
                **QUIET,
                "CLAIMPATH_TOPICS": name,
                "CLAIMPATH_DATABASE": name,
                **(environment or {}),
            },
            programs=programs,
        )
        await network.up()
        mongo: Any = AsyncIOMotorClient(network.mongo)
        try:
            standing = Stand(network, Load(policies), name, mongo=mongo)
            await standing.register()
            yield standing
        finally:
            mongo.close()
            await network.down()
