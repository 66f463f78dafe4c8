"""`claimpath parked`: messages that a service could not process and has set aside.

They stand in line by claim: what came later for the same claim waits behind the first. Whoever
releases or discards says why, and that stays on record.
"""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimpath.clearing import Cleared, clear, clear_one, find
from claimpath.client import DEFAULT_GATEWAY, AsJson, Gateway, GatewayUrl, gateway_at
from deploy.local.trouble import Trouble
from shared.contracts.base import Service

app = typer.Typer(help="Look at, release or discard parked messages.", no_args_is_help=True)
console = Console(highlight=False)

Named = Annotated[
    Service | None, typer.Option("--service", help="Only this service; without it, all five.")
]
Id = Annotated[str, typer.Argument(help="The message's id, from `claimpath parked list`.")]
MaybeId = Annotated[
    str | None, typer.Argument(help="One message's id; without it, say which by the options.")
]
Claim = Annotated[str | None, typer.Option("--claim", help="Only this claim's.")]
Type = Annotated[str | None, typer.Option("--type", help="Only this type, as listed.")]
Error = Annotated[str | None, typer.Option("--error", help="Only this kind of error: KeyError.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only with this in their reason.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Parked then or later, UTC.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Parked before, UTC.")]
All = Annotated[bool, typer.Option("--all", help="Whatever is parked.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]
By = Annotated[str, typer.Option("--by", default_factory=getpass.getuser, help="Who does it; you.")]
Message = Annotated[str | None, typer.Option("--id", help="Only acts on this message.")]
Entry = dict[str, Any]


@app.command("list")
def list_(
    service: Named = None,
    claim: Claim = None,
    type_: Type = None,
    error: Error = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    gateway: GatewayUrl = DEFAULT_GATEWAY,
) -> None:
    """List parked messages, oldest first."""
    which = _which(claim, type_, error, reason, since, until)
    found = asyncio.run(_pages(gateway, service, "parked", which))
    _print(found, as_json, ("claim", "type", "reason", "at", "id"), "Nothing is parked.")


@app.command()
def show(id_: Id, service: Named = None, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Show one parked message with its cause, content and history, as JSON."""
    print(json.dumps(asyncio.run(_shown(gateway, service, id_)), indent=2, ensure_ascii=False))


@app.command()
def acts(
    service: Named = None,
    message: Message = None,
    as_json: AsJson = False,
    gateway: GatewayUrl = DEFAULT_GATEWAY,
) -> None:
    """List who released and discarded what, and why, oldest first."""
    which = {"message": message} if message else {}
    found = asyncio.run(_pages(gateway, service, "parked-acts", which))
    for entry in found:
        entry["of"] = entry["message"]["id"] if "message" in entry else json.dumps(entry["asked"])
    _print(found, as_json, ("at", "by", "what", "of", "why"), "Nothing was done yet.")


@app.command()
def release(
    why: Why,
    by: By,
    id_: MaybeId = None,
    service: Named = None,
    claim: Claim = None,
    type_: Type = None,
    error: Error = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    as_json: AsJson = False,
    gateway: GatewayUrl = DEFAULT_GATEWAY,
) -> None:
    """Process parked messages again, each claim's in order, as far as they go."""
    which = _which(claim, type_, error, reason, since, until)
    _order("release", gateway, service, id_, which, everything, {"by": by, "why": why}, as_json)


@app.command()
def discard(
    why: Why,
    by: By,
    id_: MaybeId = None,
    service: Named = None,
    claim: Claim = None,
    type_: Type = None,
    error: Error = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    as_json: AsJson = False,
    gateway: GatewayUrl = DEFAULT_GATEWAY,
) -> None:
    """Drop parked messages for good; those behind them go on. The record keeps their content."""
    which = _which(claim, type_, error, reason, since, until)
    _order("discard", gateway, service, id_, which, everything, {"by": by, "why": why}, as_json)


async def parked_claims(gateway: Gateway) -> set[str]:
    """Every claim that has a message parked in any service."""
    return {entry["claim"] async for entry in entries(gateway, Service)}


async def entries(
    gateway: Gateway, services: Iterable[Service], what: str = "parked", **which: str
) -> AsyncIterator[Entry]:
    """All parked messages of these services, or acts, each with the service it is of."""
    for service in services:
        cursor: str | None = "0"
        while cursor is not None:
            page = await gateway.get(f"/{service}/{what}", cursor=cursor, limit=200, **which)
            for item in page["items"]:
                yield {"service": str(service)} | item
            cursor = page["next"]


def _order(
    order: str,
    url: str,
    service: Service | None,
    id_: str | None,
    which: dict[str, str],
    everything: bool,
    signed: dict[str, str],
    as_json: bool,
) -> None:
    if (id_ is not None) + bool(which or everything) != 1:
        raise typer.BadParameter("name one message, or say which by options, or give --all")
    wish = signed | ({} if id_ else {**which, "all": everything})
    cleared = asyncio.run(_cleared(url, service, id_, order, wish))
    if as_json:
        print(json.dumps(cleared.shown()))
    else:
        console.print("\n".join(cleared.lines()), markup=False)
    if cleared.failing or cleared.left:
        raise typer.Exit(1)


async def _cleared(
    url: str, service: Service | None, id_: str | None, order: str, wish: dict[str, Any]
) -> Cleared:
    async with gateway_at(url) as gateway:
        if id_ is None:
            return await clear(gateway, _among(service), order, wish)
        where = _path(id_)
        at, _ = await _found(gateway, service, id_)
        return await clear_one(gateway, at, f"/{at}{where}", order, wish)


async def _pages(
    url: str, service: Service | None, what: str, which: dict[str, str]
) -> list[Entry]:
    async with gateway_at(url) as gateway:
        return [entry async for entry in entries(gateway, _among(service), what, **which)]


async def _shown(url: str, service: Service | None, id_: str) -> Entry:
    async with gateway_at(url) as gateway:
        at, entry = await _found(gateway, service, id_)
        return {"service": str(at)} | entry


async def _found(gateway: Gateway, service: Service | None, id_: str) -> tuple[Service, Entry]:
    found = await find(gateway, _among(service), _path(id_))
    if found is None:
        raise Trouble(f"No message {id_} is parked in {service or 'any service'}.")
    return found


def _path(id_: str) -> str:
    return f"/parked/{quote(id_, safe='/:')}"


def _which(
    claim: str | None,
    type_: str | None,
    error: str | None,
    reason: str | None,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, str]:
    said = {"claim": claim, "type": type_, "error": error, "reason": reason}
    times = {"since": since, "until": until}
    named = {name: value for name, value in said.items() if value is not None}
    return named | {name: f"{at.isoformat()}Z" for name, at in times.items() if at is not None}


def _among(service: Service | None) -> Iterable[Service]:
    return Service if service is None else (service,)


def _print(found: list[Entry], as_json: bool, columns: tuple[str, ...], none: str) -> None:
    if as_json:
        print(json.dumps(found))
    elif not found:
        console.print(none)
    else:
        table = Table("service", *columns, box=box.SIMPLE_HEAD)
        for entry in found:
            table.add_row(*(Text(str(entry[name])) for name in ("service", *columns)))
        console.print(table)
