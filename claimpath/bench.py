"""`claimpath bench`: how fast the network is on this machine, from one run."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from claimpath.client import AsJson
from claimpath.network import KafkaChoice

if TYPE_CHECKING:
    from benchmarks.run import Report

console = Console(highlight=False)
progress = Console(stderr=True, highlight=False)

Quick = Annotated[bool, typer.Option("--quick", help="A small run: shows that it works.")]
Claims = Annotated[int | None, typer.Option(min=1, help="Claims in a round.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="Rounds; the median is reported.")]
Kafka = Annotated[KafkaChoice, typer.Option(help="The broker to measure on.")]


def bench(
    quick: Quick = False,
    claims: Claims = None,
    rounds: Rounds = None,
    kafka: Kafka = KafkaChoice.AUTO,
    as_json: AsJson = False,
) -> None:
    """Measure throughput, CPU time and memory on a network of its own, and show the targets.

    Exit code 1, and no figures, if a claim was lost or the ledger does not balance. A target that
    is missed is said, and is no error.
    """
    # Here and not above: no other command needs what measures.
    from benchmarks.run import QUICK, Plan, measured
    from benchmarks.table import shown

    usual = QUICK if quick else Plan()
    plan = replace(
        usual,
        claims=claims or usual.claims,
        rounds=rounds or usual.rounds,
        broker=kafka.value,
    )
    report = asyncio.run(measured(plan, lambda said: progress.print(said, markup=False)))
    if as_json:
        print(json.dumps(_json(report), indent=2))
    else:
        console.print(shown(report.figures, report.cpu_ms_per_claim, report.memory_mb))


def _json(report: Report) -> dict[str, Any]:
    return asdict(report) | {"figures": [figure.json() for figure in report.figures]}
