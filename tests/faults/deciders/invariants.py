"""What must hold after every single step, of whatever the step touched."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from services.claims.state import Approved, State
from services.notifications.state import Reached, Unreached
from services.payments import ledger
from services.payments.ledger import Account
from services.payments.state import Book, Open, Settled
from shared.contracts.claims import ClaimApproved, ClaimClosed, WithdrawalAccepted
from shared.contracts.event import Event
from shared.contracts.intake import ClaimWithdrawn
from shared.contracts.payments import PaymentFailed, PaymentOrdered, PaymentSettled
from shared.document import Document
from shared.money import Money
from shared.turn import OUR_OWN
from tests.faults.deciders.door import TRACE, Door, Handled
from tests.faults.deciders.outside import MemoryBank, Outside
from tests.faults.deciders.world import World

ENDS = (ClaimClosed, WithdrawalAccepted, ClaimWithdrawn)
"""The facts that end a claim. A denial is followed by its closing."""


class Auditor:
    """Looks at everything that happened since it last looked. Every finding is an assertion.

    It keeps its own books of what was said, so as not to believe the services' documents.
    """

    def __init__(self, world: World, outside: Outside) -> None:
        self._world = world
        self._bank = outside.bank
        self._place: dict[str, tuple[str, int]] = {}
        self._said: dict[str, int] = defaultdict(int)
        self._heard: set[str] = set()
        self.approved: dict[tuple[str, int], Money] = {}
        self.ordered: dict[tuple[str, int], Money] = {}
        self.settled: dict[str, Money] = {}
        self.ends: Counter[str] = Counter()

    def look(self) -> bool:
        """Audits the last step; whether it changed any document."""
        taken = self._world.handled()
        for handled in taken:
            self._document(handled)
        for event in self._world.wire.latest:
            self._event(event)
        self._world.wire.latest.clear()
        once_for_each_claim(self._bank)
        return any(handled.after.version > handled.before.version for handled in taken)

    def owed(self) -> int:
        """How many facts were decided and never came to the wire."""
        return len(self._place) - len(self._heard)

    # -- documents

    def _document(self, handled: Handled) -> None:
        history_only_grows(handled)
        self._number(handled)
        if handled.door.documents.get(handled.after.id, handled.after) is handled.after:
            stored_as_decided(handled)
            decided_again_gives_nothing_new(handled)
        if handled.door is self._world.claims:
            within_cover(handled.state)
        if handled.door is self._world.books:
            sound_book(handled.state)
            as_the_bank_says(handled.state, self._bank)
        if handled.door is self._world.letters:
            one_letter_for_each_cause(handled.state)

    def _number(self, handled: Handled) -> None:
        """Notes the place of every newly decided fact among those of its document."""
        name = _name(handled.door, handled.after.id)
        decided = handled.door.decided.get(handled.after.id, [])
        for place, id_ in enumerate(decided):
            assert self._place.setdefault(id_, (name, place)) == (name, place), "one id, two facts"

    # -- the wire

    def _event(self, event: Event) -> None:
        assert event == self._world.wire.said[event.id], "said again, but not the same"
        if event.id in self._heard:
            return
        self._heard.add(event.id)
        name, place = self._place[event.id]
        assert place == self._said[name], f"{event.type} overtook an older fact of {name}"
        self._said[name] += 1
        self._books(event)

    def _books(self, event: Event) -> None:
        """What the facts say of money and of ends, each for the first time."""
        claim = event.subject
        match event.fact():
            case ClaimApproved(approval=number, amount=amount):
                assert (claim, number) not in self.approved, "one approval, said twice"
                self.approved[claim, number] = amount
            case PaymentOrdered(approval=number, amount=amount):
                assert (claim, number) not in self.ordered, "one approval, ordered twice"
                assert self.approved.get((claim, number)) == amount, "ordered, not approved"
                self.ordered[claim, number] = amount
            case PaymentSettled(order_id=order, amount=amount):
                assert claim not in self.settled, "one claim, settled twice"
                assert self._bank.known[order].settled, "settled, but the bank knows nothing"
                self.settled[claim] = amount
            case PaymentFailed(order_id=order):
                kept = self._bank.known.get(order)
                assert kept is None or not kept.settled, "failed, but the bank has paid"
            case fact if isinstance(fact, ENDS):
                assert not self.ends[claim], f"{claim} ends a second time"
                self.ends[claim] += 1
            case _:
                pass


def history_only_grows(handled: Handled) -> None:
    """Versions never go back. What the world outside may send again is remembered for good."""
    before, after = handled.before, handled.after
    assert after.version >= before.version, "an older version was written"
    ids = [each.id for each in after.seen]
    assert len(set(ids)) == len(ids), "an input counted twice"
    assert _foreign(before) == _foreign(after)[: len(_foreign(before))], "an input was forgotten"


def _foreign(document: Document) -> list[str]:
    return [each.id for each in document.seen if not each.id.startswith(OUR_OWN)]


def stored_as_decided(handled: Handled) -> None:
    """What was written reads back as what was decided."""
    assert handled.door.state(handled.after.id) == handled.state, "stored is not decided"


def decided_again_gives_nothing_new(handled: Handled) -> None:
    """Whoever takes the same messages again changes nothing and calls nobody."""
    turn = handled.door.open(handled.after.id)
    for message in handled.messages:
        turn.take(message, TRACE)
    assert turn.failure is None, f"decided again it failed: {turn.failure!r}"
    assert not turn.changed, "decided again it changed something"
    assert not turn.calls, "decided again it called outside"


def within_cover(claim: State) -> None:
    """No more is approved than was calculated, and the calculation ends at that amount."""
    if isinstance(claim, Approved):
        approval, known = claim.approval, claim.file.calculation
        assert known is None or approval.amount <= known.payable, "more than is payable"
        assert approval.lines[-1].amount == approval.amount, "the lines say otherwise"


def sound_book(book: Book) -> None:
    """It balances to the cent, nothing is below nothing, and its orders are what was booked."""
    orders = [order.approval for order in book.orders]
    assert len(set(orders)) == len(orders), "one approval, two orders"
    assert len(book.open()) <= 1, "two orders are open"
    for currency, balances in ledger.trial_balance(book.entries).items():
        reserve, payable, paid = (
            -balances[account] for account in (Account.RESERVE, Account.PAYABLE, Account.BANK)
        )
        assert sum(balances.values()) == 0, "the book does not balance"
        assert min(reserve, payable, paid) >= 0, "an account is below nothing"
        assert payable == _minor(currency, book.open()), "payable is not what is open"
        settled = [order for order in book.orders if isinstance(order, Settled)]
        assert paid == _minor(currency, settled), "paid is not what was settled"


def as_the_bank_says(book: Book, bank: MemoryBank) -> None:
    """No order is settled that the bank did not pay, and none has failed that it paid."""
    for order in book.orders:
        kept = bank.known.get(order.id)
        assert kept is None or kept.amount == order.amount, "the bank has another amount"
        if not isinstance(order, Open):
            paid = kept is not None and kept.settled
            assert paid == isinstance(order, Settled), "the bank says otherwise"


def one_letter_for_each_cause(correspondence: Reached | Unreached) -> None:
    """The customer is told about a fact once."""
    causes = Counter(letter.cause for letter in correspondence.letters)
    assert causes.total() == len(causes), "one cause, two letters"


def once_for_each_claim(bank: MemoryBank) -> None:
    """Money moves once for a claim: a second approval only follows a refused payment."""
    for claim, transfers in bank.paid.items():
        assert len(transfers) == 1, f"{claim} was paid {len(transfers)} times"


def _minor(currency: str, orders: Iterable[Any]) -> int:
    return sum(order.amount.minor for order in orders if order.amount.currency == currency)


def _name(door: Door[Any], id_: str) -> str:
    return f"{door.service}/{door.decider.kind}/{id_}"
