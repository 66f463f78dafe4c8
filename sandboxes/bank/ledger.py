"""The bank's books, in SQLite: one commit per transfer, so a killed bank knows what it moved."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sandboxes.bank.model import Amount, Entry, Order, Statement, Total, Totals
from sandboxes.http import Problem

SCHEMA = """
CREATE TABLE IF NOT EXISTS transfers (
    position INTEGER PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    end_to_end_id TEXT NOT NULL UNIQUE,
    settled_at TEXT,
    reason TEXT,
    minor INTEGER NOT NULL,
    creditor_account TEXT NOT NULL,
    creditor_name TEXT,
    remittance TEXT NOT NULL,
    repeats INTEGER NOT NULL DEFAULT 0
)
"""
COLUMNS = (
    "position, end_to_end_id, settled_at, reason, minor, creditor_account, creditor_name,"
    " remittance"
)
INSERT = (
    "INSERT INTO transfers (idempotency_key, end_to_end_id, settled_at, reason, minor,"
    f" creditor_account, creditor_name, remittance) VALUES (?,?,?,?,?,?,?,?) RETURNING {COLUMNS}"
)


class Ledger:
    """Every transfer the bank has decided on. Its calls never await, so none interleave."""

    def __init__(self, directory: Path | None) -> None:
        """Open the books in a directory, made if missing, or in memory when there is none."""
        self._db = sqlite3.connect(_file(directory), isolation_level=None)
        # The lock keeps a second bank off the same books. NORMAL outlives a killed process;
        # only a power cut could take back the newest transfers.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(SCHEMA)

    def move(self, key: str, order: Order) -> Entry:
        """Settle or reject the order, once per key.

        Raises Problem 422 when the key stands for another order, and 409 when the end-to-end id
        is known under another key.
        """
        known = self._one("idempotency_key", key)
        if known is not None:
            return self._again(known, order)
        if self._one("end_to_end_id", order.end_to_end_id) is not None:
            raise self._taken(order.end_to_end_id)
        return _entry(self._db.execute(INSERT, _row(key, order)).fetchone())

    def find(self, end_to_end_id: str) -> Entry | None:
        """The transfer with this end-to-end id, or None if nothing ever arrived."""
        return self._one("end_to_end_id", end_to_end_id)

    def statement(self, after: int, limit: int) -> Statement:
        """Up to `limit` settled transfers whose position is greater than `after`."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM transfers WHERE position > ? AND reason IS NULL"
            " ORDER BY position LIMIT ?",
            (after, limit + 1),
        ).fetchall()
        page = [_entry(row) for row in rows[:limit]]
        return Statement(
            transfers=page, next_cursor=page[-1].position if len(rows) > limit else None
        )

    def totals(self) -> Totals:
        """The sums over all settled transfers."""
        transfers, minor, repeats = self._db.execute(
            "SELECT count(*), coalesce(sum(minor), 0), coalesce(sum(repeats), 0)"
            " FROM transfers WHERE reason IS NULL"
        ).fetchone()
        return Totals(transfers=transfers, amount=Total(minor=minor), duplicates_refused=repeats)

    def close(self) -> None:
        """Put the books away."""
        self._db.close()

    def _one(self, column: Literal["idempotency_key", "end_to_end_id"], value: str) -> Entry | None:
        query = f"SELECT {COLUMNS} FROM transfers WHERE {column} = ?"
        row = self._db.execute(query, (value,)).fetchone()
        return None if row is None else _entry(row)

    def _again(self, known: Entry, order: Order) -> Entry:
        if any(getattr(known, name) != value for name, value in order):
            detail = "this Idempotency-Key was used with another body"
            raise Problem(422, "Idempotency key reused", detail)
        self._count_repeat(known.end_to_end_id)
        return known

    def _taken(self, end_to_end_id: str) -> Problem:
        self._count_repeat(end_to_end_id)
        detail = f"{end_to_end_id} was ordered under another Idempotency-Key"
        return Problem(409, "End-to-end id known", detail)

    def _count_repeat(self, end_to_end_id: str) -> None:
        self._db.execute(
            "UPDATE transfers SET repeats = repeats + 1 WHERE end_to_end_id = ?", (end_to_end_id,)
        )


def _file(directory: Path | None) -> str:
    if directory is None:
        return ":memory:"
    directory.mkdir(parents=True, exist_ok=True)
    return str(directory / "bank.sqlite3")


def _row(key: str, order: Order) -> tuple[Any, ...]:
    reason = order.reason()
    settled_at = None if reason else datetime.now(UTC).isoformat(timespec="milliseconds")
    return (
        key,
        order.end_to_end_id,
        settled_at,
        reason,
        order.amount.minor,
        order.creditor_account,
        order.creditor_name,
        order.remittance,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    position, end_to_end_id, settled_at, reason, minor, account, name, remittance = row
    return Entry(
        position=position,
        transfer_id=f"BK{position:012d}",
        end_to_end_id=end_to_end_id,
        status="rejected" if reason else "settled",
        settled_at=settled_at,
        reason=reason,
        amount=Amount(minor=minor, currency="CNY"),
        creditor_account=account,
        creditor_name=name,
        remittance=remittance,
    )
