"""The stages of a survey and of a complaint, and the facts that only feedback needs.

NotInvited --ClaimClosed--> Invited --AnswerSurvey--> Answered

NotTaken --TakeComplaint--> Acknowledged --AnswerComplaint--> Settled
                                 |                              ^
                                 `--answer_by--> Overdue -------'
                                                   AnswerComplaint
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Private, Value
from shared.contracts.feedback import ComplaintClass
from shared.decider import Command

LONGEST_TEXT = 2_000
"""Characters of a comment, a complaint or a decision."""

Rating = Annotated[int, Field(ge=1, le=5, strict=True)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


class Channel(StrEnum):
    """How a complaint reached the insurer."""

    APP = "app"
    WEB = "web"
    PHONE = "phone"
    BRANCH = "branch"
    LETTER = "letter"
    REGULATOR = "regulator"


class Ratings(Value):
    """The five dimensions of SERVPERF, from 1 (not at all) to 5 (fully)."""

    reliability: Rating
    responsiveness: Rating
    convenience: Rating
    security: Rating
    kindness: Rating


class AnswerSurvey(Ratings, Command):
    """The customer's verdict."""

    comment: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""


class TakeComplaint(Command):
    """A customer complains, about a claim perhaps."""

    claim: Reference | None = None
    customer: Reference
    complaint_class: ComplaintClass
    channel: Channel
    text: Words


class AnswerComplaint(Command):
    """The handler's decision, in words the customer will read."""

    upheld: Annotated[bool, Field(strict=True)]
    decision: Words
    answered_by: Name


class NotInvited(Value):
    """The claim has not closed."""

    stage: Literal["not-invited"] = "not-invited"


class Invited(Value):
    """The customer was asked."""

    stage: Literal["invited"] = "invited"
    customer: str
    invited_at: datetime


class Answered(Value):
    """The customer answered."""

    stage: Literal["answered"] = "answered"
    customer: str
    invited_at: datetime
    answered_at: datetime
    ratings: Ratings
    comment: str


Survey = Annotated[NotInvited | Invited | Answered, Field(discriminator="stage")]


class NotTaken(Value):
    """No complaint has this number."""

    stage: Literal["not-taken"] = "not-taken"


class Taken(Value):
    """What is known of every complaint. `answer_by` is promised, and asked for by law."""

    claim: str | None
    customer: str
    complaint_class: ComplaintClass
    channel: Channel
    text: str
    received_at: datetime
    handler: str
    answer_by: datetime


class Acknowledged(Taken):
    """The complainant has a number, a handler and a date."""

    stage: Literal["acknowledged"] = "acknowledged"


class Overdue(Taken):
    """The date has passed without an answer."""

    stage: Literal["overdue"] = "overdue"


class Settled(Taken):
    """The complaint was answered."""

    stage: Literal["answered"] = "answered"
    upheld: bool
    decision: str
    answered_by: str
    answered_at: datetime


Complaint = Annotated[NotTaken | Acknowledged | Overdue | Settled, Field(discriminator="stage")]


class SurveyOpened(Private):
    """The customer was asked at this time."""

    customer: str
    at: datetime


class VerdictKept(Private):
    """The customer's answer with its comment, which is not published."""

    ratings: Ratings
    comment: str
    at: datetime


class ComplaintKept(Private):
    """The complaint with its words, which are not published."""

    taken: Taken


class AnswerDue(Private):
    """The date for the answer has passed."""

    at: datetime


class DecisionKept(Private):
    """The answer with its words, which are not published."""

    upheld: bool
    decision: str
    answered_by: str
    at: datetime
