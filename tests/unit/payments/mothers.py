"""The messages and facts that stories about payments are told with."""

from datetime import datetime, timedelta

from services.payments.calls import BankAnswered, Standing
from services.payments.decide import BOOK
from services.payments.ledger import Account, Entry, Memo
from services.payments.state import (
    Book,
    Booked,
    InquiryBegun,
    InquiryPlanned,
    OrderPlaced,
    PaymentResumed,
)
from shared.contracts.base import Reason
from shared.contracts.claims import ClaimApproved, ClaimDenied, LossAssessed
from shared.contracts.event import derived
from shared.contracts.payments import (
    PaymentFailed,
    PaymentOrdered,
    PaymentSettled,
    PaymentUnconfirmed,
)
from shared.money import Money
from shared.testing.spec import NOON, Given, given

CLAIM, MESSAGE = "CLM-1", "m-1"
ORDER = derived(CLAIM, MESSAGE, "order", "1")
SECOND_ORDER = derived(CLAIM, "m-2", "order", "2")
LEASE = NOON + timedelta(seconds=45)
PAY, INQUIRE, PAY_AGAIN = f"{ORDER}/pay/1", f"{ORDER}/inquire/2", f"{ORDER}/pay/3"


def yuan(amount: int, currency: str = "CNY") -> Money:
    return Money(minor=amount * 100, currency=currency)


def assessed(reserve: int = 300, currency: str = "CNY") -> LossAssessed:
    money = yuan(reserve, currency)
    return LossAssessed(claimed=money, payable=money, reserve=money, lines=())


def approved(amount: int = 250, approval: int = 1, currency: str = "CNY") -> ClaimApproved:
    return ClaimApproved(
        approval=approval,
        amount=yuan(amount, currency),
        in_full=True,
        lines=(),
        reasons=(),
        decided_by="network",
        payee="sealed",
    )


def denied() -> ClaimDenied:
    return ClaimDenied(reasons=(Reason(code="no", zh="否", en="No."),), decided_by="desk")


def entry(
    number: int, debit: Account, credit: Account, amount: int, memo: Memo, cause: str
) -> Entry:
    return Entry(
        number=number,
        at=NOON,
        debit=debit,
        credit=credit,
        amount=yuan(amount),
        memo=memo,
        cause=cause,
    )


def raised(number: int, amount: int, cause: str = MESSAGE) -> Entry:
    return entry(number, Account.LOSS_EXPENSE, Account.RESERVE, amount, Memo.RESERVE_RAISED, cause)


def lowered(number: int, amount: int, cause: str = MESSAGE) -> Entry:
    return entry(number, Account.RESERVE, Account.LOSS_EXPENSE, amount, Memo.RESERVE_LOWERED, cause)


def made_payable(number: int, amount: int, cause: str = ORDER) -> Entry:
    return entry(number, Account.RESERVE, Account.PAYABLE, amount, Memo.APPROVED, cause)


def paid_out(number: int, amount: int, cause: str = ORDER) -> Entry:
    return entry(number, Account.PAYABLE, Account.BANK, amount, Memo.SETTLED, cause)


def reserved_again(number: int, amount: int, cause: str = ORDER) -> Entry:
    return entry(number, Account.PAYABLE, Account.RESERVE, amount, Memo.FAILED, cause)


def booked(*entries: Entry) -> Booked:
    return Booked(entries=entries)


def announced(order: str = ORDER, approval: int = 1, amount: int = 250) -> PaymentOrdered:
    return PaymentOrdered(order_id=order, approval=approval, amount=yuan(amount))


def placed(
    order: str = ORDER, approval: int = 1, amount: int = 250, lease: datetime = LEASE
) -> OrderPlaced:
    return OrderPlaced(
        order_id=order,
        approval=approval,
        amount=yuan(amount),
        claim=CLAIM,
        cause=MESSAGE if approval == 1 else f"m-{approval}",
        payee="sealed",
        lease=lease,
    )


def ordered() -> tuple[Booked, PaymentOrdered, OrderPlaced]:
    """What the approval of 250 yuan comes to where nothing was known before."""
    return booked(raised(1, 250, ORDER), made_payable(2, 250)), announced(), placed()


def settled(order: str = ORDER, approval: int = 1, amount: int = 250) -> PaymentSettled:
    return PaymentSettled(order_id=order, approval=approval, amount=yuan(amount), transfer_id="BK1")


def failed(reason: str = "AC04") -> PaymentFailed:
    return PaymentFailed(order_id=ORDER, approval=1, amount=yuan(250), reason=reason)


def unconfirmed(attempt: int = 1, reason: str = "timeout") -> PaymentUnconfirmed:
    return PaymentUnconfirmed(order_id=ORDER, attempt=attempt, reason=reason)


def planned(seconds: int, reason: str = "timeout") -> InquiryPlanned:
    return InquiryPlanned(order_id=ORDER, at=NOON + timedelta(seconds=seconds), reason=reason)


def begun(lease: datetime = LEASE) -> InquiryBegun:
    return InquiryBegun(order_id=ORDER, lease=lease)


def resumed(lease: datetime = LEASE) -> PaymentResumed:
    return PaymentResumed(order_id=ORDER, lease=lease)


def answered(
    standing: Standing, call: str = PAY, reason: str = "", order: str = ORDER
) -> BankAnswered:
    transfer = "BK1" if standing is Standing.SETTLED else ""
    return BankAnswered(
        call=call, order_id=order, standing=standing, transfer_id=transfer, reason=reason
    )


def an_ordered_book() -> Given[Book]:
    return given(BOOK, *ordered())


def an_unconfirmed_book() -> Given[Book]:
    return given(BOOK, *ordered(), unconfirmed(), planned(2))


def an_inquiring_book() -> Given[Book]:
    return given(BOOK, *ordered(), unconfirmed(), planned(2), begun())


def a_settled_book() -> Given[Book]:
    return given(BOOK, *ordered(), booked(paid_out(3, 250)), settled())


def a_failed_book() -> Given[Book]:
    return given(BOOK, *ordered(), booked(reserved_again(3, 250)), failed())
