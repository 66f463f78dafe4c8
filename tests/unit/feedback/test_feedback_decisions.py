"""What feedback does about what it hears, as given, when and then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.feedback.decide import COMPLAINT, SURVEY
from services.feedback.office import read_office
from services.feedback.rules import answer_by
from services.feedback.state import (
    Acknowledged,
    AnswerComplaint,
    AnswerDue,
    Answered,
    AnswerSurvey,
    Channel,
    ComplaintKept,
    DecisionKept,
    Invited,
    Overdue,
    Ratings,
    Settled,
    SurveyOpened,
    TakeComplaint,
    Taken,
    VerdictKept,
)
from shared.contracts.claims import ClaimClosed, Outcome, WithdrawalAccepted
from shared.contracts.feedback import (
    ComplaintAcknowledged,
    ComplaintAnswered,
    ComplaintClass,
    ComplaintReceived,
    SurveyAnswered,
    SurveyInvited,
)
from shared.decider import Due, Refusal
from shared.money import zero
from shared.testing.spec import NOON, Given, given

OFFICE = read_office("Asia/Shanghai")
NUMBER = "CLM-1"  # the document's id in `shared.testing.spec`, whatever it is a document of
RATINGS = {
    "reliability": 5,
    "responsiveness": 4,
    "convenience": 3,
    "security": 2,
    "kindness": 1,
}
ANSWER_BY = answer_by(NOON, OFFICE)
HANDLERS = OFFICE.handlers[ComplaintClass.STAFF]

CLOSED = ClaimClosed(outcome=Outcome.PAID, paid=zero(), customer="C-7")
VERDICT = AnswerSurvey(**RATINGS, comment="很快，谢谢")


def a_closed_claim() -> Given[Any]:
    return given(SURVEY, SurveyOpened(customer="C-7", at=NOON), SurveyInvited(customer="C-7"))


def an_answered_survey() -> Given[Any]:
    given_answer = VerdictKept(ratings=Ratings(**RATINGS), comment="很快，谢谢", at=NOON)
    return Given(SURVEY, SURVEY.evolve(a_closed_claim().state, given_answer))


# -- surveys


def test_a_closed_claim_invites_its_customer() -> None:
    outcome = given(SURVEY).when(CLOSED)
    outcome.then(SurveyOpened(customer="C-7", at=NOON), SurveyInvited(customer="C-7"))
    assert outcome.state == Invited(customer="C-7", invited_at=NOON)


def test_a_claim_that_closes_again_is_not_asked_about_again() -> None:
    a_closed_claim().when(CLOSED, id_="m-2").then_nothing()
    an_answered_survey().when(CLOSED, id_="m-2").then_nothing()


def test_an_answer_is_published_without_its_comment() -> None:
    outcome = a_closed_claim().when(VERDICT)
    outcome.then(
        VerdictKept(ratings=Ratings(**RATINGS), comment="很快，谢谢", at=NOON),
        SurveyAnswered(**RATINGS),
    )
    assert "comment" not in SurveyAnswered.model_fields
    assert isinstance(outcome.state, Answered)
    assert outcome.state.comment == "很快，谢谢"


def test_a_customer_who_was_not_invited_cannot_answer() -> None:
    given(SURVEY).when(VERDICT).then_refused("not-invited")


def test_a_second_answer_is_refused() -> None:
    an_answered_survey().when(VERDICT, id_="m-2").then_refused("already-answered")


@pytest.mark.parametrize("rating", [0, 6, -1, True, "5", 3.5, None])
def test_a_rating_is_a_whole_number_from_one_to_five(rating: object) -> None:
    with pytest.raises(ValidationError):
        AnswerSurvey(**RATINGS | {"kindness": rating})  # type: ignore[arg-type]


def test_a_comment_has_two_thousand_characters_at_most() -> None:
    assert AnswerSurvey(**RATINGS, comment="好" * 2000)
    with pytest.raises(ValidationError):
        AnswerSurvey(**RATINGS, comment="好" * 2001)


def test_a_survey_hears_nothing_else() -> None:
    with pytest.raises(TypeError, match="WithdrawalAccepted"):
        given(SURVEY).when(WithdrawalAccepted())


# -- complaints


def asked(claim: str | None = "CLM-9", words: str = "没有人回电话") -> TakeComplaint:
    return TakeComplaint(
        claim=claim,
        customer="C-7",
        complaint_class=ComplaintClass.STAFF,
        channel=Channel.PHONE,
        text=words,
    )


def kept(claim: str | None = "CLM-9") -> ComplaintKept:
    taken = Taken(
        **asked(claim).model_dump(),
        received_at=NOON,
        handler=HANDLERS[0],
        answer_by=ANSWER_BY,
    )
    return ComplaintKept(taken=taken)


def decision(by: str = "吴丽华") -> AnswerComplaint:
    return AnswerComplaint(upheld=True, decision="我们道歉。", answered_by=by)


DECIDED = DecisionKept(upheld=True, decision="我们道歉。", answered_by="吴丽华", at=NOON)


def test_a_complaint_is_taken_and_acknowledged_with_a_handler_and_a_date() -> None:
    given(COMPLAINT).when(asked(), office=OFFICE).then(
        kept(),
        ComplaintReceived(complaint=NUMBER, complaint_class=ComplaintClass.STAFF),
        ComplaintAcknowledged(complaint=NUMBER, handler=HANDLERS[0], answer_by=ANSWER_BY),
    )


def test_the_words_of_a_complaint_are_in_no_public_fact() -> None:
    facts = given(COMPLAINT).when(asked(words="SECRET"), office=OFFICE).facts
    assert "SECRET" not in "".join(fact.model_dump_json() for fact in facts if not fact.private)


def test_the_facts_of_a_complaint_speak_of_its_claim() -> None:
    assert COMPLAINT.about(given(COMPLAINT, kept()).state) == "CLM-9"


def test_a_complaint_about_no_claim_speaks_of_itself() -> None:
    assert COMPLAINT.about(given(COMPLAINT, kept(claim=None)).state) is None


def test_a_number_that_is_taken_is_not_given_twice() -> None:
    given(COMPLAINT, kept()).when(asked(), office=OFFICE, id_="m-2").then_refused("number-taken")


def test_a_complaint_waits_for_its_date() -> None:
    assert COMPLAINT.due(given(COMPLAINT, kept()).state) == ANSWER_BY


def test_a_complaint_is_answered_once_with_a_decision() -> None:
    outcome = given(COMPLAINT, kept()).when(decision())
    outcome.then(DECIDED, ComplaintAnswered(complaint=NUMBER, upheld=True, answered_by="吴丽华"))
    assert isinstance(outcome.state, Settled)
    assert outcome.state.decision == "我们道歉。"
    assert COMPLAINT.due(outcome.state) is None


def test_a_second_answer_is_told_who_answered_and_when() -> None:
    (refusal,) = given(COMPLAINT, kept(), DECIDED).when(decision("陈静"), id_="m-2").facts
    assert isinstance(refusal, Refusal)
    assert refusal.code == "already-answered"
    assert refusal.detail == "吴丽华 answered this complaint on 2026-03-10T04:00:00+00:00."


def test_a_complaint_that_nobody_made_cannot_be_answered() -> None:
    given(COMPLAINT).when(decision()).then_refused("no-complaint")


def test_a_complaint_whose_date_has_passed_is_overdue() -> None:
    outcome = given(COMPLAINT, kept()).when(Due(at=ANSWER_BY), now=ANSWER_BY)
    outcome.then(AnswerDue(at=ANSWER_BY))
    assert isinstance(outcome.state, Overdue)
    assert COMPLAINT.due(outcome.state) is None


def test_an_overdue_complaint_can_still_be_answered() -> None:
    book = given(COMPLAINT, kept(), AnswerDue(at=ANSWER_BY))
    assert isinstance(book.when(decision()).state, Settled)


def test_a_deadline_of_an_answered_complaint_is_none_of_our_business() -> None:
    given(COMPLAINT, kept(), DECIDED).when(Due(at=ANSWER_BY)).then_nothing()


def test_a_complaint_hears_nothing_else() -> None:
    with pytest.raises(TypeError, match="ClaimClosed"):
        given(COMPLAINT).when(CLOSED)


@pytest.mark.parametrize("words", ["", "   ", "字" * 2001])
def test_a_complaint_has_words_but_not_too_many(words: str) -> None:
    with pytest.raises(ValidationError):
        asked(words=words)


def test_documents_survive_the_store() -> None:
    for decider, state in (
        (SURVEY, a_closed_claim().state),
        (SURVEY, an_answered_survey().state),
        (COMPLAINT, given(COMPLAINT, kept()).state),
        (COMPLAINT, given(COMPLAINT, kept(), AnswerDue(at=ANSWER_BY)).state),
        (COMPLAINT, given(COMPLAINT, kept(), DECIDED).state),
    ):
        raw = decider.state.dump_python(state, mode="json")
        assert decider.state.validate_python(raw) == state


def test_a_deadline_before_it_was_taken_is_impossible() -> None:
    state = given(COMPLAINT, kept()).state
    assert isinstance(state, Acknowledged)
    assert state.answer_by - state.received_at > timedelta(days=15)
    assert state.answer_by.tzinfo is UTC
    assert state.received_at == datetime(2026, 3, 10, 4, tzinfo=UTC)
