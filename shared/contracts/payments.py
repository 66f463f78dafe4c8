"""What payments says: money was ordered, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Fact
from shared.money import Money


class PaymentOrdered(Fact):
    """An order to pay stands in the book and will be taken to the bank."""

    type: ClassVar[str] = "claimpath.payments.payment-ordered.v1"
    order_id: str
    approval: int
    amount: Money


class PaymentUnconfirmed(Fact):
    """The bank gave no usable answer; whether money moved is asked, never assumed.

    Said once for each time the bank was told to pay, not for every inquiry after it. `attempt`
    counts the calls made for the order; `reason` is `timeout`, `connection`, `http-503` ...
    """

    type: ClassVar[str] = "claimpath.payments.payment-unconfirmed.v1"
    order_id: str
    attempt: int
    reason: str


class PaymentSettled(Fact):
    """The money is with the payee. `transfer_id` is the bank's own number."""

    type: ClassVar[str] = "claimpath.payments.payment-settled.v1"
    order_id: str
    approval: int
    amount: Money
    transfer_id: str


class PaymentFailed(Fact):
    """The bank refused the order and no money moved.

    `reason` is an ISO 20022 status reason, or `CP01`, our own: the sealed payee could not be
    opened or names no account, and nothing was sent.
    """

    type: ClassVar[str] = "claimpath.payments.payment-failed.v1"
    order_id: str
    approval: int
    amount: Money
    reason: str


FACTS: tuple[type[Fact], ...] = (
    PaymentOrdered,
    PaymentUnconfirmed,
    PaymentSettled,
    PaymentFailed,
)
