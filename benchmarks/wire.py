"""HTTP/1.1 at next to no cost: bytes that are ready go out, an answer comes back whole.

A load generator on the same cores takes from what it measures; httpx would take a millisecond
for each request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from benchmarks.checks import Refused

LONGEST_ANSWER = 2**24
"""Bytes of one line or chunk of an answer, at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class Wire:
    """One connection that is kept; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, url: str) -> Self:
        """Connects to host and port of this URL. Raises `Refused`."""
        at = urlsplit(url)
        try:
            return cls(*await asyncio.open_connection(at.hostname, at.port, limit=LONGEST_ANSWER))
        except OSError as error:
            raise Refused(f"Nobody listens at {url}: {error}") from error

    async def ask(self, request: bytes) -> Answer:
        """Sends a whole request and reads its answer. Raises `Refused` if none comes."""
        try:
            return await self._asked(request)
        except (OSError, EOFError) as error:
            raise Refused(f"A connection broke while a request was under way: {error}") from error

    async def _asked(self, request: bytes) -> Answer:
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        return Answer(int(head[9:12]), await self._body(head))

    async def _body(self, head: bytes) -> bytes:
        if b"transfer-encoding: chunked" in head:
            return b"".join([chunk async for chunk in self._chunks()])
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return await self._reader.readexactly(int(length or 0))

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()


def post(path: str, body: bytes, media_type: str, key: str = "") -> bytes:
    """A POST as it goes over the wire; `key` is its idempotency key."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bench",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
    ]
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body
