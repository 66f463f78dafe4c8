"""The double-entry ledger of one claim: entries are added, never changed.

| what happened            | debit        | credit       | memo              |
|--------------------------|--------------|--------------|-------------------|
| reserve set or raised    | loss-expense | reserve      | reserve-raised    |
| reserve lowered          | reserve      | loss-expense | reserve-lowered   |
| approved                 | reserve      | payable      | approved          |
| settled by the bank      | payable      | bank         | settled           |
| refused by the bank      | payable      | reserve      | failed            |
| denied, or withdrawn     | reserve      | loss-expense | reserve-lowered   |

The reserve stands at what is still expected to be paid and not yet approved. An approval first
brings it to the approved amount. What is payable is what open orders amount to; what the bank was
credited is what was settled. Currencies are never added up with one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.base import Value
from shared.money import Money, zero


class Account(StrEnum):
    """The four accounts that a claim is booked on."""

    LOSS_EXPENSE = "loss-expense"
    RESERVE = "reserve"
    PAYABLE = "payable"
    BANK = "bank"


class Memo(StrEnum):
    """Why an entry was made."""

    RESERVE_RAISED = "reserve-raised"
    RESERVE_LOWERED = "reserve-lowered"
    APPROVED = "approved"
    SETTLED = "settled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Move:
    """An amount, above zero, that is to go from one account's credit to another's debit."""

    debit: Account
    credit: Account
    amount: Money
    memo: Memo


class Entry(Value):
    """One line of the ledger. `cause` is the order, or the message, that it was booked for."""

    number: int
    at: datetime
    debit: Account
    credit: Account
    amount: Money
    memo: Memo
    cause: str


def post(
    entries: Sequence[Entry], moves: Iterable[Move], at: datetime, cause: str
) -> tuple[Entry, ...]:
    """The new entries for these moves, numbered on from the old ones."""
    return tuple(
        Entry(
            number=number,
            at=at,
            debit=move.debit,
            credit=move.credit,
            amount=move.amount,
            memo=move.memo,
            cause=cause,
        )
        for number, move in enumerate(moves, start=len(entries) + 1)
    )


def trial_balance(entries: Iterable[Entry]) -> Mapping[str, Mapping[Account, int]]:
    """By currency, what each account stands at in minor units: debits less credits."""
    balances: dict[str, dict[Account, int]] = defaultdict(lambda: dict.fromkeys(Account, 0))
    for entry in entries:
        accounts = balances[entry.amount.currency]
        accounts[entry.debit] += entry.amount.minor
        accounts[entry.credit] -= entry.amount.minor
    return dict(balances)


def balance(entries: Iterable[Entry], account: Account, currency: str = "CNY") -> Money:
    """What one account stands at: debits less credits."""
    standing = trial_balance(entries).get(currency, {}).get(account, 0)
    return Money(minor=standing, currency=currency)


def reserve_at(entries: Sequence[Entry], wanted: Money) -> list[Move]:
    """The moves that bring the reserve to `wanted`, and to nothing in every other currency."""
    currencies = sorted({entry.amount.currency for entry in entries} | {wanted.currency})
    targets = [wanted if c == wanted.currency else zero(c) for c in currencies]
    return [move for target in targets for move in _towards(entries, target)]


def released(entries: Sequence[Entry]) -> list[Move]:
    """The moves that leave no reserve in any currency."""
    return reserve_at(entries, zero())


def approved(entries: Sequence[Entry], amount: Money) -> list[Move]:
    """The reserve brought to the approved amount, and that amount made payable."""
    moved = Move(Account.RESERVE, Account.PAYABLE, amount, Memo.APPROVED)
    return [*reserve_at(entries, amount), moved]


def settled(amount: Money) -> list[Move]:
    """The bank paid what was payable."""
    return [Move(Account.PAYABLE, Account.BANK, amount, Memo.SETTLED)]


def failed(amount: Money) -> list[Move]:
    """The bank refused: what was payable is reserved again."""
    return [Move(Account.PAYABLE, Account.RESERVE, amount, Memo.FAILED)]


def _towards(entries: Sequence[Entry], target: Money) -> list[Move]:
    missing = (target + balance(entries, Account.RESERVE, target.currency)).minor
    amount = Money(minor=abs(missing), currency=target.currency)
    if missing > 0:
        return [Move(Account.LOSS_EXPENSE, Account.RESERVE, amount, Memo.RESERVE_RAISED)]
    if missing < 0:
        return [Move(Account.RESERVE, Account.LOSS_EXPENSE, amount, Memo.RESERVE_LOWERED)]
    return []
