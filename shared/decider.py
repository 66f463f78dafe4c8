"""What a service's rules look like to the runtime: pure functions over one document.

    decide(message, state) -> [facts]        evolve(state, fact) -> state

Neither waits, reads a clock, draws a random number, logs or does I/O. Time and ids arrive in the
message. `[]` is an answer: already so, or not our business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import TypeAdapter

from shared.contracts.base import Fact, Private, Value
from shared.contracts.event import Event, Record, derived

S = TypeVar("S")


class Command(Value):
    """A wish from outside, over HTTP. It may be refused; a fact may not."""


class Due(Value):
    """A deadline of the document fell due. `at` is the deadline, not the time it was noticed."""

    at: datetime


class Call(Value):
    """A call to the outside that the state says is outstanding: stored before it is made.

    `id` goes along as the idempotency key. `cause` is what the facts of its outcome will name as
    their cause, where that is not the message that brought the call about (a timer knows little
    of why). Subclasses say what is to be called.
    """

    id: str
    cause: str = ""


class CallOutcome(Value):
    """What came of a `Call`. Subclasses say what the outside answered."""

    call: str


class Refusal(Private):
    """An expected no to a command: told to the caller, never stored. `code` names the rule."""

    type: ClassVar[str] = "refusal"
    code: str
    detail: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that came in through the door, whatever it is.

    `id` makes it count once. `cause` is what its facts will name as their cause: usually itself,
    for the outcome of a call the fact that ordered the call. `now` is the time of the decision.
    `known` holds what the service looked up for it (a policy, say). `record` is the Kafka record
    it came in, which the broker delivers again until its offset is committed, and `event` what was
    read from it; a message without one must be remembered by the store. `digest` tells a repeated
    command from a changed one.
    """

    id: str
    subject: str
    body: Fact | Command | Due | CallOutcome
    now: datetime
    insurer: str
    cause: str = ""
    traceparent: str = ""
    digest: str = ""
    record: Record | None = None
    event: Event | None = None
    known: Mapping[str, Any] = field(default_factory=dict)

    def derive(self, *parts: str) -> str:
        """An id that this message, decided again, gives again."""
        return derived(self.subject, self.id, *parts)


def itself(_state: Any) -> str | None:
    """For documents that are named as the claim they speak of."""
    return None


def nothing_due(_state: Any) -> datetime | None:
    """For documents without deadlines."""
    return None


def no_calls(_state: Any) -> Sequence[Call]:
    """For documents that never call outside."""
    return ()


@dataclass(frozen=True)
class Decider(Generic[S]):
    """The rules for one kind of document (`kind` names it, and its collection).

    `due` is the document's earliest deadline; a timer that leaves it where it was is a bug.
    `calls` are the outside calls that the state says are outstanding, and `outcome` is what comes
    of them. `about` names the claim that the document's facts speak of, where the document is not
    named as the claim itself.
    """

    kind: str
    state: TypeAdapter[S]
    initial: S
    decide: Callable[[Message, S], Sequence[Fact]]
    evolve: Callable[[S, Fact], S]
    due: Callable[[S], datetime | None] = nothing_due
    calls: Callable[[S], Sequence[Call]] = no_calls
    outcome: type[CallOutcome] = CallOutcome
    about: Callable[[S], str | None] = itself
