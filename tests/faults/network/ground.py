"""A whole network, and the harm that can be done to its processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from deploy.local.network import Network
from deploy.local.parts import BANK, MAIL, Program, service
from deploy.local.parts import SERVICES as PARTS
from deploy.local.ports import free_port
from deploy.local.program import RunningProgram
from deploy.local.settings import settings
from shared.contracts.base import Service
from tests.faults.network.dying import DEAD
from tests.faults.network.evidence import Evidence
from tests.faults.network.outside import Outside
from tests.faults.network.stores import Stores
from tests.faults.network.wire import Wire

SERVICES: Sequence[str] = tuple(str(service) for service in Service)
READY_S = 90.0
WANTED = {0, DEAD, -signal.SIGKILL}
"""How lives end here: asked to, in a planned gap, or killed by us. A crash ends with 1."""


def programs(folder: Path) -> Sequence[Program]:
    """What runs in a network to be harmed: services that are born again, see `lives`."""
    return (BANK, MAIL, *(_living(folder, part, part.name) for part in PARTS))


def _living(folder: Path, part: Program, name: str) -> Program:
    module = "tests.faults.network.lives"
    command = [sys.executable, "-m", module, str(folder), part.name, name]
    return replace(service(part.name, part.offset, command), name=name)


@dataclass
class Ground:
    """One network under harm. `folder` is where its lives are noted, and told of harm.

    `mishaps` is what the launcher noticed that we did not do.
    """

    network: Network
    folder: Path
    http: httpx.AsyncClient
    wire: Wire
    stores: Stores
    mishaps: list[str]
    accepted: set[str] = field(default_factory=set)
    decided: dict[str, str] = field(default_factory=dict)
    planted: set[str] = field(default_factory=set)
    harmed_at: float = 0.0

    @property
    def outside(self) -> Outside:
        """Bank and mail provider."""
        return Outside(self.http)

    def harmed(self) -> None:
        """Harm was done now, or is over now: the wait for quiet begins again."""
        self.harmed_at = time.monotonic()

    def kill(self, *names: str) -> None:
        """SIGKILL to the lives of now; the next ones begin at once."""
        for name in names:
            os.kill(self._life(name), signal.SIGKILL)
        self.harmed()

    async def end(self, name: str) -> float:
        """SIGTERM to the life of now; how many seconds until it was gone."""
        ends, started = self._ends(name), time.monotonic()
        os.kill(self._life(name), signal.SIGTERM)
        while len(self._ends(name)) == len(ends):
            assert time.monotonic() < started + READY_S, f"{name} does not end"
            await asyncio.sleep(0.01)
        self.harmed()
        return time.monotonic() - started

    async def ready(self, *names: str) -> None:
        """Waits until these services, or all, are ready; fails with the end of a log if not."""
        waits = (self.network.parts[name].wait_ready(READY_S) for name in names or SERVICES)
        await asyncio.gather(*waits)

    async def pause(self, name: str, seconds: float) -> None:
        """SIGSTOP to a service or server, and SIGCONT after so many seconds."""
        pid = self._life(name) if name in SERVICES else self.network.parts[name].process.pid
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)
            self.harmed()

    async def down(self) -> None:
        """All five services end, and stay down."""
        await asyncio.gather(*(self.network.stop(name) for name in SERVICES))

    async def up(self) -> None:
        """All five services run again."""
        await asyncio.gather(*(self.network.start(name) for name in SERVICES))

    def second(self, name: str, member: str = "2") -> RunningProgram:
        """Another instance of a service, with a name of its own in the consumer group."""
        part = next(part for part in PARTS if part.name == name)
        program = replace(_living(self.folder, part, f"{name}-{member}"), offset=0)
        told = {**_told(self.network), "CLAIMPATH_MEMBER": member}
        return RunningProgram(program, self.network.data, free_port(), told)

    def crashes(self) -> list[str]:
        """Lives that ended as nobody wanted."""
        return [
            f"{file.stem} ended with {code}"
            for file in sorted(self.folder.glob("*.ends"))
            for code in map(int, file.read_text().split())
            if code not in WANTED
        ]

    def memory(self, name: str) -> float:
        """What a service holds in memory now, in megabytes."""
        status = Path(f"/proc/{self._life(name)}/status").read_text()
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes.split()[1]) / 1024

    async def evidence(self) -> Evidence:
        """All that can be known now, when all is quiet."""
        await self.wire.read()
        return Evidence(
            accepted=frozenset(self.accepted),
            decided_by_hand=dict(self.decided),
            told=tuple(self.wire.told),
            stores=await self.stores.documents(),
            parked=await self.stores.parked(),
            written=await self.stores.versions(),
            transfers=await self.outside.transfers(),
            mails=await self.outside.mails(),
            planted=frozenset(self.planted),
            answers_lost=len(self._ends(f"{Service.NOTIFICATIONS}*")),
            junk=self.wire.junk,
        )

    def _life(self, name: str) -> int:
        return int((self.folder / f"{name}.pid").read_text())

    def _ends(self, name: str) -> list[str]:
        files = sorted(self.folder.glob(f"{name}.ends"))
        return [end for file in files for end in file.read_text().splitlines()]


def _told(network: Network) -> Mapping[str, str]:
    """What the launcher tells the programs of this network."""
    named = {**os.environ, **network.environment}
    return settings(network.data, network.port, network.kafka, network.mongo, named)
