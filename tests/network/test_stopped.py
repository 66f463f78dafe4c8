"""Any one service may be away while claims come in: later, all of them are where they should be."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from claimpath.sample import ZONE
from shared.contracts.base import Service
from tests.network.walking import Walking
from tests.waiting import until

SAMPLE = 25
TODAY = str(datetime.now(ZONE).date())
ENDS = ("closed", "denied", "waiting", "withdrawn")
MISSED = 5
"""So many events the others publish before it comes back."""


ASKED = (Service.INTAKE, Service.CLAIMS)
"""Reporters speak to these; without them little may happen, and they are missed at once."""


@pytest.mark.parametrize("service", list(Service))
async def test_claims_finish_after_a_service_was_away(walking: Walking, service: Service) -> None:
    seed = str(300 + list(Service).index(service))
    before, known = await walking.ledger(), await walking.stored("intake", "claim")
    submitting = asyncio.create_task(
        walking.submit("--sample", str(SAMPLE), "--seed", seed, "--today", TODAY)
    )

    async def under_load() -> bool:
        return await walking.stored("intake", "claim") > known

    async def missed() -> bool:
        if service in ASKED:
            return (await walking.http.get(f"/{service}/openapi.json")).status_code >= 500
        return await walking.events() >= stood + MISSED

    await until(under_load, "the first claims of the sample are reported")
    stood = await walking.events()
    await walking.network.stop(str(service))
    await until(missed, f"{service} has missed something")
    await walking.network.start(str(service))
    summary = await submitting

    assert sum(summary[end] for end in ENDS) == SAMPLE, summary
    for trouble in ("lost", "parked", "duplicates", "incomplete_paths"):
        assert summary[trouble] == 0, summary
    after = await walking.ledger()
    assert after["balanced"]
    assert after["settled"]["orders"] - before["settled"]["orders"] == summary["closed"]
