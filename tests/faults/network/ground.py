"""A whole network, and the harm that can be done to its processes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

import httpx

from deploy.local.network import Network
from deploy.local.ports import free_port
from deploy.local.program import RunningProgram
from deploy.local.settings import settings
from shared.contracts.base import Service
from tests.faults.network.evidence import Evidence
from tests.faults.network.outside import Outside
from tests.faults.network.stores import Stores
from tests.faults.network.wire import Wire

SERVICES: Sequence[str] = tuple(str(service) for service in Service)
READY_S = 60.0


@dataclass
class Ground:
    """One network under harm. `mishaps` is what its launcher noticed that we did not do."""

    network: Network
    http: httpx.AsyncClient
    wire: Wire
    stores: Stores
    mishaps: list[str]
    accepted: set[str] = field(default_factory=set)
    planted: set[str] = field(default_factory=set)
    answers_lost: bool = False

    @property
    def outside(self) -> Outside:
        """Bank and mail provider."""
        return Outside(self.http)

    async def kill(self, name: str) -> None:
        """SIGKILL; the part stays down until it is launched."""
        self.answers_lost |= name == str(Service.NOTIFICATIONS)
        await self.network.kill(name)

    async def launch(self, *names: str) -> None:
        """Starts parts without waiting until they are ready."""
        for name in names:
            await self.network.parts[name].launch()

    async def ready(self, *names: str) -> None:
        """Waits until the parts are ready; fails with the end of a log if one is not."""
        waits = (self.network.parts[name].wait_ready(READY_S) for name in names or SERVICES)
        await asyncio.gather(*waits)

    async def end(self, name: str) -> float:
        """SIGTERM; how many seconds until the process was gone."""
        started = time.monotonic()
        await self.network.stop(name)
        code = self.network.parts[name].process.code
        if code != 0:
            self.mishaps.append(f"{name} ended with code {code} when it was asked to")
        return time.monotonic() - started

    async def pause(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so many seconds."""
        pid = self.network.parts[name].process.pid
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    def second(self, name: str, member: str = "2") -> RunningProgram:
        """Another instance of a service, with a name of its own in the consumer group."""
        running = self.network.parts[name]
        assert isinstance(running, RunningProgram)
        base = free_port()
        program = replace(running.program, name=f"{name}-{member}", offset=0, more_ports={})
        told = environment(self.network) | {"CLAIMPATH_MEMBER": member}
        return RunningProgram(program, self.network.data, base, told)

    async def evidence(self) -> Evidence:
        """All that can be known now, when all is quiet."""
        await self.wire.read()
        return Evidence(
            accepted=frozenset(self.accepted),
            told=tuple(self.wire.told),
            stores=await self.stores.documents(),
            parked=await self.stores.parked(),
            written=await self.stores.versions(),
            transfers=await self.outside.transfers(),
            mails=await self.outside.mails(),
            planted=frozenset(self.planted),
            answers_lost=self.answers_lost,
            junk=self.wire.junk,
        )


def environment(network: Network) -> dict[str, str]:
    """What the launcher tells the programs of this network."""
    named = {**os.environ, **network.environment}
    return settings(network.data, network.port, network.kafka, network.mongo, named)


def some_service(chance: Random) -> str:
    """Any of the five."""
    return chance.choice(SERVICES)
