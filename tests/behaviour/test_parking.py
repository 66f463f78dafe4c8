"""One suite for every parking, in memory and MongoDB: order, repeats, leases, filters, acts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.event import Record
from shared.store import Act, Acts, Filter, Inner, Parked, Parking, Store, What
from shared.store.acts import done
from shared.testing.parking import MemoryActs, MemoryParking
from tests.conftest import Address

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
RECORD = Record("t", 1, 7, "A", (("ce_id", b"x"), ("odd", b"\xff")), b"\x00not json")
INNER = Inner("book", '{"call":"c1"}', "cause", "demo", "00-a-b-01")
EVERYTHING = Filter()


@dataclass
class Room:
    """A service's parking and its journal."""

    parking: Parking
    acts: Acts

    async def ids(self, which: Filter = EVERYTHING) -> list[str]:
        """What is parked and fits, oldest first."""
        return [entry.id for entry in await self.parking.page(0, 100, which)]

    async def end(self, id_: str, what: What = What.DISCARDED) -> Act:
        """Takes a message and ends it, as far as that is the parking's work."""
        entry = await self.parking.take(id_, "me")
        assert entry is not None
        act = Act(await self.acts.draw(), 1, what, "Li Na", "a test", NOON)
        assert await self.parking.end(id_, "me", act.ending())
        return act


@pytest.fixture(params=["memory", "mongodb"])
async def room(request: pytest.FixtureRequest, mongo: Address) -> AsyncIterator[Room]:
    if request.param == "memory":
        yield Room(MemoryParking(), MemoryActs())  # type: ignore[arg-type]
        return
    store = Store(mongo.url, f"parking_{uuid.uuid4().hex[:8]}")
    made = Room(store.parking(), store.acts())
    await made.parking.prepare()
    await made.acts.prepare()
    yield made
    store.close()


@pytest.fixture
def parking(room: Room) -> Parking:
    return room.parking


def parked(id_: str, subject: str | None = "A", behind: bool = False) -> Parked:
    return Parked(id_, subject, f"Why: {id_}", NOON, behind, RECORD, "ClaimReported")


async def test_messages_stay_in_the_order_they_were_parked(room: Room, parking: Parking) -> None:
    await parking.park([parked("m2"), parked("m1", behind=True)])
    await parking.park([parked("m0", behind=True)])
    assert await room.ids() == ["m2", "m1", "m0"]
    head = await parking.head("A")
    assert head is not None
    assert head.id == "m2"


