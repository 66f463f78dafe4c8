"""Networks to be harmed: a shared one for the quick set, one of its own for each long row."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.network import Network
from deploy.local.parts import PORTS
from deploy.local.ports import free_ports
from tests.conftest import Address
from tests.faults.network.experiment import LINES
from tests.faults.network.ground import Ground, programs
from tests.faults.network.stores import Stores
from tests.faults.network.wire import Wire

BAD_SIGNS = ("starting it again", "left alone", "not ready")
"""What the launcher says when a part died that nobody killed."""

NewGround = Callable[..., AbstractAsyncContextManager[Ground]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in LINES:
        terminalreporter.write_line(line)


@pytest.fixture(scope="package")
def deaf_collector() -> Iterator[str]:
    """A trace collector that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="package")
async def ground(
    kafka: Address, mongo: Address, deaf_collector: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Ground]:
    """The shared network, on the servers of the session."""
    folder = tmp_path_factory.mktemp("faults")
    servers = {"kafka": kafka.url, "mongo": mongo.url}
    async with _ground(folder, deaf_collector, **servers) as ground:
        yield ground


@pytest.fixture
def new_ground(deaf_collector: str, tmp_path: Path) -> NewGround:
    """Makes a network with servers of its own, which may be harmed too."""
    return partial(_ground, tmp_path, deaf_collector)


@asynccontextmanager
async def _ground(data: Path, collector: str, **chosen: Any) -> AsyncIterator[Ground]:
    """A network with topics and databases of its own, on given servers or on its own ones."""
    name = f"f{uuid.uuid4().hex[:8]}"
    mishaps: list[str] = []

    def say(sentence: str) -> None:
        if any(sign in sentence for sign in BAD_SIGNS):
            mishaps.append(sentence)

    environment = {
        "CLAIMPATH_TOPICS": name,
        "CLAIMPATH_DATABASE": name,
        "CLAIMPATH_MAIL_KEEP": "1000000",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
    }
    lives = data / "lives"
    lives.mkdir()
    network = Network(
        data,
        free_ports(PORTS),
        environment=environment,
        programs=programs(lives),
        say=say,
        **chosen,
    )
    await network.up()
    stores = Stores(network.mongo, name)
    limits = httpx.Limits(max_connections=64)
    http = httpx.AsyncClient(base_url=network.url, timeout=30, trust_env=False, limits=limits)
    try:
        yield Ground(network, lives, http, Wire(network.kafka, name), stores, mishaps)
    finally:
        stores.close()
        await http.aclose()
        await network.down()
