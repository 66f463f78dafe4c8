"""Wrong clocks: services are told another time."""

from __future__ import annotations

import asyncio
from random import Random

from tests.faults.network.experiment import Harm
from tests.faults.network.ground import Ground


def set_clock(ground: Ground, name: str, seconds: float) -> None:
    """From now on the service's clock is wrong by so much."""
    fresh = ground.folder / f"{name}.clock.fresh"
    fresh.write_text(str(seconds))
    fresh.rename(ground.folder / f"{name}.clock")


def apart_and_back(seconds: float) -> Harm:
    """Two services are ten minutes apart; a third jumps back an hour in the middle."""

    async def harm(ground: Ground, chance: Random) -> int:
        ahead, behind, jumps = chance.sample(["claims", "payments", "notifications"], 3)
        set_clock(ground, ahead, 300)
        set_clock(ground, behind, -300)
        await asyncio.sleep(seconds)
        set_clock(ground, jumps, -3600)
        await asyncio.sleep(seconds)
        for name in (ahead, behind, jumps):
            set_clock(ground, name, 0)
        ground.harmed()
        return 3

    return harm
