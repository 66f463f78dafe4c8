"""What payments asks the bank, and what it hears back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.decider import Call, CallOutcome
from shared.money import Money


class PayCall(Call):
    """Move the money, once: `order_id` is the end-to-end id and the idempotency key.

    `payee` is sealed to payments. Whoever has not begun the call by `until`, with time left to
    wait for the answer, leaves it: an inquiry takes its place.
    """

    order_id: str
    amount: Money
    payee: str
    remittance: str
    until: datetime


class InquireCall(Call):
    """What became of this order?"""

    order_id: str
    until: datetime


class Standing(StrEnum):
    """What is known of an order after a call."""

    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """The bank never received it."""


class BankAnswered(CallOutcome):
    """What came of a call to the bank.

    `transfer_id` is the bank's number of a settled transfer. `reason` is an ISO 20022 status
    reason where it is rejected, our own short word where it is unknown.
    """

    order_id: str
    standing: Standing
    transfer_id: str = ""
    reason: str = ""
