"""`claimpath ledger`: whether the payment books balance, and what stands in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from claimpath.client import DEFAULT_GATEWAY, AsJson, GatewayUrl, gateway_at

console = Console(highlight=False)


def ledger(as_json: AsJson = False, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Show the trial balance over all payments. Exit code 1 if debits and credits differ."""
    answer = asyncio.run(_fetch(gateway))
    if as_json:
        print(json.dumps(in_short(answer)))
    else:
        console.print(_table(answer))
    if not answer["balanced"]:
        raise typer.Exit(1)


def in_short(answer: Mapping[str, Any]) -> dict[str, Any]:
    """For programs. Debits and credits in minor units; `settled` counts orders."""
    return {
        "balanced": answer["balanced"],
        "debits": answer["debits"],
        "credits": answer["credits"],
        "orders": answer["orders"],
        "settled": answer["settled"]["orders"],
    }


async def _fetch(url: str) -> dict[str, Any]:
    async with gateway_at(url) as gateway:
        answer: dict[str, Any] = await gateway.get("/payments/ledger")
        return answer


def _table(answer: Mapping[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_row("balanced", "[green]yes" if answer["balanced"] else "[red]no")
    table.add_row("debits", _amount(answer["debits"]))
    table.add_row("credits", _amount(answer["credits"]))
    table.add_row("orders", f"{answer['orders']:,}")
    settled = answer["settled"]
    table.add_row("settled", f"{settled['orders']:,} orders, {_amount(settled['amount'])}")
    return table


def _amount(minor: int) -> str:
    return f"{Decimal(minor) / 100:,.2f}"
