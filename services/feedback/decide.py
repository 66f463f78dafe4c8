"""What feedback does about what it hears: one function per inbound message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from services.feedback import rules
from services.feedback.state import (
    Acknowledged,
    AnswerComplaint,
    AnswerDue,
    Answered,
    AnswerSurvey,
    Complaint,
    ComplaintKept,
    DecisionKept,
    Invited,
    NotInvited,
    NotTaken,
    Overdue,
    Ratings,
    Settled,
    Survey,
    SurveyOpened,
    TakeComplaint,
    Taken,
    VerdictKept,
)
from shared.contracts.base import Fact
from shared.contracts.claims import ClaimClosed
from shared.contracts.feedback import (
    ComplaintAcknowledged,
    ComplaintAnswered,
    ComplaintReceived,
    SurveyAnswered,
    SurveyInvited,
)
from shared.decider import Decider, Due, Message, Refusal

# -- surveys


def decide_survey(message: Message, survey: Survey) -> Sequence[Fact]:
    """Routes by the kind of message."""
    match message.body:
        case ClaimClosed() as closed:
            return invite(closed, message, survey)
        case AnswerSurvey() as answer:
            return take_answer(answer, message, survey)
        case other:
            raise TypeError(f"a survey does not know what to do with {type(other).__name__}")


def invite(closed: ClaimClosed, message: Message, survey: Survey) -> Sequence[Fact]:
    """Asks at once, and once: a claim that closes again is not asked about again."""
    if not isinstance(survey, NotInvited):
        return []
    return [
        SurveyOpened(customer=closed.customer, at=message.now),
        SurveyInvited(customer=closed.customer),
    ]


def take_answer(answer: AnswerSurvey, message: Message, survey: Survey) -> Sequence[Fact]:
    """The first answer counts."""
    match survey:
        case NotInvited():
            return [Refusal(code="not-invited", detail="This claim has not been closed yet.")]
        case Answered(answered_at=at):
            return [Refusal(code="already-answered", detail=f"Answered on {_said(at)}.")]
        case Invited():
            given = answer.model_dump(include=set(Ratings.model_fields))
            ratings = Ratings(**given)
            return [
                VerdictKept(ratings=ratings, comment=answer.comment, at=message.now),
                SurveyAnswered(**given),
            ]


def evolve_survey(survey: Survey, fact: Fact) -> Survey:
    """Copies a fact into the survey."""
    match survey, fact:
        case _, SurveyOpened(customer=customer, at=at):
            return Invited(customer=customer, invited_at=at)
        case Invited(), VerdictKept(ratings=ratings, comment=comment, at=at):
            return Answered(
                customer=survey.customer,
                invited_at=survey.invited_at,
                answered_at=at,
                ratings=ratings,
                comment=comment,
            )
        case _:
            return survey


# -- complaints


def decide_complaint(message: Message, complaint: Complaint) -> Sequence[Fact]:
    """Routes by the kind of message. `message.known` has the `office`."""
    match message.body:
        case TakeComplaint() as taken:
            return take_complaint(taken, message, complaint)
        case AnswerComplaint() as answer:
            return answer_complaint(answer, message, complaint)
        case Due():
            return remind(message, complaint)
        case other:
            raise TypeError(f"a complaint does not know what to do with {type(other).__name__}")


def take_complaint(asked: TakeComplaint, message: Message, complaint: Complaint) -> Sequence[Fact]:
    """Numbered and acknowledged in one breath: nobody has to wait for a name and a date."""
    if not isinstance(complaint, NotTaken):
        return [Refusal(code="number-taken", detail="Another complaint has this number.")]
    number, office = message.subject, message.known["office"]
    handler = rules.handler_of(number, asked.complaint_class, office)
    answer_by = rules.answer_by(message.now, office)
    taken = Taken(
        **asked.model_dump(), received_at=message.now, handler=handler, answer_by=answer_by
    )
    return [
        ComplaintKept(taken=taken),
        ComplaintReceived(complaint=number, complaint_class=asked.complaint_class),
        ComplaintAcknowledged(complaint=number, handler=handler, answer_by=answer_by),
    ]


def answer_complaint(
    answer: AnswerComplaint, message: Message, complaint: Complaint
) -> Sequence[Fact]:
    """The first answer stands; whoever answers again is told whose it was."""
    match complaint:
        case NotTaken():
            return [Refusal(code="no-complaint", detail="No complaint has this number.")]
        case Settled(answered_by=by, answered_at=at):
            detail = f"{by} answered this complaint on {_said(at)}."
            return [Refusal(code="already-answered", detail=detail)]
        case Acknowledged() | Overdue():
            return [
                DecisionKept(**answer.model_dump(), at=message.now),
                ComplaintAnswered(
                    complaint=message.subject,
                    upheld=answer.upheld,
                    answered_by=answer.answered_by,
                ),
            ]


def remind(message: Message, complaint: Complaint) -> Sequence[Fact]:
    """The promised date has passed."""
    return [AnswerDue(at=message.now)] if isinstance(complaint, Acknowledged) else []


def evolve_complaint(complaint: Complaint, fact: Fact) -> Complaint:
    """Copies a fact into the complaint."""
    match complaint, fact:
        case _, ComplaintKept(taken=taken):
            return Acknowledged(**taken.model_dump())
        case Acknowledged(), AnswerDue():
            return Overdue(**_taken(complaint))
        case Acknowledged() | Overdue(), DecisionKept(at=at):
            answer = fact.model_dump(exclude={"at"})
            return Settled(**_taken(complaint), **answer, answered_at=at)
        case _:
            return complaint


def answer_due(complaint: Complaint) -> datetime | None:
    """The date for the answer, until it has passed."""
    return complaint.answer_by if isinstance(complaint, Acknowledged) else None


def claim_of(complaint: Complaint) -> str | None:
    """The claim that is complained about, if it is about one."""
    return complaint.claim if isinstance(complaint, Taken) else None


def _taken(complaint: Taken) -> dict[str, object]:
    return complaint.model_dump(include=set(Taken.model_fields))


def _said(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


SURVEY: Decider[Survey] = Decider(
    kind="survey",
    state=TypeAdapter(Survey),
    initial=NotInvited(),
    decide=decide_survey,
    evolve=evolve_survey,
)
"""The rules for the survey of one claim."""

COMPLAINT: Decider[Complaint] = Decider(
    kind="complaint",
    state=TypeAdapter(Complaint),
    initial=NotTaken(),
    decide=decide_complaint,
    evolve=evolve_complaint,
    due=answer_due,
    about=claim_of,
)
"""The rules for one complaint."""
