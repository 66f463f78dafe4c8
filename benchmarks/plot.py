"""What `--plot` draws: throughput and latency over load, and throughput over stored claims."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.latency import Paced
from benchmarks.report import Report
from benchmarks.svg import Chart, Line, drawn


def plotted(report: Report) -> str:
    """The SVG. What was not measured in this run is not in it."""
    charts = _over_load(report.loads) if report.loads else []
    if len(report.stored) > 1:
        charts.append(_over_stored(report.stored))
    return drawn(charts)


def _over_load(loads: Sequence[Paced]) -> list[Chart]:
    offered = "load: claims reported a second"
    wanted = [(0.0, 0.0), *((load.offered, load.offered) for load in loads)]
    return [
        Chart(
            "Throughput over load",
            offered,
            "claims/s, report to survey",
            [
                Line("done", [(load.offered, load.achieved) for load in loads]),
                Line("asked for", wanted, dashed=True),
            ],
        ),
        Chart(
            "Latency over load",
            offered,
            "ms from report to money settled",
            [
                Line("p50", [(load.offered, 1000 * load.p50) for load in loads]),
                Line("p99", [(load.offered, 1000 * load.p99) for load in loads]),
            ],
        ),
    ]


def _over_stored(stored: Sequence[tuple[int, float]]) -> Chart:
    points = [(float(claims), rate) for claims, rate in stored]
    return Chart(
        "Throughput over stored claims",
        "claims stored",
        "claims/s, report to survey",
        [Line("claims/s", points)],
    )
