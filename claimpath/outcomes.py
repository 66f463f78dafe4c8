"""What came of claims: asks until each is at an end or waits for a person, then looks closely."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claimpath.client import Declined, Gateway, each
from claimpath.handing_in import Accepted
from claimpath.lookup import ENDS, WAITING, stages_of
from claimpath.parked import parked_claims
from claimpath.steps import Steps

PAUSE_S = 0.5
PATH_PATIENCE_S = 20.0
"""How long facts that are told may still be on their way into a path."""

Path = Mapping[str, Any]


async def stages(
    gateway: Gateway, accepted: Iterable[Accepted], timeout_s: float, steps: Steps
) -> dict[str, str]:
    """The last known stage of each claim, after all have settled or the time has run out."""
    known = {one.claim: "unknown" for one in accepted}
    leaving = {one.claim for one in accepted if one.taken_back}
    open_, until = list(known), time.monotonic() + timeout_s
    with steps.step("outcomes", len(open_)) as advance:
        while open_:
            asked = time.monotonic()
            known |= await stages_of(gateway, open_)
            left = [claim for claim in open_ if not _settled(claim, known[claim], leaving)]
            advance(len(open_) - len(left))
            open_, now = left, time.monotonic()
            if now > until:
                break
            # A third of the time at most is spent on asking: the network has work to do.
            await asyncio.sleep(max(PAUSE_S, 2 * (now - asked)) if open_ else 0)
    return known


async def paths(gateway: Gateway, claims: Sequence[str], steps: Steps) -> dict[str, Path]:
    """The path of each claim; incomplete ones are asked for again for a while."""
    found: dict[str, Path] = {}
    until = time.monotonic() + PATH_PATIENCE_S
    with steps.step("paths", len(claims)) as advance:

        async def fetch(claim: str) -> None:
            found[claim] = await _path(gateway, claim)
            while not found[claim]["complete"] and time.monotonic() < until:
                await asyncio.sleep(PAUSE_S)
                found[claim] = await _path(gateway, claim)
            advance(1)

        await each(claims, fetch)
    return found


async def parked(gateway: Gateway, claims: Iterable[str]) -> set[str]:
    """Those of the claims that a service has set aside."""
    wanted = set(claims)
    return wanted & await parked_claims(gateway) if wanted else set()


def _settled(claim: str, stage: str, leaving: set[str]) -> bool:
    """A claim that is being withdrawn does not rest with a person: that ends it."""
    return stage in ENDS or (stage == WAITING and claim not in leaving)


async def _path(gateway: Gateway, claim: str) -> Path:
    try:
        found: Path = await gateway.get(f"/intake/claims/{claim}/path")
    except Declined as declined:
        if declined.status != 404:
            raise
        return {"claim": claim, "complete": False, "missing": [], "facts": []}
    return found
