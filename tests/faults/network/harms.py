"""Harm to processes: killed, stopped, doubled, frozen. What is done, when, and how often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from random import Random

from deploy.local.program import RunningProgram
from tests.faults.network.experiment import Harm, at, moments
from tests.faults.network.ground import READY_S, SERVICES, Ground

LONGEST_END_S = 5.0
"""A service that is asked to stop is gone by then (row 4)."""


def kills(seconds: float, shortest: float = 1.0, longest: float = 2.0) -> Harm:
    """SIGKILL of a random service every so many seconds; it is started again at once."""

    async def harm(ground: Ground, chance: Random) -> int:
        started, offset = time.monotonic(), 0.0
        pauses = moments(chance, seconds, shortest, longest)
        for pause in pauses:
            offset += pause
            await at(started, offset)
            ground.kill(chance.choice(SERVICES))
        await ground.ready()
        return len(pauses)

    return harm


def all_at_once(after: float) -> Harm:
    """SIGKILL of all five at the same moment."""

    async def harm(ground: Ground, chance: Random) -> int:
        await asyncio.sleep(after)
        ground.kill(*SERVICES)
        await ground.ready()
        return len(SERVICES)

    return harm


def rolling_restart(took: list[float], count: int = len(SERVICES)) -> Harm:
    """SIGTERM to one service after the other, so many; each is back before the next goes.

    Adds to `took` how many seconds each needed to end.
    """

    async def harm(ground: Ground, chance: Random) -> int:
        names = chance.sample(SERVICES, count)
        for name in names:
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            took.append(await ground.end(name))
            await ground.ready(name)
        return len(names)

    return harm


def second_instances(rounds: int, stay_s: float = 5.0, count: int = len(SERVICES)) -> Harm:
    """A second instance of so many services joins its group, stays a while, and leaves."""

    async def harm(ground: Ground, chance: Random) -> int:
        seconds = [ground.second(name) for name in chance.sample(SERVICES, count)]
        for _ in range(rounds):
            await _joined(seconds)
            await asyncio.sleep(stay_s)
            await asyncio.gather(*(second.stop() for second in seconds))
            ground.harmed()
            await asyncio.sleep(stay_s)
        return rounds * count

    return harm


def zombie(name: str, seconds: float) -> Harm:
    """One instance is frozen for longer than its session while another one takes over."""

    async def harm(ground: Ground, chance: Random) -> int:
        second = ground.second(name)
        await _joined([second])
        try:
            await ground.pause(name, seconds)
            await ground.ready(name)
        finally:
            await second.stop()
            ground.harmed()
        return 1

    return harm


def bank_weather(seconds: float, **settings: float) -> Harm:
    """The bank fails as told, then it is well again. Its chance hangs on the seed too."""

    async def harm(ground: Ground, chance: Random) -> int:
        await ground.outside.bank(seed=chance.randrange(10**6), **settings)
        try:
            await asyncio.sleep(seconds)
        finally:
            await ground.outside.bank()
            ground.harmed()
        return 1

    return harm


def together(*harms: Harm) -> Harm:
    """Several kinds of harm at the same time, each with chance of its own."""

    async def harm(ground: Ground, chance: Random) -> int:
        chances = [Random(chance.random()) for _ in harms]
        return sum(
            await asyncio.gather(
                *(each(ground, its) for each, its in zip(harms, chances, strict=True))
            )
        )

    return harm


async def _joined(seconds: Sequence[RunningProgram]) -> None:
    for second in seconds:
        await second.launch()
    await asyncio.gather(*(second.wait_ready(READY_S) for second in seconds))


def watched(seconds: float, peaks: dict[str, float]) -> Harm:
    """No harm but the load itself: notes the most memory that each service had, in megabytes."""

    async def harm(ground: Ground, chance: Random) -> int:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for name in SERVICES:
                peaks[name] = max(peaks.get(name, 0.0), ground.memory(name))
            await asyncio.sleep(0.5)
        return 1

    return harm
