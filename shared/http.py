"""What every service's HTTP side has in common: commands, body limits, pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header, Query
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import decider
from shared.contracts.base import Fact
from shared.contracts.event import derived
from shared.decider import Command
from shared.problems import Problem, refused
from shared.runtime import Clock, Door
from shared.telemetry import traceparent

MOST_BODY = 1_000_000
"""Bytes of an ordinary request body. Uploads and bulk routes state their own."""
HEARD_OUT = 64_000_000
"""Bytes of a refused body that are read and thrown away, at most."""
PAGE = 50

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Names this wish; sent again with the same content it changes nothing more.",
    ),
]
Cursor = Annotated[str, Query(max_length=200, description="`next` of the page before")]
Place = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Commands:
    """Turns HTTP requests into messages for a door, and refusals into problems."""

    def __init__(self, insurer: str, clock: Clock) -> None:
        self.insurer = insurer
        self.clock = clock

    def message(
        self,
        operation: str,
        key: str,
        body: Command,
        subject: str,
        content: bytes | None = None,
        parent: str | None = None,
    ) -> decider.Message:
        """The command as a message. Operation and key make its id, the content its digest.

        `content` stands for the body where the body is not the same for the same wish (a sealed
        value never is). `parent` is a traceparent; None continues the request's trace, "" starts
        one of its own.
        """
        return decider.Message(
            id=self.message_id(operation, key),
            subject=subject,
            body=body,
            now=self.clock(),
            insurer=self.insurer,
            traceparent=traceparent(trace.get_current_span()) if parent is None else parent,
            digest=hashlib.sha256(content or body.model_dump_json().encode()).hexdigest(),
        )

    def message_id(self, operation: str, key: str) -> str:
        """The id that this operation under this key has, always."""
        return f"http:{derived(self.insurer, operation, key)}"

    async def ask(self, door: Door[Any], message: decider.Message) -> list[Fact]:
        """The facts it came to. Raises `Problem` if a rule refused it."""
        reply = await door.ask(message)
        if reply.refusal is not None:
            raise refused(reply.refusal)
        return list(reply.facts)


class BodyLimit:
    """Answers 413 to bodies over the limit of their route, and keeps nothing of them.

    `longer` gives limits in bytes by a piece of the path.
    """

    def __init__(self, app: ASGIApp, longer: Mapping[str, int]) -> None:
        self._app = app
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = next((m for part, m in self._longer.items() if part in scope["path"]), MOST_BODY)
        body = _Body(receive, send, most)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > most:
            return await _too_large(most).response()(scope, body.read, body.answer)
        return await self._app(scope, body.read, body.answer)


class _Body:
    """A request's body: up to `most` bytes for the app, the rest thrown away.

    It is heard out before the answer begins: a proxy that speaks HTTP/1 may cut an exchange that
    is answered before the request has ended, and the client would never learn why.
    """

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._most = receive, send, most
        self._size, self._ended = 0, False

    async def read(self) -> Message:
        message = await self._next()
        if self._size > self._most:
            raise _too_large(self._most)
        return message

    async def answer(self, message: Message) -> None:
        while not self._ended and self._size < HEARD_OUT:
            await self._next()
        await self._send(message)

    async def _next(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"The body may have {most:,} bytes at most.")
