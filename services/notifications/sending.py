"""The fate of one letter: posted, put off, delivered or bounced, as facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from services.notifications.rules import FIRST_PAUSE, LEASE, MOST_DEFERRALS, after, pause
from services.notifications.state import (
    Accepted,
    Answered,
    Away,
    Bounced,
    ClaimFile,
    Crowded,
    Deferred,
    Delivered,
    Letter,
    LetterBounced,
    LetterDelivered,
    LetterPosted,
    LetterPutOff,
    Medium,
    NoAddress,
    Posted,
    PutOff,
    Refused,
)
from shared.contracts.base import Fact
from shared.contracts.notifications import MessageBounced, MessageDelivered


def concluded(letter: Letter, posted: Posted, outcome: Answered, now: datetime) -> list[Fact]:
    """What the answer to the newest attempt makes of the letter."""
    match outcome.answer:
        case Accepted():
            return delivered(letter, Medium.EMAIL, posted.attempt, now)
        case NoAddress():
            return delivered(letter, Medium.INBOX, posted.attempt, now)
        case Refused(reason=reason):
            return _bounced(letter, posted, reason, now)
        case Deferred(reason=reason):
            return _deferred(letter, posted, reason, now)
        case Away(reason=reason):
            return [_put_off(letter, posted, reason, now, pause(posted.attempt))]
        case Crowded():
            return [_put_off(letter, posted, "no-connection-free", now, FIRST_PAUSE)]
        case never:
            assert_never(never)


def _deferred(letter: Letter, posted: Posted, reason: str, now: datetime) -> list[Fact]:
    counted = posted.model_copy(update={"deferrals": posted.deferrals + 1})
    if counted.deferrals >= MOST_DEFERRALS:
        return _bounced(letter, counted, reason, now)
    return [_put_off(letter, counted, reason, now, pause(posted.attempt))]


def _put_off(
    letter: Letter, posted: Posted, reason: str, now: datetime, wait: timedelta
) -> LetterPutOff:
    fate = PutOff(
        attempt=posted.attempt,
        deferrals=posted.deferrals,
        again=after(now, wait),
        reason=reason,
    )
    return LetterPutOff(letter=letter.id, fate=fate)


def send(letter: Letter, file: ClaimFile, now: datetime) -> list[Fact]:
    """The first step of a letter whose reader is known: into the inbox, or on its way by mail."""
    if file.contact is None:
        return delivered(letter, Medium.INBOX, 1, now)
    return [_posted(letter, 1, 0, now)]


def again(letter: Letter, now: datetime) -> list[Fact]:
    """The next attempt, if its time has come."""
    at = deadline(letter)
    match letter.fate:
        case (Posted() | PutOff()) as fate if at is not None and at <= now:
            return [_posted(letter, fate.attempt + 1, fate.deferrals, now)]
        case _:
            return []


def _posted(letter: Letter, attempt: int, deferrals: int, now: datetime) -> LetterPosted:
    fate = Posted(attempt=attempt, deferrals=deferrals, lease=after(now, LEASE))
    return LetterPosted(letter=letter.id, fate=fate)


def delivered(letter: Letter, channel: Medium, attempts: int, now: datetime) -> list[Fact]:
    """The letter was handed over: noted here, and told to the network."""
    fate = Delivered(channel=channel, at=now, attempts=attempts)
    said = MessageDelivered(
        template=letter.content.template, channel=channel, cause=letter.cause, attempts=attempts
    )
    return [LetterDelivered(letter=letter.id, fate=fate), said]


def _bounced(letter: Letter, posted: Posted, reason: str, now: datetime) -> list[Fact]:
    fate = Bounced(at=now, attempts=posted.attempt, reason=reason)
    said = MessageBounced(
        template=letter.content.template,
        channel=Medium.EMAIL,
        cause=letter.cause,
        attempts=posted.attempt,
        reason=reason,
    )
    return [LetterBounced(letter=letter.id, fate=fate), said]


def deadline(letter: Letter) -> datetime | None:
    """When something must be done for this letter, if nothing is heard of it before."""
    match letter.fate:
        case Posted(lease=lease):
            return lease
        case PutOff(again=again):
            return again
        case _:
            return None
