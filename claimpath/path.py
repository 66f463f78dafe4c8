"""`claimpath path`: a claim's way through the network, as the tree of cause and effect."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from claimpath.client import DEFAULT_GATEWAY, AsJson, GatewayUrl, gateway_at
from claimpath.figures import in_one_line

OUTSIDE = {
    "http": "HTTP command",
    "timer": "timer",
    "outcome": "outcome of an outside call",
}
"""What stands before the colon of a cause that is no fact."""
UNBROKEN = 200
"""Columns where nobody's window sets the width."""

Claim = Annotated[str, typer.Argument(help="The claim's number, CLM-...")]
Fact = Mapping[str, Any]


def path(claim: Claim, as_json: AsJson = False, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Show every fact of a claim: who said it, when, because of what, how long the hop took."""
    found = asyncio.run(_fetch(gateway, claim))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    width = None if sys.stdout.isatty() else UNBROKEN
    Console(highlight=False, width=width).print(tree(found))


def tree(document: Mapping[str, Any], zone: tzinfo | None = None) -> Tree:
    """The path as a tree; times in this zone, or in that of this computer."""
    facts: Sequence[Fact] = document["facts"]
    top = Tree(_heading(document))
    branches: dict[str, Tree] = {}
    traces: dict[str, str] = {}
    for fact in facts:
        cause = fact["cause"]
        if cause not in branches:
            branches[cause] = top.add(_root(fact, zone))
            traces[cause] = fact["trace"]
        branches[fact["id"]] = branches[cause].add(_line(fact, zone, traces[cause]))
        traces[fact["id"]] = fact["trace"]
    return top


async def _fetch(url: str, claim: str) -> dict[str, Any]:
    async with gateway_at(url) as gateway:
        found: dict[str, Any] = await gateway.get(f"/intake/claims/{claim}/path")
        return found


def _heading(document: Mapping[str, Any]) -> Text:
    heading = Text(document["claim"], "bold")
    heading.append(f"  {len(document['facts'])} facts, ", "default")
    if document["complete"]:
        heading.append("complete", "green")
    else:
        heading.append(f"not complete, {len(document['missing'])} causes are missing", "red")
    return heading


def _root(fact: Fact, zone: tzinfo | None) -> Text:
    """What came from outside, or a cause that the path lacks; with day and trace."""
    sort, _, _ = fact["cause"].partition(":")
    if sort in OUTSIDE:
        root = Text(OUTSIDE[sort], "italic")
    else:
        root = Text(f"missing fact {fact['cause']}", "red")
    root.append(f"  {_local(fact, zone):%Y-%m-%d}", "default")
    return root.append(f"  trace {fact['trace'] or 'none'}", "dim")


def _line(fact: Fact, zone: tzinfo | None, trace: str) -> Text:
    """One fact; its trace only where another one begins."""
    line = Text(fact["fact"], "bold").append(f"  {fact['service']}", "cyan")
    line.append(f"  {_local(fact, zone):%H:%M:%S.%f}"[:-3], "default")
    if fact["hop_s"] is not None:
        line.append(f"  +{_duration(fact['hop_s'])}", "yellow")
    if figures := in_one_line(fact["fact"], fact["data"]):
        line.append(f"  {figures}", "default")
    return line if fact["trace"] == trace else line.append(f"  trace {fact['trace']}", "dim")


def _local(fact: Fact, zone: tzinfo | None) -> datetime:
    return datetime.fromisoformat(fact["at"]).astimezone(zone)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
