"""What intake decides about a claim."""

from __future__ import annotations

from datetime import date

import pytest

from services.intake.checklists import PAYEE as PAYEE_ITEM
from services.intake.decide import POLICY, AddDocument, NamePayee, PayeeNamed, Withdraw
from services.intake.state import Collecting, KnownPolicy, Submitted, Withdrawn
from shared.contracts.base import KindOfLoss
from shared.contracts.claims import PolicyRegistered
from shared.contracts.intake import (
    Circumstances,
    ClaimReported,
    ClaimSubmitted,
    ClaimWithdrawn,
    DocumentsRequested,
    WithdrawalRequested,
)
from shared.testing.spec import given
from tests.unit.intake.mothers import (
    CHECKLISTS,
    CLAIM,
    MOTOR,
    PAYEE,
    kept,
    received,
    report,
    reported,
)


def asked(*codes: str, kind: KindOfLoss = KindOfLoss.MOTOR) -> DocumentsRequested:
    """The one list, with these items."""
    every = {item.code: item for item in CHECKLISTS[kind].wanted(Circumstances())}
    return DocumentsRequested(items=tuple(every.get(c, PAYEE_ITEM) for c in codes))


def test_a_report_is_taken_and_all_that_is_missing_asked_in_one_list() -> None:
    outcome = given(CLAIM).when(report("identity"))
    outcome.then(
        reported(),
        kept("identity"),
        asked("driving-licence", "photos", "repair-estimate", "payee"),
    )


def test_a_report_that_lacks_nothing_is_submitted_at_once() -> None:
    outcome = given(CLAIM).when(report(*MOTOR, payee=PAYEE))
    first, _, submitted = outcome.facts
    assert isinstance(first, ClaimReported)
    assert isinstance(submitted, ClaimSubmitted)
    assert submitted.payee == PAYEE
    assert [document.item for document in submitted.documents] == list(MOTOR)
    assert outcome.state == Submitted()


@pytest.mark.parametrize(
    ("circumstances", "extra"),
    [
        (Circumstances(third_party=True), {"police-report"}),
        (Circumstances(injury=True), {"medical-record"}),
        (Circumstances(third_party=True, injury=True), {"police-report", "medical-record"}),
        (Circumstances(police_report=True), set()),
    ],
)
def test_the_list_follows_the_circumstances(circumstances: Circumstances, extra: set[str]) -> None:
    outcome = given(CLAIM).when(report(circumstances=circumstances))
    request = outcome.facts[-1]
    assert isinstance(request, DocumentsRequested)
    assert {item.code for item in request.items} == {*MOTOR, "payee"} | extra


def test_a_claim_reported_twice_is_reported_once() -> None:
    given(CLAIM, reported(), kept()).when(report()).then_nothing()


def test_a_document_that_was_asked_for_is_kept() -> None:
    outcome = given(CLAIM, reported(), kept()).when(AddDocument(document=received("photos")))
    outcome.then(received("photos"))
    assert isinstance(outcome.state, Collecting)


def test_the_last_missing_document_submits_the_claim() -> None:
    history = (reported(), kept(*MOTOR[:-1], payee=PAYEE))
    outcome = given(CLAIM, *history).when(AddDocument(document=received(MOTOR[-1])))
    assert outcome.facts[0] == received(MOTOR[-1])
    assert isinstance(outcome.facts[1], ClaimSubmitted)


def test_the_payee_named_last_submits_the_claim() -> None:
    outcome = given(CLAIM, reported(), kept(*MOTOR)).when(NamePayee(payee=PAYEE))
    assert outcome.facts[0] == PayeeNamed(payee=PAYEE)
    assert isinstance(outcome.facts[1], ClaimSubmitted)


def test_the_same_document_again_changes_nothing() -> None:
    history = (reported(), kept(), received("photos"))
    given(CLAIM, *history).when(AddDocument(document=received("photos"))).then_nothing()


def test_a_better_photo_of_the_same_item_is_kept_too() -> None:
    history = (reported(), kept(), received("photos"))
    better = received("photos", sha256="2" * 64)
    given(CLAIM, *history).when(AddDocument(document=better)).then(better)


def test_a_document_nobody_asked_for_is_refused() -> None:
    wish = AddDocument(document=received("horoscope"))
    given(CLAIM, reported(), kept()).when(wish).then_refused("not-on-the-list")


def test_documents_after_submission_are_refused() -> None:
    outcome = given(CLAIM).when(report(*MOTOR, payee=PAYEE))
    wish = AddDocument(document=received("photos"))
    given(CLAIM, *outcome.facts).when(wish).then_refused("already-submitted")


def test_a_document_for_a_claim_nobody_reported_is_refused() -> None:
    given(CLAIM).when(AddDocument(document=received("photos"))).then_refused("not-reported")


def test_the_payee_cannot_be_changed_after_submission() -> None:
    submitted = given(CLAIM).when(report(*MOTOR, payee=PAYEE)).facts
    given(CLAIM, *submitted).when(NamePayee(payee="another")).then_refused("not-collecting")


def test_a_claim_is_withdrawn_before_it_is_submitted() -> None:
    outcome = given(CLAIM, reported(), kept()).when(Withdraw())
    outcome.then(ClaimWithdrawn())
    assert outcome.state == Withdrawn()


def test_of_a_submitted_claim_every_withdrawal_is_asked_of_claims() -> None:
    """Claims may refuse one while a payment is under way, and allow it after the bank refused."""
    submitted = given(CLAIM).when(report(*MOTOR, payee=PAYEE)).facts
    given(CLAIM, *submitted).when(Withdraw()).then(WithdrawalRequested())
    again = given(CLAIM, *submitted, WithdrawalRequested()).when(Withdraw())
    again.then(WithdrawalRequested())


def test_a_withdrawn_claim_is_not_withdrawn_again_and_takes_no_documents() -> None:
    history = (reported(), kept(), ClaimWithdrawn())
    given(CLAIM, *history).when(Withdraw()).then_nothing()
    wish = AddDocument(document=received("photos"))
    given(CLAIM, *history).when(wish).then_refused("withdrawn")


def test_nobody_withdraws_what_nobody_reported() -> None:
    given(CLAIM).when(Withdraw()).then_refused("not-reported")


def policy(version: int) -> PolicyRegistered:
    return PolicyRegistered(
        policy_number="P-1",
        version=version,
        product="motor-standard",
        customer="C-1",
        kinds=(KindOfLoss.MOTOR,),
        starts=date(2026, 1, 1),
        ends=date(2026, 12, 31),
    )


def test_the_register_notes_a_policy_and_its_newer_versions_only() -> None:
    noted = given(POLICY).when(policy(1))
    assert isinstance(noted.state, KnownPolicy)
    assert noted.state.version == 1
    later = given(POLICY, *noted.facts).when(policy(2))
    assert isinstance(later.state, KnownPolicy)
    assert later.state.version == 2
    given(POLICY, *later.facts).when(policy(1)).then_nothing()
    given(POLICY, *later.facts).when(policy(2)).then_nothing()
