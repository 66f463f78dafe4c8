"""What one batch does to one document, in memory: decide, evolve, and what is to be written.

Pure: given the document as it was read and the messages, the outcome is determined. That is why
a lost race, a crash or a redelivery can simply be decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Generic, TypeVar

from pydantic import ValidationError

from shared.contracts import BY_TYPE
from shared.contracts.base import Fact
from shared.contracts.event import Event, derived
from shared.decider import Call, Decider, Due, Message, Refusal
from shared.document import Document, Seen, StoredFact
from shared.errors import Unreadable

S = TypeVar("S")

REPEATABLE = 32
"""For so many of its newest inputs a document keeps the facts they caused, to say them again."""

OUR_OWN = ("timer:", "outcome:")
"""How the ids of inputs begin that the process itself brings: deadlines, outcomes of calls."""

KEY_REUSED = Refusal(
    code="key-reused",
    detail="This Idempotency-Key was used before, with another content.",
    field="Idempotency-Key",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a message came to: its facts, a refusal, or a failure.

    A message that comes again is answered with the facts it caused the first time.
    """

    facts: Sequence[Fact] = ()
    refusal: Refusal | None = None
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An outside call that the state began to need, and the message that brought it about."""

    call: Call
    message: Message
    cause: str


@dataclass(slots=True)
class Turn(Generic[S]):
    """One document's share of a batch. `take` each message, then write `document`."""

    decider: Decider[S]
    source: str
    document: Document
    state: S
    calls: list[Started] = field(default_factory=list)
    changed: bool = False
    failure: Exception | None = None
    repeated: set[str] = field(default_factory=set)

    def take(self, message: Message, trace: str) -> Reply:
        """Decides one message. After a failure the document's later messages fail likewise."""
        if self.failure is not None:
            return Reply(failure=self.failure)
        if earlier := next((s for s in self.document.seen if s.id == message.id), None):
            return self._again(earlier, message)
        try:
            return self._decide(message, trace)
        except Exception as error:  # poison or bug: it stops this document, not the batch
            self.failure = error
            return Reply(failure=error)

    def outgoing(self) -> list[StoredFact]:
        """The facts to publish, in the order they came about.

        Among them what an earlier save may never have brought to the wire: a fact must not
        overtake an older one of its claim.
        """
        ids = {*self.document.unconfirmed, *self.repeated}
        return [fact for s in self.document.seen if s.id in ids for fact in s.facts or ()]

    def _again(self, earlier: Seen, message: Message) -> Reply:
        if message.digest != earlier.digest:
            return Reply(refusal=KEY_REUSED)
        self.repeated.add(earlier.id)
        return Reply([BY_TYPE[f.type].model_validate_json(f.data) for f in earlier.facts or ()])

    def _decide(self, message: Message, trace: str) -> Reply:
        due = self.decider.due(self.state)
        if isinstance(message.body, Due):
            if due is None or _stored_time(message.body.at) != _stored_time(due):
                return Reply()  # the deadline has moved since the timer read it
            message = replace(message, body=Due(at=due))
        facts = self.decider.decide(message, self.state)
        refusal = next((fact for fact in facts if isinstance(fact, Refusal)), None)
        if refusal is not None:
            return Reply(refusal=refusal)
        after = reduce(self.decider.evolve, facts, self.state)
        if isinstance(message.body, Due) and self.decider.due(after) == due:
            raise RuntimeError(f"{self.decider.kind} answered a timer and left its due time")
        if facts:
            self._keep(message, facts, after, trace)
        return Reply(facts)

    def _keep(self, message: Message, facts: Sequence[Fact], after: S, trace: str) -> None:
        known = {call.id for call in self.decider.calls(self.state)}
        stored = tuple(self._stored(message, facts, after, trace))
        cause = stored[-1].id if stored else message.cause or message.id
        begun = replace(message, traceparent=trace)
        self.calls += [
            Started(call, begun, cause)
            for call in self.decider.calls(after)
            if call.id not in known
        ]
        self.state, self.changed = after, True
        self.document = self._written(message, stored)

    def _written(self, message: Message, stored: tuple[StoredFact, ...]) -> Document:
        old = self.document
        unconfirmed = (*old.unconfirmed, message.id) if stored else old.unconfirmed
        forgotten = stored and message.record is None
        return replace(
            old,
            insurer=old.insurer or message.insurer,
            seen=_forgetting((*old.seen, Seen(message.id, message.digest, stored)), unconfirmed),
            unconfirmed=unconfirmed,
            owed=message.now if forgotten else old.owed,
        )

    def _stored(
        self, message: Message, facts: Iterable[Fact], after: S, trace: str
    ) -> Iterable[StoredFact]:
        subject = self.decider.about(after) or self.document.id
        for position, fact in enumerate(facts):
            if not fact.private:
                yield StoredFact(
                    id=derived(self.source, self.document.id, message.id, str(position)),
                    type=fact.type,
                    time=message.now,
                    cause=message.cause or message.id,
                    sequence=position,
                    traceparent=trace,
                    subject=subject,
                    data=fact.model_dump_json(),
                )

    def event(self, fact: StoredFact) -> Event:
        """A fact of this document as it is published."""
        return Event(
            id=fact.id,
            type=fact.type,
            source=f"/claimpath/{self.source}",
            subject=fact.subject,
            time=fact.time,
            cause=fact.cause,
            sequence=fact.sequence,
            insurer=self.document.insurer,
            traceparent=fact.traceparent,
            data=fact.data.encode(),
        )

    def final(self) -> Document:
        """The document as it is to be written, under the version it was read at."""
        state = self.decider.state.dump_python(self.state, mode="json")
        return replace(self.document, state=state, due=self.decider.due(self.state))


def opened(decider: Decider[S], source: str, document: Document) -> Turn[S]:
    """A turn on a document as it was read. One that cannot be read fails alone."""
    if document.state is None:
        return Turn(decider, source, document, decider.initial)
    try:
        return Turn(decider, source, document, decider.state.validate_python(document.state))
    except ValidationError as error:
        failure = Unreadable(f"the stored {decider.kind} {document.id} does not fit: {error}")
        return Turn(decider, source, document, decider.initial, failure=failure)


def _stored_time(at: datetime) -> datetime:
    """MongoDB keeps milliseconds: a timer brings a deadline back without the rest."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _forgetting(seen: tuple[Seen, ...], unconfirmed: Sequence[str]) -> tuple[Seen, ...]:
    """Drops the facts, not the ids, of inputs too old to be delivered again.

    Of what nobody but this process brings, once, the ids are dropped as well: a letter that is
    put off for weeks must not make its document grow.
    """
    old, new = seen[:-REPEATABLE], seen[-REPEATABLE:]
    kept = (s for s in old if s.id in unconfirmed or not s.id.startswith(OUR_OWN))
    return (*(s if s.id in unconfirmed else replace(s, facts=None) for s in kept), *new)
