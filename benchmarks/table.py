"""The report for people: what was measured, what was wanted, and whether it was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Below, Figure, Target, missed
from benchmarks.report import Report

VERDICTS = {True: Text("reached", "green"), False: Text("MISSED", "bold red"), None: Text("")}
MOST_ROUNDS = 5
"""So many rounds are shown one by one."""


def shown(report: Report) -> RenderableType:
    """All of it, with a last line that says which targets were missed."""
    return Group(
        _figures(report.figures),
        *(Text(f"  {each.name}: {each.note}") for each in report.figures if each.note),
        _processes(report.cpu_ms_per_claim, report.memory_mb),
        _work(report.work),
        Text(verdict(report.figures)),
    )


def verdict(figures: Sequence[Figure]) -> str:
    """One sentence on the targets."""
    short = missed(figures)
    if short:
        return f"MISSED: {', '.join(figure.name for figure in short)}."
    return "Every target that was measured is reached."


def number(value: float) -> str:
    """Three digits that matter: 1,234 and 56.7 and 0.89."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _figures(figures: Sequence[Figure]) -> Table:
    table = Table("figure", box=box.SIMPLE_HEAD)
    table.add_column("measured", justify="right")
    for name in ("unit", "to reach", "", "rounds"):
        table.add_column(name)
    for each in figures:
        table.add_row(
            each.name,
            number(each.value),
            each.unit,
            _wanted(each.target),
            VERDICTS[each.reached],
            " ".join(map(number, each.rounds)) if 1 < len(each.rounds) <= MOST_ROUNDS else "",
        )
    return table


def _wanted(target: Target | None) -> str:
    if target is None:
        return ""
    if isinstance(target, Below):
        return f"below {number(target.most)}"
    return f"at least {number(target.least)}"


def _processes(cpu: Mapping[str, float], memory: Mapping[str, float]) -> Table:
    table = Table("process", box=box.SIMPLE_HEAD)
    table.add_column("CPU ms/claim", justify="right")
    table.add_column("memory MB", justify="right")
    for name in cpu:
        table.add_row(name, f"{cpu[name]:.2f}", f"{memory[name]:.0f}" if name in memory else "")
    if cpu:
        table.add_section()
        table.add_row("all", f"{sum(cpu.values()):.2f}", "")
    return table


def _work(work: Mapping[str, Mapping[str, float]]) -> Table:
    """What one claim costs in facts, hops, bytes and writes."""
    table = Table("work of a claim", box=box.SIMPLE_HEAD)
    names = dict.fromkeys(name for each in work.values() for name in each)
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for who, each in work.items():
        table.add_row(who, *(number(each[name]) if name in each else "" for name in names))
    return table
