"""What becomes of a claim: one small function for each message that can come in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from services.claims import reasons
from services.claims.calculation import assess
from services.claims.cover import Cover, cover_for
from services.claims.decision import (
    DecideClaim,
    Measured,
    approve,
    approve_by_person,
    deny,
    taken_already,
)
from services.claims.policy import Policy
from services.claims.risk import score
from services.claims.rulebook import Rulebook
from services.claims.state import (
    NETWORK,
    STATE,
    Approved,
    ClaimFile,
    Closed,
    Known,
    State,
    SubmissionTaken,
    Unsubmitted,
    Waiting,
    Withdrawn,
    evolve,
)
from services.claims.triage import triage
from shared.contracts.base import Fact, Reason
from shared.contracts.claims import (
    ClaimClosed,
    ClaimTriaged,
    CoverDeclined,
    LossAssessed,
    Outcome,
    Track,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.contracts.intake import ClaimSubmitted, WithdrawalRequested
from shared.contracts.payments import PaymentFailed, PaymentSettled
from shared.decider import Decider, Message
from shared.errors import UnknownSubject, Unprocessable


def claim_decider(book: Rulebook) -> Decider[State]:
    """The rules for claims, under this rulebook."""
    return Decider("claim", STATE, Unsubmitted(), partial(decide, book), evolve)


def decide(book: Rulebook, message: Message, state: State) -> Sequence[Fact]:
    """Routes by what came in."""
    match message.body:
        case ClaimSubmitted() as submission:
            return on_submitted(book, message, submission, state)
        case DecideClaim() as command:
            return decide_claim(book, message, command, state)
        case PaymentSettled() as settled:
            return on_payment_settled(message, settled, state)
        case PaymentFailed() as failure:
            return on_payment_failed(book, message, failure, state)
        case WithdrawalRequested():
            return on_withdrawal_requested(message, state)
        case body:
            raise TypeError(f"claims do not hear {type(body).__name__}")


def on_submitted(
    book: Rulebook, message: Message, submission: ClaimSubmitted, state: State
) -> Sequence[Fact]:
    """Cover, loss, risk, track, and the decision or the referral. Submitted twice: nothing."""
    if not isinstance(state, Unsubmitted):
        return []
    file = ClaimFile(submission=submission)
    policy: Policy | None = message.known["policy"]
    if policy is None:
        unknown = reasons.policy_unknown(submission.policy_number)
        return [SubmissionTaken(submission=submission), *_to_a_person(book, message, file, unknown)]
    cover = cover_for(submission, policy, book.zone)
    if isinstance(cover, CoverDeclined):
        found = [cover, *deny(file, cover.reasons, NETWORK, message.now)]
    else:
        found = [cover.confirmed(), *_covered(book, message, file, cover)]
    return [SubmissionTaken(submission=submission), *found]


def decide_claim(
    book: Rulebook, message: Message, command: DecideClaim, state: State
) -> Sequence[Fact]:
    """A person decides, where a person is waited for."""
    if not isinstance(state, Waiting):
        return [taken_already(message.subject, state, book.zone)]
    if command.decision == "deny":
        return deny(state.file, command.given(), command.decided_by, message.now)
    policy: Policy | None = message.known.get("policy")
    return approve_by_person(command, state, policy, message.now, book.zone)


def on_payment_settled(message: Message, settled: PaymentSettled, state: State) -> Sequence[Fact]:
    """The money arrived: closed as paid. Already closed, or an older approval: nothing.

    Raises `Unprocessable` where this approval's payment was said to have failed: money may have
    moved twice, and ops must look.
    """
    known = _known(message, state)
    if settled.approval != known.file.approvals or _paid(known):
        return []
    if not isinstance(known, Approved):
        raise Unprocessable(f"approval {settled.approval} settled after it had failed")
    customer = known.file.submission.customer
    return [ClaimClosed(outcome=Outcome.PAID, paid=settled.amount, customer=customer)]


def on_payment_failed(
    book: Rulebook, message: Message, failure: PaymentFailed, state: State
) -> Sequence[Fact]:
    """No money moved: a person decides again. Referred already, or an older approval: nothing.

    Raises `Unprocessable` where this approval's payment was said to have settled.
    """
    known = _known(message, state)
    if failure.approval == known.file.approvals and _paid(known):
        raise Unprocessable(f"approval {failure.approval} failed after it had settled")
    if failure.approval != known.file.approvals or not isinstance(known, Approved):
        return []
    why = (reasons.payment_failed(failure.reason),)
    kind = known.file.submission.kind
    return [book.referral(message.subject, kind, _personal(known.file), why, message.now)]


def on_withdrawal_requested(message: Message, state: State) -> Sequence[Fact]:
    """Possible until it is decided. Withdrawn already: nothing."""
    match _known(message, state):
        case Withdrawn():
            return []
        case Waiting():
            return [WithdrawalAccepted()]
        case _:
            return [WithdrawalRefused(reason=reasons.decided_already())]


def _covered(book: Rulebook, message: Message, file: ClaimFile, cover: Cover) -> list[Fact]:
    """The loss measured; with nothing payable denied, else on to risk and track."""
    claimed, limit = file.submission.claimed, cover.coverage.limit
    if claimed.currency != limit.currency:
        return _to_a_person(book, message, file, reasons.other_currency(claimed, limit))
    loss = assess(cover.coverage, claimed)
    if not loss.payable:
        why = (reasons.below_deductible(cover.coverage.deductible),)
        return [loss, *deny(file, why, NETWORK, message.now)]
    return [loss, *_triaged(book, message, file, cover, loss)]


def _triaged(
    book: Rulebook, message: Message, file: ClaimFile, cover: Cover, loss: LossAssessed
) -> list[Fact]:
    """Risk and track; the fast lane is approved at once, the others are referred."""
    submission = file.submission
    risk = score(book.scorecard, submission, cover, book.zone)
    put = triage(book.settings(message.now), submission, risk.band)
    if put.track is Track.FAST:
        whole = Measured(loss.payable, loss.lines)
        return [risk, put, *approve(file, whole, loss.payable, (), NETWORK, message.now)]
    referred = book.referral(message.subject, submission.kind, put.track, put.reasons, message.now)
    return [risk, put, referred]


def _to_a_person(book: Rulebook, message: Message, file: ClaimFile, why: Reason) -> list[Fact]:
    """What no rule can measure is complex, and a person looks."""
    kind = file.submission.kind
    referred = book.referral(message.subject, kind, Track.COMPLEX, (why,), message.now)
    return [ClaimTriaged(track=Track.COMPLEX, reasons=(why,)), referred]


def _personal(file: ClaimFile) -> Track:
    """The track on which a person looks at it again: the fast lane has nobody."""
    put = file.triage
    return Track.COMPLEX if put is not None and put.track is Track.COMPLEX else Track.STANDARD


def _paid(state: Known) -> bool:
    return isinstance(state, Closed) and state.closing.outcome is Outcome.PAID


def _known(message: Message, state: State) -> Known:
    if isinstance(state, Unsubmitted):
        raise UnknownSubject(f"claim {message.subject} was never submitted")
    return state
