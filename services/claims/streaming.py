"""Lines in and lines out of one HTTP exchange, at the same time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send


class Duplex(StreamingResponse):
    """A stream that is sent while the request's body still comes in.

    Starlette's own would read the body too, to see whether the client has gone.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


class Lines:
    """The lines of a request's body, as they come.

    The body is taken in as fast as it comes, however slowly the answer is read: a client that
    sends everything before it reads anything would otherwise wait for us, and we for it. The
    body's size is limited by its route. `cut_short` says why not all of it came.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ready: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._ended = False
        self.cut_short: str | None = None

    async def batches(self, most: int) -> AsyncIterator[list[bytes]]:
        """Whatever lines have come, at most so many at a time, until the body ends."""
        reading = asyncio.create_task(self._read())
        try:
            while self._ready or not self._ended:
                await self._more.wait()
                batch = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
                if not self._ready and not self._ended:
                    self._more.clear()
                if batch:
                    yield batch
        finally:
            reading.cancel()

    async def _read(self) -> None:
        rest = b""
        try:
            async for chunk in self._request.stream():
                *whole, rest = (rest + chunk).split(b"\n")
                self._ready.extend(whole)
                self._more.set()
        except ClientDisconnect:
            rest, self.cut_short = b"", "the client went away"
        except HTTPException as error:
            rest, self.cut_short = b"", error.detail
        self._ready.extend([rest] if rest else [])
        self._ended = True
        self._more.set()
