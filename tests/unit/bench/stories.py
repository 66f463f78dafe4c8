"""Rounds and reports that never ran."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.report import Report
from benchmarks.straight import Round
from shared.contracts.base import Service


def a_round(rate: float = 100.0, cpu_s: float = 1.0, memory_mb: float = 120.0) -> Round:
    """A hundred claims; every service used `cpu_s`."""
    cpu = {str(service): cpu_s for service in Service}
    memory = {str(service): memory_mb for service in Service}
    return Round(100, 100 / rate, 200 / rate, cpu, memory)


def a_report(*figures: Figure) -> Report:
    report = Report(Plan(), {"cores": 2}, list(figures))
    report.rounds["straight"] = [a_round()]
    return report
