"""When there is nothing to report: speed is worth nothing if a claim is lost or paid twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.local.trouble import Trouble


class Refused(Trouble):
    """The run does not count, and why."""


def all_said(said: bytes, answers: bytes, lines: int) -> None:
    """Raises `Refused` unless each line of a bulk request was answered with this."""
    found = [said in answer for answer in answers.split(b"\n") if answer]
    if len(found) != lines or not all(found):
        odd = next((a for a in answers.split(b"\n") if said not in a), b"")
        raise Refused(
            f"The network took {sum(found):,} of {lines:,} lines; it said: {odd.decode()[:300]}"
        )


def once_each(fact: str, found: int, claims: int) -> None:
    """Raises `Refused` unless there is one of this fact for each claim."""
    if found != claims:
        raise Refused(f"There are {found:,} {fact} for {claims:,} claims.")


def balanced(ledger: Mapping[str, Any], claims: int) -> None:
    """Raises `Refused` unless the ledger balances and has settled each claim once."""
    if not ledger["balanced"]:
        raise Refused(
            f"The ledger does not balance: debits {ledger['debits']:,}, credits "
            f"{ledger['credits']:,}."
        )
    settled = ledger["settled"]["orders"]
    if settled != claims:
        raise Refused(f"{settled:,} payments were settled for {claims:,} claims.")
