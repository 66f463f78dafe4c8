"""How long it takes from the report to the money settled, at a given load or on an idle network.

From the moment the report was due to be sent, so that a network that keeps callers waiting is not
flattered, to the time that PaymentSettled states. The bank answers without a delay of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.checks import Refused
from benchmarks.figures import percentile
from benchmarks.listening import Listening
from benchmarks.stand import Stand
from benchmarks.straight import LETTERS
from benchmarks.wire import Wire
from shared.contracts.base import Service
from shared.contracts.feedback import SurveyInvited
from shared.contracts.notifications import MessageDelivered
from shared.contracts.payments import PaymentSettled

CONNECTIONS = 64
"""Reports under way at the same time, at most; one that finds none free waits, and it counts."""
HEARD = (Service.PAYMENTS, Service.NOTIFICATIONS, Service.FEEDBACK)


@dataclass(frozen=True, slots=True)
class Paced:
    """What came of reports at an even pace. Rates in claims/s, latencies in seconds."""

    offered: float
    achieved: float
    latencies: tuple[float, ...]

    @property
    def p50(self) -> float:
        return percentile(self.latencies, 50)

    @property
    def p99(self) -> float:
        return percentile(self.latencies, 99)


async def paced(stand: Stand, name: str, rate: float, claims: int) -> Paced:
    """Reports one by one at `rate`, at random moments (Poisson), and waits for all of them.

    Raises `Refused` if one is not accepted, or lost.
    """
    requests = stand.load.singly(name, claims)
    async with _listening(stand) as listening:
        began = time.monotonic()
        due = await Caller(stand).all(requests, arrivals(rate, claims, Random(name)))
        await _through(listening, claims)
    stand.claims += claims
    seconds = listening.newest(SurveyInvited) - began
    return Paced(rate, claims / seconds, tuple(_latencies(listening, due)))


async def alone(stand: Stand, name: str, claims: int) -> list[float]:
    """Seconds for each of so many claims, each reported when nothing else is to be done."""
    caller = Caller(stand)
    latencies: list[float] = []
    for request in stand.load.singly(name, claims):
        async with _listening(stand) as listening:
            due = await caller.all([request], iter([0.0]))
            await _through(listening, 1)
        latencies += _latencies(listening, due)
        stand.claims += 1
    return latencies


def arrivals(rate: float, count: int, chance: Random) -> Iterator[float]:
    """Seconds from the start at which calls come in that know nothing of each other."""
    at = 0.0
    for _ in range(count):
        at += chance.expovariate(rate)
        yield at


class Caller:
    """Sends each report when it is due; remembers when that was, by claim."""

    def __init__(self, stand: Stand) -> None:
        self._url = stand.network.url
        self._free: asyncio.Queue[Wire | None] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(None)

    async def all(self, requests: Sequence[bytes], moments: Iterator[float]) -> dict[str, float]:
        """When each claim was due, in seconds of the epoch. Raises `Refused`."""
        began, due = time.time(), {}
        calls = []
        for request, moment in zip(requests, moments, strict=True):
            await asyncio.sleep(max(0.0, began + moment - time.time()))
            calls.append((began + moment, asyncio.create_task(self._call(request))))
        for at, call in calls:
            due[await call] = at
        return due

    async def _call(self, request: bytes) -> str:
        """The claim's number."""
        wire = await self._free.get() or await Wire.to(self._url)
        answer = await wire.ask(request)
        self._free.put_nowait(wire)
        if answer.status != 202:
            raise Refused(f"A report was answered {answer.status}: {answer.body.decode()[:300]}")
        return str(json.loads(answer.body)["claim"])


def _listening(stand: Stand) -> Listening:
    topics = [stand.topic(service) for service in HEARD]
    return Listening(stand.network.kafka, topics, (PaymentSettled, SurveyInvited, MessageDelivered))


async def _through(listening: Listening, claims: int) -> None:
    await listening.until(PaymentSettled, claims)
    await listening.until(SurveyInvited, claims)
    await listening.until(MessageDelivered, LETTERS * claims)


def _latencies(listening: Listening, due: dict[str, float]) -> Iterator[float]:
    settled = listening.heard(PaymentSettled)
    return (settled[claim].said_at - at for claim, at in due.items())
