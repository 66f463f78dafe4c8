"""What is measured, in which order, and what is reported."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import straight
from benchmarks.figures import AtLeast, Below, Figure, medians
from benchmarks.stand import Stand, stand
from benchmarks.straight import Round
from deploy.local.broker import BrokerKind
from shared.contracts.base import Service

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `claims` a round; the first, shorter, only warms up."""

    claims: int = 3_000
    rounds: int = 3
    warm_up: int = 500
    broker: BrokerKind = "auto"


QUICK = Plan(claims=300, rounds=1, warm_up=100)


@dataclass
class Report:
    """Everything that a run found out."""

    plan: Plan
    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    cpu_ms_per_claim: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)


async def measured(plan: Plan, say: Say) -> Report:
    """The whole run. Raises `Refused` if a claim was lost or the books do not balance."""
    report = Report(plan, machine())
    async with stand(plan.claims, plan.broker) as network:
        rounds = await _straight(network, plan, say)
    report.cpu_ms_per_claim = medians([each.cpu_ms_per_claim for each in rounds])
    report.memory_mb = medians([each.memory_mb for each in rounds])
    report.figures += figures_of(rounds)
    return report


async def _straight(network: Stand, plan: Plan, say: Say) -> list[Round]:
    await straight.once(network, "warm-up", plan.warm_up)
    rounds = []
    for number in range(1, plan.rounds + 1):
        rounds.append(await straight.once(network, f"straight-{number}", plan.claims))
        say(f"Round {number}: {rounds[-1].rate:,.0f} claims/s.")
    return rounds


def figures_of(rounds: Sequence[Round]) -> list[Figure]:
    """What rounds of straight-through claims say."""
    fullest = [max(each.memory_mb[str(s)] for s in Service) for each in rounds]
    work = [sum(each.cpu_ms_per_claim.values()) for each in rounds]
    return [
        Figure("straight through", "claims/s", tuple(r.rate for r in rounds), AtLeast(300)),
        Figure("CPU time for a claim", "ms", tuple(work), note="all processes together"),
        Figure("memory of the largest service", "MB", tuple(fullest), Below(200)),
    ]


def machine() -> dict[str, Any]:
    """Where it ran, as far as that decides the figures."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
