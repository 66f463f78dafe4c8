"""NDJSON over HTTP: many lines in, one answer a line out, in the order of the lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from fastapi import Request
from fastapi.responses import StreamingResponse

MEDIA_TYPE = "application/x-ndjson"
MOST_BODY = 32_000_000
"""Bytes of one request with many lines."""
SETTLING_S = 0.005
"""After this a proxy has noticed that it has sent all of a body; one in Go, answered in less, cut
one exchange in 300 of those whose answer is streamed."""

Line = tuple[int, bytes]
"""A line and its number, from 1; empty lines are counted and left out."""


async def whole(request: Request) -> bytes:
    """A body, once all of it is here. Its size is bounded by its route.

    Answers begin only then: a proxy that speaks HTTP/1 may cut an exchange whose answer begins
    before the request has ended, and a client that does not read yet would wait for us for ever.
    """
    body = await request.body()
    await asyncio.sleep(SETTLING_S)
    return body


async def lines_of(request: Request) -> Iterator[Line]:
    """The lines of a body, as `whole` has it."""
    return numbered(await whole(request))


def numbered(body: bytes) -> Iterator[Line]:
    """The lines of a body that are not empty."""
    lines = enumerate(body.split(b"\n"), start=1)
    return ((number, line) for number, line in lines if line.strip())


async def chunked(lines: Iterator[Line], most: int) -> AsyncIterator[Sequence[Line]]:
    """So many lines at a time; between two chunks, others get their turn."""
    while chunk := list(islice(lines, most)):
        yield chunk
        await asyncio.sleep(0)


def streamed(answers: AsyncIterator[bytes]) -> StreamingResponse:
    """The answers, each sent as soon as it is there."""
    return StreamingResponse(answers, media_type=MEDIA_TYPE)
