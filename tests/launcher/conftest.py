"""Servers that several tests share, and terminals of their own."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.servers import Mongo, Tansu, free_port

from .terminal import Terminal


@pytest.fixture(scope="package")
async def mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    server = Mongo(tmp_path_factory.mktemp("mongo"), free_port())
    await server.start()
    yield server
    await server.kill()


@pytest.fixture(scope="package")
async def tansu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tansu]:
    server = Tansu(tmp_path_factory.mktemp("tansu"), free_port())
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
def own_servers(mongo: Mongo, tansu: Tansu) -> dict[str, str]:
    """The environment of a user who has a MongoDB and a Kafka already: quick to start."""
    return {"CLAIMPATH_MONGO": mongo.url, "CLAIMPATH_KAFKA": tansu.address}


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Terminal]]:
    terminals: list[Terminal] = []

    def open_one(environment: dict[str, str]) -> Terminal:
        terminals.append(Terminal(tmp_path, environment))
        return terminals[-1]

    yield open_one
    for terminal in terminals:
        terminal.close()
