"""What claims says: cover, loss, risk, track, and the decision with its reasons."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from shared.contracts.base import Fact, KindOfLoss, Reason, Value
from shared.money import Money


class Track(StrEnum):
    """How a claim is worked on. Only the fast lane is decided without a person."""

    FAST = "fast"
    STANDARD = "standard"
    COMPLEX = "complex"


class RiskBand(StrEnum):
    """Risk tier (风险分级)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Outcome(StrEnum):
    """How a closed claim ended."""

    PAID = "paid"
    DENIED = "denied"


class Line(Value):
    """One step of a calculation: what was done and the amount that stood after it."""

    step: str
    zh: str
    en: str
    amount: Money


class PolicyRegistered(Fact):
    """A policy, or a later version of it, is known. The key of this event is the policy number."""

    type: ClassVar[str] = "claimpath.claims.policy-registered.v1"
    policy_number: str
    version: int
    product: str
    customer: str
    kinds: tuple[KindOfLoss, ...]
    starts: date
    ends: date


class CoverConfirmed(Fact):
    """A coverage of the policy, as it stood on the day of loss, answers for this loss (核赔)."""

    type: ClassVar[str] = "claimpath.claims.cover-confirmed.v1"
    policy_number: str
    policy_version: int
    product: str
    coverage: str


class CoverDeclined(Fact):
    """No coverage answers for this loss, and why."""

    type: ClassVar[str] = "claimpath.claims.cover-declined.v1"
    reasons: tuple[Reason, ...]


class LossAssessed(Fact):
    """The loss was measured against the cover (定损): what is payable, and the reserve (准备金)."""

    type: ClassVar[str] = "claimpath.claims.loss-assessed.v1"
    claimed: Money
    payable: Money
    reserve: Money
    lines: tuple[Line, ...]


class RiskScored(Fact):
    """The scorecard was applied: 0 is unremarkable, 100 is as risky as can be."""

    type: ClassVar[str] = "claimpath.claims.risk-scored.v1"
    score: int
    band: RiskBand
    reasons: tuple[Reason, ...]


class ClaimTriaged(Fact):
    """The claim was put on a track, and why."""

    type: ClassVar[str] = "claimpath.claims.claim-triaged.v1"
    track: Track
    reasons: tuple[Reason, ...]


class ClaimReferred(Fact):
    """A person decides. `owner` is the named desk that has it, `decide_by` the promised date."""

    type: ClassVar[str] = "claimpath.claims.claim-referred.v1"
    track: Track
    owner: str
    decide_by: datetime
    reasons: tuple[Reason, ...]


class ClaimApproved(Fact):
    """The claim is to be paid, in whole or in part.

    `approval` counts approvals of the same claim from 1; each causes one payment order.
    `payee` is sealed to payments. `decided_by` is `network` in the fast lane.
    """

    type: ClassVar[str] = "claimpath.claims.claim-approved.v1"
    approval: int
    amount: Money
    in_full: bool
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    decided_by: str
    payee: str


class ClaimDenied(Fact):
    """The claim is refused, with the reasons the law asks for (Insurance Law Art. 24)."""

    type: ClassVar[str] = "claimpath.claims.claim-denied.v1"
    reasons: tuple[Reason, ...]
    decided_by: str


class WithdrawalAccepted(Fact):
    """The customer's withdrawal came before a decision: the claim ends here."""

    type: ClassVar[str] = "claimpath.claims.withdrawal-accepted.v1"


class WithdrawalRefused(Fact):
    """The withdrawal came after the decision."""

    type: ClassVar[str] = "claimpath.claims.withdrawal-refused.v1"
    reason: Reason


class ClaimClosed(Fact):
    """Nothing more is to be done for this claim (结案)."""

    type: ClassVar[str] = "claimpath.claims.claim-closed.v1"
    outcome: Outcome
    paid: Money
    customer: str


FACTS: tuple[type[Fact], ...] = (
    PolicyRegistered,
    CoverConfirmed,
    CoverDeclined,
    LossAssessed,
    RiskScored,
    ClaimTriaged,
    ClaimReferred,
    ClaimApproved,
    ClaimDenied,
    WithdrawalAccepted,
    WithdrawalRefused,
    ClaimClosed,
)
