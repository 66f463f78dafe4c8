"""What payments shows over HTTP: the ledger and the orders. It takes no commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import TypeAdapter

from services.payments import ledger, views
from services.payments.state import AnyOrder, Book, Open
from shared.http import PAGE, Cursor, Limit
from shared.problems import missing
from shared.store import Documents

BOOKS = TypeAdapter(Book)
CurrencyCode = Annotated[str, Query(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Stage = Literal["ordered", "unconfirmed", "inquiring", "settled", "failed"]


def ledger_routes(books: Documents) -> APIRouter:
    """The ledger over all claims, and of one."""
    router = APIRouter(tags=["ledger"])

    @router.get("/ledger")
    async def trial_balance(currency: CurrencyCode = "CNY") -> dict[str, Any]:
        """The trial balance of one currency; `others` has those of the other currencies."""
        (found,) = await books.sums(views.trial_balance_pipeline())
        others = sorted(views.currencies(found) - {currency})
        return views.trial_balance(found, currency) | {
            "others": {other: views.trial_balance(found, other) for other in others}
        }

    @router.get("/ledger/{claim}")
    async def entries(claim: str) -> dict[str, Any]:
        """The entries of one claim, in the order they were made, and what they come to."""
        book = await _book(books, claim)
        return {
            "claim": claim,
            "entries": [entry.model_dump(mode="json") for entry in book.entries],
            "balances": ledger.trial_balance(book.entries),
        }

    return router


def order_routes(books: Documents) -> APIRouter:
    """The orders of all claims, and of one."""
    router = APIRouter(tags=["orders"])

    @router.get("/orders")
    async def orders(
        stage: Stage | None = None, cursor: Cursor = "", limit: Limit = PAGE
    ) -> dict[str, Any]:
        """Orders, by claim. A page has the orders of `limit` claims."""
        where: Mapping[str, Any] = {"state.orders.stage": stage or {"$exists": True}}
        page = await books.page(where, cursor, limit)
        return {
            "items": [
                _shown(claim, order)
                for claim, state in page
                for order in BOOKS.validate_python(state).orders
                if stage in (None, order.stage)
            ],
            "next": page[-1][0] if len(page) == limit else None,
        }

    @router.get("/orders/{claim}")
    async def orders_of(claim: str) -> dict[str, Any]:
        """The orders of one claim, one per approval."""
        book = await _book(books, claim)
        return {"claim": claim, "items": [_shown(claim, order) for order in book.orders]}

    return router


async def _book(books: Documents, claim: str) -> Book:
    document = (await books.load([claim])).get(claim)
    if document is None:
        raise missing(f"book of a claim {claim}")
    return BOOKS.validate_python(document.state)


def _shown(claim: str, order: AnyOrder) -> dict[str, Any]:
    """The order without its payee, which not even sealed leaves this service."""
    shown = order.model_dump(mode="json", exclude={"payee", "claim"})
    outstanding = order.calling() if isinstance(order, Open) else None
    return {"claim": claim, **shown} | ({"call": outstanding.id} if outstanding else {})
