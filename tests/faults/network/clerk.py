"""The person behind the desk: decides claims that wait, and remembers what was said to be taken."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import httpx

NAME = "Clerk"
PAGE = 200
PAUSE_S = 1.0
SHARE = 0.5
"""So many of the waiting claims are decided; the others go on waiting."""


class Clerk:
    """Approves some claims that wait, and denies a few, each once.

    `decided` are the claims whose decision somebody was told is taken, and what it was.
    """

    def __init__(self, http: httpx.AsyncClient, chance: Random) -> None:
        self._http = http
        self._seed = chance.random()
        self.decided: dict[str, str] = {}
        self.gone_home = asyncio.Event()

    async def work(self) -> None:
        """Goes through the worklist again and again, until it is time to go home."""
        while not self.gone_home.is_set():
            for claim in await self._waiting():
                chance = Random(f"{self._seed}/{claim}")
                if claim not in self.decided and chance.random() < SHARE:
                    await self._decide(claim, "deny" if chance.random() < 0.2 else "approve")
            await asyncio.sleep(PAUSE_S)

    async def _decide(self, claim: str, decision: str) -> None:
        """One try: what is not taken still waits at the next look."""
        reason = {"code": "looked-at", "zh": "已核对", "en": "It was looked at."}
        wish: dict[str, Any] = {"decision": decision, "decided_by": NAME}
        if decision == "deny":
            wish["reasons"] = [reason]
        key = {"Idempotency-Key": f"decide-{claim}"}
        try:
            answer = await self._http.post(
                f"/claims/claims/{claim}/decision", json=wish, headers=key
            )
        except httpx.TransportError:
            return
        if answer.is_success:
            self.decided[claim] = decision

    async def _waiting(self) -> list[str]:
        """Claims on the worklist; none while it cannot be had."""
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            try:
                params: dict[str, Any] = {"cursor": cursor, "limit": PAGE}
                answer = await self._http.get("/claims/worklist", params=params)
            except httpx.TransportError:
                return found
            if not answer.is_success:
                return found
            page = answer.json()
            found += [item["claim"] for item in page["items"]]
            cursor = page["next"]
        return found
