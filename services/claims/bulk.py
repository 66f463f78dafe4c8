"""Many policies at once: rows in, one result per row out, in the order of the rows.

The asks of a chunk of rows share the door's batches. A row that is refused stops no other.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from pydantic import ValidationError

from services.claims.policy import Fault, RegisterPolicy, faults
from services.claims.products import Products
from shared.errors import Held, Weather
from shared.http import Commands
from shared.ndjson import Line, chunked
from shared.problems import Problem, invalid
from shared.runtime import Door

CHUNK = 1_000
"""Rows decided at the same time: two full batches of the door."""
REQUIRED = ("policy_number", "product", "customer", "starts", "ends")
OPTIONAL = ("effective",)

Status = Literal["registered", "unchanged", "refused", "failed"]
Row = Mapping[str, str | None] | bytes | str
"""A row of CSV by column, a line of JSON, or what is wrong with the row's form."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. `failed`: a server was away, and the row may be sent again."""

    line: int
    policy_number: str | None
    status: Status
    errors: Sequence[Fault] = ()

    def json(self) -> bytes:
        """The result as one line."""
        named = [{"field": field, "message": message} for field, message in self.errors]
        shown = {"line": self.line, "policy_number": self.policy_number, "status": self.status}
        return json.dumps({**shown, "errors": named}, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Registrar:
    """Registers rows under one key: the same rows under the same key count once."""

    commands: Commands
    door: Door[Any]
    products: Products
    key: str

    async def each_line(self, lines: Iterator[Line]) -> AsyncIterator[bytes]:
        """The results of JSON lines; empty lines have none."""
        async for chunk in chunked(lines, CHUNK):
            yield await self._chunk(chunk)

    async def each_row(self, rows: Iterator[tuple[int, Row]]) -> AsyncIterator[bytes]:
        """The results of rows of CSV."""
        while chunk := list(islice(rows, CHUNK)):
            yield await self._chunk(chunk)

    async def _chunk(self, rows: Sequence[tuple[int, Row]]) -> bytes:
        results = await asyncio.gather(*(self._register(line, row) for line, row in rows))
        return b"".join(result.json() for result in results)

    async def _register(self, line: int, row: Row) -> Result:
        command = _command(row)
        if not isinstance(command, RegisterPolicy):
            return Result(line, None, "refused", command)
        number = command.policy_number
        if wrong := faults(self.products, command):
            return Result(line, number, "refused", wrong)
        try:
            known = await self._ask(line, command)
        except Problem as problem:
            return Result(line, number, "refused", problem.errors or [("line", problem.detail)])
        except (Weather, Held):
            return Result(line, number, "failed", [("line", "a server is away; send it again")])
        return Result(line, number, "unchanged" if known else "registered")

    async def _ask(self, line: int, command: RegisterPolicy) -> bool:
        """Whether it was known already. Raises `Problem` where a rule refuses it."""
        key, subject = f"{self.key}/{line}", command.policy_number
        message = self.commands.message("register-policy", key, command, subject, parent="")
        return not await self.commands.ask(self.door, message)


def csv_rows(body: bytes) -> Iterator[tuple[int, Row]]:
    """Rows of a CSV in UTF-8 by the line they end on.

    Raises `Problem` 422 where the columns are not policy_number, product, customer, starts, ends
    and, if wanted, effective; in any order.
    """
    reader = csv.DictReader(io.StringIO(_text(body), newline=""), strict=True)
    try:
        columns = list(reader.fieldnames or ())
    except csv.Error as error:
        raise invalid("header", str(error)) from error
    missing = [name for name in REQUIRED if name not in columns]
    odd = [name for name in columns if name not in REQUIRED + OPTIONAL]
    if missing or odd or len(set(columns)) < len(columns):
        wanted = f"{', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL)}"
        raise invalid("header", f"the columns are {wanted}, each once")
    return _rows(reader)


def _rows(reader: csv.DictReader[str]) -> Iterator[tuple[int, Row]]:
    try:
        for row in reader:
            yield reader.line_num, _whole(row)
    except csv.Error as error:  # the rest of the file cannot be told apart into rows
        yield reader.line_num, f"not CSV from here on: {error}"


def _whole(row: dict[str | Any, str | Any]) -> Row:
    if None in row or None in row.values():
        return "the row has more or fewer fields than the header"
    return {name: value for name, value in row.items() if value or name in REQUIRED}


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid("body", f"not UTF-8 at byte {error.start}") from error


def _command(row: Row) -> RegisterPolicy | Sequence[Fault]:
    if isinstance(row, str):
        return [("line", row)]
    try:
        if isinstance(row, bytes):
            return RegisterPolicy.model_validate_json(row)
        return RegisterPolicy.model_validate(row)
    except ValidationError as error:
        # `effective` cannot follow a `starts` that is wrong: that is said of `starts` already.
        found = [e for e in error.errors() if e["type"] != "default_factory_not_called"]
        return [(".".join(map(str, e["loc"])) or "line", e["msg"]) for e in found]
