"""One suite for every parking, in memory and MongoDB: order, repeats, queues without a head."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shared.contracts.event import Record
from shared.store import Parked, Parking, Store
from shared.testing.memory import MemoryParking
from tests.conftest import Address

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
RECORD = Record("t", 1, 7, "A", (("ce_id", b"x"), ("odd", b"\xff")), b"\x00not json")


@pytest.fixture(params=["memory", "mongodb"])
async def parking(
    request: pytest.FixtureRequest, mongo: Address
) -> AsyncIterator[Parking | MemoryParking]:
    if request.param == "memory":
        yield MemoryParking()
        return
    store = Store(mongo.url, f"parking_{uuid.uuid4().hex[:8]}")
    yield store.parking()
    store.close()


def parked(id_: str, subject: str | None = "A", behind: bool = False) -> Parked:
    return Parked(id_, subject, f"why {id_}", NOON, behind, RECORD, "ClaimReported")


async def test_messages_stay_in_the_order_they_were_parked(parking: Parking) -> None:
    await parking.park([parked("m2"), parked("m1", behind=True)])
    await parking.park([parked("m0", behind=True)])
    assert [entry.id for entry in await parking.queue("A")] == ["m2", "m1", "m0"]


async def test_a_message_parked_again_keeps_its_place_and_its_reason(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", behind=True)])
    await parking.park([parked("m1", behind=True)])
    first, second = await parking.queue("A")
    assert (first.id, first.behind, second.id) == ("m1", False, "m2")


async def test_the_record_comes_back_byte_for_byte(parking: Parking) -> None:
    await parking.park([parked("m1")])
    (found,) = await parking.queue("A")
    assert found.record == RECORD


async def test_only_claims_with_parked_messages_are_held(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", subject=None)])
    assert await parking.held(["A", "B"]) == {"A"}


async def test_a_queue_whose_head_is_gone_is_told(parking: Parking) -> None:
    await parking.park([parked("m1"), parked("m2", behind=True), parked("n1", subject="B")])
    assert await parking.orphans() == []
    assert await parking.remove("m1")
    assert not await parking.remove("m1")
    assert await parking.orphans() == ["A"]


async def test_a_message_that_failed_again_is_blamed_and_leads_its_queue(parking: Parking) -> None:
    await parking.park([parked("m1", behind=True)])
    await parking.blame("m1", "worse")
    (entry,) = await parking.queue("A")
    assert (entry.reason, entry.behind) == ("worse", False)
    assert await parking.orphans() == []
