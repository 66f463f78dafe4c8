"""How many reports a second one intake process takes, with the other services stopped.

What is counted is answers: accepted and stored. Afterwards the store must hold each of them once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks.checks import Refused, all_said
from benchmarks.stand import Stand
from benchmarks.waiting import until
from benchmarks.wire import Answer, Wire
from claimpath.client import each
from shared.contracts.base import Service

CALLERS = 32
"""Connections with single reports; each waits for its answer before it reports again."""
BULK_CALLERS = 4

Request = tuple[int, bytes]
"""How many reports are in it, and its bytes."""


async def singly(stand: Stand, name: str, reports: int) -> float:
    """Reports a second, one for each request. Raises `Refused` unless all are kept."""
    requests = [(1, request) for request in stand.load.singly(name, reports)]
    return await _rate(stand, requests, CALLERS, _taken)


async def in_bulk(stand: Stand, name: str, reports: int) -> float:
    """Reports a second, many in each request. Raises `Refused` unless all are kept."""
    return await _rate(stand, stand.load.in_bulk(name, reports), BULK_CALLERS, _all_taken)


async def _rate(
    stand: Stand,
    requests: Sequence[Request],
    callers: int,
    check: Callable[[Answer, int], None],
) -> float:
    waiting = iter(requests)
    wires = [await Wire.to(stand.url("intake")) for _ in range(callers)]
    began = time.monotonic()
    await each(wires, lambda wire: _call(wire, waiting, check), callers)
    seconds = time.monotonic() - began
    for wire in wires:
        wire.close()
    reports = sum(count for count, _ in requests)
    stand.claims += reports
    await _kept(stand)
    return reports / seconds


async def _call(
    wire: Wire, waiting: Iterator[Request], check: Callable[[Answer, int], None]
) -> None:
    for count, request in waiting:
        check(await wire.ask(request), count)


async def _kept(stand: Stand) -> None:
    """Waits until intake has every claim once, with no fact owed to the wire."""
    claims = stand.database(Service.INTAKE)["claim"]

    async def all_said_and_kept() -> bool:
        stored = await claims.count_documents({})
        return bool(
            stored == stand.claims and not await claims.count_documents({"owed": {"$exists": True}})
        )

    await until(all_said_and_kept, f"intake keeps {stand.claims:,} claims and owes no fact")


def _taken(answer: Answer, _: int) -> None:
    if answer.status != 202:
        raise Refused(f"A report was answered {answer.status}: {answer.body.decode()[:300]}")


def _all_taken(answer: Answer, lines: int) -> None:
    all_said(b'"status": "accepted"', answer.body, lines)
