"""The states of a claim here, and how facts lead from one to the next.

Unsubmitted --ClaimSubmitted--> Submitted   (only within that one decision)
Submitted   --ClaimReferred---> Waiting     a person decides, by a promised date
Submitted   --ClaimApproved---> Approved    the fast lane
Submitted   --ClaimDenied-----> Denied      no cover, or nothing payable
Waiting     --ClaimApproved---> Approved
Waiting     --ClaimDenied-----> Denied
Waiting     --WithdrawalAccepted--> Withdrawn
Approved    --PaymentSettled: ClaimClosed-----> Closed (paid)
Approved    --PaymentFailed: ClaimReferred----> Waiting, once more
Denied      --ClaimClosed, in the same decision--> Closed (denied)
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from shared.contracts.base import Fact, Private, Value
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    ClaimReferred,
    ClaimTriaged,
    CoverConfirmed,
    CoverDeclined,
    LossAssessed,
    RiskScored,
    WithdrawalAccepted,
)
from shared.contracts.intake import ClaimSubmitted

NETWORK = "network"
"""Who decides in the fast lane, and where cover is objectively missing."""


class SubmissionTaken(Private):
    """The claim as it was submitted, kept for all that follows."""

    submission: ClaimSubmitted


class DecisionTaken(Private):
    """Who decided what, and when: what a second person who decides must be told."""

    decision: Literal["approved", "denied"]
    by: str
    at: datetime


class ClaimFile(Value):
    """What has been found out. `approvals` counts the approvals so far."""

    submission: ClaimSubmitted
    cover: CoverConfirmed | None = None
    declined: CoverDeclined | None = None
    calculation: LossAssessed | None = None
    risk: RiskScored | None = None
    triage: ClaimTriaged | None = None
    decision: DecisionTaken | None = None
    approvals: int = 0


class Unsubmitted(Value):
    """Nothing has been heard of this claim."""

    stage: Literal["unsubmitted"] = "unsubmitted"


class Submitted(Value):
    """In the middle of the first decision; never stored."""

    stage: Literal["submitted"] = "submitted"
    file: ClaimFile


class Waiting(Value):
    """A person decides."""

    stage: Literal["waiting"] = "waiting"
    file: ClaimFile
    referral: ClaimReferred


class Approved(Value):
    """The money is on its way."""

    stage: Literal["approved"] = "approved"
    file: ClaimFile
    approval: ClaimApproved


class Denied(Value):
    """Refused; closed in the same decision."""

    stage: Literal["denied"] = "denied"
    file: ClaimFile
    denial: ClaimDenied


class Closed(Value):
    """Nothing more is to be done. Exactly one of `approval` and `denial` is there."""

    stage: Literal["closed"] = "closed"
    file: ClaimFile
    closing: ClaimClosed
    approval: ClaimApproved | None = None
    denial: ClaimDenied | None = None


class Withdrawn(Value):
    """The customer took the claim back before it was decided."""

    stage: Literal["withdrawn"] = "withdrawn"
    file: ClaimFile


Known = Submitted | Waiting | Approved | Denied | Closed | Withdrawn
State = Unsubmitted | Known
STATE: TypeAdapter[State] = TypeAdapter(Annotated[State, Field(discriminator="stage")])


def evolve(state: State, fact: Fact) -> State:
    """The state after the fact."""
    if isinstance(fact, SubmissionTaken):
        return Submitted(file=ClaimFile(submission=fact.submission))
    if isinstance(state, Unsubmitted):
        return state
    return _moved(_noted(state, fact), fact)


def _noted(state: Known, fact: Fact) -> Known:
    """The file with the finding in it, the stage as it was."""
    match fact:
        case CoverConfirmed():
            return _with(state, cover=fact)
        case CoverDeclined():
            return _with(state, declined=fact)
        case LossAssessed():
            return _with(state, calculation=fact)
        case RiskScored():
            return _with(state, risk=fact)
        case ClaimTriaged():
            return _with(state, triage=fact)
        case DecisionTaken():
            return _with(state, decision=fact)
        case ClaimApproved():
            return _with(state, approvals=fact.approval)
        case _:
            return state


def _moved(state: Known, fact: Fact) -> Known:
    """The stage that the fact leads to."""
    match fact:
        case ClaimReferred():
            return Waiting(file=state.file, referral=fact)
        case ClaimApproved():
            return Approved(file=state.file, approval=fact)
        case ClaimDenied():
            return Denied(file=state.file, denial=fact)
        case WithdrawalAccepted():
            return Withdrawn(file=state.file)
        case ClaimClosed():
            return _closed(state, fact)
        case _:
            return state


def _closed(state: Known, fact: ClaimClosed) -> Closed:
    return Closed(
        file=state.file,
        closing=fact,
        approval=state.approval if isinstance(state, Approved) else None,
        denial=state.denial if isinstance(state, Denied) else None,
    )


def _with(state: Known, **found: Fact | int) -> Known:
    return state.model_copy(update={"file": state.file.model_copy(update=found)})
