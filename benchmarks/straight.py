"""Straight-through claims a second: from the report over HTTP to the survey, no person between."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import checks
from benchmarks.listening import Listening
from benchmarks.processes import ByName, cpu_seconds, memory_mb, spent
from benchmarks.stand import Stand
from benchmarks.wire import Wire
from claimpath.client import each
from shared.contracts.base import Service
from shared.contracts.feedback import SurveyInvited

SENDERS = 2
"""Connections on which reports are handed in."""
UNDER_WAY = 2_000
"""Claims that are reported and not yet invited, at most: reports do not run far ahead."""


@dataclass(frozen=True, slots=True)
class Round:
    """So many claims all the way. CPU seconds and megabytes by process."""

    claims: int
    seconds: float
    cpu_s: ByName
    memory_mb: ByName

    @property
    def rate(self) -> float:
        """Claims a second."""
        return self.claims / self.seconds

    @property
    def cpu_ms_per_claim(self) -> ByName:
        """CPU time for one claim, in milliseconds, by process."""
        return {name: 1000 * used / self.claims for name, used in self.cpu_s.items()}


async def once(stand: Stand, name: str, claims: int) -> Round:
    """Hands in so many reports in bulk and waits until each claim's customer is asked.

    Raises `Refused` if one is lost, or anything happened twice, or the books do not balance.
    """
    topics = [stand.topic(Service.FEEDBACK)]
    requests = stand.load.in_bulk(name, claims)
    processes = stand.processes()
    async with Listening(stand.network.kafka, topics, [SurveyInvited]) as listening:
        before, began = cpu_seconds(processes), time.monotonic()
        await HandingIn(stand, requests, listening).all()
        await listening.until(SurveyInvited, claims)
        ended = max(heard.at for heard in listening.heard(SurveyInvited).values())
        used = spent(before, cpu_seconds(processes))
        memory = memory_mb(processes)
    stand.claims += claims
    checks.once_each(listening.twice)
    await stand.settled()
    return Round(claims, ended - began, used, memory)


class HandingIn:
    """Bulk requests on a few connections, held back while too many claims are under way."""

    def __init__(
        self, stand: Stand, requests: Sequence[tuple[int, bytes]], listening: Listening
    ) -> None:
        self._stand = stand
        self._requests = iter(requests)
        self._listening = listening
        self._sent = 0

    async def all(self) -> None:
        """Returns when all are accepted. Raises `Refused` if one is not."""
        await each(range(SENDERS), self._send, SENDERS)

    async def _send(self, _: int) -> None:
        wire = await Wire.to(self._stand.network.url)
        for lines, request in self._requests:
            self._sent += lines
            await self._listening.until(SurveyInvited, self._sent - UNDER_WAY)
            answer = await wire.ask(request)
            checks.all_said(b'"status": "accepted"', answer.body, lines)
        wire.close()
