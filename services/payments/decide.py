"""What payments does about what it hears: one function per inbound message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter

from services.payments import ledger, rules
from services.payments.calls import BankAnswered, Standing
from services.payments.ledger import Move
from services.payments.state import (
    AnyOrder,
    Book,
    Booked,
    Failed,
    Inquiring,
    InquiryBegun,
    InquiryPlanned,
    Open,
    Order,
    Ordered,
    OrderPlaced,
    PaymentResumed,
    Settled,
    Unconfirmed,
    calls,
    due,
)
from shared.contracts.base import Fact
from shared.contracts.claims import ClaimApproved, ClaimDenied, LossAssessed, WithdrawalAccepted
from shared.contracts.payments import (
    PaymentFailed,
    PaymentOrdered,
    PaymentSettled,
    PaymentUnconfirmed,
)
from shared.decider import Decider, Due, Message


def decide(message: Message, book: Book) -> Sequence[Fact]:
    """Routes by the kind of message."""
    match message.body:
        case LossAssessed() as assessed:
            return set_reserve(assessed, message, book)
        case ClaimApproved() as approved:
            return order_payment(approved, message, book)
        case ClaimDenied() | WithdrawalAccepted():
            return release_reserve(message, book)
        case BankAnswered() as answer:
            return hear_bank(answer, message, book)
        case Due() as deadline:
            return ask_bank(deadline, message, book)
        case other:
            raise TypeError(f"payments does not know what to do with {type(other).__name__}")


def set_reserve(assessed: LossAssessed, message: Message, book: Book) -> Sequence[Fact]:
    """The loss was measured: so much is expected to be paid."""
    wanted = rules.reservable(assessed.reserve)
    return _booked(message, book, ledger.reserve_at(book.entries, wanted))


def release_reserve(message: Message, book: Book) -> Sequence[Fact]:
    """Nothing more will be paid. Open orders go on: their money may have moved."""
    return _booked(message, book, ledger.released(book.entries))


def order_payment(approved: ClaimApproved, message: Message, book: Book) -> Sequence[Fact]:
    """One order per approval, whether or not a reserve was heard of before."""
    if any(order.approval == approved.approval for order in book.orders):
        return []
    amount, id_ = rules.payable(approved.amount), message.derive("order", str(approved.approval))
    return [
        *_booked(message, book, ledger.approved(book.entries, amount), cause=id_),
        PaymentOrdered(order_id=id_, approval=approved.approval, amount=amount),
        OrderPlaced(
            order_id=id_,
            approval=approved.approval,
            amount=amount,
            claim=message.subject,
            cause=message.id,
            payee=approved.payee,
            lease=rules.lease(message.now),
        ),
    ]


def hear_bank(answer: BankAnswered, message: Message, book: Book) -> Sequence[Fact]:
    """A call came back. Settled and rejected count from whichever call they come, once."""
    order = book.order(answer.order_id)
    match order, answer.standing:
        case Open(), Standing.SETTLED:
            return settle(order, answer, message, book)
        case Open(), Standing.REJECTED:
            return fail(order, answer, message, book)
        case Open(), _:
            return _unsettled(order, answer, message)
        case Failed(), Standing.SETTLED:
            raise rules.Contradiction(f"{order.id} was refused ({order.reason}) and now settled")
        case _:
            return []


def settle(order: Order, answer: BankAnswered, message: Message, book: Book) -> Sequence[Fact]:
    """The money is with the payee."""
    return [
        *_booked(message, book, ledger.settled(order.amount), cause=order.id),
        PaymentSettled(
            order_id=order.id,
            approval=order.approval,
            amount=order.amount,
            transfer_id=answer.transfer_id,
        ),
    ]


def fail(order: Order, answer: BankAnswered, message: Message, book: Book) -> Sequence[Fact]:
    """No money moved: it is reserved again, until claims says what is to become of it."""
    return [
        *_booked(message, book, ledger.failed(order.amount), cause=order.id),
        PaymentFailed(
            order_id=order.id,
            approval=order.approval,
            amount=order.amount,
            reason=answer.reason,
        ),
    ]


def _unsettled(order: Open, answer: BankAnswered, message: Message) -> Sequence[Fact]:
    """Unknown or absent: only the call that is outstanding may say so, not an older one."""
    outstanding = order.calling()
    if outstanding is None or outstanding.id != answer.call:
        return []
    if answer.standing is Standing.ABSENT:
        return [PaymentResumed(order_id=order.id, lease=rules.lease(message.now))]
    at = rules.next_inquiry(message.now, order.unknowns + 1)
    planned = InquiryPlanned(order_id=order.id, at=at, reason=answer.reason)
    return [*_unconfirmed(order, answer.reason), planned]


def ask_bank(deadline: Due, message: Message, book: Book) -> Sequence[Fact]:
    """An inquiry is due, or a call's lease is over: the bank is asked now."""
    return [
        fact
        for order in book.open()
        if order.due <= deadline.at
        for fact in (
            *_unconfirmed(order, "no-outcome"),
            InquiryBegun(order_id=order.id, lease=rules.lease(message.now)),
        )
    ]


