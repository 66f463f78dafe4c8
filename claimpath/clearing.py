"""Releasing and discarding many parked messages: request after request, until nothing is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from claimpath.client import Declined, Gateway
from shared.contracts.base import Service

DONE = {"release": "released", "discard": "discarded"}
PAUSE_S = 0.5
MOST_PAUSES = 20
"""So often in a row it is worth waiting for whoever is at work on the rest."""


@dataclass
class Cleared:
    """What came of it over all services, in messages. `reasons` counts those that still fail."""

    order: str
    done: int = 0
    left: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    acts: dict[str, int] = field(default_factory=dict)
    unknown: int = 0

    @property
    def failing(self) -> int:
        """Messages that were tried and failed again."""
        return self.reasons.total() + self.unknown

    def add(self, service: Service, answer: Mapping[str, Any]) -> None:
        """Counts one answer in."""
        self.acts[service] = answer["act"]
        self.done += answer[DONE[self.order]]
        named = Counter({(str(service), r["reason"]): r["messages"] for r in answer["reasons"]})
        self.reasons += named
        self.unknown += answer["still_failing"] - named.total()

    def shown(self) -> dict[str, Any]:
        """The same for programs."""
        reasons = [
            {"service": service, "reason": reason, "messages": number}
            for (service, reason), number in self.reasons.most_common()
        ]
        return {
            DONE[self.order]: self.done,
            "still_failing": self.failing,
            "left_over": self.left,
            "reasons": reasons,
            "acts": self.acts,
        }

    def lines(self) -> list[str]:
        """The same for people."""
        told = [f"{DONE[self.order].capitalize()}: {self.done}"]
        if self.failing:
            told.append(f"Still failing: {self.failing}")
            told += [
                f"  {n} in {service}: {why}" for (service, why), n in self.reasons.most_common()
            ]
        if self.left:
            told.append(f"Left over, somebody else is at work on them: {self.left}")
        return told


async def clear(
    gateway: Gateway, services: Iterable[Service], order: str, wish: Mapping[str, Any]
) -> Cleared:
    """Releases or discards in each service all that the wish means."""
    cleared = Cleared(order)
    for service in services:
        cleared.left += await _one(gateway, service, cleared, wish)
    return cleared


async def clear_one(
    gateway: Gateway, service: Service, where: str, order: str, wish: Mapping[str, Any]
) -> Cleared:
    """One message, and what its release set free. Raises `Declined` if it fails again."""
    cleared = Cleared(order)
    answer = await gateway.post(f"{where}/{order}", wish)
    if order == "discard":
        cleared.done, cleared.acts = 1, {str(service): answer["act"]}
        return cleared
    cleared.add(service, answer)
    while answer["left_over"] and answer["released"]:  # a long queue, a request at a time
        answer = await gateway.post(f"{where}/{order}", wish)
        cleared.add(service, answer)
    cleared.left = answer["left_over"]
    return cleared


async def _one(
    gateway: Gateway, service: Service, cleared: Cleared, wish: Mapping[str, Any]
) -> int:
    """How many messages are left over in this service."""
    asked, pauses = dict(wish), 0
    while True:
        answer = await gateway.post(f"/{service}/parked/{cleared.order}", asked)
        cleared.add(service, answer)
        asked["act"], left = answer["act"], int(answer["left_over"])
        moved = answer[DONE[cleared.order]] + answer["still_failing"]
        pauses = 0 if moved else pauses + 1
        if not left or pauses > MOST_PAUSES:
            return left
        if not moved:
            await asyncio.sleep(PAUSE_S)


async def find(
    gateway: Gateway, services: Iterable[Service], where: str
) -> tuple[Service, dict[str, Any]] | None:
    """The first service that has something at this path, and what it has."""
    for service in services:
        try:
            return service, await gateway.get(f"/{service}{where}")
        except Declined as declined:
            if declined.status != 404:
                raise
    return None
