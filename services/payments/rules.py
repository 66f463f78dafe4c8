"""Periods, and what may be ordered."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.errors import Unprocessable
from shared.money import Money

LEASE = timedelta(seconds=45)
"""How long the outcome of a call is waited for. Longer than the bank adapter waits (10 s), with
room for the calls that are queued before it."""
FIRST_WAIT_S, LONGEST_WAIT_S = 2, 60


class Unbookable(Unprocessable):
    """An amount that no ledger can hold: a payment of nothing, a reserve below nothing."""


class Contradiction(Unprocessable):
    """The bank says that it paid what it said it refused. A person has to look."""


def lease(now: datetime) -> datetime:
    """When a call begun now is given up."""
    return now + LEASE


def next_inquiry(now: datetime, unknowns: int) -> datetime:
    """When to ask after so many calls without a usable answer: 2 s, 4 s, 8 s ... 60 s.

    There is no last time: money that may have moved is never written off as a guess.
    """
    doubled = FIRST_WAIT_S * 2 ** min(unknowns - 1, 10)
    return now + timedelta(seconds=min(doubled, LONGEST_WAIT_S))


def payable(amount: Money) -> Money:
    """The amount, if it can be paid. Raises `Unbookable`."""
    if amount.minor <= 0:
        raise Unbookable(f"an approval over {amount} orders nothing to be paid")
    return amount


def reservable(amount: Money) -> Money:
    """The amount, if it can be reserved. Raises `Unbookable`."""
    if amount.minor < 0:
        raise Unbookable(f"a reserve of {amount} is below nothing")
    return amount
