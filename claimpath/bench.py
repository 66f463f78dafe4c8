"""`claimpath bench`: how fast the network is on this machine, from one run."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from claimpath.client import AsJson
from claimpath.network import KafkaChoice
from deploy.local.trouble import Trouble

console = Console(highlight=False)
progress = Console(stderr=True, highlight=False)

Quick = Annotated[bool, typer.Option("--quick", help="A small run: shows that it works.")]
Claims = Annotated[int | None, typer.Option(min=1, help="Claims in a round.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="Rounds; the median is reported.")]
Stored = Annotated[int | None, typer.Option(min=1, help="How many claims are many.")]
Only = Annotated[
    str | None,
    typer.Option(
        help="Besides claims straight through only these, with commas between: latency, relay, "
        "usual, intake, spans, stored, twins; or none."
    ),
]
Plot = Annotated[Path | None, typer.Option(dir_okay=False, help="Draw the figures, as SVG.")]
Kafka = Annotated[KafkaChoice, typer.Option(help="The broker to measure on.")]


def bench(
    quick: Quick = False,
    claims: Claims = None,
    rounds: Rounds = None,
    stored: Stored = None,
    only: Only = None,
    plot: Plot = None,
    kafka: Kafka = KafkaChoice.AUTO,
    as_json: AsJson = False,
) -> None:
    """Measure throughput, latency and memory on networks of its own, and show the targets.

    Exit code 1, and no figures, if a claim was lost or the ledger does not balance. A target that
    is missed is said, and is no error.
    """
    # Here and not above: no other command needs what measures.
    from benchmarks.plan import QUICK, Plan
    from benchmarks.plot import plotted
    from benchmarks.run import measured
    from benchmarks.table import shown

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every new topic
    usual = QUICK if quick else Plan()
    plan = replace(
        usual,
        claims=claims or usual.claims,
        rounds=rounds or usual.rounds,
        stored=stored or usual.stored,
        parts=usual.parts if only is None else _parts(only, usual.parts),
        broker=kafka.value,
        plot=plot is not None,
    )
    report = asyncio.run(measured(plan, lambda said: progress.print(said, markup=False)))
    if plot is not None:
        plot.write_text(plotted(report), "utf-8")
    if as_json:
        print(json.dumps(report.json(), indent=2))
    else:
        console.print(shown(report))


def _parts(named: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = [] if named == "none" else named.split(",")
    if unknown := [name for name in wanted if name not in known]:
        raise Trouble(f"There is no {unknown[0]}; there are {', '.join(known)}, and none.")
    return tuple(wanted)
