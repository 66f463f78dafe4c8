"""The listener: one claim's trouble stays with that claim, and its messages stay in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.aside import MOST_REASON
from shared.contracts.base import Fact
from shared.contracts.claims import ClaimClosed
from shared.contracts.event import Record, headers
from shared.contracts.feedback import SurveyInvited
from shared.decider import Message
from shared.errors import StoreDown, UnknownSubject
from shared.listener import Listener
from shared.room import Room
from shared.testing.parking import MemoryParking
from shared.turn import Reply
from tests.behaviour.test_bus import event
from tests.runtime.counter import NOON, World, counted

INVITED = SurveyInvited(customer="c")


class Hearing:
    """Notes what it is told, and like a door hears nothing of a claim after a failure in a batch.

    `refuses` names the ids it cannot process, and `breaks` those that break its whole batch,
    with a `quote`; `weather` is raised once for each entry, before anything is heard.
    """

    def __init__(self, *refuses: str) -> None:
        self.heard: list[str] = []
        self.refuses = set(refuses)
        self.breaks: set[str] = set()
        self.weather: list[Exception] = []
        self.quote = ""

    async def handle(self, messages: Sequence[Message]) -> list[Reply]:
        if self.weather:
            raise self.weather.pop()
        if broken := self.breaks & {message.id for message in messages}:
            raise OverflowError(f"the store has no room for {broken}{self.quote}")
        stopped: dict[str, Reply] = {}
        for message in messages:
            if message.id in self.refuses:
                failure = UnknownSubject(f"{message.subject} was never submitted")
                stopped.setdefault(message.subject, Reply(failure=failure))
            elif message.subject not in stopped:
                self.heard.append(message.id)
        return [stopped.get(message.subject, Reply()) for message in messages]


class Ear:
    """A listener over memory, and the records that come to it."""

    def __init__(self, hearing: Hearing, per_claim: int = 100, most: int = 1_000) -> None:
        self.parking = MemoryParking()
        self.room = Room(self.parking, per_claim, most)
        self.listener = Listener({ClaimClosed: [hearing]}, self.parking, self.room, lambda: NOON)
        self._offset = 0

    def record(self, id_: str, claim: str = "A", fact: Fact | None = None) -> Record:
        """A sound record of a fact that is heard, unless another is given."""
        said = fact or counted(1)
        value = said.model_dump_json().encode()
        return self.raw(claim, _headers(id_, claim, said), value)

    def raw(self, claim: str | None, told: Sequence[tuple[str, bytes]], value: bytes) -> Record:
        """Any record at all."""
        self._offset += 1
        return Record("claimpath.claims", 0, self._offset, claim, tuple(told), value)

    def junk(self, claim: str | None = "A") -> Record:
        """A record that nobody can read."""
        return self.raw(claim, (), b"\xff")

    def waiting(self) -> list[tuple[str, str | None, bool]]:
        """What is parked, in order: id, claim, and whether it only waits for another."""
        return [(entry.id, entry.subject, entry.behind) for entry in self.parking.entries]


def _headers(id_: str, claim: str, fact: Fact) -> list[tuple[str, bytes]]:
    said = event(1, claim)
    told = headers(said) | {"ce_id": id_, "ce_type": type(fact).type}
    return [(name, content.encode()) for name, content in told.items()]


async def test_an_unreadable_record_is_parked_under_its_place_with_the_reason() -> None:
    ear = Ear(Hearing())
    await ear.listener([ear.junk()])
    assert ear.waiting() == [("claimpath.claims/0/1", "A", False)]
    assert "Unreadable: the record has no header" in ear.parking.entries[0].reason


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_what_follows_an_unreadable_record_of_its_claim_waits_and_what_came_before_does_not(
    in_one_batch: bool,
) -> None:
    hearing = Hearing()
    ear = Ear(hearing)
    records = [ear.record("m1"), ear.junk(), ear.record("m2"), ear.record("n1", "B")]
    for batch in [records] if in_one_batch else [[record] for record in records]:
        await ear.listener(batch)
    assert hearing.heard == ["m1", "n1"]
    assert ear.waiting() == [("claimpath.claims/0/2", "A", False), ("m2", "A", True)]


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_what_follows_a_failed_message_of_its_claim_waits_behind_it(
    in_one_batch: bool,
) -> None:
    hearing = Hearing("m1")
    ear = Ear(hearing)
    records = [ear.record("m1"), ear.record("n1", "B"), ear.record("m2")]
    for batch in [records] if in_one_batch else [[record] for record in records]:
        await ear.listener(batch)
    assert hearing.heard == ["n1"]
    assert ear.waiting() == [("m1", "A", False), ("m2", "A", True)]


async def test_records_without_a_claim_hold_up_nobody() -> None:
    hearing = Hearing()
    ear = Ear(hearing)
    await ear.listener([ear.junk(None), ear.record("m1"), ear.junk(None)])
    assert hearing.heard == ["m1"]
    assert [claim for _, claim, _ in ear.waiting()] == [None, None]


async def test_a_fact_that_nobody_here_hears_is_passed_over() -> None:
    ear = Ear(Hearing())
    await ear.listener([ear.record("m1", fact=INVITED)])
    assert ear.waiting() == []


async def test_a_message_that_breaks_its_whole_batch_costs_its_own_claim_only() -> None:
    hearing = Hearing()
    hearing.breaks = {"m1"}
    ear = Ear(hearing)
    batch = [ear.record("n1", "B"), ear.record("m1"), ear.record("n2", "B"), ear.record("m2")]
    await ear.listener(batch)
    assert hearing.heard == ["n1", "n2"]
    assert ear.waiting() == [("m1", "A", False), ("m2", "A", True)]
    assert "OverflowError" in ear.parking.entries[0].reason


async def test_a_door_that_fails_parks_in_the_order_of_the_records() -> None:
    """The real door, over a message that its decider has no rule for."""
    world = World()
    parking = MemoryParking()
    door = [world.door()]
    hears = {SurveyInvited: door, ClaimClosed: door}
    room = Room(parking, 100, 1_000)
    listener = Listener(hears, parking, room, lambda: NOON)  # type: ignore[arg-type]
    ear = Ear(Hearing())
    bad = ear.record("m1", fact=INVITED)
    await listener([bad, ear.record("n1", "B"), ear.record("m2")])
    assert [(e.id, e.behind) for e in parking.entries] == [("m1", False), ("m2", True)]
    assert (world.count("A"), world.count("B")) == (0, 1)


async def test_weather_is_waited_out_and_parks_nothing() -> None:
    hearing = Hearing()
    hearing.weather = [StoreDown("away")]
    ear = Ear(hearing)
    await asyncio.wait_for(ear.listener([ear.record("m1"), ear.record("m2")]), 30)
    assert hearing.heard == ["m1", "m2"]
    assert ear.waiting() == []


async def test_the_type_of_an_unreadable_record_is_what_it_says_of_itself() -> None:
    ear = Ear(Hearing())
    await ear.listener([ear.raw("A", [("ce_type", b"no.such.type")], b"{}")])
    assert ear.parking.entries[0].type == "no.such.type"


async def test_what_a_bug_quotes_is_not_kept_without_end() -> None:
    hearing = Hearing()
    hearing.breaks = {"m1"}
    ear = Ear(hearing)
    hearing.quote = "x" * 1_000_000
    await ear.listener([ear.record("m1")])
    assert len(ear.parking.entries[0].reason) == MOST_REASON


async def test_a_claim_at_its_limit_stops_its_partition_and_no_other() -> None:
    hearing = Hearing()
    ear = Ear(hearing, per_claim=2)
    await ear.listener([ear.junk(), ear.record("m1")])
    m2, n1, elsewhere = ear.record("m2"), ear.record("n1", "B"), ear.record("n2", "C")
    before = ear.record("n0", "D")
    batch = [before, m2, n1, replace(elsewhere, partition=1)]
    assert list(await ear.listener(batch)) == [m2]
    assert hearing.heard == ["n0", "n2"]
    assert len(ear.parking.entries) == 2
    assert "1 claims have reached the limit of 2" in str(ear.room.reason())


async def test_a_claim_at_its_limit_goes_on_when_room_is_made() -> None:
    hearing = Hearing()
    ear = Ear(hearing, per_claim=2)
    await ear.listener([ear.junk(), ear.record("m1")])
    m2 = ear.record("m2")
    assert list(await ear.listener([m2])) == [m2]
    await ear.parking.remove(ear.parking.entries[0])
    await ear.room.look()
    assert ear.room.reason() is None
    assert list(await ear.listener([m2])) == []
    assert [id_ for id_, _, _ in ear.waiting()] == ["m1", "m2"]


async def test_a_parking_that_is_full_takes_nothing_until_room_is_made() -> None:
    hearing = Hearing()
    ear = Ear(hearing, most=2)
    await ear.listener([ear.junk("A"), ear.junk("B")])
    assert "2 messages are parked, which is the limit" in str(ear.room.reason())
    n1 = ear.record("n1", "C")
    assert list(await ear.listener([n1])) == [n1]
    assert hearing.heard == []
    await ear.parking.remove(ear.parking.entries[0])
    assert list(await ear.listener([n1])) == []
    assert hearing.heard == ["n1"]
    assert ear.room.reason() is None
