"""The bank's counter: HTTP in, the ledger behind it, the weather in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from starlette.types import ASGIApp

from sandboxes.bank.ledger import Ledger
from sandboxes.bank.model import Entry, Order, Receipt, Settings, Statement, Totals
from sandboxes.bank.weather import Weather
from sandboxes.http import Problem, Shortcut, hang_up, parsed, sandbox

PREFIX = "/sandbox/bank"
LAST_POSITION = 2**63 - 1

Cursor = Annotated[int, Query(ge=0, le=LAST_POSITION)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Counter:
    """Answers payers from a ledger, under whatever weather is set."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._weather = Weather(settings)

    async def transfer(self, request: Request) -> Response:
        """Move the money, once per Idempotency-Key, and say what became of it."""
        self._open()
        key = _required(request.headers.get("Idempotency-Key"))
        order = await parsed(Order, request)
        attempt = self._weather.attempt(key)
        await attempt.delay()
        if attempt.meets("errors"):
            raise Problem(503, "Bank unavailable", "nothing was moved")
        if attempt.meets("lost_before"):
            return await hang_up(request)
        entry = self._ledger.move(key, order)
        if attempt.meets("lost_after"):
            return await hang_up(request)
        await attempt.hang()
        return _created(entry)

    async def find(self, end_to_end_id: str) -> Receipt:
        """What became of a transfer whose outcome the payer does not know."""
        self._open()
        entry = self._ledger.find(end_to_end_id)
        if entry is None:
            raise Problem(404, "No such transfer", "no transfer with this end-to-end id arrived")
        return entry

    async def statement(self, cursor: Cursor = 0, limit: Limit = 100) -> Statement:
        """Settled transfers after the cursor, oldest first."""
        self._open()
        return self._ledger.statement(cursor, limit)

    async def totals(self) -> Totals:
        """All money moved so far."""
        return self._ledger.totals()

    async def settings(self) -> Settings:
        """The settings in force."""
        return self._weather.settings

    async def change_settings(self, settings: Settings) -> Settings:
        """Replace all settings; one that is left out goes back to its default."""
        self._weather = Weather(settings)
        return settings

    async def health(self) -> dict[str, str]:
        """Whether the program is up; an away bank is up."""
        return {"status": "up"}

    def _open(self) -> None:
        if self._weather.settings.away:
            raise Problem(503, "Bank away", "the bank is closed for now")


def application(ledger: Ledger, settings: Settings) -> ASGIApp:
    """The bank's HTTP application; it closes the ledger when it ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        ledger.close()

    counter = Counter(ledger, settings)
    app = sandbox("bank", "Bank sandbox", lifespan=lifespan)
    app.include_router(_routes(counter), prefix=PREFIX)
    return Shortcut(app, "POST", f"{PREFIX}/transfers", counter.transfer)


def _routes(counter: Counter) -> APIRouter:
    routes = APIRouter()
    routes.add_api_route("/transfers", counter.transfer, methods=["POST"], **_transfer_schema())
    routes.add_api_route("/transfers/{end_to_end_id}", counter.find, response_model=Receipt)
    routes.add_api_route("/statement", counter.statement)
    routes.add_api_route("/totals", counter.totals)
    routes.add_api_route("/settings", counter.settings)
    routes.add_api_route("/settings", counter.change_settings, methods=["PUT"])
    routes.add_api_route("/health", counter.health)
    return routes


def _transfer_schema() -> dict[str, Any]:
    """OpenAPI for the one route that reads its body itself; `Amount` stands with `Entry`."""
    order = Order.model_json_schema(ref_template="#/components/schemas/{model}")
    del order["$defs"]
    key = {"name": "Idempotency-Key", "in": "header", "required": True}
    body = {"required": True, "content": {"application/json": {"schema": order}}}
    return {
        "status_code": 201,
        "response_model": Receipt,
        "openapi_extra": {
            "parameters": [{**key, "schema": {"type": "string", "maxLength": 255}}],
            "requestBody": body,
        },
    }


def _required(key: str | None) -> str:
    if key is None or not 0 < len(key.strip()) <= 255:
        detail = "Idempotency-Key must be given, with 1 to 255 characters"
        errors = [{"field": "Idempotency-Key", "message": "required, 1 to 255 characters"}]
        raise Problem(400, "Idempotency key required", detail, errors)
    return key


def _created(entry: Entry) -> Response:
    receipt = entry.model_dump_json(include=set(Receipt.model_fields))
    return Response(receipt, 201, media_type="application/json")
