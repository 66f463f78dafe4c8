"""CPU time and memory of processes, as the kernel counts them (/proc, Linux)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

ByName = dict[str, float]


def cpu_seconds(processes: Mapping[str, int]) -> ByName:
    """CPU time used so far, user and system, in seconds by the name of the process."""
    return {name: _cpu(pid) for name, pid in processes.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> ByName:
    """What was used in between, by those that were there before and after."""
    return {name: after[name] - before[name] for name in after if name in before}


def memory_mb(processes: Mapping[str, int]) -> ByName:
    """Resident memory now, in megabytes (10^6 bytes), by the name of the process."""
    return {name: _resident(pid) / 1e6 for name, pid in processes.items()}


def _cpu(pid: int) -> float:
    # Behind the last bracket: a program's name may hold spaces and brackets of its own.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
