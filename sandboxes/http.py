"""The little that every sandbox needs over HTTP: problem details, settings, serving, hanging up."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn, TypeVar

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ModelT = TypeVar("ModelT", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 64 * 1024
"""The most that `parsed` reads of a request's body, in bytes."""

SHUTDOWN_S = 2
"""How long answers still under way may take after SIGTERM, in seconds."""


class Problem(Exception):
    """An answer of RFC 9457 problem details; `title` names the kind, `detail` this occurrence."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def response(self) -> Response:
        """The problem as `application/problem+json`."""
        body: dict[str, Any] = {
            "type": "urn:claimpath:sandbox:" + self.title.lower().replace(" ", "-"),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return Response(json.dumps(body), self.status, self.headers, "application/problem+json")


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which also tells the program how to hang up."""

    def on_message_begin(self) -> None:
        """Begin a request; its scope carries the way to close the connection under it."""
        super().on_message_begin()
        self.scope["extensions"] = {"claimpath.hang_up": {"call": self.transport.abort}}


async def hang_up(request: Request) -> Response:
    """Close the TCP connection without a byte of answer; the response returned is never sent."""
    request.scope["extensions"]["claimpath.hang_up"]["call"]()
    while (await request.receive())["type"] != "http.disconnect":
        continue
    return Response(status_code=204)


def sandbox(name: str, title: str, **options: Any) -> FastAPI:
    """An application under `/sandbox/<name>` whose every error is problem details."""
    app = FastAPI(
        title=title,
        openapi_url=f"/sandbox/{name}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        **options,
    )
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


class Shortcut:
    """Answers one route ahead of the framework, whose routing costs several times the work."""

    def __init__(self, app: ASGIApp, method: str, path: str, endpoint: Endpoint) -> None:
        self._app = app
        self._route = (method, path)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the one route, or pass the request on."""
        if scope["type"] == "http" and (scope["method"], scope["path"]) == self._route:
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._endpoint(request)
        except Problem as problem:
            return problem.response()
        except ClientDisconnect:
            return Response(status_code=204)
        except asyncio.CancelledError:
            # Shutting down, uvicorn cancels what outlasts its patience and would answer 500.
            return await hang_up(request)


async def parsed(model: type[ModelT], request: Request) -> ModelT:
    """The request's JSON body; raises Problem 413 or 422."""
    try:
        return model.model_validate_json(await _body(request))
    except ValidationError as error:
        raise _unfit([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from error


def settings_from_environment(model: type[ModelT], variable: str) -> ModelT:
    """Settings given at start as JSON in an environment variable; ends the program if unusable."""
    try:
        return model.model_validate_json(os.environ.get(variable) or "{}")
    except ValidationError as error:
        raise SystemExit(f"{variable}: {error}") from error


def host() -> str:
    """The address to listen on: loopback unless CLAIMPATH_HOST says otherwise."""
    return os.environ.get("CLAIMPATH_HOST") or "127.0.0.1"


def number(variable: str, default: int, most: int = 65535) -> int:
    """A number from 1 to `most`, by default a TCP port; ends the program if it is not one."""
    given = os.environ.get(variable) or str(default)
    if not (given.isascii() and given.isdecimal() and 0 < int(given) <= most):
        raise SystemExit(f"{variable}: {given!r} is not a number from 1 to {most}")
    return int(given)


def serve(app: ASGIApp, default_port: int) -> None:
    """Serve until SIGTERM or SIGINT, then end with exit code 0."""
    # uvicorn raises the signal again once it has shut down: this makes that a clean end.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _end)
    uvicorn.run(
        app,
        host=host(),
        port=number("CLAIMPATH_PORT", default_port),
        loop="uvloop",
        http=Connection,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    return Problem(error.status_code, detail.capitalize(), detail, headers=error.headers).response()


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _unfit(error.errors()).response()


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Problem(413, "Body too large", f"no more than {LARGEST_BODY} bytes, please")
    return body


def _unfit(found: Sequence[Mapping[str, Any]]) -> Problem:
    errors = [{"field": _field(e["loc"]), "message": str(e["msg"])} for e in found]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors)
    return Problem(422, "Validation failed", detail, errors)


def _field(location: Sequence[str | int]) -> str:
    """`amount.minor` for ("body", "amount", "minor"); `body` where the body itself is wrong."""
    names = [str(part) for part in location[1:]]
    return ".".join(names) or str(location[0])
