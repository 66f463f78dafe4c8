"""HTTP answers that say no: RFC 9457 problem details, always naming the field that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.decider import Refusal
from shared.errors import Held, Weather

RETRY_AFTER_S = 5
DESCRIPTION: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem (RFC 9457): what is wrong, and in which field.",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string", "format": "uri"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "message"],
                                "properties": {
                                    "field": {"type": "string"},
                                    "message": {"type": "string"},
                                },
                            },
                        },
                    },
                }
            }
        },
    }
}
"""What OpenAPI says of every route's refusals."""
MOST_ERRORS = 50
"""Wrong fields named in one answer: a body can have a hundred thousand."""


class Problem(HTTPException):
    """An answer that says no. `errors` are pairs of field and sentence.

    An `HTTPException`, because FastAPI lets nothing else out of its body parser.
    """

    def __init__(
        self, status: int, code: str, detail: str, errors: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(status, detail)
        self.status, self.code, self.errors = status, code, errors

    def body(self) -> dict[str, Any]:
        """The problem details object."""
        body: dict[str, Any] = {
            "type": f"urn:claimpath:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"field": f, "message": message} for f, message in self.errors]
        return body

    def response(self) -> JSONResponse:
        """The whole answer."""
        headers = {"Retry-After": str(RETRY_AFTER_S)} if self.status == 503 else None
        return JSONResponse(
            self.body(), self.status, headers, media_type="application/problem+json"
        )


def refused(refusal: Refusal) -> Problem:
    """A rule said no: 409, or 422 where an idempotency key came with another content."""
    status = 422 if refusal.code == "key-reused" else 409
    errors = [(refusal.field, refusal.detail)] if refusal.field else []
    return Problem(status, refusal.code, refusal.detail, errors)


def invalid(field: str, message: str) -> Problem:
    """One field of the request is wrong."""
    return Problem(422, "invalid", f"{field}: {message}", [(field, message)])


def missing(what: str) -> Problem:
    """Nothing stands at this address."""
    return Problem(404, "not-found", f"There is no {what}.")


def malformed(why: str) -> Problem:
    """The body is not JSON, or not JSON that can be read."""
    return Problem(400, "malformed-json", "The body is not JSON.", [("body", why)])


def validation(errors: Sequence[Any]) -> Problem:
    """What pydantic found wrong, by field."""
    for error in errors:
        if error["type"] == "json_invalid":
            where = "".join(f" at character {place}" for place in error["loc"][1:])
            return malformed(f"{error['ctx']['error']}{where}")
    named = [
        (_field(error["loc"]), str(error["msg"]))
        for error in errors[:MOST_ERRORS]
        if error["type"] != "default_factory_not_called"  # said of the field it depends on
    ]
    return Problem(422, "invalid", "; ".join(f"{f}: {m}" for f, m in named[:5]), named)


def install(app: FastAPI) -> None:
    """Makes every error of this app a problem details answer."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, error: RequestValidationError) -> JSONResponse:
        return validation(error.errors()).response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # FastAPI's, for JSON that is too deep or has such a number
            return malformed(str(error.detail)).response()
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        response = Problem(error.status_code, code, str(error.detail)).response()
        response.headers.update(error.headers or {})  # which methods are allowed, say
        return response

    @app.exception_handler(Weather)
    async def _weather(_: Request, error: Weather) -> JSONResponse:
        return Problem(503, "away", "A server behind this service is away; try again.").response()

    @app.exception_handler(Held)
    async def _held(_: Request, error: Held) -> JSONResponse:
        return Problem(503, "held", str(error)).response()


def _field(loc: Sequence[Any]) -> str:
    parts = [str(part) for part in loc if part not in ("body", "query", "path", "header")]
    return ".".join(parts) or "body"
