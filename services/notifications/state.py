"""The correspondence of one claim: who is written to, and every letter with its fate.

    Unreached ──ClaimReported──> Reached         letters heard of earlier wait in `Unreached`

and each letter in it:

    Waiting ──contact known──┬─ no contact ──────────────────────────────> Delivered (inbox)
                             │
                             └──> Posted ──┬─ accepted by the carrier ───> Delivered (email)
                                  ^  ^     ├─ no e-mail in the contact ──> Delivered (inbox)
        lease ran out: again ─────┘  │     ├─ refused, or put off 8 times > Bounced
                                     │     └─ put off, carrier away ──┐
                                     └──────── time to try again ── PutOff

`Posted` is stored before anything is mailed. Its lease runs out when the process that mailed it
died without hearing the outcome; then it is mailed again under the same Message-ID.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from services.notifications.content import Content
from shared.contracts.base import KindOfLoss, Language, Private, Value
from shared.decider import Call, CallOutcome
from shared.money import Money


class Medium(StrEnum):
    """How a letter reaches its reader; the `channel` of `MessageDelivered`."""

    EMAIL = "email"
    INBOX = "inbox"


# -- what becomes of a letter


class Waiting(Value):
    """Nobody knows yet whom to write to."""

    status: Literal["waiting"] = "waiting"


class Posted(Value):
    """Being mailed. `attempt` counts from 1, `deferrals` how often the carrier put it off so far.

    Until `lease` the outcome is awaited; after it, the process that mailed it is taken for dead.
    """

    status: Literal["posted"] = "posted"
    attempt: int
    deferrals: int
    lease: datetime


class PutOff(Value):
    """To be mailed again at `again`. `reason` is an SMTP code or one of our own words."""

    status: Literal["put-off"] = "put-off"
    attempt: int
    deferrals: int
    again: datetime
    reason: str


class Delivered(Value):
    """Handed over."""

    status: Literal["delivered"] = "delivered"
    channel: Medium
    at: datetime
    attempts: int


class Bounced(Value):
    """Refused for good by the carrier. The letter stands in the inbox all the same."""

    status: Literal["bounced"] = "bounced"
    at: datetime
    attempts: int
    reason: str


Fate = Annotated[Waiting | Posted | PutOff | Delivered | Bounced, Field(discriminator="status")]


class Letter(Value):
    """One message to the customer. `id` is derived from `cause`, the event it tells about.

    `at` is when that event happened, wherever the letter was in the meantime.
    """

    id: str
    cause: str
    at: datetime
    content: Content
    fate: Fate = Waiting()


class ClaimFile(Value):
    """What every letter of the claim may say of it, and the sealed contact to write to."""

    claim: str
    customer: str
    language: Language
    contact: str | None
    policy_number: str
    kind: KindOfLoss
    loss_at: datetime
    claimed: Money


class Unreached(Value):
    """Intake's report has not been heard yet; what others said meanwhile waits here."""

    phase: Literal["unreached"] = "unreached"
    letters: tuple[Letter, ...] = ()


class Reached(Value):
    """It is known whom to write to."""

    phase: Literal["reached"] = "reached"
    file: ClaimFile
    letters: tuple[Letter, ...] = ()


Correspondence = Annotated[Unreached | Reached, Field(discriminator="phase")]
CORRESPONDENCE: TypeAdapter[Unreached | Reached] = TypeAdapter(Correspondence)


# -- private facts


class ContactLearned(Private):
    """It is known whom to write to, and about what."""

    file: ClaimFile


class LetterWritten(Private):
    """There is something to tell the customer."""

    letter: Letter


class LetterPosted(Private):
    """The letter is about to be mailed: stored before it is."""

    letter: str
    fate: Posted


class LetterPutOff(Private):
    """The letter could not be mailed now."""

    letter: str
    fate: PutOff


class LetterDelivered(Private):
    """The letter was handed over."""

    letter: str
    fate: Delivered


class LetterBounced(Private):
    """The letter was refused for good."""

    letter: str
    fate: Bounced


# -- the outside call and its outcomes


class SendCall(Call):
    """Mail this letter. `id` is the letter's id, a slash, and the attempt."""

    file: ClaimFile
    letter: Letter
    attempt: int


class Accepted(Value):
    """The carrier took the letter over."""

    answer: Literal["accepted"] = "accepted"


class NoAddress(Value):
    """The sealed contact holds no e-mail address."""

    answer: Literal["no-address"] = "no-address"


class Refused(Value):
    """The carrier will never take it (SMTP 5xx). `reason` names the code, not the person."""

    answer: Literal["refused"] = "refused"
    reason: str


class Deferred(Value):
    """The carrier did not take it this time: SMTP 4xx, a timeout, a connection lost half-way."""

    answer: Literal["deferred"] = "deferred"
    reason: str


class Away(Value):
    """No carrier was reached: this says nothing about the recipient."""

    answer: Literal["away"] = "away"
    reason: str


class Crowded(Value):
    """All of our connections were in use: nothing was tried, and nothing learned of anybody."""

    answer: Literal["crowded"] = "crowded"


Answer = Annotated[
    Accepted | NoAddress | Refused | Deferred | Away | Crowded, Field(discriminator="answer")
]


class Answered(CallOutcome):
    """What came of mailing a letter, the how-manieth time."""

    letter: str
    attempt: int
    answer: Answer
