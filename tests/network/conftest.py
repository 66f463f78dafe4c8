"""One whole network for all tests of this folder, on the servers of the session."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.network import Network
from deploy.local.parts import PORTS
from deploy.local.ports import free_ports
from tests.conftest import Address
from tests.network.collector import Collector
from tests.network.walking import Walking


@pytest.fixture(scope="package")
async def walking(
    kafka: Address, mongo: Address, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Walking]:
    """The five services, the sandboxes and the gateway, with topics and stores of their own."""
    collector = Collector()
    name = f"n{uuid.uuid4().hex[:8]}"
    environment = {
        "CLAIMPATH_TOPICS": name,
        "CLAIMPATH_DATABASE": name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    network = Network(
        tmp_path_factory.mktemp("network"),
        free_ports(PORTS),
        kafka=kafka.url,
        mongo=mongo.url,
        environment=environment,
    )
    await network.up()
    async with httpx.AsyncClient(base_url=network.url, timeout=30, trust_env=False) as http:
        yield Walking(network, http, collector, environment)
    await network.down()
    collector.close()
