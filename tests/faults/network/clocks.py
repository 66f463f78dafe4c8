"""Wrong clocks: the network whose services can be told another time, and the harm of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from deploy.local.parts import BANK, MAIL, SERVICES, Program, service
from tests.faults.network.experiment import Harm
from tests.faults.network.ground import Ground


def clocked(folder: Path) -> Sequence[Program]:
    """The programs of a network whose services have clocks that can be set in this folder."""
    command = [sys.executable, "-m", "tests.faults.network.clocked", str(folder)]
    return (BANK, MAIL, *(service(s.name, s.offset, [*command, s.name]) for s in SERVICES))


def set_clock(folder: Path, name: str, seconds: float) -> None:
    """From now on the service's clock is wrong by so much."""
    fresh = folder / f"{name}.fresh"
    fresh.write_text(str(seconds))
    fresh.rename(folder / f"{name}.clock")


def apart_and_back(folder: Path, seconds: float) -> Harm:
    """Two services are ten minutes apart; a third jumps back an hour in the middle."""

    async def harm(ground: Ground, chance: Random) -> int:
        ahead, behind, jumps = chance.sample(["claims", "payments", "notifications"], 3)
        set_clock(folder, ahead, 300)
        set_clock(folder, behind, -300)
        await asyncio.sleep(seconds)
        set_clock(folder, jumps, -3600)
        await asyncio.sleep(seconds)
        for name in (ahead, behind, jumps):
            set_clock(folder, name, 0)
        return 3

    return harm
