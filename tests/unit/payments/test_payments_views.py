"""The ledger and the orders over HTTP, from a real MongoDB."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import reduce
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.payments.api import ledger_routes, order_routes
from services.payments.decide import BOOK
from services.payments.state import Inquiring
from shared import problems
from shared.contracts.base import Fact
from shared.decider import Call, CallOutcome, Message
from shared.document import Document
from shared.runtime import Door
from shared.store import Documents, Store
from shared.telemetry import telemetry
from shared.testing.memory import MemoryOutlet
from shared.testing.parking import MemoryParking
from shared.testing.spec import NOON, Given, given

from .mothers import (
    ORDER,
    PAY,
    a_failed_book,
    a_settled_book,
    an_inquiring_book,
    an_ordered_book,
    approved,
    booked,
    raised,
)


@pytest.fixture
async def books(mongo: Any) -> AsyncIterator[Documents]:
    store = Store(mongo.url, f"payments_{uuid.uuid4().hex}")
    documents = store.documents("book")
    await documents.prepare("state.orders.stage")
    yield documents
    store.close()


@pytest.fixture
async def http(books: Documents) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    for router in (ledger_routes(books), order_routes(books)):
        app.include_router(router, prefix="/payments")
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://it/payments") as client:
        yield client


async def keep(books: Documents, **known: Given[Any]) -> None:
    """Stores books by claim."""
    await books.save(
        [
            Document(claim, state=BOOK.state.dump_python(book.state, mode="json"))
            for claim, book in known.items()
        ]
    )


async def test_an_empty_ledger_is_balanced(http: httpx.AsyncClient) -> None:
    assert (await http.get("/ledger")).json() == {
        "currency": "CNY",
        "balanced": True,
        "debits": 0,
        "credits": 0,
        "orders": 0,
        "settled": {"orders": 0, "amount": 0},
        "accounts": {"loss-expense": 0, "reserve": 0, "payable": 0, "bank": 0},
        "others": {},
    }


async def test_the_ledger_adds_up_all_claims(http: httpx.AsyncClient, books: Documents) -> None:
    await keep(
        books,
        reserved=given(BOOK, booked(raised(1, 300))),
        under_way=an_ordered_book(),
        asked=an_inquiring_book(),
        settled=a_settled_book(),
        failed=a_failed_book(),
    )
    assert (await http.get("/ledger")).json() == {
        "currency": "CNY",
        "balanced": True,
        "debits": 1300_00,
        "credits": 1300_00,
        "orders": 4,
        "settled": {"orders": 1, "amount": 250_00},
        "accounts": {
            "loss-expense": 1300_00,
            "reserve": -550_00,
            "payable": -500_00,
            "bank": -250_00,
        },
        "others": {},
    }


async def test_a_settled_order_without_its_entry_unbalances_the_ledger(
    http: httpx.AsyncClient, books: Documents
) -> None:
    forged = a_settled_book()
    entries = forged.state.entries[:-1]
    state = forged.state.model_copy(update={"entries": entries})
    await keep(books, forged=Given(BOOK, state))
    assert (await http.get("/ledger")).json()["balanced"] is False


async def test_currencies_stand_apart(http: httpx.AsyncClient, books: Documents) -> None:
    facts: list[Fact] = list(given(BOOK).when(approved(40, currency="USD")).facts)
    dollars = Given(BOOK, reduce(BOOK.evolve, facts, BOOK.initial))
    await keep(books, yuan=a_settled_book(), dollars=dollars)
    found = (await http.get("/ledger")).json()
    assert (found["orders"], found["debits"], list(found["others"])) == (1, 250_00, ["USD"])
    assert found["others"]["USD"]["accounts"]["payable"] == -40_00
    other_way = (await http.get("/ledger", params={"currency": "USD"})).json()
    assert (other_way["debits"], list(other_way["others"])) == (40_00, ["CNY"])


async def test_a_claims_ledger_shows_its_entries_in_order(
    http: httpx.AsyncClient, books: Documents
) -> None:
    await keep(books, settled=a_settled_book())
    found = (await http.get("/ledger/settled")).json()
    assert [(e["number"], e["debit"], e["credit"], e["memo"]) for e in found["entries"]] == [
        (1, "loss-expense", "reserve", "reserve-raised"),
        (2, "reserve", "payable", "approved"),
        (3, "payable", "bank", "settled"),
    ]
    assert found["balances"]["CNY"]["bank"] == -250_00


async def test_orders_are_paged_by_claim_and_found_by_stage(
    http: httpx.AsyncClient, books: Documents
) -> None:
    await keep(books, a=an_ordered_book(), b=a_settled_book(), c=given(BOOK), d=an_ordered_book())
    first = (await http.get("/orders", params={"limit": 2})).json()
    rest = (await http.get("/orders", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["claim"] for item in first["items"]] == ["a", "b"]
    assert ([item["claim"] for item in rest["items"]], rest["next"]) == (["d"], None)
    ordered = (await http.get("/orders", params={"stage": "ordered"})).json()
    assert [item["claim"] for item in ordered["items"]] == ["a", "d"]


async def test_an_order_is_shown_without_its_payee(
    http: httpx.AsyncClient, books: Documents
) -> None:
    await keep(books, under_way=an_ordered_book())
    answer = await http.get("/orders/under_way")
    (order,) = answer.json()["items"]
    assert (order["id"], order["stage"], order["call"]) == (ORDER, "ordered", PAY)
    assert "sealed" not in answer.text


@pytest.mark.parametrize("path", ["/orders/nobody", "/ledger/nobody"])
async def test_an_unknown_claim_has_no_book(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["/orders?stage=paid", "/orders?limit=0", "/ledger?currency=yuan"]
)
async def test_a_query_that_makes_no_sense_names_its_field(
    http: httpx.AsyncClient, query: str
) -> None:
    answer = await http.get(query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in query


async def test_a_lease_that_ends_between_two_milliseconds_is_noticed(books: Documents) -> None:
    """MongoDB keeps milliseconds, so what its index says is due is not quite what was promised."""
    hours = [NOON.replace(microsecond=123_456)]

    unheard: asyncio.Future[CallOutcome] = asyncio.Future()

    async def dies(_: Call) -> CallOutcome:
        return await unheard

    door = Door(
        BOOK,
        books,
        MemoryParking(),
        MemoryOutlet(),
        telemetry("payments"),
        lambda: hours[-1],
        caller=dies,
    )
    work = asyncio.create_task(door.run())
    await door.handle([Message("m-1", "CLM-1", approved(), hours[-1], "demo")])
    hours.append(hours[-1] + timedelta(seconds=46))
    assert await door.tick() == 1
    assert await door.tick() == 0
    document = (await books.load(["CLM-1"]))["CLM-1"]
    (order,) = BOOK.state.validate_python(document.state).orders
    assert isinstance(order, Inquiring)
    work.cancel()
