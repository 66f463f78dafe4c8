"""`claimpath parked`: messages that a service could not process and has set aside.

They stand in line by claim: what came later for the same claim waits behind the first.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimpath.client import DEFAULT_GATEWAY, AsJson, Declined, Gateway, GatewayUrl, gateway_at
from deploy.local.trouble import Trouble
from shared.contracts.base import Service

app = typer.Typer(help="Look at, release or discard parked messages.", no_args_is_help=True)
console = Console(highlight=False)

Named = Annotated[
    Service | None, typer.Option("--service", help="Only this service; without it, all five.")
]
Id = Annotated[str, typer.Argument(help="The message's id, from `claimpath parked list`.")]
Entry = dict[str, Any]


@app.command("list")
def list_(
    service: Named = None, as_json: AsJson = False, gateway: GatewayUrl = DEFAULT_GATEWAY
) -> None:
    """List parked messages, oldest first."""
    entries = asyncio.run(_listed(gateway, service))
    if as_json:
        print(json.dumps(entries))
    elif entries:
        console.print(_table(entries))
    else:
        console.print("Nothing is parked.")


@app.command()
def show(id_: Id, service: Named = None, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Show one parked message with its content, as JSON."""
    print(json.dumps(asyncio.run(_shown(gateway, service, id_)), indent=2, ensure_ascii=False))


@app.command()
def release(id_: Id, service: Named = None, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Process the claim's parked messages in order, up to this one."""
    answer = asyncio.run(_order(gateway, service, id_, "release"))
    console.print(f"Released: {answer['released']}", markup=False)


@app.command()
def discard(id_: Id, service: Named = None, gateway: GatewayUrl = DEFAULT_GATEWAY) -> None:
    """Drop one parked message for good; those behind it go on."""
    answer = asyncio.run(_order(gateway, service, id_, "discard"))
    console.print(f"Discarded: {answer['discarded']}", markup=False)


async def parked_claims(gateway: Gateway) -> set[str]:
    """Every claim that has a message parked in any service."""
    return {entry["claim"] async for entry in entries(gateway, Service)}


async def entries(gateway: Gateway, services: Iterable[Service]) -> AsyncIterator[Entry]:
    """All parked messages of these services, each with the service it is parked in."""
    for service in services:
        cursor: str | None = "0"
        while cursor is not None:
            page = await gateway.get(f"/{service}/parked", cursor=cursor, limit=200)
            for item in page["items"]:
                yield {"service": str(service)} | item
            cursor = page["next"]


async def _listed(url: str, service: Service | None) -> list[Entry]:
    async with gateway_at(url) as gateway:
        return [entry async for entry in entries(gateway, _among(service))]


async def _shown(url: str, service: Service | None, id_: str) -> Entry:
    async with gateway_at(url) as gateway:
        _, entry = await _find(gateway, service, id_)
        return entry


async def _order(url: str, service: Service | None, id_: str, order: str) -> Any:
    async with gateway_at(url) as gateway:
        where, _ = await _find(gateway, service, id_)
        return await gateway.post(f"{where}/{order}")


async def _find(gateway: Gateway, service: Service | None, id_: str) -> tuple[str, Entry]:
    """The path of the message and its content. Raises `Trouble` if no service has it."""
    for each in _among(service):
        where = f"/{each}/parked/{quote(id_, safe='/:')}"
        try:
            return where, {"service": str(each)} | await gateway.get(where)
        except Declined as declined:
            if declined.status != 404:
                raise
    raise Trouble(f"No message {id_} is parked in {service or 'any service'}.")


def _among(service: Service | None) -> Iterable[Service]:
    return Service if service is None else (service,)


def _table(found: Iterable[Entry]) -> Table:
    table = Table("service", "claim", "message", "reason", "since", "id", box=box.SIMPLE_HEAD)
    for entry in found:
        cells = (entry[name] for name in ("service", "claim", "type", "reason", "at", "id"))
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
