"""Many first notices of loss in one request: NDJSON in, one answer a line out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from services.intake.report import BulkLine
from shared.ndjson import Line, chunked
from shared.problems import Problem, validation

MOST_LINE = 100_000
CHUNK = 200
"""Lines taken at a time: they share one batch, one policy look-up and one write."""

Take = Callable[[Sequence[BulkLine]], Awaitable[Sequence[dict[str, Any] | Problem]]]


async def answers(lines: Iterator[Line], take: Take) -> AsyncIterator[bytes]:
    """One JSON line for each line, in order, with its number."""
    async for chunk in chunked(lines, CHUNK):
        told = await _chunk([line for _, line in chunk], take)
        for (number, _), answer in zip(chunk, told, strict=True):
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
