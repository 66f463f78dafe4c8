"""Where the tests' real servers come from: the environment, else Docker, else embedded ones."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import containers
from deploy.local.servers import Kafka, Mongo, Tansu, free_port
from deploy.local.trouble import Trouble


@dataclass(frozen=True)
class Address:
    """A server for the tests, and where it came from."""

    url: str
    origin: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kafka",
        default=os.environ.get("CLAIMPATH_TEST_KAFKA", "auto"),
        choices=["auto", "apache", "tansu"],
        help="the embedded broker to test on, where none is given and no Docker answers",
    )


ORIGINS: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in ORIGINS:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
async def mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Address]:
    """A real MongoDB."""
    if given := os.environ.get("CLAIMPATH_MONGO"):
        yield _said("MongoDB", Address(given, "CLAIMPATH_MONGO"))
        return
    server: containers.ContainerMongo | Mongo
    if containers.docker_answers():
        server, origin = containers.ContainerMongo(), "testcontainers"
    else:
        server, origin = Mongo(tmp_path_factory.mktemp("mongo"), free_port()), "embedded mongod"
    await server.start()
    yield _said("MongoDB", Address(server.url, origin))
    await server.stop()


@pytest.fixture(scope="session")
async def kafka(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[Address]:
    """A real Kafka broker."""
    if given := os.environ.get("CLAIMPATH_KAFKA"):
        yield _said("Kafka", Address(given, "CLAIMPATH_KAFKA"))
        return
    server, origin = await _broker(
        tmp_path_factory.mktemp("kafka"), pytestconfig.getoption("--kafka")
    )
    yield _said("Kafka", Address(server.address, origin))
    await server.stop()


async def _broker(
    folder: Path, wanted: str
) -> tuple[containers.ContainerKafka | Kafka | Tansu, str]:
    if wanted == "auto" and containers.docker_answers():
        container = containers.ContainerKafka()
        await container.start()
        return container, "testcontainers"
    if wanted == "tansu":
        return await _tansu(folder), "embedded Tansu"
    try:
        return await _apache(folder), "embedded Apache Kafka"
    except Trouble as trouble:
        if wanted == "apache":
            raise
        return await _tansu(folder), f"embedded Tansu, because: {trouble}"


async def _apache(folder: Path) -> Kafka:
    broker = Kafka(folder, free_port())
    await broker.start(seconds=120)
    return broker


async def _tansu(folder: Path) -> Tansu:
    broker = Tansu(folder, free_port())
    await broker.start()
    return broker


def _said(name: str, address: Address) -> Address:
    ORIGINS.append(f"{name} for these tests: {address.origin} ({address.url})")
    return address
