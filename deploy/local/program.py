"""A service or sandbox as a running part."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.health import healthy
from deploy.local.parts import Program
from deploy.local.ports import LOOPBACK
from deploy.local.server import Server

ROOT = Path(__file__).parents[2]


class RunningProgram(Server):
    """A program with its whole environment; its ports follow from `base`, the gateway's."""

    def __init__(
        self, program: Program, data: Path, base: int, environment: Mapping[str, str]
    ) -> None:
        self.program = program
        self.port = base + program.offset
        self.url = f"http://{LOOPBACK}:{self.port}"
        super().__init__(program.name, data, self.url, f"{self.url}{program.health}")
        more = {name: str(base + offset) for name, offset in program.more_ports.items()}
        self._environment = {**environment, **more, "CLAIMPATH_PORT": str(self.port)}

    def command(self) -> Sequence[str]:
        return self.program.command

    async def ready(self) -> bool:
        started = self.program.started or self.program.health
        return self.process.alive and await healthy(f"{self.url}{started}")

    def environment(self) -> Mapping[str, str]:
        return {**with_our_packages(self._environment), "PYTHONUNBUFFERED": "1"}


def with_our_packages(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Python finds our packages, installed or only checked out."""
    path = filter(None, [environment.get("PYTHONPATH"), str(ROOT)])
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}
