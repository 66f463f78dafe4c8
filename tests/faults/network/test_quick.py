"""The quick set: some of each harm, on one network, as a part of `make test`.

Two of them are left to `make faults-long`, where rows 5 and 11 are: `make test` has ten minutes.
"""

from __future__ import annotations

import pytest

from tests.faults.network.audit import summed_up
from tests.faults.network.deaths import deaths
from tests.faults.network.experiment import conduct
from tests.faults.network.ground import Ground
from tests.faults.network.harms import (
    all_at_once,
    bank_weather,
    kills,
    rolling_restart,
    second_instances,
    together,
)
from tests.faults.network.poison import Given, each_parked_once, poisoned


async def test_nothing_is_lost_when_services_are_killed_one_after_another(ground: Ground) -> None:
    await conduct(ground, "kills", kills(seconds=12), seconds=10)


async def test_nothing_is_lost_when_all_five_die_while_the_bank_fails(ground: Ground) -> None:
    bank = bank_weather(6, lost_after=0.3, lost_before=0.3, errors=0.1)
    await conduct(ground, "all at once", together(all_at_once(after=3), bank), seconds=5)


async def test_nothing_is_lost_when_services_die_between_two_steps(ground: Ground) -> None:
    await conduct(ground, "deaths", deaths(each=1, seconds=120, gaps=1), seconds=5, longest=120)


async def test_services_that_are_asked_to_stop_park_nothing(ground: Ground) -> None:
    took: list[float] = []
    await conduct(ground, "rolling restart", rolling_restart(took, count=2), seconds=5)


@pytest.mark.long
async def test_two_instances_share_the_work_and_write_no_version_twice(ground: Ground) -> None:
    await conduct(
        ground, "second instances", second_instances(rounds=1, stay_s=3, count=1), seconds=5
    )


@pytest.mark.long
async def test_poison_is_parked_once_and_holds_nobody_up(ground: Ground) -> None:
    given: Given = {}
    outcome = await conduct(ground, "poison", poisoned(5, every=0.5, given=given), seconds=5)
    findings = list(each_parked_once(outcome.evidence, given))
    assert not findings, summed_up(findings)
