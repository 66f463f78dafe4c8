"""Deaths between two steps of the work: planned for every service, and waited for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from tests.faults.network.dying import GAPS
from tests.faults.network.experiment import Harm
from tests.faults.network.ground import SERVICES, Ground

CALLING = ("payments", "notifications")
"""Services that make calls to the outside."""
LOOK_S = 0.2

Plan = list[tuple[str, int]]
"""The gap that ends each life, and at which passing."""


def gaps_of(name: str) -> Sequence[str]:
    """Where this service can die: only some make outside calls."""
    return GAPS if name in CALLING else [gap for gap in GAPS if gap != "called"]


def deaths(each: int, seconds: float, gaps: int = len(GAPS)) -> Harm:
    """Every service dies in every gap so many times, in an order and after passings by chance.

    With `gaps`, only in so many gaps, which chance chooses for each service. Fails if they are
    not all dead so often after `seconds`: then a gap was not passed.
    """

    async def harm(ground: Ground, chance: Random) -> int:
        plans = {name: planned(chance, gaps_of(name), each, gaps) for name in SERVICES}
        for name, plan in plans.items():
            fresh = ground.folder / f"{name}.plan.fresh"
            fresh.write_text(json.dumps(plan))
            fresh.rename(ground.folder / f"{name}.plan")
        until = time.monotonic() + seconds
        while left := _to_come(ground.folder, plans):
            assert time.monotonic() < until, f"deaths still to come after {seconds:.0f} s: {left}"
            await asyncio.sleep(LOOK_S)
        ground.harmed()
        await ground.ready()
        return sum(len(plan) for plan in plans.values())

    return harm


def planned(chance: Random, gaps: Sequence[str], each: int, most: int) -> Plan:
    """So many lives for each of the chosen gaps, in any order, ending at any of few passings."""
    chosen = chance.sample(gaps, min(most, len(gaps)))
    lives = [(gap, chance.randint(1, 3)) for gap in chosen for _ in range(each)]
    chance.shuffle(lives)
    return lives


def _to_come(folder: Path, plans: Mapping[str, Plan]) -> dict[str, int]:
    """How many deaths each service has still before it."""
    left = {name: len(plan) - _died(folder, name) for name, plan in plans.items()}
    return {name: deaths for name, deaths in left.items() if deaths}


def _died(folder: Path, name: str) -> int:
    file = folder / f"{name}.deaths"
    return len(file.read_text().splitlines()) if file.exists() else 0
