"""Many first notices of loss in one request: NDJSON in, one answer a line out, both streamed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from fastapi import HTTPException
from pydantic import ValidationError

from services.intake.report import BulkLine
from shared.problems import Problem, validation

MOST_BYTES = 32_000_000
MOST_LINE = 100_000
CHUNK = 200
"""Lines taken at a time: they share one batch, one policy look-up and one write."""

Take = Callable[[Sequence[BulkLine]], Awaitable[Sequence[dict[str, Any] | Problem]]]


async def answers(body: AsyncIterator[bytes], take: Take) -> AsyncIterator[bytes]:
    """One JSON line for each line of the body, in order."""
    number = 0
    async for chunk in _chunks(_lines(body)):
        for answer in await _chunk(chunk, take):
            number += 1
            yield json.dumps({"line": number} | answer, ensure_ascii=False).encode() + b"\n"


async def _chunk(lines: Sequence[bytes], take: Take) -> list[dict[str, Any]]:
    read = [_read(line) for line in lines]
    taken = iter(await take([line for line in read if isinstance(line, BulkLine)]))
    return [_answer(next(taken) if isinstance(each, BulkLine) else each) for each in read]


def _read(line: bytes) -> BulkLine | Problem:
    if len(line) > MOST_LINE:
        return Problem(413, "too-large", f"A line may have {MOST_LINE:,} bytes at most.")
    try:
        return BulkLine.model_validate_json(line)
    except ValidationError as error:
        return validation(error.errors())


def _answer(outcome: dict[str, Any] | Problem) -> dict[str, Any]:
    if isinstance(outcome, Problem):
        errors = outcome.body().get("errors", [])
        return {
            "status": "refused",
            "code": outcome.code,
            "detail": outcome.detail,
            "errors": errors,
        }
    return {"status": "accepted"} | outcome


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
        if len(rest) > MOST_BYTES:
            raise HTTPException(413, "A line is too long.")
    if rest.strip():
        yield rest


async def _chunks(lines: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    chunk: list[bytes] = []
    async for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
            await asyncio.sleep(0)  # others are waiting for their answers, too
    if chunk:
        yield chunk
