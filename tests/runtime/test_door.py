"""The door: crashed at every gap, raced, repeated; the same document and the same ids come out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.base import Fact
from shared.contracts.event import Record
from shared.contracts.payments import PaymentFailed
from shared.decider import Call, CallOutcome, Command, Message
from shared.document import Document
from shared.errors import BrokerDown, Held, StoreDown
from shared.money import Money
from shared.runtime import PAGE, Door
from shared.store import Parked
from shared.testing.memory import MemoryDocuments
from shared.turn import REPEATABLE
from tests.runtime.counter import NOON, Count, Counted, Poison, Rang, World, counted

RECORD = Record("claimpath.claims", 0, 7, "A", (), b"{}")


def from_kafka(id_: str, body: Fact | Command | None = None, subject: str = "A") -> Message:
    """A message that the broker delivers again until its offset is committed."""
    return Message(id_, subject, body or counted(1), NOON, "demo", record=RECORD)


def over_http(id_: str, body: Command | None = None, subject: str = "A") -> Message:
    """A message that comes once."""
    return Message(id_, subject, body or Count(), NOON, "demo", digest="d1")


@asynccontextmanager
async def answering(door: Door[Counted]) -> AsyncIterator[Door[Counted]]:
    """The door with its asks being answered."""
    task = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def undisturbed() -> World:
    """What three messages come to when nothing goes wrong."""
    world = World()
    await world.door().handle([from_kafka("m1"), from_kafka("m2"), from_kafka("m3")])
    return world


GAPS: dict[str, dict[str, Any]] = {
    "before the documents are read": {"fails": {"load": StoreDown("away")}},
    "before the write": {"fails": {"save": StoreDown("away")}},
    "after the write, its answer lost": {"fails": {"save": StoreDown("cut")}, "ambiguous": True},
}


@pytest.mark.parametrize("gap", GAPS)
async def test_a_crash_at_the_store_leaves_the_same_document_and_ids(gap: str) -> None:
    world = World(MemoryDocuments(**{**GAPS[gap], "fails": dict(GAPS[gap]["fails"])}))
    messages = [from_kafka("m1"), from_kafka("m2"), from_kafka("m3")]
    with pytest.raises(StoreDown):
        await world.door().handle(messages)
    world.documents.ambiguous = False
    await world.door().handle(messages)
    assert_like_undisturbed(world, await undisturbed())


@pytest.mark.parametrize("reached_the_wire", [False, True])
async def test_a_crash_at_the_broker_leaves_the_same_document_and_ids(
    reached_the_wire: bool,
) -> None:
    world = World()
    world.outlet.fails, world.outlet.ambiguous = BrokerDown("away"), reached_the_wire
    messages = [from_kafka("m1"), from_kafka("m2"), from_kafka("m3")]
    with pytest.raises(BrokerDown):
        await world.door().handle(messages)
    await world.door().handle(messages)
    assert_like_undisturbed(world, await undisturbed())


async def test_a_crash_between_publish_and_commit_says_the_same_facts_again() -> None:
    world = World()
    messages = [from_kafka("m1"), from_kafka("m2"), from_kafka("m3")]
    await world.door().handle(messages)
    once = [event.id for event in world.outlet.events]
    await world.door().handle(messages)
    assert [event.id for event in world.outlet.events] == once * 2
    assert_like_undisturbed(world, await undisturbed())


def assert_like_undisturbed(world: World, calm: World) -> None:
    """The same state, the same ids in the same order, nothing decided twice."""
    mine, theirs = world.documents.stored["A"], calm.documents.stored["A"]
    assert mine.state == theirs.state
    assert [seen.id for seen in mine.seen] == [seen.id for seen in theirs.seen]
    first: dict[str, bytes] = {}
    for event in world.outlet.events:
        assert first.setdefault(event.id, event.data) == event.data
    assert list(first) == [event.id for event in calm.outlet.events]


async def test_whoever_lost_the_race_decides_again_on_the_newer_document() -> None:
    world = World()
    await world.door().handle([from_kafka("m1")])
    load, raced = world.documents.load, []

    async def load_then_lose(ids: Any) -> dict[str, Document]:
        loaded = await load(ids)
        if not raced:
            raced.append(True)
            await world.door().handle([from_kafka("rival")])
        return loaded

    world.documents.load = load_then_lose  # type: ignore[method-assign]
    await world.door().handle([from_kafka("m2"), from_kafka("x", subject="B")])
    assert world.count("A") == 3
    assert world.count("B") == 1
    assert {event.cause for event in world.outlet.events} == {"m1", "rival", "m2", "x"}


async def test_a_message_with_no_consequence_writes_nothing_and_says_nothing() -> None:
    world = World()
    failed = PaymentFailed(order_id="o", approval=1, amount=Money(minor=1), reason="AC04")
    (reply,) = await world.door().handle([from_kafka("m1", failed)])
    assert reply.facts == []
    assert world.documents.writes == 0
    assert world.outlet.events == []


async def test_a_failing_decision_stops_its_document_and_no_other() -> None:
    world = World()
    replies = await world.door().handle(
        [
            from_kafka("m1"),
            from_kafka("m2", Poison()),
            from_kafka("m3"),
            from_kafka("m4", subject="B"),
        ]
    )
    assert [reply.failure is None for reply in replies] == [True, False, False, True]
    assert (world.count("A"), world.count("B")) == (1, 1)


async def test_facts_that_kafka_would_not_bring_again_are_published_by_the_sweep() -> None:
    world = World()
    world.outlet.fails = BrokerDown("away")
    async with answering(world.door()) as door:
        reply = await door.ask(over_http("h1"))
    assert reply.facts == [counted(1)]
    assert world.outlet.events == []
    world.now += timedelta(minutes=1)
    assert await world.door().sweep() == 1
    assert [event.cause for event in world.outlet.events] == ["h1"]
    assert await world.door().sweep() == 0


async def test_a_fact_never_overtakes_an_older_one_of_its_claim() -> None:
    """Saved from Kafka, crashed before publishing; then a person acts through another process."""
    world = World()
    world.outlet.fails = BrokerDown("away")
    with pytest.raises(BrokerDown):
        await world.door().handle([from_kafka("m1")])
    async with answering(world.door()) as other:
        await other.ask(over_http("h1"))
        await until_said(world, 3)
    assert [event.cause for event in world.outlet.events] == ["m1", "m1", "h1"]


async def until_said(world: World, number: int) -> None:
    """Publishing follows the answer: gives the loop its turns until it has."""
    for _ in range(100):
        if len(world.outlet.events) >= number:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{number} facts were awaited, {len(world.outlet.events)} came")


async def test_a_repeated_command_is_answered_with_what_it_caused_the_first_time() -> None:
    world = World()
    async with answering(world.door()) as door:
        first = await door.ask(over_http("h1"))
        again = await door.ask(over_http("h1"))
    assert list(first.facts) == list(again.facts) == [counted(1)]
    assert world.count() == 1


async def test_a_key_used_again_with_another_content_is_refused() -> None:
    world = World()
    async with answering(world.door()) as door:
        await door.ask(over_http("h1"))
        reply = await door.ask(replace(over_http("h1"), digest="d2"))
    assert reply.refusal is not None
    assert reply.refusal.code == "key-reused"
    assert world.count() == 1


async def test_a_refusal_is_told_and_not_stored() -> None:
    world = World()
    async with answering(world.door()) as door:
        reply = await door.ask(over_http("h1", Count(most=0)))
    assert reply.refusal is not None
    assert reply.refusal.code == "enough"
    assert world.documents.stored == {}


async def test_asks_at_the_same_time_share_a_batch() -> None:
    world = World()
    async with answering(world.door()) as door:
        await asyncio.gather(*(door.ask(over_http(f"h{n}", subject=f"S{n}")) for n in range(50)))
    assert len(world.documents.stored) == 50


async def test_an_ask_learns_that_the_store_is_away() -> None:
    world = World()
    world.documents.fails["load"] = StoreDown("away")
    async with answering(world.door()) as door:
        with pytest.raises(StoreDown):
            await door.ask(over_http("h1"))
        await door.ask(over_http("h1"))
    assert world.count() == 1


async def test_a_deadline_that_came_goes_through_the_door_once() -> None:
    world = World()
    wake = NOON + timedelta(hours=1)
    async with answering(world.door()) as door:
        await door.ask(over_http("h1", Count(wake=wake)))
        assert await door.tick() == 0
        world.now = wake + timedelta(minutes=1)
        assert await door.tick() == 1
        assert await door.tick() == 0
    assert world.count() == 2


async def test_a_deadline_that_moved_meanwhile_is_ignored() -> None:
    world = World()
    wake = NOON + timedelta(hours=1)
    async with answering(world.door()) as door:
        await door.ask(over_http("h1", Count(wake=wake)))
        await door.ask(over_http("h2", Count(wake=wake + timedelta(hours=5))))
        await door._timer("A", wake)
    assert world.count() == 2


async def test_the_outcome_of_an_outside_call_comes_back_through_the_door() -> None:
    world, rung = World(), []

    async def ring(call: Call) -> CallOutcome:
        rung.append(call.id)
        return Rang(call=call.id)

    async with answering(world.door(ring)) as door:
        await door.ask(over_http("h1", Count(bell=True)))
        await door.drain(5)
        await until_said(world, 2)
    ordered, rang = world.outlet.events
    assert len(rung) == 1
    assert rang.cause == ordered.id
    assert rang.type.endswith("claim-withdrawn.v1")


async def test_a_redelivered_message_calls_nobody_again() -> None:
    world, rung = World(), []

    async def ring(call: Call) -> CallOutcome:
        rung.append(call.id)
        return Rang(call=call.id)

    for _ in range(2):
        async with answering(world.door(ring)) as door:
            await door.handle([from_kafka("m1", Count(bell=True))])
            await door.drain(5)
            await until_said(world, 2)
    assert len(rung) == 1


@pytest.mark.parametrize(
    ("named", "successor", "rings"), [("1", "1", 2), ("1", "2", 1), ("", "", 1), ("1", "", 1)]
)
async def test_only_a_successor_of_the_same_name_makes_a_dead_process_s_calls_again(
    named: str, successor: str, rings: int
) -> None:
    world, rung = World(), []

    async def ring(call: Call) -> CallOutcome:
        rung.append(call.id)
        if len(rung) == 1:
            raise asyncio.CancelledError  # the process dies before anybody answers
        return Rang(call=call.id)

    await world.door(ring, named).handle([from_kafka("m1", Count(bell=True))])
    await asyncio.sleep(0)
    async with answering(world.door(ring, successor)) as door:
        await door.take_over()
        await door.take_over()
        await door.drain(5)
        await until_said(world, rings)
    assert rung == [rung[0]] * rings
    said = {event.id: event for event in world.outlet.events}
    assert [event.cause for event in said.values()] == ["m1", *said][:rings]
    assert world.documents.stored["A"].caller == (named if rings == 1 else "")


async def test_a_held_claim_takes_no_commands() -> None:
    world = World()
    world.parking.entries.append(Parked("p1", "A", "why", NOON))
    async with answering(world.door()) as door:
        with pytest.raises(Held):
            await door.ask(over_http("h1"))
        await door.ask(over_http("h2", subject="B"))
    assert (world.count("A"), world.count("B")) == (0, 1)


async def test_an_outcome_whose_decision_fails_parks_the_claim() -> None:
    world = World()

    async def ring(call: Call) -> CallOutcome:
        return CallOutcome(call=call.id)

    async with answering(world.door(ring)) as door:
        await door.ask(over_http("h1", Count(bell=True)))
        await door.drain(5)
        (parked,) = world.parking.entries
    assert parked.subject == "A"
    assert "poisoned" in parked.reason


async def test_a_caller_that_breaks_parks_the_claim_instead_of_ringing_for_ever() -> None:
    world = World()

    async def ring(call: Call) -> CallOutcome:
        raise ValueError(f"no bell {call.id}")

    async with answering(world.door(ring)) as door:
        await door.ask(over_http("h1", Count(bell=True)))
        await door.drain(5)
    (parked,) = world.parking.entries
    assert (parked.subject, parked.id.split(":")[0]) == ("A", "outcome")
    assert "no bell" in parked.reason


async def test_old_inputs_keep_their_ids_and_lose_their_facts() -> None:
    world = World()
    door = world.door()
    for number in range(40):
        await door.handle([from_kafka(f"m{number}")])
    seen = world.documents.stored["A"].seen
    assert [s.id for s in seen] == [f"m{n}" for n in range(40)]
    assert [s.facts is None for s in seen] == [True] * 8 + [False] * 32
    await door.handle([from_kafka("m0")])
    assert world.count() == 40


async def test_ids_of_old_deadlines_are_forgotten_and_those_of_commands_are_not() -> None:
    world = World()
    async with answering(world.door()) as door:
        for hour in range(1, 25):
            wake = NOON + timedelta(hours=hour)
            await door.ask(over_http(f"h{hour}", Count(wake=wake)))
            world.now = wake
            assert await door.tick() == 1
    assert world.count() == 48
    ids = [s.id for s in world.documents.stored["A"].seen]
    assert [id_ for id_ in ids if id_.startswith("h")] == [f"h{hour}" for hour in range(1, 25)]
    assert len([id_ for id_ in ids if id_.startswith("timer:")]) == REPEATABLE / 2


async def test_parked_claims_that_stay_due_do_not_stand_before_others() -> None:
    world = World()
    names = [f"{number:04}" for number in range(PAGE + 1)]
    async with answering(world.door()) as door:
        for name in names:
            await door.ask(over_http("h1", Count(wake=NOON), subject=name))
        world.parking.entries += [Parked(f"p{name}", name, "why", NOON) for name in names[:-1]]
        await door.tick()
    assert (world.count(names[0]), world.count(names[-1])) == (1, 2)
