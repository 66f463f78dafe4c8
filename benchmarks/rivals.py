"""Runs the bare relay or the usual way: as many processes as services, on the same servers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.listening import Listening
from benchmarks.processes import cpu_seconds, memory_mb, spent
from benchmarks.recipe import REPORT, Recipe
from benchmarks.rival import Role
from benchmarks.stand import Stand
from benchmarks.straight import LETTERS, UNDER_WAY, Round, listening_to_ends
from benchmarks.tutorial import Told
from deploy.local.process import Process
from deploy.local.program import with_our_packages
from shared.contracts.base import Service
from shared.contracts.feedback import SurveyInvited
from shared.contracts.notifications import MessageDelivered
from shared.settings import Settings

AT_ONCE = 500
"""Reports handed in together."""
GRACE_S = 5.0


@dataclass
class Rival:
    """A running rival: its processes and its topics, beside the network whose servers it uses."""

    stand: Stand
    recipe: Recipe
    name: str
    processes: dict[str, Process]

    async def once(self, name: str, claims: int) -> Round:
        """So many claims all the way. Raises `Refused` if one does not arrive."""
        running = self._running()
        async with listening_to_ends(self.stand.network.kafka, self.name) as listening:
            before, began = cpu_seconds(running), time.monotonic()
            await self._report([f"{name}-{n}" for n in range(claims)], listening)
            await listening.until(SurveyInvited, claims)
            memory = memory_mb(running)
            await listening.until(MessageDelivered, LETTERS * claims)
            used = spent(before, cpu_seconds(running))
        through, told = listening.newest(SurveyInvited), listening.newest(MessageDelivered)
        return Round(claims, through - began, max(through, told) - began, used, memory)

    async def _report(self, claims: Sequence[str], listening: Listening) -> None:
        producer: Any = AIOKafkaProducer(bootstrap_servers=self.stand.network.kafka, acks="all")
        await producer.start()
        try:
            for start in range(0, len(claims), AT_ONCE):
                some = claims[start : start + AT_ONCE]
                await listening.until(SurveyInvited, start + len(some) - UNDER_WAY)
                for claim in some:
                    told = Told(claim=claim, fact=REPORT, rest="x" * self.recipe.report_bytes)
                    await producer.send(
                        f"{self.name}.{REPORT}",
                        told.model_dump_json().encode(),
                        key=claim.encode(),
                        headers=[("ce_type", REPORT.encode())],
                    )
                await producer.flush()
        finally:
            await producer.stop()

    def _running(self) -> dict[str, int]:
        own = {name: process.pid for name, process in self.processes.items()}
        return self.stand.processes() | {name: pid for name, pid in own.items() if pid}


@asynccontextmanager
async def rival(stand: Stand, recipe: Recipe, module: str) -> AsyncIterator[Rival]:
    """`module` as a rival, for as long as it is needed. Stop the network's services before."""
    name = f"{stand.name}-{module}"
    folder = stand.network.data
    recipe.save(folder / "recipe.json")
    await _make_topics(stand, name)
    processes = {}
    for service in recipe.hears:
        role = Role(
            service, recipe, stand.network.kafka, stand.network.mongo, stand.url("bank"), name
        )
        environment = {
            **os.environ,
            **role.environment(),
            "BENCH_RECIPE": str(folder / "recipe.json"),
        }
        processes[service] = Process(folder / "logs" / f"{module}-{service}.log")
        processes[service].spawn(
            [sys.executable, "-m", f"benchmarks.{module}"], with_our_packages(environment)
        )
    try:
        yield Rival(stand, recipe, name, processes)
    finally:
        for process in processes.values():
            await process.stop(GRACE_S)


async def _make_topics(stand: Stand, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stand.network.kafka)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(f"{name}.{each}", Settings().partitions, 1) for each in (*Service, REPORT)]
        )
    finally:
        await admin.close()
