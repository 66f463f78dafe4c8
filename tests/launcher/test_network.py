"""The network as a library: what the programs are told, and what happens when a part dies."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.given import Given
from deploy.local.network import Network
from deploy.local.parts import PORTS, Program, service
from deploy.local.ports import free_ports, is_free
from deploy.local.process import start_tick
from deploy.local.servers import Mongo, Tansu
from deploy.local.trouble import Trouble

from .terminal import STAND_IN
from .waiting import until, until_true

RUN = [sys.executable, str(STAND_IN)]
STAND_INS = [
    service("intake", 1, RUN),
    service("claims", 2, RUN),
    Program("mail", RUN, 7, "/sandbox/mail", "/sandbox/mail/health", {"CLAIMPATH_SMTP_PORT": 8}),
]


def network_of(folder: Path, **more: str) -> Network:
    environment = {"CLAIMPATH_KEYS": str(folder), "OTEL_SERVICE_NAME": "passed-on"}
    base = free_ports(PORTS)
    return Network(folder, base, programs=STAND_INS, environment=environment, **more)  # type: ignore[arg-type]


@pytest.fixture
async def network(tmp_path: Path, mongo: Mongo, tansu: Tansu) -> AsyncIterator[Network]:
    """On servers that are there already."""
    network = network_of(tmp_path, kafka=tansu.address, mongo=mongo.url)
    await network.up()
    yield network
    await network.down()


async def ask(network: Network, path: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(network.url + path)).text


async def test_programs_are_told_where_everything_is(network: Network, mongo: Mongo) -> None:
    assert await ask(network, "/claims/setting/CLAIMPATH_MONGO") == mongo.url
    assert await ask(network, "/intake/setting/CLAIMPATH_PORT") == str(network.port + 1)
    assert await ask(network, "/intake/setting/CLAIMPATH_SMTP") == f"127.0.0.1:{network.port + 8}"
    smtp = await ask(network, "/sandbox/mail/setting/CLAIMPATH_SMTP_PORT")
    assert smtp == str(network.port + 8)
    bank = f"http://127.0.0.1:{network.port + 6}/sandbox/bank"
    assert await ask(network, "/claims/setting/CLAIMPATH_BANK") == bank
    assert await ask(network, "/claims/setting/OTEL_SERVICE_NAME") == "passed-on"


async def test_a_path_of_nobody_is_not_found(network: Network) -> None:
    assert "404" in await ask(network, "/reinsurance")


async def test_a_killed_part_stays_down_until_it_is_started(network: Network) -> None:
    before = network.parts["claims"].process.pid
    await network.kill("claims")
    assert not await network.parts["claims"].ready()
    await network.start("claims")
    assert network.parts["claims"].process.pid not in (None, before)
    await network.restart("claims")
    assert await network.parts["claims"].ready()


async def test_a_part_that_crashes_is_started_again(network: Network) -> None:
    said: list[str] = []
    network.say = said.append
    before = network.parts["claims"].process.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: network.parts["claims"].process.pid not in (None, before), "a new claims")
    await until_true(network.parts["claims"].ready, "claims is healthy again")
    await _until_new(network, "claims", before)


async def test_a_program_that_dies_at_start_leaves_nothing_behind(
    tmp_path: Path, mongo: Mongo, tansu: Tansu
) -> None:
    network = network_of(tmp_path, kafka=tansu.address, mongo=mongo.url)
    network.environment["STAND_INS"] = "die"
    with pytest.raises(Trouble, match=r"ended with code 1 while starting(.|\n)*told to die"):
        await network.up()
    assert not any(part.process.alive for part in network.parts.values())
    assert network.file.read() is None


async def test_two_networks_cannot_share_a_data_folder(network: Network) -> None:
    second = network_of(network.data)
    with pytest.raises(Trouble, match="A network already runs on"):
        await second.up()


async def test_servers_of_ones_own_that_do_not_answer_are_named(tmp_path: Path) -> None:
    nobody = Given("mongo", "CLAIMPATH_MONGO", "mongodb://ops:secret@127.0.0.1:9/?replicaSet=rs0")
    with pytest.raises(Trouble, match=r"Your own mongo at mongodb://127\.0\.0\.1:9") as trouble:
        await nobody.start(seconds=0.1)
    assert "secret" not in str(trouble.value)


async def test_dead_servers_are_started_again_and_the_programs_with_tansu(tmp_path: Path) -> None:
    network = network_of(tmp_path, broker="tansu")
    await network.up()
    try:
        pids = {name: part.process.pid or 0 for name, part in network.parts.items()}
        os.kill(pids["mongo"], signal.SIGKILL)
        os.kill(pids["kafka"], signal.SIGKILL)
        for name in ("mongo", "kafka", "claims", "intake"):
            await _until_new(network, name, pids[name])
            await until_true(network.parts[name].ready, f"{name} is healthy again")
    finally:
        await network.down()
    assert all(start_tick(pid) is None for pid in pids.values())
    assert all(is_free(network.port + offset) for offset in range(PORTS))


async def _until_new(network: Network, name: str, before: int) -> None:
    await until(lambda: _recorded(network, name) not in (0, before), f"a new {name}")


def _recorded(network: Network, name: str) -> int | None:
    run = network.file.read()
    assert run is not None
    return next(part.pid for part in run.parts if part.name == name)
