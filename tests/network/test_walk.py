"""The main job: claims of all kinds go through the whole network, each to its end, once."""

from __future__ import annotations

import itertools
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from claimpath.sample import ZONE
from shared.contracts.base import Service
from tests.network.walking import ROOT, Walking

SAMPLE = 100
TODAY = str(datetime.now(ZONE).date())
ROWS = 50
"""Of the CSV's 1,000: the rest differ in their numbers only, and the suite has ten minutes."""
ENDS = ("closed", "denied", "waiting", "withdrawn")
DATA = Path(os.environ.get("CLAIMPATH_DATA") or ROOT.parent / "shared" / "data")
CSV = DATA / "auto_insurance_claims_1000"


async def test_every_claim_of_a_sample_ends_or_waits_and_a_second_time_changes_nothing(
    walking: Walking,
) -> None:
    sample = ("--sample", str(SAMPLE), "--seed", "20", "--today", TODAY)
    first = await walking.submit(*sample)
    _all_accounted_for(first, SAMPLE)
    # A block of a hundred holds fixed cases, and fifty of them can be decided without a person.
    assert min(first["closed"], first["denied"], first["waiting"], first["withdrawn"]) > 0
    ledger = await _balanced(walking)
    counted = await _reported(walking)

    again = await walking.submit(*sample)
    assert {e: again[e] for e in ENDS} == {e: first[e] for e in ENDS}
    assert await _reported(walking) == counted
    assert await _balanced(walking) == ledger


async def test_a_motor_portfolio_from_csv_goes_through_and_again_creates_nothing(
    walking: Walking, tmp_path: Path
) -> None:
    source = next(iter(sorted(CSV.rglob("*.csv"))), None)
    if source is None:
        pytest.skip(f"no CSV under {CSV}: set CLAIMPATH_DATA to where the public data are")
    part = tmp_path / "claims.csv"
    with source.open(encoding="utf-8-sig") as lines:
        part.write_text("".join(itertools.islice(lines, ROWS + 1)))
    first = await walking.submit(str(part))
    _all_accounted_for(first, ROWS)
    ledger, counted = await _balanced(walking), await _reported(walking)

    again = await walking.submit(str(part))
    assert {e: again[e] for e in ENDS} == {e: first[e] for e in ENDS}
    assert await _reported(walking) == counted
    assert await _balanced(walking) == ledger


async def test_a_path_shows_every_service_in_causal_order(walking: Walking) -> None:
    seen: set[str] = set()
    for claim in await _some_paid_claims(walking):
        path = await walking.path(claim)
        assert path["complete"], f"{claim} lacks {path['missing']}"
        known: set[str] = set()
        for fact in path["facts"]:
            assert fact["cause"] in known or fact["cause"].startswith(("http:", "timer:"))
            known.add(fact["id"])
        seen |= {fact["service"] for fact in path["facts"]}
    assert (await walking.told("ledger"))["balanced"]
    code, tree, _ = await walking.command("path", claim)
    assert code == 0
    assert "PaymentSettled" in tree
    assert seen == {str(service) for service in Service}


async def test_a_customer_is_told_stage_owner_next_step_and_date(walking: Walking) -> None:
    items = (await walking.http.get("/claims/worklist", params={"limit": 5})).json()["items"]
    assert items
    for item in items:
        view = (await walking.http.get(f"/intake/claims/{item['claim']}")).json()
        assert (view["stage"], view["owner"]["en"]) == ("waiting", item["owner"])
        assert view["promised_by"] == item["decide_by"]
        assert view["next_step"]["zh"]


def _all_accounted_for(summary: dict[str, int], submitted: int) -> None:
    """Each accepted claim is at one end or with a person; nothing lost, parked, twice or holed."""
    assert summary["submitted"] == submitted == sum(summary[end] for end in ENDS), summary
    for trouble in ("lost", "parked", "duplicates", "incomplete_paths"):
        assert summary[trouble] == 0, summary


async def _balanced(walking: Walking) -> dict[str, Any]:
    ledger = await walking.ledger()
    assert ledger["balanced"], ledger
    assert ledger["debits"] == ledger["credits"] > 0
    return ledger


async def _reported(walking: Walking) -> int:
    """How many claims there are, counted in intake's own store."""
    return await walking.stored("intake", "claim")


async def _some_paid_claims(walking: Walking) -> list[str]:
    orders = await walking.http.get("/payments/orders", params={"stage": "settled", "limit": 5})
    claims = [order["claim"] for order in orders.json()["items"]]
    assert claims
    return claims
