"""`claimpath submit`: hands in claims, made up or from a file, and waits for what comes of them."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from claimpath import outcomes, sample
from claimpath.client import DEFAULT_GATEWAY, AsJson, Gateway, GatewayUrl, gateway_at
from claimpath.csv_claims import read_csv
from claimpath.handing_in import HandedIn, hand_in
from claimpath.lines import Unreadable, Wish, read_ndjson
from claimpath.steps import Steps
from claimpath.summary import Summary, lost, refusals, summed_up
from deploy.local.trouble import Trouble
from shared.contracts.base import KindOfLoss

PATIENCE_S = 180.0
"""How long a part of the network may be away before we give up."""
SHOWN = 10
"""Lines of a kind that are shown at most."""

console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)

File = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, help="NDJSON, or CSV (docs/csv-mapping.md)."),
]
Count = Annotated[
    int | None, typer.Option("--sample", min=1, max=1_000_000, help="Make up this many claims.")
]
Seed = Annotated[int, typer.Option(min=0, help="Decides what the sample is.")]
Today = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="The sample is of the month of this day; without it, of now."
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the outcomes and check every path.")]
Timeout = Annotated[float, typer.Option(min=0, help="Longest wait for outcomes, in seconds.")]
EveryUpload = Annotated[
    bool, typer.Option("--every-upload", help="Upload every document of the sample.")
]


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the claims come from: a file, or a sample of so many."""

    file: Path | None
    count: int | None
    seed: int
    today: date
    every_upload: bool


def submit(
    file: File = None,
    count: Count = None,
    seed: Seed = 1,
    today: Today = None,
    wait: Wait = False,
    timeout: Timeout = 300.0,
    every_upload: EveryUpload = False,
    as_json: AsJson = False,
    gateway: GatewayUrl = DEFAULT_GATEWAY,
) -> None:
    """Hand in claims: a believable sample, or the lines of a file.

    With --wait, exit code 1 if a claim was lost, something was done twice, or a path has a gap.
    """
    if (file is None) == (count is None):
        raise typer.BadParameter("Give either a FILE or --sample N.")
    day = today.date() if today else datetime.now(sample.ZONE).date()
    choice = Choice(file, count, seed, day, every_upload)
    told, followed = asyncio.run(_run(choice, gateway, timeout if wait else None, as_json))
    if as_json:
        print(json.dumps(told if isinstance(told, dict) else asdict(told)))
    else:
        console.print(_table(told if isinstance(told, dict) else asdict(told)))
        _show_one(followed)
    if isinstance(told, Summary) and not told.sound:
        raise typer.Exit(1)


async def _run(
    choice: Choice, url: str, timeout_s: float | None, as_json: bool
) -> tuple[Summary | dict[str, Any], str | None]:
    """What to tell, and one of the claims, to look at."""
    async with gateway_at(url, PATIENCE_S) as gateway:
        wishes, unreadable = await _wishes(gateway, choice)
        with Steps(visible=not as_json and sys.stderr.isatty()) as steps:
            began = time.monotonic()
            handed = await hand_in(gateway, wishes, steps)
            one = next(iter(handed.accepted), None)
            if timeout_s is None:
                _complain(unreadable, handed)
                return _handed_in(handed, unreadable, time.monotonic() - began), one
            return await _follow(gateway, handed, unreadable, timeout_s, began, steps), one


async def _follow(
    gateway: Gateway,
    handed: HandedIn,
    unreadable: Sequence[Unreadable],
    timeout_s: float,
    began: float,
    steps: Steps,
) -> Summary:
    stages = await outcomes.stages(gateway, handed.accepted.values(), timeout_s, steps)
    seconds = time.monotonic() - began
    paths = await outcomes.paths(gateway, list(stages), steps)
    parked = await outcomes.parked(gateway, lost(stages))
    _complain(unreadable, handed)
    _list("is neither at an end nor waiting", [f"{c} ({stages[c]})" for c in lost(stages)])
    _list("has gaps in its path", [c for c, path in paths.items() if not path["complete"]])
    return summed_up(stages, list(paths.values()), parked, handed.refused, len(unreadable), seconds)


async def _wishes(gateway: Gateway, choice: Choice) -> tuple[list[Wish], list[Unreadable]]:
    if choice.file is None:
        lists = {
            str(kind): (await gateway.get(f"/intake/checklists/{kind}"))["items"]
            for kind in KindOfLoss
        }
        made = sample.Sample(choice.seed, choice.today, lists, choice.every_upload)
        return list(made.claims(choice.count or 0)), []
    with _opened(choice.file) as read:
        found = list(read)
    wishes = [each for each in found if isinstance(each, Wish)]
    unreadable = [each for each in found if isinstance(each, Unreadable)]
    if unreadable and not wishes:
        first = unreadable[0]
        raise Trouble(f"{choice.file} has no claim in it; line {first.line}: {first.reason}.")
    return wishes, unreadable


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[Wish | Unreadable]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield read_csv(lines) if file.suffix.lower() == ".csv" else read_ndjson(lines)
    except UnicodeDecodeError as error:
        raise Trouble(f"{file} is not UTF-8 text: {error.reason}.") from error
    except csv.Error as error:
        raise Trouble(f"{file} is not CSV: {error}.") from error


def _show_one(claim: str | None) -> None:
    if claim is not None:
        console.print(f"Follow one of them: claimpath path {claim}")


def _handed_in(handed: HandedIn, unreadable: Sequence[Unreadable], took: float) -> dict[str, Any]:
    return {
        "submitted": len(handed.accepted),
        "seconds": round(took, 2),
        "refused": refusals(handed.refused),
        "unreadable": len(unreadable),
    }


def _complain(unreadable: Sequence[Unreadable], handed: HandedIn) -> None:
    """Tell of every line that is no claim, and examples of the rest."""
    for one in unreadable:
        complaints.print(f"line {one.line}: {one.reason}", markup=False, soft_wrap=True)
    _list("was refused", [f"{r.key}: {r.detail} ({r.code})" for r in handed.refused])
    _list("met trouble", handed.hitches)


def _list(what: str, named: Sequence[str]) -> None:
    for name in named[:SHOWN]:
        complaints.print(f"{what}: {name}", markup=False, soft_wrap=True)
    if len(named) > SHOWN:
        complaints.print(f"{what}: {len(named) - SHOWN} more", markup=False)


def _table(told: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    for name, number in told.items():
        table.add_row(name.replace("_", " "), _cell(number))
    return table


def _cell(told: Any) -> str:
    if not isinstance(told, dict):
        return f"{told:,}"
    reasons = ", ".join(f"{code} {count:,}" for code, count in told["reasons"].items())
    return f"{told['lines']:,}" + (f" ({reasons})" if reasons else "")
