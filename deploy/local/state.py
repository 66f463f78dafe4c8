"""How a network is: asked part by part, here or behind a gateway."""

import asyncio
import time
from dataclasses import dataclass

from deploy.local.health import healthy
from deploy.local.parts import SERVICES
from deploy.local.runfile import PartRecord, Run


@dataclass(frozen=True)
class PartState:
    """One part at this moment; `uptime` in seconds where its process is known."""

    name: str
    address: str
    healthy: bool
    pid: int | None = None
    uptime: float | None = None


async def of_run(run: Run) -> list[PartState]:
    """The parts of a network on this machine, in the order of their start."""
    return await asyncio.gather(*(_of_part(part, run.running) for part in run.parts))


async def behind(gateway: str) -> list[PartState]:
    """The services behind a gateway, wherever they run."""
    base = gateway.rstrip("/")
    return await asyncio.gather(*(_of_service(base, each.name, each.health) for each in SERVICES))


async def _of_part(part: PartRecord, launched: bool) -> PartState:
    alive = part.running and (launched or part.pid is None)
    well = alive and await healthy(part.probe)
    if not alive or not part.pid:
        return PartState(part.name, part.address, well)
    return PartState(part.name, part.address, well, part.pid, time.time() - part.since)


async def _of_service(base: str, name: str, health: str) -> PartState:
    return PartState(name, f"{base}/{name}", await healthy(base + health))
