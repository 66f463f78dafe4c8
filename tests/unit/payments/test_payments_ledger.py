"""The ledger: what each event is booked as, and that no history unbalances it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from services.payments import ledger
from services.payments.calls import BankAnswered, Standing
from services.payments.decide import BOOK, decide
from services.payments.ledger import Account, Entry, Move, post, trial_balance
from services.payments.rules import Contradiction
from services.payments.state import Book, Settled, calls, due
from shared.contracts.claims import WithdrawalAccepted
from shared.decider import CallOutcome, Due, Message
from shared.money import Money, zero
from shared.testing.spec import NOON

from .mothers import (
    approved,
    assessed,
    denied,
    lowered,
    made_payable,
    paid_out,
    raised,
    reserved_again,
    yuan,
)

LOSS, RESERVE, PAYABLE, BANK = Account


@pytest.mark.parametrize(
    ("what", "before", "moves", "loss", "reserve", "payable", "bank"),
    [
        ("reserve set", [], lambda e: ledger.reserve_at(e, yuan(300)), 300, -300, 0, 0),
        ("raised", [raised(1, 300)], lambda e: ledger.reserve_at(e, yuan(350)), 350, -350, 0, 0),
        ("lowered", [raised(1, 300)], lambda e: ledger.reserve_at(e, yuan(120)), 120, -120, 0, 0),
        ("released", [raised(1, 300)], ledger.released, 0, 0, 0, 0),
        ("approved", [raised(1, 300)], lambda e: ledger.approved(e, yuan(250)), 250, 0, -250, 0),
        ("approved, no reserve", [], lambda e: ledger.approved(e, yuan(250)), 250, 0, -250, 0),
        (
            "settled",
            [raised(1, 250), made_payable(2, 250)],
            lambda _: ledger.settled(yuan(250)),
            *(250, 0, 0, -250),
        ),
        (
            "failed",
            [raised(1, 250), made_payable(2, 250)],
            lambda _: ledger.failed(yuan(250)),
            *(250, -250, 0, 0),
        ),
        (
            "released after a failure",
            [raised(1, 250), made_payable(2, 250), reserved_again(3, 250)],
            ledger.released,
            *(0, 0, 0, 0),
        ),
        (
            "approved again after it was paid",
            [raised(1, 250), made_payable(2, 250), paid_out(3, 250)],
            lambda e: ledger.approved(e, yuan(100)),
            *(350, 0, -100, -250),
        ),
    ],
)
def test_each_event_is_booked_as_the_table_says(
    what: str,
    before: list[Entry],
    moves: Callable[[Sequence[Entry]], list[Move]],
    loss: int,
    reserve: int,
    payable: int,
    bank: int,
) -> None:
    entries = [*before, *post(before, moves(before), NOON, what)]
    found = trial_balance(entries).get("CNY", dict.fromkeys(Account, 0))
    yuans = {account: minor // 100 for account, minor in found.items()}
    assert yuans == {LOSS: loss, RESERVE: reserve, PAYABLE: payable, BANK: bank}


def test_entries_are_numbered_on_from_those_before() -> None:
    before = [raised(1, 300), lowered(2, 50)]
    new = post(before, ledger.approved(before, yuan(240)), NOON, "order")
    assert [entry.number for entry in new] == [3, 4]
    assert {entry.cause for entry in new} == {"order"}


def test_currencies_are_balanced_each_for_itself() -> None:
    yuan_only = [raised(1, 300)]
    both = [*yuan_only, *post(yuan_only, ledger.approved([], yuan(40, "USD")), NOON, "order")]
    assert trial_balance(both)["USD"] == {LOSS: 40_00, RESERVE: 0, PAYABLE: -40_00, BANK: 0}
    assert trial_balance(both)["CNY"][RESERVE] == -300_00


# -- no history unbalances the books

AMOUNTS = st.integers(min_value=1, max_value=10**9)
CURRENCIES = st.sampled_from(["CNY", "CNY", "CNY", "USD"])
HEARD = st.one_of(
    st.builds(assessed, st.integers(0, 10**7), CURRENCIES),
    st.builds(approved, AMOUNTS, st.integers(1, 4), CURRENCIES),
    st.just(denied()),
    st.just(WithdrawalAccepted()),
)
ANSWERS = st.tuples(st.sampled_from(list(Standing)), st.integers(0, 3))
STEPS = st.lists(st.one_of(HEARD, ANSWERS, st.just("due")), max_size=40)
UNSURE = st.tuples(st.sampled_from([Standing.UNKNOWN, Standing.ABSENT]), st.just(0))
LONG_WAY = st.lists(st.one_of(UNSURE, st.just("due")), max_size=30).map(
    lambda steps: [approved(), *steps]
)
"""One order whose bank never says anything final."""


def step(book: Book, number: int, what: object) -> Book:
    """The book after one more message; a contradiction of the bank changes nothing."""
    body = message_body(book, what)
    if body is None:
        return book
    now = NOON + timedelta(seconds=number)
    message = Message(f"m-{number}", "CLM-1", body, now, "demo")  # type: ignore[arg-type]
    try:
        return reduce(BOOK.evolve, decide(message, book), book)
    except Contradiction:
        return book


def message_body(book: Book, what: object) -> object:
    if what == "due":
        at = due(book)
        return at and Due(at=at)
    if isinstance(what, tuple):
        return bank_answer(book, *what)
    return what


def bank_answer(book: Book, standing: Standing, which: int) -> CallOutcome | None:
    """An answer to the outstanding call of some order, or a late one of an ended order."""
    if not book.orders:
        return None
    order = book.orders[which % len(book.orders)]
    outstanding = [call.id for call in calls(book) if call.id.startswith(order.id)]
    call = outstanding[0] if outstanding else f"{order.id}/pay/1"
    return BankAnswered(
        call=call, order_id=order.id, standing=standing, transfer_id="BK", reason="AC04"
    )


def total(amounts: list[Money], currency: str) -> int:
    return sum(amount.minor for amount in amounts if amount.currency == currency)


@any_of(STEPS)
@settings(max_examples=300, deadline=None)
def test_no_history_unbalances_the_books(steps: list[object]) -> None:
    book = Book()
    for number, what in enumerate(steps):
        entries = book.entries
        book = step(book, number, what)
        assert book.entries[: len(entries)] == entries, "entries are only ever added"
    paid = [order.amount for order in book.orders if isinstance(order, Settled)]
    unpaid = [order.amount for order in book.open()]
    for currency, accounts in trial_balance(book.entries).items():
        assert sum(accounts.values()) == 0
        assert -accounts[BANK] == total(paid, currency)
        assert -accounts[PAYABLE] == total(unpaid, currency)
        assert accounts[RESERVE] <= 0
    assert [entry.number for entry in book.entries] == list(range(1, len(book.entries) + 1))
    assert all(zero(entry.amount.currency) < entry.amount for entry in book.entries)


@any_of(STEPS | LONG_WAY)
@settings(max_examples=200, deadline=None)
def test_a_deadline_that_was_answered_has_moved(steps: list[object]) -> None:
    book = Book()
    for number, what in enumerate(steps):
        before = due(book)
        book = step(book, number, what)
        if what == "due" and before is not None:
            assert due(book) != before


@any_of(STEPS | LONG_WAY)
@settings(max_examples=200, deadline=None)
def test_no_two_calls_ever_have_the_same_id(steps: list[object]) -> None:
    book, known = Book(), set[str]()
    outstanding = set[str]()
    for number, what in enumerate(steps):
        book = step(book, number, what)
        now = {call.id for call in calls(book)}
        assert not (now - outstanding) & known
        known |= now
        outstanding = now
