"""Approving and denying, whoever does it: the facts, and when a person's decision is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from services.claims.calculation import assess, reductions
from services.claims.cover import Cover, cover_for
from services.claims.policy import Policy
from services.claims.state import NETWORK, ClaimFile, DecisionTaken, State, Unsubmitted, Waiting
from shared.contracts.base import Fact, Reason, Value
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    CoverDeclined,
    Line,
    Outcome,
)
from shared.decider import Command, Refusal
from shared.money import Money, zero

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class GivenReason(Value):
    """A reason that a person gives, in words for the customer."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    zh: Annotated[str, Field(min_length=1, max_length=1000)]
    en: Annotated[str, Field(min_length=1, max_length=1000)]


class DecideClaim(Command):
    """A person's decision. Without `amount` the payable amount is approved.

    Reasons are required to deny (Insurance Law Art. 24) and to approve less than is payable.
    """

    # A misspelt `amount` must not approve the whole payable amount.
    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "deny"]
    decided_by: Name
    amount: Money | None = None
    reasons: Annotated[tuple[GivenReason, ...], Field(max_length=20, validate_default=True)] = ()

    @field_validator("decided_by")
    @classmethod
    def _a_person(cls, by: str) -> str:
        if by.strip().lower() == NETWORK:
            raise ValueError(f"names a person, not the {NETWORK}")
        return by

    @field_validator("amount")
    @classmethod
    def _to_be_paid(cls, amount: Money | None, info: ValidationInfo) -> Money | None:
        if amount is not None and info.data.get("decision") == "deny":
            raise ValueError("a claim is denied without an amount")
        if amount is not None and amount.minor <= 0:
            raise ValueError("an approved amount is more than 0; deny the claim instead")
        return amount

    @field_validator("reasons")
    @classmethod
    def _said(cls, given: tuple[GivenReason, ...], info: ValidationInfo) -> tuple[GivenReason, ...]:
        if not given and info.data.get("decision") == "deny":
            raise ValueError("reasons are required to deny a claim")
        return given

    def given(self) -> tuple[Reason, ...]:
        """The reasons as the contracts have them."""
        return tuple(Reason(code=r.code, zh=r.zh, en=r.en) for r in self.reasons)


@dataclass(frozen=True, slots=True)
class Measured:
    """The most that may be approved, and the calculation behind it.

    `found` are facts that come out only now, because the policy came to be known after the claim
    was referred. Without `calculable` the loss is in another currency than the limit, and only a
    person can put a figure to it.
    """

    most: Money
    lines: tuple[Line, ...]
    found: tuple[Fact, ...] = ()
    calculable: bool = True


def deny(file: ClaimFile, why: tuple[Reason, ...], by: str, at: datetime) -> list[Fact]:
    """Denied with reasons and closed with nothing paid (Insurance Law Art. 24)."""
    submission = file.submission
    return [
        DecisionTaken(decision="denied", by=by, at=at),
        ClaimDenied(reasons=why, decided_by=by),
        ClaimClosed(
            outcome=Outcome.DENIED,
            paid=zero(submission.claimed.currency),
            customer=submission.customer,
        ),
    ]


def approve(
    file: ClaimFile,
    measured: Measured,
    amount: Money,
    why: tuple[Reason, ...],
    by: str,
    at: datetime,
) -> list[Fact]:
    """Approved, with the calculation and, where it is not in full, the reasons.

    `approval` counts on from the approvals before; each causes one payment order.
    """
    lines = measured.lines
    if amount != lines[-1].amount:
        decided = Line(step="decided", zh="审批金额", en="Decided by a person", amount=amount)
        lines = (*lines, decided)
    return [
        *measured.found,
        DecisionTaken(decision="approved", by=by, at=at),
        ClaimApproved(
            approval=file.approvals + 1,
            amount=amount,
            in_full=amount == file.submission.claimed,
            lines=lines,
            reasons=(*reductions(measured.lines), *why),
            decided_by=by,
            payee=file.submission.payee,
        ),
    ]


def approve_by_person(
    command: DecideClaim, waiting: Waiting, policy: Policy | None, at: datetime, zone: tzinfo
) -> Sequence[Fact]:
    """Approved by a person, or why not: above the cover, another currency, no reasons for less."""
    measured = measure(waiting.file, policy, zone)
    if isinstance(measured, Refusal):
        return [measured]
    amount = command.amount
    if amount is None and measured.calculable:
        amount = measured.most
    if refusal := _refused(command, amount, measured):
        return [refusal]
    assert amount is not None
    return approve(waiting.file, measured, amount, command.given(), command.decided_by, at)


def measure(file: ClaimFile, policy: Policy | None, zone: tzinfo) -> Measured | Refusal:
    """What may be approved; the cover is looked at now if it could not be before."""
    if file.calculation is not None:
        return Measured(file.calculation.payable, file.calculation.lines)
    if policy is None:
        number = file.submission.policy_number
        return _no("cover-unknown", f"Policy {number} is not registered; register it, or deny.")
    cover = cover_for(file.submission, policy, zone)
    if isinstance(cover, CoverDeclined):
        return _no("cover-declined", " ".join(reason.en for reason in cover.reasons))
    return _late(file, cover)


def taken_already(claim: str, state: State, zone: tzinfo) -> Refusal:
    """Nobody is asked to decide (any more): who decided, and when."""
    if isinstance(state, Unsubmitted) or state.file.decision is None:
        return _no("not-waiting", f"Claim {claim} is {state.stage}: there is nothing to decide.")
    taken = state.file.decision
    when = taken.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    return _no("not-waiting", f"Claim {claim} was {taken.decision} by {taken.by} at {when}.")


def _late(file: ClaimFile, cover: Cover) -> Measured:
    claimed, limit = file.submission.claimed, cover.coverage.limit
    known = () if file.cover is not None else (cover.confirmed(),)
    if claimed.currency != limit.currency:
        asked = Line(step="claimed", zh="索赔金额", en="Amount claimed", amount=claimed)
        return Measured(limit, (asked,), known, calculable=False)
    loss = assess(cover.coverage, claimed)
    return Measured(loss.payable, loss.lines, (*known, loss))


def _refused(command: DecideClaim, amount: Money | None, measured: Measured) -> Refusal | None:
    most = measured.most
    if amount is None:
        return _no("amount-needed", f"Say the amount in {most.currency}, up to {most}.", "amount")
    if amount.currency != most.currency:
        said = f"The cover pays in {most.currency}, not in {amount.currency}."
        return _no("wrong-currency", said, "amount.currency")
    if most < amount or not amount:
        return _no("cover-exceeded", f"{amount} is asked and {most} is payable.", "amount")
    if amount < most and measured.calculable and not command.reasons:
        said = f"{amount} is less than the payable {most}: say why."
        return _no("reasons-needed", said, "reasons")
    return None


def _no(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(code=code, detail=detail, field=field)
