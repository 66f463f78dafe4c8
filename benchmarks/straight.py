"""Straight-through claims a second: from the report over HTTP to the survey, no person between.

A claim is through when its customer is asked for a verdict. Its letters may still be on their
way; the round waits for them too, so that no work is left for the next one.
"""

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
from shared.contracts.notifications import MessageDelivered

SENDERS = 2
"""Connections on which reports are handed in."""
UNDER_WAY = 2_000
"""Claims that are reported and not yet invited, at most: reports do not run far ahead."""
LETTERS = 4
"""What a customer is told of such a claim: reported, approved, paid, closed."""


@dataclass(frozen=True, slots=True)
class Round:
    """So many claims all the way. CPU seconds and megabytes by process.

    `seconds` is until the last survey, `all_seconds` until the last letter.
    """

    claims: int
    seconds: float
    all_seconds: float
    cpu_s: ByName
    memory_mb: ByName

    @property
    def rate(self) -> float:
        """Claims a second, report to survey."""
        return self.claims / self.seconds

    @property
    def rate_with_letters(self) -> float:
        """Claims a second, report to the last letter."""
        return self.claims / self.all_seconds

    @property
    def cpu_ms_per_claim(self) -> ByName:
        """CPU time for one claim, in milliseconds, by process."""
        return {name: 1000 * used / self.claims for name, used in self.cpu_s.items()}


async def once(stand: Stand, name: str, claims: int) -> Round:
    """Hands in so many reports in bulk and waits until each claim's customer is asked.

    Raises `Refused` if one is lost, or anything happened twice, or the books do not balance.
    """
    requests = stand.load.in_bulk(name, claims)
    processes = stand.processes()
    async with listening_to_ends(stand.network.kafka, stand.name) as listening:
        before, began = cpu_seconds(processes), time.monotonic()
        await HandingIn(stand, requests, listening).all()
        await listening.until(SurveyInvited, claims)
        memory = memory_mb(processes)
        await listening.until(MessageDelivered, LETTERS * claims)
        used = spent(before, cpu_seconds(processes))
    stand.claims += claims
    checks.once_each("SurveyInvited", listening.count(SurveyInvited), claims)
    checks.once_each("SurveyInvited", len(listening.heard(SurveyInvited)), claims)
    await stand.settled()
    through, told = listening.newest(SurveyInvited), listening.newest(MessageDelivered)
    return Round(claims, through - began, max(through, told) - began, used, memory)


def listening_to_ends(kafka: str, topics: str) -> Listening:
    """Hears where a claim ends, its survey and its letters, on topics with this prefix."""
    ends = [f"{topics}.{service}" for service in (Service.FEEDBACK, Service.NOTIFICATIONS)]
    return Listening(kafka, ends, (SurveyInvited, MessageDelivered))


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
