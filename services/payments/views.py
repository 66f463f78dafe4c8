"""What the books add up to, asked of MongoDB: the trial balance over all claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.payments.ledger import Account

Pipeline = Sequence[Mapping[str, Any]]

_MINOR = "$state.entries.amount.minor"
_CURRENCY = "$state.entries.amount.currency"


def trial_balance_pipeline() -> Pipeline:
    """Accounts and orders in one pass: each book is read once, so its halves always agree."""
    return [
        {"$project": {"state.entries": 1, "state.orders": 1}},
        {
            "$facet": {
                "debits": _side("debit"),
                "credits": _side("credit"),
                "orders": _orders(),
            }
        },
    ]


def _side(side: str) -> Pipeline:
    group = {"currency": _CURRENCY, "account": f"$state.entries.{side}"}
    return [
        {"$unwind": "$state.entries"},
        {"$group": {"_id": group, "minor": {"$sum": _MINOR}}},
    ]


def _orders() -> Pipeline:
    group = {"currency": "$state.orders.amount.currency", "stage": "$state.orders.stage"}
    amount = {"$sum": "$state.orders.amount.minor"}
    return [
        {"$unwind": "$state.orders"},
        {"$group": {"_id": group, "orders": {"$sum": 1}, "minor": amount}},
    ]


def currencies(found: Mapping[str, Any]) -> set[str]:
    """The currencies that anything was booked in."""
    return {row["_id"]["currency"] for row in (*found["debits"], *found["credits"])}


def trial_balance(found: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """One currency's accounts (debits less credits) and what they must agree with.

    Balanced: debit balances equal credit balances, the bank was credited what was settled, and
    what open orders amount to is payable. All amounts are minor units.
    """
    accounts = {account: _standing(found, currency, account) for account in Account}
    orders = [row for row in found["orders"] if row["_id"]["currency"] == currency]
    settled = [row for row in orders if row["_id"]["stage"] == "settled"]
    ended = [row for row in orders if row["_id"]["stage"] in ("settled", "failed")]
    debits = sum(minor for minor in accounts.values() if minor > 0)
    credits = -sum(minor for minor in accounts.values() if minor < 0)
    paid, still_open = _minor(settled), _minor(orders) - _minor(ended)
    agreed = (-accounts[Account.BANK], -accounts[Account.PAYABLE]) == (paid, still_open)
    return {
        "currency": currency,
        "balanced": debits == credits and agreed,
        "debits": debits,
        "credits": credits,
        "orders": sum(row["orders"] for row in orders),
        "settled": {"orders": sum(row["orders"] for row in settled), "amount": paid},
        "accounts": {str(account): minor for account, minor in accounts.items()},
    }


def _standing(found: Mapping[str, Any], currency: str, account: Account) -> int:
    group = {"currency": currency, "account": str(account)}
    debits, credits = (
        _minor([row for row in found[side] if row["_id"] == group])
        for side in ("debits", "credits")
    )
    return debits - credits


def _minor(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["minor"] for row in rows)
