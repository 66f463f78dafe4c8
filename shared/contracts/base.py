"""What every fact and every shared value of the contracts is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value. Readers ignore fields they do not know: contracts only ever grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fact(Value):
    """Something that happened, in the language of insurance, past tense.

    `type` is the CloudEvents type, with the version at its end. `private` facts change the
    state of their own service and are never published.
    """

    type: ClassVar[str]
    private: ClassVar[bool] = False


class Private(Fact):
    """A fact that only its own service needs. It stays in the store."""

    type: ClassVar[str] = "private"
    private: ClassVar[bool] = True


class Service(StrEnum):
    """The five services. Each produces one topic, named after it."""

    INTAKE = "intake"
    CLAIMS = "claims"
    PAYMENTS = "payments"
    NOTIFICATIONS = "notifications"
    FEEDBACK = "feedback"


class KindOfLoss(StrEnum):
    """What happened to the customer; decides the checklist and which coverages can answer."""

    MOTOR = "motor"
    HOME = "home"
    HEALTH = "health"
    ACCIDENT = "accident"
    CRITICAL_ILLNESS = "critical-illness"


class Language(StrEnum):
    """The language a person is written to in."""

    CHINESE = "zh"
    ENGLISH = "en"


class Reason(Value):
    """Why something was decided: a stable code for programs, a sentence in both languages."""

    code: str
    zh: str
    en: str