def _unconfirmed(order: Open, reason: str) -> Sequence[Fact]:
    """Said once for every time the bank was told to pay, not for every inquiry."""
    if not isinstance(order, Ordered):
        return []
    return [PaymentUnconfirmed(order_id=order.id, attempt=order.calls, reason=reason)]


def _booked(
    message: Message, book: Book, moves: Iterable[Move], cause: str = ""
) -> Sequence[Booked]:
    entries = ledger.post(book.entries, moves, message.now, cause or message.id)
    return [Booked(entries=entries)] if entries else []


def evolve(book: Book, fact: Fact) -> Book:
    """Copies a fact into the book."""
    match fact:
        case Booked(entries=entries):
            return book.model_copy(update={"entries": (*book.entries, *entries)})
        case OrderPlaced():
            return book.model_copy(update={"orders": (*book.orders, _ordered(fact))})
        case InquiryPlanned() | InquiryBegun() | PaymentResumed():
            return _with(book, fact.order_id, fact)
        case PaymentSettled() | PaymentFailed():
            return _with(book, fact.order_id, fact)
        case _:
            return book


def _with(book: Book, id_: str, fact: Fact) -> Book:
    orders = tuple(_after(order, fact) if order.id == id_ else order for order in book.orders)
    return book.model_copy(update={"orders": orders})


def _ordered(placed: OrderPlaced) -> Ordered:
    return Ordered(
        id=placed.order_id,
        approval=placed.approval,
        amount=placed.amount,
        claim=placed.claim,
        cause=placed.cause,
        payee=placed.payee,
        due=placed.lease,
    )


def _after(order: AnyOrder, fact: Fact) -> AnyOrder:
    held = {**order.model_dump(exclude={"stage"}), "amount": order.amount}
    match fact:
        case InquiryPlanned(at=at, reason=reason):
            unknowns = held["unknowns"] + 1
            return Unconfirmed(**held | {"due": at, "reason": reason, "unknowns": unknowns})
        case InquiryBegun(lease=lease):
            return Inquiring(**held | {"due": lease, "calls": order.calls + 1})
        case PaymentResumed(lease=lease):
            return Ordered(**held | {"due": lease, "calls": order.calls + 1})
        case PaymentSettled(transfer_id=transfer_id):
            return Settled(**held, transfer_id=transfer_id)
        case PaymentFailed(reason=reason):
            return Failed(**held | {"reason": reason})
        case _:
            return order


BOOK: Decider[Book] = Decider(
    kind="book",
    state=TypeAdapter(Book),
    initial=Book(),
    decide=decide,
    evolve=evolve,
    due=due,
    calls=calls,
    outcome=BankAnswered,
)
"""The rules for the book of one claim."""
