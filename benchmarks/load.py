"""Reports of loss as bytes, made before the clock starts.

Every claim is one that no person has to look at: a small motor loss on a policy of its own, with
its documents held by the reporter, the account named, and a customer who reads the in-app inbox
(no e-mail). From the report on nothing is waited for but the network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from benchmarks.wire import post
from shared.ndjson import MEDIA_TYPE

LINES = 500
"""Reports in one bulk request."""
DOCUMENTS = ("identity", "driving-licence", "photos", "repair-estimate")
CLAIMED_FEN = 250_898
INSURED = timedelta(days=200)


class Load:
    """Policies by number, and reports on them. `name` keeps the keys of two loads apart."""

    def __init__(self, policies: int, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._documents = [
            {"item": item, "sha256": sha256(item.encode()).hexdigest()} for item in DOCUMENTS
        ]
        self.policies = policies

    def registrations(self) -> list[tuple[int, bytes]]:
        """Bulk requests, each with the number of its lines, that register every policy once."""
        starts = (self._now - INSURED).date()
        lines = [
            _line(
                policy_number=_policy(number),
                product="motor",
                customer=_customer(number),
                starts=str(starts),
                ends=str(starts + timedelta(days=364)),
            )
            for number in range(self.policies)
        ]
        return _in_bulk("/claims/policies/bulk", lines)

    def in_bulk(self, name: str, count: int) -> list[tuple[int, bytes]]:
        """Bulk requests, each with the number of its lines, of `count` reports in all."""
        lines = [_line(key=f"{name}-{n}", **self._report(n)) for n in range(count)]
        return _in_bulk("/intake/claims/bulk", lines)

    def singly(self, name: str, count: int) -> list[bytes]:
        """`count` requests with one report each."""
        return [
            post("/intake/claims", _line(**self._report(n)), "application/json", f"{name}-{n}")
            for n in range(count)
        ]

    def _report(self, number: int) -> dict[str, Any]:
        mine = number % self.policies
        return {
            "kind": "motor",
            "policy_number": _policy(mine),
            "loss_at": (self._now - timedelta(days=2)).isoformat(timespec="seconds"),
            "claimed": {"minor": CLAIMED_FEN, "currency": "CNY"},
            "contact": {"name": "王伟", "phone": f"199{mine:08d}"},
            "payee": {"account": f"6222{mine:011d}7788", "name": "王伟"},
            "documents": self._documents,
        }


def _policy(number: int) -> str:
    return f"MOT-BENCH-{number:07d}"


def _customer(number: int) -> str:
    return f"CUS-BENCH-{number:07d}"


def _line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _in_bulk(path: str, lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
    parts = (lines[start : start + LINES] for start in range(0, len(lines), LINES))
    return [(len(part), post(path, b"\n".join(part), MEDIA_TYPE)) for part in parts]
