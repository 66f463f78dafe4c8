"""The commands that start, stop and look at a network: up, down, status."""

import asyncio
import json
import signal
import sys
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.local import background
from deploy.local.plan import Plan
from deploy.local.runfile import Run, RunFile
from deploy.local.state import PartState, behind, of_run
from deploy.local.trouble import Trouble
from deploy.local.watchman import keep

console = Console(highlight=False)


class KafkaChoice(StrEnum):
    """Which broker to start."""

    AUTO = "auto"
    APACHE = "apache"
    TANSU = "tansu"


Data = Annotated[Path, typer.Option(help="The folder that holds everything the network stores.")]
Port = Annotated[
    int, typer.Option(min=1024, max=65_000, help="The gateway's port; all others follow from it.")
]
Kafka = Annotated[
    KafkaChoice,
    typer.Option(help="Apache Kafka (needs Java 17), Tansu (in memory), or whichever can run."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Return once it is healthy.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
GatewayUrl = Annotated[
    str | None,
    typer.Option(envvar="CLAIMPATH_GATEWAY", help="Ask the services behind this gateway instead."),
]
DEFAULT_DATA = Path(".claimpath")


def up(
    data: Data = DEFAULT_DATA,
    port: Port = 8080,
    kafka: Kafka = KafkaChoice.AUTO,
    detach: Detach = False,
) -> None:
    """Start the network on this machine and keep it running.

    CLAIMPATH_KAFKA (host:port) and CLAIMPATH_MONGO (a mongodb:// URL) name servers of your own.
    """
    if sys.platform != "linux":
        raise Trouble("The embedded network runs on Linux; elsewhere use `docker compose up`.")
    plan = Plan(data.resolve(), port, kafka.value)
    if detach:
        _in_background(plan)
    else:
        asyncio.run(keep(plan.network(say), lambda: _greet(plan, "Ctrl-C stops it.")))


def down(data: Data = DEFAULT_DATA) -> None:
    """Stop the network of a data folder and wait until it is gone."""
    file = RunFile(data.resolve())
    run = file.read()
    if run is None or not run.running:
        file.forget()
        say(f"No network runs on {data}.")
        return
    background.stop(run)
    say("Everything is stopped.")


def status(data: Data = DEFAULT_DATA, as_json: AsJson = False, gateway: GatewayUrl = None) -> None:
    """Show every part: process, address, health, uptime. Exit code 1 if not all is well."""
    run = RunFile(data.resolve()).read()
    here = run is not None and run.running
    state = run.state if run is not None and here else "elsewhere"
    parts = asyncio.run(_look(run if here else None, gateway, data))
    well = state in ("up", "elsewhere") and all(part.healthy for part in parts)
    _show(state, parts, as_json)
    if not well:
        raise typer.Exit(1)


async def _look(run: Run | None, gateway: str | None, data: Path) -> list[PartState]:
    if run is not None:
        return await of_run(run)
    if gateway is not None:
        return await behind(gateway)
    raise Trouble(f"No network runs on {data}; `claimpath up` starts one.")


def _in_background(plan: Plan) -> None:
    # A start that is broken off takes its half-started network along.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    background.start(plan, say)
    _greet(plan, f"`claimpath down --data {plan.data}` stops it.")


def _greet(plan: Plan, how_to_stop: str) -> None:
    run = RunFile(plan.data).read()
    if run is not None:
        console.print(_addresses(run))
    say(f"The network is up at {plan.url}; its logs are in {plan.data / 'logs'}.")
    say(how_to_stop)


def say(sentence: str) -> None:
    """Print one sentence on one line, however narrow the terminal and whatever its brackets."""
    console.print(sentence, markup=False, soft_wrap=True)


def _show(state: str, parts: list[PartState], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"state": state, "parts": [asdict(part) for part in parts]}, indent=2))
        return
    console.print(_states(parts))
    if state in ("starting", "stopping"):
        say(f"The network is {state}.")


def _addresses(run: Run) -> Table:
    table = Table("part", "address", box=box.SIMPLE_HEAD)
    for part in run.parts:
        table.add_row(part.name, part.address)
    return table


def _states(parts: list[PartState]) -> Table:
    table = Table("part", "process", "address", "health", "uptime", box=box.SIMPLE_HEAD)
    for part in parts:
        health = "[green]healthy" if part.healthy else "[red]not healthy"
        pid = str(part.pid) if part.pid else "-"
        table.add_row(part.name, pid, part.address, health, _duration(part.uptime))
    return table


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else str(timedelta(seconds=round(seconds)))
