"""The smallest benchmark: its figures are there, and its claims add up. How fast is not asked."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from shared.contracts.base import Service
from tests.conftest import Address
from tests.network.walking import ROOT

pytestmark = pytest.mark.long
CLAIMS = 40


@pytest.fixture(scope="module")
async def told(kafka: Address, mongo: Address) -> dict[str, Any]:
    """What `claimpath bench` says of a few claims, on the servers of the session."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "claimpath", "bench", "--quick", "--json"),
        *("--claims", str(CLAIMS), "--only", "relay"),
        cwd=ROOT,
        env={**os.environ, "CLAIMPATH_KAFKA": kafka.url, "CLAIMPATH_MONGO": mongo.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    answer: dict[str, Any] = json.loads(out)
    return answer


async def test_every_figure_has_a_value_and_says_whether_it_reaches_its_target(
    told: dict[str, Any],
) -> None:
    figures = {figure["name"]: figure for figure in told["figures"]}
    assert {"straight through", "bare relay", "claimpath against bare relay"} < set(figures)
    for figure in figures.values():
        assert figure["value"] > 0, figure
        wanted = figure["at_least"] is not None or figure["below"] is not None
        assert isinstance(figure["reached"], bool) is wanted, figure


async def test_all_claims_went_through_and_every_service_worked_for_them(
    told: dict[str, Any],
) -> None:
    (straight,) = told["rounds"]["straight"]
    assert straight["claims"] == CLAIMS
    assert straight["seconds"] <= straight["all_seconds"]
    for service in Service:
        assert straight["cpu_s"][service] > 0
        assert told["memory_mb"][service] > 0


async def test_the_relay_does_the_work_that_was_measured_on_the_product(
    told: dict[str, Any],
) -> None:
    ours, theirs = told["work_per_claim"]["claimpath"], told["work_per_claim"]["relay"]
    assert ours["hops"] >= ours["facts"] > len(Service)
    for name in ("writes", "written_bytes"):
        assert theirs[name] == pytest.approx(ours[name], rel=0.2), name
