"""What a letter tells: codes, amounts and dates, never personal data in clear.

`template` names the text that a content is told in; see `templates/`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Reason, Value
from shared.contracts.claims import Line, Outcome, Track
from shared.contracts.intake import RequestedItem
from shared.money import Money


class Reported(Value):
    """The report arrived. `decide_by` is the latest day of the decision if nothing is missing."""

    template: Literal["reported"] = "reported"
    decide_by: datetime


class DocumentsAsked(Value):
    """All that is still missing, in one list."""

    template: Literal["documents-asked"] = "documents-asked"
    items: tuple[RequestedItem, ...]


class Referred(Value):
    """A person looks at the claim: who, and by when there is an answer."""

    template: Literal["referred"] = "referred"
    track: Track
    owner: str
    decide_by: datetime
    reasons: tuple[Reason, ...]


class Approved(Value):
    """The decision to pay. `pay_by` is the last day on which the money may arrive."""

    template: Literal["approved"] = "approved"
    amount: Money
    in_full: bool
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    automatic: bool
    pay_by: datetime


class Denied(Value):
    """The refusal with its reasons."""

    template: Literal["denied"] = "denied"
    reasons: tuple[Reason, ...]
    automatic: bool


class Paid(Value):
    """The bank has credited the money. `reference` is the bank's own number."""

    template: Literal["paid"] = "paid"
    amount: Money
    reference: str


class Closed(Value):
    """Nothing more is to be done: how it ended, what was paid, the question how it was."""

    template: Literal["closed"] = "closed"
    outcome: Outcome
    paid: Money


class Withdrawn(Value):
    """The claim was taken back."""

    template: Literal["withdrawn"] = "withdrawn"


class WithdrawalDeclined(Value):
    """The claim could no longer be taken back, and why."""

    template: Literal["withdrawal-refused"] = "withdrawal-refused"
    reason: Reason


Content = Annotated[
    Reported
    | DocumentsAsked
    | Referred
    | Approved
    | Denied
    | Paid
    | Closed
    | Withdrawn
    | WithdrawalDeclined,
    Field(discriminator="template"),
]
