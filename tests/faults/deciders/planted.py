"""Faults planted on purpose: each is a small lie in one rule, and the machine must find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from services.claims.state import Approved, Known, State
from services.notifications.decide import DECIDER
from services.payments.calls import BankAnswered, PayCall, Standing
from services.payments.decide import BOOK
from services.payments.ledger import Memo
from services.payments.state import Book, Booked, OrderPlaced, calls
from shared.contracts.base import Fact
from shared.contracts.claims import WithdrawalAccepted
from shared.contracts.intake import DocumentsRequested, WithdrawalRequested
from shared.contracts.payments import PaymentOrdered, PaymentSettled
from shared.decider import Call, Decider, Message
from shared.turn import Turn
from tests.faults.deciders.door import Dies, Door
from tests.faults.deciders.wire import Queue
from tests.faults.deciders.world import AS_SHIPPED, CLAIM, World


@dataclass(frozen=True)
class Planted:
    """A world with one fault, and the finding (a regular expression) that it must lead to."""

    build: Callable[[], World]
    finding: str


def ordered_twice(message: Message, book: Book) -> Sequence[Fact]:
    """An approval orders two payments, each under an id of its own."""
    facts = BOOK.decide(message, book)
    again = [f.model_copy(update={"order_id": f"{f.order_id}-2"}) for f in facts if _orders(f)]
    return [*facts, *again]


def _orders(fact: Fact) -> bool:
    return isinstance(fact, PaymentOrdered | OrderPlaced)


def paid_under_a_new_key(book: Book) -> Sequence[Call]:
    """Each time the bank is told to pay, it is told under another key."""
    return [
        call.model_copy(update={"order_id": call.id}) if isinstance(call, PayCall) else call
        for call in calls(book)
    ]


def silence_is_refusal(message: Message, book: Book) -> Sequence[Fact]:
    """An order without an answer is written off and approved again."""
    body = message.body
    if isinstance(body, BankAnswered) and body.standing is Standing.UNKNOWN:
        refused = body.model_copy(update={"standing": Standing.REJECTED})
        message = replace(message, body=refused)
    return BOOK.decide(message, book)


def settlement_forgotten(book: Book, fact: Fact) -> Book:
    """What was settled is said, but not noted."""
    return book if isinstance(fact, PaymentSettled) else BOOK.evolve(book, fact)


def refusal_not_booked(book: Book, fact: Fact) -> Book:
    """The bank's refusal is never booked back to the reserve."""
    if isinstance(fact, Booked) and fact.entries[0].memo is Memo.FAILED:
        return book
    return BOOK.evolve(book, fact)


def taken_back_after_approval(message: Message, state: State) -> Sequence[Fact]:
    """A withdrawal is accepted while the money is on its way."""
    if isinstance(message.body, WithdrawalRequested) and isinstance(state, Approved):
        return [WithdrawalAccepted()]
    return CLAIM.decide(message, state)


def deaf_to_money(message: Message, state: State) -> Sequence[Fact]:
    """Claims does not listen when the money has arrived."""
    if isinstance(message.body, PaymentSettled):
        return []
    return CLAIM.decide(message, state)


def approvals_forgotten(state: State, fact: Fact) -> State:
    """The claim file forgets how often it was approved."""
    after = CLAIM.evolve(state, fact)
    if not isinstance(after, Known):
        return after
    return after.model_copy(update={"file": after.file.model_copy(update={"approvals": 0})})


def written_twice(message: Message, state: Any) -> Sequence[Fact]:
    """The list of missing documents is sent in two letters."""
    facts = DECIDER.decide(message, state)
    return [*facts, facts[0]] if isinstance(message.body, DocumentsRequested) and facts else facts


class DoorThatForgetsWhatItHeard(Door[Any]):
    """Decides again what it has decided before."""

    def open(self, subject: str) -> Turn[Any]:
        turn = super().open(subject)
        turn.document = replace(turn.document, seen=())
        return turn


class DoorThatForgetsWhatItOwes(Door[Any]):
    """What a dead process did not publish, its successor does not know of."""

    def open(self, subject: str) -> Turn[Any]:
        turn = super().open(subject)
        turn.document = replace(turn.document, unconfirmed=())
        return turn


class DoorThatNeverSweeps(Door[Any]):
    """Nobody publishes what a dead process owes."""

    def sweep(self) -> None:
        pass


class WorldThatCommitsAnyway(World):
    """A service that dies over a batch has committed it all the same."""

    def deliver(self, queue: Queue, most: int, dies: Dies = Dies.NEVER) -> None:
        records = self.wire.next(queue, most)
        self.deliver_again(queue, records, dies)
        self.wire.commit(queue, records)


def _under(**broken: Decider[Any]) -> Callable[[], World]:
    return partial(World, rules=replace(AS_SHIPPED, **broken))


def _behind(door: type[Door[Any]]) -> Callable[[], World]:
    return partial(World, door=door)


PLANTED: Mapping[str, Planted] = {
    "an approval orders two payments": Planted(
        _under(book=replace(BOOK, decide=ordered_twice)), "one approval, two orders"
    ),
    "the bank is told again under a new key": Planted(
        _under(book=replace(BOOK, calls=paid_under_a_new_key)),
        "was paid 2 times|not at rest",
    ),
    "a settlement is not noted": Planted(
        _under(book=replace(BOOK, evolve=settlement_forgotten)), "payable is not what is open"
    ),
    "silence of the bank is taken for a refusal": Planted(
        _under(book=replace(BOOK, decide=silence_is_refusal)),
        "the bank says otherwise|has paid|was refused",
    ),
    "a refusal of the bank is not booked": Planted(
        _under(book=replace(BOOK, evolve=refusal_not_booked)), "payable is not what is open"
    ),
    "a claim is taken back after its approval": Planted(
        _under(claim=replace(CLAIM, decide=taken_back_after_approval)),
        "settled after it had failed|money left",
    ),
    "claims is deaf when the money has arrived": Planted(
        _under(claim=replace(CLAIM, decide=deaf_to_money)), "stands still"
    ),
    "the claim file forgets its approvals": Planted(
        _under(claim=replace(CLAIM, evolve=approvals_forgotten)), "stands still|said twice"
    ),
    "one list of documents is sent in two letters": Planted(
        _under(correspondence=replace(DECIDER, decide=written_twice)), "one cause, two letters"
    ),
    "a door decides again what it has decided": Planted(
        _behind(DoorThatForgetsWhatItHeard), "decided again|counted twice|forgotten"
    ),
    "a door forgets what it owes": Planted(_behind(DoorThatForgetsWhatItOwes), "overtook"),
    "a door never sweeps": Planted(_behind(DoorThatNeverSweeps), "never came to the wire"),
    "offsets are committed by the dying": Planted(
        WorldThatCommitsAnyway, "never came to the wire|lacks a fact"
    ),
}
