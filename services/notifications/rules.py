"""Periods: what the law gives the insurer, and how patient we are with a mail carrier."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.decider import Message

DECISION = timedelta(days=30)
"""From claim and documents to the decision, where the case is complex (Insurance Law Art. 23)."""

PAYMENT = timedelta(days=10)
"""From agreement on the amount to the money (Insurance Law Art. 23)."""

LEASE = timedelta(seconds=60)
"""So long an outcome is awaited. A living process answers within `channels.LONGEST_S`, 50 s."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)

MOST_DEFERRALS = 8
"""A carrier that put the same letter off so many times has refused it."""

MACHINE = "network"
"""`decided_by` where no person decided."""


def happened(message: Message) -> datetime:
    """When the event behind a message happened, however late it is heard.

    A promised or statutory date must not move because this service was stopped.
    """
    return message.now if message.event is None else message.event.time


def pause(attempt: int) -> timedelta:
    """How long to wait after an attempt, counted from 1: twice as long each time, up to a limit."""
    doublings = 1 << min(attempt - 1, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def after(now: datetime, wait: timedelta) -> datetime:
    """A deadline, in whole milliseconds.

    MongoDB keeps no more: a finer deadline would never equal the timer that it sets off.
    """
    at = now + wait
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
