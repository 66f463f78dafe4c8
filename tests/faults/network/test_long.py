"""The long set: the rows of docs/faults.md with their figures. Run by `make faults-long`.

Each test has a network of its own, with its own Kafka and MongoDB. A figure that is missed fails.
"""

from __future__ import annotations

from random import Random

import pytest

from shared.contracts.base import Service
from tests.faults.network.audit import summed_up
from tests.faults.network.clocks import apart_and_back
from tests.faults.network.conftest import NewGround
from tests.faults.network.deaths import deaths
from tests.faults.network.experiment import RATE, SEED, conduct, judge
from tests.faults.network.harms import (
    LONGEST_END_S,
    all_at_once,
    bank_weather,
    kills,
    rolling_restart,
    second_instances,
    watched,
    zombie,
)
from tests.faults.network.poison import Given, each_parked_once, poisoned
from tests.faults.network.quiet import quiet
from tests.faults.network.replay import (
    FROM_TOPICS,
    emptied,
    hashed,
    read_from_the_start,
    said_again,
)
from tests.faults.network.servers import frozen, gone, killed, one_after_another, stepped_down
from tests.faults.network.stores import VERSIONED

pytestmark = pytest.mark.long
MOST_MEMORY_MB = 400


async def test_row_1_services_are_killed_for_a_minute(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        outcome = await conduct(ground, "row 1 kills", kills(seconds=62), seconds=60)
    assert outcome.times >= 40
    assert outcome.quiet_s <= 15


async def test_row_2_all_five_are_killed_at_once(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        outcome = await conduct(ground, "row 2 all at once", all_at_once(after=10), seconds=15)
    assert outcome.quiet_s <= 30


async def test_row_3_each_service_dies_in_each_gap_twenty_times(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        harm = deaths(each=20, seconds=840)
        await conduct(ground, "row 3 deaths in gaps", harm, seconds=30, rate=5, longest=840)


async def test_row_4_every_service_is_restarted_in_good_order(new_ground: NewGround) -> None:
    took: list[float] = []
    async with new_ground() as ground:
        await conduct(ground, "row 4 rolling restart", rolling_restart(took), 20, longest=90)
    assert max(took) <= LONGEST_END_S, took


async def test_row_5_second_instances_join_and_leave(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        harm = second_instances(rounds=8)
        await conduct(ground, "row 5 second instances", harm, seconds=60, longest=240)


async def test_row_6_kafka_is_restarted_and_is_gone(new_ground: NewGround) -> None:
    async with new_ground(broker="apache") as ground:
        restarted = await conduct(ground, "row 6 Kafka killed", killed("kafka", 5), seconds=15)
        away = gone("kafka", 5, seconds=120)
        missed = await conduct(ground, "row 6 Kafka gone", away, seconds=130, rate=5)
    assert restarted.quiet_s <= 20
    assert missed.quiet_s <= 60


async def test_row_7_mongodb_steps_down_freezes_dies_and_is_gone(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        harm = one_after_another(
            stepped_down(after=5), frozen("mongo", 5, seconds=8), killed("mongo", 5)
        )
        shaken = await conduct(ground, "row 7 MongoDB shaken", harm, seconds=40)
        away = gone("mongo", 5, seconds=120)
        await conduct(ground, "row 7 MongoDB gone", away, seconds=130, rate=5)
    assert shaken.silence_s <= 10 + 15  # it is away for some of this time


async def test_row_9_the_bank_fails_in_every_way(new_ground: NewGround) -> None:
    ways = {
        "timeouts": {"lost_after": 0.3, "lost_before": 0.3, "errors": 0.1},
        "slow answers": {"hang_s": 30.0},
        "away": {"away": True},
    }
    async with new_ground() as ground:
        for way, settings in ways.items():
            harm = bank_weather(30, **settings)
            outcome = await conduct(ground, f"row 9 bank: {way}", harm, seconds=20)
            assert outcome.quiet_s <= 60


async def test_row_10_repeated_and_shuffled_events_change_nothing(new_ground: NewGround) -> None:
    chance = Random(SEED)

    async def nothing(*_: object) -> int:
        return 0

    async with new_ground() as ground:
        before = (await conduct(ground, "row 10 before", nothing, seconds=15)).evidence.stores
        await said_again(ground, chance, copies=2)
        await quiet(ground.wire, ground.stores, 240)
        evidence = await ground.evidence()
        judge(ground, evidence)
        assert hashed(evidence.stores, VERSIONED, False) == hashed(before, VERSIONED, False)

        await ground.down()
        await read_from_the_start(ground, *map(str, Service))
        await ground.up()
        await quiet(ground.wire, ground.stores, 240)
        replayed = (await ground.evidence()).stores
        assert hashed(replayed, VERSIONED, False) == hashed(before, VERSIONED, False)

        await ground.down()
        await emptied(ground)
        await read_from_the_start(ground, "intake", "payments", "notifications", "feedback")
        await ground.up()
        await quiet(ground.wire, ground.stores, 240)
        rebuilt = (await ground.evidence()).stores
        assert hashed(rebuilt, FROM_TOPICS, True) == hashed(before, FROM_TOPICS, True)


async def test_row_11_poison_is_parked_once_and_holds_nobody_up(new_ground: NewGround) -> None:
    given: Given = {}
    async with new_ground() as ground:
        harm = poisoned(seconds=30, every=0.3, given=given)
        outcome = await conduct(ground, "row 11 poison", harm, seconds=30)
    findings = list(each_parked_once(outcome.evidence, given))
    assert not findings, summed_up(findings)


@pytest.mark.parametrize("name", ["claims", "payments", "notifications"])
async def test_row_12_a_zombie_writes_nothing(new_ground: NewGround, name: str) -> None:
    async with new_ground() as ground:
        harm = zombie(name, seconds=25)
        await conduct(ground, f"row 12 zombie {name}", harm, seconds=30)


async def test_row_13_clocks_ten_minutes_apart_change_no_order(new_ground: NewGround) -> None:
    async with new_ground() as ground:
        await conduct(ground, "row 13 clocks", apart_and_back(seconds=15), seconds=30)


async def test_row_16_three_times_the_load_is_drained_in_bounded_memory(
    new_ground: NewGround,
) -> None:
    peaks: dict[str, float] = {}
    async with new_ground() as ground:
        harm = watched(60, peaks)
        await conduct(ground, "row 16 overload", harm, seconds=60, rate=3 * RATE)
    print({name: f"{peak:.0f} MB" for name, peak in peaks.items()})
    assert max(peaks.values()) < MOST_MEMORY_MB, peaks
