"""Where claims stand, many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claimpath.client import Gateway

ASKED_AT_ONCE = 500

WAITING = "waiting"
ENDS = {"closed", "denied", "withdrawn"}
LACKING = "reported"
"""The stage of a claim whose documents, or account, are not all there."""


async def stages_of(gateway: Gateway, claims: Sequence[str]) -> dict[str, str]:
    """The stage of each claim."""
    known: dict[str, str] = {}
    for some in _portions(claims):
        answer = await gateway.post("/intake/claims/lookup", {"claims": some})
        known |= {item["claim"]: item["stage"] for item in answer["items"]}
    return known


def _portions(claims: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(claims), ASKED_AT_ONCE):
        yield claims[first : first + ASKED_AT_ONCE]