async def test_a_message_parked_again_keeps_its_place_and_its_reason(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", behind=True)])
    await parking.park([replace(parked("m1", behind=True), reason="Behind: another")])
    first, second = await parking.page(0, 9)
    assert (first.id, first.behind, first.reason, second.id) == ("m1", False, "Why: m1", "m2")


@pytest.mark.parametrize("at_once", [True, False])
async def test_messages_of_one_id_in_two_claims_are_both_kept(
    room: Room, parking: Parking, at_once: bool
) -> None:
    both = [parked("m1"), parked("m1", "B")]
    for entries in [both] if at_once else [[entry] for entry in both]:
        await parking.park(entries)
    await parking.park(both)
    assert await room.ids() == ["m1", "m1@B"]
    assert await parking.held(["A", "B"]) == {"A", "B"}


async def test_a_record_and_an_outcome_come_back_as_they_were(parking: Parking) -> None:
    outcome = Parked("o1", "A", "Why: o1", NOON, True, None, "BankAnswered", inner=INNER)
    await parking.park([parked("m1"), outcome])
    assert await parking.find("m1") == parked("m1")
    assert await parking.find("o1") == outcome
    assert await parking.find("m2") is None


async def test_a_listing_reads_no_content(parking: Parking) -> None:
    await parking.park([parked("m1"), replace(parked("o1"), record=None, inner=INNER)])
    listed = await parking.page(0, 9)
    assert [(entry.record, entry.inner) for entry in listed] == [(None, None)] * 2


async def test_only_claims_with_parked_messages_are_held(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", subject=None)])
    assert await parking.held(["A", "B"]) == {"A"}


async def test_claims_at_their_limit_are_told_from_others(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2"), parked("n1", "B")])
    assert await parking.crowded(["A", "B", "C"], 2) == {"A"}
    assert await parking.total() == 3


async def test_a_queue_whose_head_is_gone_is_told(room: Room, parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", behind=True), parked("n1", subject="B")])
    assert await parking.orphans() == []
    await room.end("m1")
    ((entry, _),) = await parking.ended(9)
    await parking.remove(entry)
    assert await parking.orphans() == ["A"]


async def test_a_message_that_failed_again_is_blamed_and_leads_its_queue(parking: Parking) -> None:
    await parking.park([parked("m1", behind=True)])
    await parking.blame("m1", "Worse: than before")
    (entry,) = await parking.page(0, 9, Filter(error="Worse"))
    assert (entry.reason, entry.first, entry.behind) == ("Worse: than before", "Why: m1", False)
    assert await parking.orphans() == []


FILTERS: dict[str, tuple[Filter, list[str]]] = {
    "a claim": (Filter(claim="B"), ["n1"]),
    "a type": (Filter(type="ClaimClosed"), ["m2"]),
    "a kind of error": (Filter(error="KeyError"), ["m2", "n1"]),
    "a piece of the reason": (Filter(reason="[payee"), ["n1"]),
    "no pattern": (Filter(reason=".*"), []),
    "from a time on": (Filter(since=NOON + timedelta(hours=1)), ["m2", "n1"]),
    "until a time": (Filter(until=NOON + timedelta(hours=1)), ["m1"]),
    "several": (Filter(claim="A", error="KeyError"), ["m2"]),
}


@pytest.mark.parametrize("what", FILTERS)
async def test_a_filter_means_what_fits_in_all_it_says(
    room: Room, parking: Parking, what: str
) -> None:
    later = NOON + timedelta(hours=1)
    await parking.park(
        [
            parked("m1"),
            replace(parked("m2"), reason="KeyError: 'day'", type="ClaimClosed", at=later),
            replace(parked("n1", "B"), reason="KeyError: no [payee]", at=later),
        ]
    )
    which, ids = FILTERS[what]
    assert await room.ids(which) == ids


async def test_an_act_means_what_was_parked_before_it_and_not_tried_in_it(
    room: Room, parking: Parking
) -> None:
    await parking.park([parked("m1"), parked("m2", behind=True), parked("n1", "B")])
    act = await room.acts.draw()
    await parking.park([parked("m3", behind=True)])
    assert [e.id for e in await parking.meant(EVERYTHING, act, 9)] == ["m1", "m2", "n1"]
    assert [e.id for e in await parking.meant(EVERYTHING, act, 2, True)] == ["n1", "m2"]
    (head, *_) = await parking.meant(EVERYTHING, act, 9)
    await parking.tried(head, act)
    assert [e.id for e in await parking.meant(EVERYTHING, act, 9)] == ["n1"]
    assert await parking.left(EVERYTHING, act) == 1
    assert await parking.left(EVERYTHING, await room.acts.draw()) == 4


async def test_a_message_is_in_one_hand_at_a_time(parking: Parking) -> None:
    await parking.park([parked("m1")])
    taken = await asyncio.gather(*(parking.take("m1", f"hand {n}") for n in range(5)))
    (mine,) = [n for n, entry in enumerate(taken) if entry is not None]
    await parking.give_back("m1", "another hand")
    assert await parking.take("m1", "another hand") is None
    await parking.give_back("m1", f"hand {mine}")
    assert await parking.take("m1", "another hand") == parked("m1")


async def test_a_message_ends_once_and_only_by_whoever_holds_it(
    room: Room, parking: Parking
) -> None:
    await parking.park([parked("m1")])
    await parking.take("m1", "me")
    assert not await parking.end("m1", "you", {"number": 1})
    assert await parking.end("m1", "me", {"number": 1})
    assert not await parking.end("m1", "me", {"number": 2})
    assert await parking.find("m1") is None
    assert await parking.head("A") is None
    assert await parking.take("m1", "you") is None


async def test_what_has_ended_and_what_was_parked_since_under_its_id_are_two(
    room: Room, parking: Parking
) -> None:
    await parking.park([parked("m1")])
    await room.end("m1")
    ((entry, _),) = await parking.ended(9)
    await parking.remove(entry)
    await parking.park([parked("m1")])
    await parking.remove(entry)
    assert await room.ids() == ["m1"]


async def test_the_journal_keeps_a_discarded_message_whole_and_once(room: Room) -> None:
    await room.parking.park([parked("m1")])
    await room.end("m1")
    ((entry, ending),) = await room.parking.ended(9)
    for _ in range(2):
        await room.acts.add(done(ending, entry))
    await room.acts.add(replace(done(ending, entry), number=await room.acts.draw()))
    (act,) = await room.acts.page(0, 9, "m1")
    assert (act.what, act.by, act.why) == (What.DISCARDED, "Li Na", "a test")
    assert act.message is not None
    assert act.message.record is None, "a listing has no content"
    whole = await room.acts.find(act.number)
    assert whole is not None
    assert whole.message == parked("m1")


async def test_the_journal_is_turned_over_page_by_page(room: Room) -> None:
    numbers = [await room.acts.draw() for _ in range(5)]
    for number in numbers:
        what = What.RELEASE_ASKED
        await room.acts.add(Act(number, number, what, "Li Na", "why", NOON, {"claim": "A"}))
    first = await room.acts.page(0, 3)
    rest = await room.acts.page(first[-1].number, 3)
    assert [act.number for act in first + rest] == numbers
    assert first[0].asked == {"claim": "A"}
