"""What a run found out: figures, and beside them what explains them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import AtLeast, Below, Figure, medians, ratio
from benchmarks.latency import Paced
from benchmarks.plan import Plan
from benchmarks.straight import Round
from shared.contracts.base import Service


@dataclass
class Report:
    """Everything that a run found out. `rounds` by what was measured; `work` of one claim."""

    plan: Plan
    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    work: dict[str, dict[str, float]] = field(default_factory=dict)
    loads: list[Paced] = field(default_factory=list)
    stored: list[tuple[int, float]] = field(default_factory=list)

    @property
    def cpu_ms_per_claim(self) -> dict[str, float]:
        """By process, on the claims straight through."""
        return medians([each.cpu_ms_per_claim for each in self.rounds["straight"]])

    @property
    def memory_mb(self) -> dict[str, float]:
        """By process, at the end of the last round."""
        return self.rounds["straight"][-1].memory_mb

    def json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "machine": self.machine,
            "plan": asdict(self.plan),
            "figures": [figure.json() for figure in self.figures],
            "cpu_ms_per_claim": self.cpu_ms_per_claim,
            "memory_mb": self.memory_mb,
            "work_per_claim": self.work,
            "rounds": {name: [asdict(r) for r in rounds] for name, rounds in self.rounds.items()},
            "loads": [_load(load) for load in self.loads],
            "stored": self.stored,
        }


def of_straight(rounds: Sequence[Round]) -> list[Figure]:
    """What rounds of straight-through claims say."""
    largest = [max(each.memory_mb[service] for service in Service) for each in rounds]
    work = [sum(each.cpu_ms_per_claim.values()) for each in rounds]
    lettered = tuple(each.rate_with_letters for each in rounds)
    return [
        Figure("straight through", "claims/s", rates(rounds), AtLeast(300)),
        Figure("the same, until the last letter", "claims/s", lettered),
        Figure("CPU time of a claim, all processes", "ms", tuple(work)),
        Figure("memory of the largest service", "MB", tuple(largest), Below(200)),
    ]


def against(
    name: str, ours: Sequence[Round], theirs: Sequence[Round], least: float | None
) -> Figure:
    """Our median rate against theirs. The note has the ratio of CPU times, which is steadier."""
    value = ratio(median(rates(ours)), median(rates(theirs)))
    work = ratio(median(_work(theirs)), median(_work(ours)))
    note = f"by CPU time {work:.2f}"
    return Figure(name, "times", (value,), None if least is None else AtLeast(least), note)


def rates(rounds: Sequence[Round]) -> tuple[float, ...]:
    """Claims a second, report to survey."""
    return tuple(each.rate for each in rounds)


def machine() -> dict[str, Any]:
    """Where it ran, as far as that decides the figures."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _work(rounds: Sequence[Round]) -> tuple[float, ...]:
    return tuple(sum(each.cpu_ms_per_claim.values()) for each in rounds)


def _load(load: Paced) -> dict[str, float]:
    return {
        "offered": load.offered,
        "achieved": load.achieved,
        "p50_s": load.p50,
        "p99_s": load.p99,
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
