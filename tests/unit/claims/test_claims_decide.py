"""What becomes of a claim, message by message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.claims import state
from services.claims.decision import DecideClaim
from services.claims.state import DecisionTaken, SubmissionTaken
from shared.contracts.base import Fact, Private, Reason
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    ClaimReferred,
    ClaimTriaged,
    CoverConfirmed,
    CoverDeclined,
    LossAssessed,
    Outcome,
    RiskBand,
    RiskScored,
    Track,
    WithdrawalAccepted,
    WithdrawalRefused,
)
from shared.contracts.intake import ClaimSubmitted, WithdrawalRequested
from shared.contracts.payments import PaymentFailed, PaymentOrdered, PaymentSettled
from shared.decider import Refusal
from shared.errors import UnknownSubject, Unprocessable
from shared.money import Money
from shared.testing.spec import NOON, Given, given

from .claims_examples import BOOK, CLAIM, asked, policy, submitted, yuan

WHY = [{"code": "estimate", "zh": "定损较低", "en": "The estimate is lower."}]
Claim = Given[state.State]


def after(submission: ClaimSubmitted, product: str = "motor", **terms: Any) -> Claim:
    """The claim after its submission under a policy of that product."""
    known = policy(asked(product, **terms))
    return Given(CLAIM, given(CLAIM).when(submission, policy=known).state)


def then(claim: Claim, body: Any, **known: Any) -> Claim:
    return Given(CLAIM, claim.when(body, **known).state)


def waiting() -> Claim:
    """20,000 yuan of own damage: standard, 19,500 yuan payable."""
    return after(submitted(claimed=yuan(20_000)))


def approve(**more: Any) -> DecideClaim:
    given_ = {"decision": "approve", "decided_by": "Li Na"}
    return DecideClaim.model_validate(given_ | more)


def deny() -> DecideClaim:
    given_ = {"decision": "deny", "decided_by": "Li Na", "reasons": WHY}
    return DecideClaim.model_validate(given_)


def settled(approval: int = 1, amount: Money | None = None) -> PaymentSettled:
    paid = amount or yuan(3_500)
    return PaymentSettled(order_id="o-1", approval=approval, amount=paid, transfer_id="t-1")


def failure(approval: int = 1) -> PaymentFailed:
    return PaymentFailed(order_id="o-1", approval=approval, amount=yuan(3_500), reason="AC04")


def public(facts: Any) -> list[type[Fact]]:
    return [type(fact) for fact in facts if not isinstance(fact, Private)]


# -- submission


def test_a_small_motor_claim_at_low_risk_is_approved_by_the_network() -> None:
    outcome = given(CLAIM).when(submitted(), policy=policy(asked()))
    _, cover, loss, risk, put, decision, approval = outcome.only(
        SubmissionTaken,
        CoverConfirmed,
        LossAssessed,
        RiskScored,
        ClaimTriaged,
        DecisionTaken,
        ClaimApproved,
    )
    assert (cover.policy_version, cover.coverage) == (1, "own-damage")
    assert loss.payable == loss.reserve == yuan(3_500)
    assert (risk.score, risk.band) == (0, RiskBand.LOW)
    assert put.track is Track.FAST
    assert (decision.by, decision.at) == ("network", NOON)
    assert (approval.approval, approval.amount) == (1, yuan(3_500))
    assert (approval.decided_by, approval.payee) == ("network", "sealed")
    assert not approval.in_full
    assert [reason.code for reason in approval.reasons] == ["deductible"]
    assert approval.lines == loss.lines


def test_a_claim_that_nothing_is_taken_off_of_is_approved_in_full() -> None:
    none = [{"coverage": "own-damage", "deductible": {"minor": 0}}]
    outcome = given(CLAIM).when(submitted(), policy=policy(asked(coverages=none)))
    approval = outcome.facts[-1]
    assert isinstance(approval, ClaimApproved)
    assert approval.in_full
    assert approval.reasons == ()


def test_a_larger_claim_is_referred_to_a_named_owner_with_a_promised_date() -> None:
    outcome = given(CLAIM).when(submitted(claimed=yuan(20_000)), policy=policy(asked()))
    *_, put, referral = outcome.only(
        SubmissionTaken, CoverConfirmed, LossAssessed, RiskScored, ClaimTriaged, ClaimReferred
    )
    assert put.track is referral.track is Track.STANDARD
    assert referral.owner.startswith("Motor desk, ")
    assert referral.decide_by == datetime(2026, 3, 17, 16, 0, tzinfo=UTC)
    assert referral.reasons == put.reasons


def test_a_complex_claim_is_promised_in_fifteen_working_days() -> None:
    known = policy(asked("critical-illness"))
    outcome = given(CLAIM).when(submitted("critical-illness", yuan(50_000)), policy=known)
    referral = outcome.facts[-1]
    assert isinstance(referral, ClaimReferred)
    assert referral.track is Track.COMPLEX
    assert referral.decide_by == datetime(2026, 3, 31, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("submission", "product", "terms", "code"),
    [
        (submitted("home"), "motor", {}, "kind-not-insured"),
        (submitted(), "motor", {"starts": "2026-03-09"}, "policy-not-in-force"),
        (submitted("health"), "health", {"starts": "2026-02-15"}, "waiting-period"),
    ],
)
def test_a_loss_without_cover_is_denied_and_closed_with_the_reason(
    submission: ClaimSubmitted, product: str, terms: dict[str, Any], code: str
) -> None:
    outcome = given(CLAIM).when(submission, policy=policy(asked(product, **terms)))
    _, declined, decision, denial, closing = outcome.only(
        SubmissionTaken, CoverDeclined, DecisionTaken, ClaimDenied, ClaimClosed
    )
    assert [reason.code for reason in declined.reasons] == [code]
    assert denial.reasons == declined.reasons
    assert all(reason.zh and reason.en for reason in denial.reasons)
    assert denial.decided_by == decision.by == "network"
    assert (closing.outcome, closing.paid, closing.customer) == (Outcome.DENIED, yuan(0), "CUS-1")


def test_a_loss_below_the_deductible_is_denied() -> None:
    outcome = given(CLAIM).when(submitted(claimed=yuan(500)), policy=policy(asked()))
    *_, denial, _ = outcome.only(
        SubmissionTaken, CoverConfirmed, LossAssessed, DecisionTaken, ClaimDenied, ClaimClosed
    )
    assert [reason.code for reason in denial.reasons] == ["below-deductible"]


def test_a_claim_under_an_unknown_policy_is_looked_at_by_a_person() -> None:
    outcome = given(CLAIM).when(submitted(), policy=None)
    _, put, referral = outcome.only(SubmissionTaken, ClaimTriaged, ClaimReferred)
    assert put.track is referral.track is Track.COMPLEX
    assert [reason.code for reason in referral.reasons] == ["policy-unknown"]


def test_a_claim_in_another_currency_is_looked_at_by_a_person() -> None:
    outcome = given(CLAIM).when(submitted(claimed=yuan(100, "USD")), policy=policy(asked()))
    *_, referral = outcome.only(SubmissionTaken, CoverConfirmed, ClaimTriaged, ClaimReferred)
    assert [reason.code for reason in referral.reasons] == ["other-currency"]


def test_a_claim_submitted_twice_is_decided_once() -> None:
    after(submitted()).when(submitted(), id_="m-2", policy=policy(asked())).then_nothing()


def test_the_same_submission_is_always_decided_alike() -> None:
    known = policy(asked())
    first = given(CLAIM).when(submitted(), policy=known)
    given(CLAIM).when(submitted(), policy=known).then(*first.facts)


# -- a person's decision


def test_a_person_approves_the_payable_amount_by_default() -> None:
    decision, approval = waiting().when(approve()).only(DecisionTaken, ClaimApproved)
    assert (decision.decision, decision.by, decision.at) == ("approved", "Li Na", NOON)
    assert (approval.approval, approval.amount) == (1, yuan(19_500))
    assert approval.decided_by == "Li Na"


def test_a_person_approves_less_and_says_why() -> None:
    command = approve(amount={"minor": 10_000_00}, reasons=WHY)
    _, approval = waiting().when(command).only(DecisionTaken, ClaimApproved)
    assert approval.amount == yuan(10_000)
    assert [reason.code for reason in approval.reasons] == ["deductible", "estimate"]
    assert approval.lines[-1].step == "decided"
    assert approval.lines[-1].amount == yuan(10_000)


def test_less_than_payable_without_a_reason_is_refused() -> None:
    waiting().when(approve(amount={"minor": 10_000_00})).then_refused("reasons-needed")


def test_more_than_payable_is_refused() -> None:
    waiting().when(approve(amount={"minor": 19_500_01})).then_refused("cover-exceeded")


def test_another_currency_than_the_cover_is_refused() -> None:
    command = approve(amount={"minor": 100, "currency": "USD"})
    waiting().when(command).then_refused("wrong-currency")


def test_a_person_denies_with_reasons_and_the_claim_is_closed() -> None:
    outcome = waiting().when(deny())
    _, denial, closing = outcome.only(DecisionTaken, ClaimDenied, ClaimClosed)
    assert denial.decided_by == "Li Na"
    assert denial.reasons == (Reason(code="estimate", zh="定损较低", en="The estimate is lower."),)
    assert (closing.outcome, closing.paid) == (Outcome.DENIED, yuan(0))
    assert isinstance(outcome.state, state.Closed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": "deny"},
        {"decision": "deny", "reasons": WHY, "amount": {"minor": 1}},
        {"amount": {"minor": 0}},
        {"amount": {"minor": -1}},
        {"decided_by": ""},
        {"decided_by": "  "},
        {"decided_by": "Network"},
        {"amonut": {"minor": 1}},
    ],
)
def test_a_decision_that_makes_no_sense_is_not_a_decision(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        approve(**wrong)


@pytest.mark.parametrize("command", [approve(), deny()])
def test_the_second_person_is_told_who_decided_and_when(command: DecideClaim) -> None:
    decided = then(waiting(), deny())
    outcome = decided.when(command, now=NOON + timedelta(hours=1), id_="m-2")
    outcome.then_refused("not-waiting")
    (refusal,) = outcome.facts
    assert isinstance(refusal, Refusal)
    assert "denied by Li Na at 2026-03-10 12:00:00+08:00" in refusal.detail


def test_what_the_network_decided_is_not_decided_by_a_person() -> None:
    after(submitted()).when(deny()).then_refused("not-waiting")


def test_a_withdrawn_or_unheard_of_claim_is_not_decided() -> None:
    then(waiting(), WithdrawalRequested()).when(approve()).then_refused("not-waiting")
    given(CLAIM).when(approve()).then_refused("not-waiting")


# -- a policy that was unknown at first


def stray() -> Claim:
    return Given(CLAIM, given(CLAIM).when(submitted(), policy=None).state)


def test_a_claim_is_not_approved_while_its_policy_is_unknown() -> None:
    stray().when(approve(), policy=None).then_refused("cover-unknown")


def test_a_claim_whose_policy_was_registered_later_is_measured_when_it_is_approved() -> None:
    outcome = stray().when(approve(), policy=policy(asked()))
    *_, approval = outcome.only(CoverConfirmed, LossAssessed, DecisionTaken, ClaimApproved)
    assert approval.amount == yuan(3_500)


def test_a_policy_registered_later_that_gives_no_cover_pays_nothing() -> None:
    late = policy(asked(starts="2026-03-09"))
    stray().when(approve(), policy=late).then_refused("cover-declined")
    assert public(stray().when(deny(), policy=late).facts) == [ClaimDenied, ClaimClosed]


def test_a_claim_in_another_currency_needs_an_amount_in_the_currency_of_the_cover() -> None:
    foreign, known = after(submitted(claimed=yuan(100, "USD"))), policy(asked())
    foreign.when(approve(), policy=known).then_refused("amount-needed")
    dollars = approve(amount={"minor": 1, "currency": "USD"})
    foreign.when(dollars, policy=known).then_refused("wrong-currency")
    too_much = approve(amount={"minor": 200_000_01})
    foreign.when(too_much, policy=known).then_refused("cover-exceeded")
    outcome = foreign.when(approve(amount={"minor": 700_00}), policy=known)
    _, approval = outcome.only(DecisionTaken, ClaimApproved)
    assert approval.amount == yuan(700)


# -- payment


def test_money_that_arrived_closes_the_claim_as_paid() -> None:
    outcome = after(submitted()).when(settled())
    outcome.then(ClaimClosed(outcome=Outcome.PAID, paid=yuan(3_500), customer="CUS-1"))
    assert isinstance(outcome.state, state.Closed)


def test_money_that_arrived_twice_closes_the_claim_once() -> None:
    then(after(submitted()), settled()).when(settled(), id_="m-2").then_nothing()


def test_a_failed_payment_brings_the_claim_back_to_a_person() -> None:
    (referral,) = after(submitted()).when(failure()).only(ClaimReferred)
    assert referral.track is Track.STANDARD
    assert [reason.code for reason in referral.reasons] == ["payment-failed"]
    assert "AC04" in referral.reasons[0].en
    assert "AC04" in referral.reasons[0].zh


def test_a_complex_claim_stays_complex_when_its_payment_fails() -> None:
    complex_ = then(after(submitted(claimed=yuan(20_000), injury=True)), approve())
    (referral,) = complex_.when(failure()).only(ClaimReferred)
    assert referral.track is Track.COMPLEX


def test_approving_again_after_a_failed_payment_is_the_second_approval() -> None:
    again = then(after(submitted()), failure()).when(approve(), id_="m-2")
    _, approval = again.only(DecisionTaken, ClaimApproved)
    assert approval.approval == 2
    closed = then(Given(CLAIM, again.state), settled(approval=2))
    assert isinstance(closed.state, state.Closed)


def test_the_outcome_of_an_older_approval_changes_nothing() -> None:
    again = then(then(after(submitted()), failure()), approve())
    again.when(failure(approval=1)).then_nothing()
    again.when(settled(approval=1)).then_nothing()


def test_a_payment_that_failed_twice_is_referred_once() -> None:
    then(after(submitted()), failure()).when(failure(), id_="m-2").then_nothing()


def test_a_claim_may_be_denied_after_its_payment_failed() -> None:
    again = then(after(submitted()), failure()).when(deny(), id_="m-2")
    assert public(again.facts) == [ClaimDenied, ClaimClosed]


@pytest.mark.parametrize("then_", [None, deny(), WithdrawalRequested()])
def test_a_failed_payment_that_settles_after_all_is_parked_for_ops(then_: Any) -> None:
    claim = then(after(submitted()), failure())
    claim = then(claim, then_) if then_ else claim
    with pytest.raises(Unprocessable, match="settled after it had failed"):
        claim.when(settled(), id_="m-3")


def test_a_settled_payment_that_fails_after_all_is_parked_for_ops() -> None:
    with pytest.raises(Unprocessable, match="failed after it had settled"):
        then(after(submitted()), settled()).when(failure(), id_="m-3")


# -- withdrawal


def test_a_waiting_claim_can_be_withdrawn() -> None:
    outcome = waiting().when(WithdrawalRequested())
    outcome.then(WithdrawalAccepted())
    assert isinstance(outcome.state, state.Withdrawn)


@pytest.mark.parametrize("bodies", [(), (settled(),)])
def test_a_decided_claim_can_no_longer_be_withdrawn(bodies: tuple[Fact, ...]) -> None:
    claim = after(submitted())
    for body in bodies:
        claim = then(claim, body)
    (refused,) = claim.when(WithdrawalRequested(), id_="m-3").only(WithdrawalRefused)
    assert refused.reason.code == "decided-already"


def test_a_withdrawn_claim_is_withdrawn_once() -> None:
    withdrawn = then(waiting(), WithdrawalRequested())
    withdrawn.when(WithdrawalRequested(), id_="m-2").then_nothing()


# -- what cannot be understood


@pytest.mark.parametrize("body", [settled(), failure(), WithdrawalRequested()])
def test_word_of_a_claim_that_was_never_submitted_is_parked(body: Fact) -> None:
    with pytest.raises(UnknownSubject):
        given(CLAIM).when(body)


def test_what_claims_does_not_hear_is_a_bug_and_not_overlooked() -> None:
    ordered = PaymentOrdered(order_id="o-1", approval=1, amount=yuan(1))
    with pytest.raises(TypeError, match="PaymentOrdered"):
        waiting().when(ordered)


def test_every_state_comes_back_from_the_store_as_it_was() -> None:
    claims = [
        given(CLAIM),
        waiting(),
        stray(),
        after(submitted()),
        then(after(submitted()), settled()),
        then(waiting(), deny()),
        then(waiting(), WithdrawalRequested()),
    ]
    for claim in claims:
        raw = CLAIM.state.dump_python(claim.state, mode="json")
        assert CLAIM.state.validate_python(raw) == claim.state


def test_every_claim_that_waits_has_an_owner_and_a_promise_in_the_future() -> None:
    for number in range(50):
        for kind in BOOK.settings(NOON).fast_lane:
            known = policy(asked(str(kind)))
            outcome = given(CLAIM).when(submitted(str(kind), yuan(9_000 + number)), policy=known)
            referral = outcome.facts[-1]
            assert isinstance(referral, ClaimReferred)
            assert referral.owner
            assert referral.decide_by > NOON
