"""A door that can die between any two of its steps.

The same turns as `shared.runtime.Door` makes, in the same order (load, decide, save, publish,
commit), for one document at a time, without waiting and without a store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from shared.contracts.base import Service
from shared.contracts.event import Event
from shared.decider import Decider, Due, Message
from shared.document import Document
from shared.runtime import OWED_AFTER
from shared.turn import Reply, Started, Turn, opened
from tests.faults.deciders.wire import Wire

S = TypeVar("S")
TRACE = f"00-{1:032x}-{1:016x}-00"
INSURER = "demo"


class Dies(StrEnum):
    """When the process dies that handles a message."""

    NEVER = "never"
    BEFORE_PUBLISHING = "before-publishing"
    WHILE_PUBLISHING = "while-publishing"
    BEFORE_COMMITTING = "before-committing"


class Clock:
    """The network's time. Like a real clock it never says the same twice."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=137)
        return self.now

    def pass_by(self, time: timedelta) -> None:
        """So much time passes."""
        self.now += time


@dataclass(frozen=True, slots=True)
class Handled:
    """What one document took at once, and how it stood before and after."""

    door: Door[Any]
    messages: Sequence[Message]
    replies: Sequence[Reply]
    before: Document
    after: Document
    state: Any


@dataclass(frozen=True, slots=True)
class Timer:
    """A deadline as a poller read it. It may fire late, twice, or when it is out of date."""

    door: Door[Any]
    subject: str
    at: datetime


class Door(Generic[S]):
    """The documents of one kind in one service, and the only way to change them.

    `calls` are the outside calls that were begun and of which nothing was heard yet; `decided`
    are the ids of all published facts by document, in the order they were decided in.
    """

    def __init__(
        self,
        service: Service,
        decider: Decider[S],
        wire: Wire,
        clock: Clock,
        informed: Callable[[Message], Message] = lambda message: message,
    ) -> None:
        self.service = service
        self.decider = decider
        self.documents: dict[str, Document] = {}
        self.calls: list[Started] = []
        self.decided: dict[str, list[str]] = defaultdict(list)
        self.handled: list[Handled] = []
        self._wire = wire
        self._clock = clock
        self._informed = informed
        self._confirmed: dict[str, int] = {}

    def handle(self, messages: Sequence[Message], dies: Dies = Dies.NEVER) -> Sequence[Reply]:
        """Decides messages about one document, saves, publishes. What fails to decide is raised."""
        messages = [self._informed(message) for message in messages]
        turn = self.open(messages[0].subject)
        before, replies = turn.document, [turn.take(message, TRACE) for message in messages]
        if turn.failure is not None:
            raise turn.failure
        if turn.changed:
            self._save(turn, before)
        self._publish(turn, dies)
        after = self.documents.get(before.id, before)
        self.handled.append(Handled(self, messages, replies, before, after, turn.state))
        return replies

    def open(self, subject: str) -> Turn[S]:
        """A turn on the document as it is stored."""
        document = self.documents.get(subject, Document(subject))
        if self._confirmed.get(subject) == document.version:
            document = replace(document, unconfirmed=())
        return opened(self.decider, self.service, document)

    def state(self, subject: str) -> S:
        """What is stored of it."""
        return self.open(subject).state

    def stage(self, subject: str) -> str | None:
        """The stage that its stored state names; None while there is no document."""
        document = self.documents.get(subject)
        return document and document.state and document.state["stage"]

    def forget(self) -> None:
        """The process died: what it had only in memory is gone."""
        self._confirmed.clear()

    def sweep(self) -> None:
        """Publishes what was saved and nobody confirmed."""
        before = self._clock() - OWED_AFTER
        owing = [d for d in self.documents.values() if d.owed and d.owed <= before]
        for document in owing:
            self._publish(opened(self.decider, self.service, document), Dies.NEVER)

    def timers(self) -> list[Timer]:
        """The deadlines that have come."""
        now = self._clock()
        return [Timer(self, d.id, d.due) for d in self.documents.values() if d.due and d.due <= now]

    def fire(self, timer: Timer, dies: Dies = Dies.NEVER) -> None:
        """Sends a deadline through the door."""
        id_ = f"timer:{self.decider.kind}/{timer.subject}/{timer.at.isoformat()}"
        message = Message(id_, timer.subject, Due(at=timer.at), self._clock(), insurer="")
        self.handle([message], dies)

    def _save(self, turn: Turn[S], before: Document) -> None:
        written = turn.final()
        version = written.version + 1
        self.documents[written.id] = replace(
            written, version=version, due=_kept(written.due), owed=_kept(written.owed)
        )
        turn.document = replace(turn.document, version=version)
        self.calls += turn.calls
        known = {seen.id for seen in before.seen}
        fresh = (seen for seen in written.seen if seen.id not in known)
        self.decided[written.id] += [fact.id for seen in fresh for fact in seen.facts or ()]

    def _publish(self, turn: Turn[S], dies: Dies) -> None:
        events = [turn.event(fact) for fact in turn.outgoing()]
        self._wire.publish(self.service, _that_get_out(events, dies))
        if events and dies is Dies.NEVER:
            self._settle(turn.document)

    def _settle(self, said: Document) -> None:
        self._confirmed[said.id] = said.version
        if said.owed and self.documents[said.id].version == said.version:
            settled = replace(self.documents[said.id], owed=None, unconfirmed=())
            self.documents[said.id] = settled


def _that_get_out(events: Sequence[Event], dies: Dies) -> Sequence[Event]:
    match dies:
        case Dies.BEFORE_PUBLISHING:
            return ()
        case Dies.WHILE_PUBLISHING:
            return events[: len(events) // 2]
        case Dies.NEVER | Dies.BEFORE_COMMITTING:
            return events


def _kept(at: datetime | None) -> datetime | None:
    """As MongoDB gives it back: whole milliseconds."""
    return at and at.replace(microsecond=at.microsecond // 1000 * 1000)
