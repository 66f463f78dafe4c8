"""One suite for every store of documents: in memory, and MongoDB."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.document import Document, Seen, StoredFact
from shared.runtime import DocumentStore
from shared.store import Store
from shared.testing.memory import MemoryDocuments
from tests.conftest import Address

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
FACT = StoredFact("f1", "claimpath.x.v1", NOON, "m1", 0, "00-a-b-01", "A", '{"minor":1}')


@pytest.fixture(params=["memory", "mongodb"])
async def documents(request: pytest.FixtureRequest, mongo: Address) -> AsyncIterator[DocumentStore]:
    if request.param == "memory":
        yield MemoryDocuments()
        return
    store = Store(mongo.url, f"behaviour_{uuid.uuid4().hex[:8]}")
    real = store.documents("claim")
    await real.prepare("state.stage")
    yield real
    store.close()


def document(id_: str = "A", **changes: object) -> Document:
    """A document never written."""
    seen = (Seen("m1", "d1", (FACT,)), Seen("m0", "", None))
    fresh = Document(id_, insurer="demo", state={"stage": "reported", "n": 1}, seen=seen)
    return replace(fresh, **changes)  # type: ignore[arg-type]


async def test_what_is_saved_is_what_is_loaded_one_version_on(documents: DocumentStore) -> None:
    saved = document(due=NOON, owed=NOON, unconfirmed=("m1",))
    assert await documents.save([saved]) == set()
    assert await documents.load(["A", "nobody"]) == {"A": replace(saved, version=1)}


async def test_a_write_on_an_old_version_loses_and_changes_nothing(
    documents: DocumentStore,
) -> None:
    await documents.save([document()])
    await documents.save([document(version=1, state={"stage": "winner"})])
    lost = await documents.save([document(version=1, state={"stage": "loser"}), document("B")])
    assert lost == {"A"}
    found = await documents.load(["A", "B"])
    assert found["A"].state == {"stage": "winner"}
    assert found["B"].version == 1


async def test_two_first_writes_of_one_document_have_one_winner(documents: DocumentStore) -> None:
    await documents.save([document(state={"stage": "first"})])
    assert await documents.save([document(state={"stage": "second"})]) == {"A"}
    assert (await documents.load(["A"]))["A"].state == {"stage": "first"}


async def test_due_documents_come_earliest_first_and_no_others(documents: DocumentStore) -> None:
    hours = {"late": 2, "early": 1, "future": 9}
    await documents.save([document(i, due=NOON + timedelta(hours=h)) for i, h in hours.items()])
    await documents.save([document("never")])
    due = await documents.due(NOON + timedelta(hours=3), 10)
    assert due == [(i, NOON + timedelta(hours=hours[i])) for i in ("early", "late")]
    assert await documents.due(NOON + timedelta(hours=3), 1) == due[:1]


async def test_due_documents_can_be_turned_over_page_by_page(documents: DocumentStore) -> None:
    same = [document(f"D{number}", due=NOON) for number in range(5)]
    await documents.save([*same, document("later", due=NOON + timedelta(hours=1))])
    found, page = [], await documents.due(NOON + timedelta(hours=2), 2)
    while page:
        found += [id_ for id_, _ in page]
        page = await documents.due(NOON + timedelta(hours=2), 2, page[-1])
    assert found == ["D0", "D1", "D2", "D3", "D4", "later"]


async def test_documents_are_found_by_who_makes_their_calls(documents: DocumentStore) -> None:
    mine, others, nobodys = document("A", caller="1"), document("B", caller="2"), document("C")
    await documents.save([mine, others, nobodys])
    assert [found.id for found in await documents.calling("1")] == ["A"]
    await documents.save([replace(mine, version=1, caller="")])
    assert await documents.calling("1") == []


async def test_settled_facts_are_owed_no_more(documents: DocumentStore) -> None:
    await documents.save([document(owed=NOON, unconfirmed=("m1",)), document("B")])
    owing = await documents.owed(NOON + timedelta(seconds=1), 10)
    assert [found.id for found in owing] == ["A"]
    await documents.settle(owing)
    assert await documents.owed(NOON + timedelta(seconds=1), 10) == []
    assert (await documents.load(["A"]))["A"].unconfirmed == ()


async def test_settling_an_old_version_says_nothing_of_the_new_one(
    documents: DocumentStore,
) -> None:
    await documents.save([document(owed=NOON, unconfirmed=("m1",))])
    (old,) = await documents.owed(NOON + timedelta(seconds=1), 10)
    await documents.save([replace(old, unconfirmed=("m1", "m2"))])
    await documents.settle([old])
    assert len(await documents.owed(NOON + timedelta(seconds=1), 10)) == 1
