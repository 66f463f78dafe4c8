"""Harm to the servers: Kafka and MongoDB killed, stopped, frozen, stepped down, and back again."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from pymongo import AsyncMongoClient

from tests.faults.network.experiment import Harm
from tests.faults.network.ground import Ground


def killed(name: str, after: float) -> Harm:
    """SIGKILL of a server, which is started again at once."""

    async def harm(ground: Ground, chance: Random) -> int:
        await asyncio.sleep(chance.uniform(after, after + 1))
        await ground.network.kill(name)
        await ground.network.start(name)
        ground.harmed()
        return 1

    return harm


def gone(name: str, after: float, seconds: float) -> Harm:
    """A server is stopped in good order, and comes back after so many seconds."""

    async def harm(ground: Ground, chance: Random) -> int:
        await asyncio.sleep(after)
        await ground.network.stop(name)
        await asyncio.sleep(seconds)
        await ground.network.start(name)
        ground.harmed()
        return 1

    return harm


def frozen(name: str, after: float, seconds: float) -> Harm:
    """A server neither answers nor hangs up for so many seconds."""

    async def harm(ground: Ground, chance: Random) -> int:
        await asyncio.sleep(after)
        await ground.pause(name, seconds)
        return 1

    return harm


def stepped_down(after: float, seconds: int = 3) -> Harm:
    """MongoDB's primary gives up its office, and takes it again when it may."""

    async def harm(ground: Ground, chance: Random) -> int:
        await asyncio.sleep(after)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(ground.network.mongo)
        async with client:
            told = {"replSetStepDown": seconds, "secondaryCatchUpPeriodSecs": 0, "force": True}
            await client.admin.command(told)
        await ground.network.parts["mongo"].wait_ready(60)
        ground.harmed()
        return 1

    return harm


def one_after_another(*harms: Harm) -> Harm:
    """Several kinds of harm, each when the one before is over."""

    async def harm(ground: Ground, chance: Random) -> int:
        return sum([await each(ground, chance) for each in harms])

    return harm
