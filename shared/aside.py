"""A message set aside, and the message that it becomes again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared.decider import CallOutcome, Decider, Due, Message
from shared.errors import Unprocessable, Unreadable
from shared.store import Inner, Parked

MOST_REASON = 2_000
"""Characters of a reason. A bug may quote whatever it met."""


class Behind(Unprocessable):
    """An earlier message of the same claim is parked."""

    def __init__(self) -> None:
        super().__init__("an earlier message of this claim is parked")


def reason(error: Exception) -> str:
    """The kind of error, and what it says."""
    return f"{type(error).__name__}: {error}"[:MOST_REASON]


def parked(message: Message, error: Exception, kind: str = "") -> Parked:
    """The parked form of a message that could not be processed.

    `kind` names the door that a message without a record goes through.
    """
    return Parked(
        id=message.id,
        subject=message.subject,
        reason=reason(error),
        at=message.now,
        behind=isinstance(error, Behind),
        record=message.record,
        type=type(message.body).__name__,
        inner=None if message.record else _inner(message, kind),
    )


def again(inner: Inner, entry: Parked, decider: Decider[Any], now: datetime) -> Message | None:
    """The timer or outcome that was parked; None if its document has to bring it back.

    Raises `Unreadable` if this release has another form for it.
    """
    if not inner.body or entry.subject is None:
        return None
    form = Due if entry.type == Due.__name__ else decider.outcome
    try:
        body = form.model_validate_json(inner.body)
    except ValidationError as error:
        raise Unreadable(f"the parked {entry.type} does not fit: {error}") from error
    return Message(
        id=entry.id,
        subject=entry.subject,
        body=body,
        now=now,
        insurer=inner.insurer,
        cause=inner.cause,
        traceparent=inner.traceparent,
    )


def _inner(message: Message, kind: str) -> Inner:
    """A body that is neither a deadline nor an outcome never came: its caller broke."""
    came = isinstance(message.body, Due | CallOutcome)
    return Inner(
        kind=kind,
        body=message.body.model_dump_json() if came else "",
        cause=message.cause,
        insurer=message.insurer,
        traceparent=message.traceparent,
    )
