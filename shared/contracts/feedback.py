"""What feedback says: the customer was asked, answered, or complained."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from shared.contracts.base import Fact


class ComplaintClass(StrEnum):
    """The four complaint classes of S1 section 7; `service` stands for product or service."""

    SERVICE = "service"
    TRANSACTION = "transaction"
    STAFF = "staff"
    TECHNICAL = "technical"


class SurveyInvited(Fact):
    """The customer of a closed claim was asked for a verdict (客户满意度)."""

    type: ClassVar[str] = "claimpath.feedback.survey-invited.v1"
    customer: str


class SurveyAnswered(Fact):
    """Five SERVPERF dimensions on a scale of 1 to 5. The comment stays with feedback."""

    type: ClassVar[str] = "claimpath.feedback.survey-answered.v1"
    reliability: int
    responsiveness: int
    convenience: int
    security: int
    kindness: int


class ComplaintReceived(Fact):
    """A complaint was taken and numbered. Its words stay with feedback."""

    type: ClassVar[str] = "claimpath.feedback.complaint-received.v1"
    complaint: str
    complaint_class: ComplaintClass


class ComplaintAcknowledged(Fact):
    """The complainant has a number, a named handler and a date for the answer."""

    type: ClassVar[str] = "claimpath.feedback.complaint-acknowledged.v1"
    complaint: str
    handler: str
    answer_by: datetime


class ComplaintAnswered(Fact):
    """The complaint was answered with a decision."""

    type: ClassVar[str] = "claimpath.feedback.complaint-answered.v1"
    complaint: str
    upheld: bool
    answered_by: str


FACTS: tuple[type[Fact], ...] = (
    SurveyInvited,
    SurveyAnswered,
    ComplaintReceived,
    ComplaintAcknowledged,
    ComplaintAnswered,
)
