"""The one door: everything that changes state goes through it.

    load the documents -> decide -> save state, seen ids and facts in ONE atomic write
      -> publish the facts -> (the listener commits the offset)

A crash between any two of these steps is healed by the input coming again (Kafka), or by the
document itself, which remembers what it owes (`Door.sweep`) and when it is due (`Door.tick`).
What one batch does to one document is in `shared.turn`; how Kafka's records come here, and what
is parked, in `shared.listener`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from opentelemetry.trace import Span

from shared.aside import Behind, parked
from shared.contracts.event import Event
from shared.decider import Call, CallOutcome, Decider, Due, Message
from shared.document import Deadline, Document
from shared.errors import Held, Weather
from shared.store import Parked
from shared.telemetry import Telemetry, traceparent
from shared.turn import Reply, Started, Turn, opened

S = TypeVar("S")
log = logging.getLogger(__name__)

OWED_AFTER = timedelta(seconds=5)
"""A save younger than this is still being published by whoever made it."""
PAGE = 500
"""Most documents that one timer or sweep takes at a time, and most asks in one batch."""
REMEMBERED = 100_000
"""Documents whose confirmed version this process remembers."""

Clock = Callable[[], datetime]
Lookup = Callable[[Sequence[Message]], Awaitable[Mapping[str, Mapping[str, Any]]]]
Caller = Callable[[Call], Awaitable[CallOutcome]]


class DocumentStore(Protocol):
    """What the door needs of a store; see `shared.store.Documents`."""

    async def load(self, ids: Sequence[str]) -> dict[str, Document]: ...
    async def save(self, documents: Sequence[Document]) -> set[str]: ...
    async def due(
        self, now: datetime, limit: int, after: Deadline | None = None
    ) -> list[Deadline]: ...
    async def owed(self, before: datetime, limit: int) -> list[Document]: ...
    async def calling(self, caller: str) -> list[Document]: ...
    async def settle(self, documents: Sequence[Document]) -> None: ...


class ParkingStore(Protocol):
    """What the door needs of the parking; see `shared.store.Parking`."""

    async def held(self, subjects: Sequence[str]) -> set[str]: ...
    async def park(self, entries: Sequence[Parked]) -> None: ...


class Outlet(Protocol):
    """Where facts go; see `shared.bus.Bus`."""

    @property
    def topic(self) -> str: ...
    async def publish(self, events: Sequence[Event]) -> None: ...


class Door(Generic[S]):
    """The only way in to one kind of document: `handle` for Kafka, `ask` for everything else.

    `lookup` finds what messages refer to (by message id); `caller` makes the outside calls.
    `member` is this process's name, if it has one: no two processes at a time have the same.
    """

    def __init__(
        self,
        decider: Decider[S],
        documents: DocumentStore,
        parking: ParkingStore,
        outlet: Outlet,
        telemetry: Telemetry,
        clock: Clock,
        lookup: Lookup | None = None,
        caller: Caller | None = None,
        member: str = "",
    ) -> None:
        self.decider = decider
        self._documents = documents
        self._parking = parking
        self._outlet = outlet
        self._telemetry = telemetry
        self._clock = clock
        self._lookup = lookup
        self._caller = caller
        self._member = member
        self._took_over = False
        self._asked: asyncio.Queue[tuple[Message, asyncio.Future[Reply]]] = asyncio.Queue()
        self._calls: set[asyncio.Task[None]] = set()
        self._confirmed: dict[str, int] = {}

    async def handle(self, messages: Sequence[Message]) -> list[Reply]:
        """Decides, saves and publishes; one reply per message, in order.

        Raises `Weather` when a server is away. What was saved stays saved, and handling the same
        messages again says the same facts again.
        """
        replies, turns = await self._decide_and_save(messages)
        await self._publish(turns)
        return replies

    async def ask(self, message: Message) -> Reply:
        """Like `handle`, for one message that Kafka would not bring again.

        Returns once it is saved; the publishing is then owed. Messages asked at the same time
        share a batch. Raises `StoreDown`, `Held`, and whatever the decision raised.
        """
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((message, answer))
        reply = await answer
        if reply.failure is not None:
            raise reply.failure
        return reply

    async def run(self) -> None:
        """Answers `ask`, batch after batch, until cancelled."""
        while True:
            asked = [await self._asked.get()]
            while len(asked) < PAGE and not self._asked.empty():
                asked.append(self._asked.get_nowait())
            turns = await self._answer(asked)
            try:
                await self._publish(turns)
            except Weather as error:
                log.warning("%s: facts stay owed to the sweep: %s", self.decider.kind, error)

    async def tick(self) -> int:
        """Sends every deadline that has come through the door; returns how many."""
        now, sent = self._clock(), 0
        page = await self._documents.due(now, PAGE)
        while page:
            await asyncio.gather(*(self._timer(id_, at) for id_, at in page))
            sent += len(page)
            # Those that are parked stay due: they must not stand in the way of the others.
            page = await self._documents.due(now, PAGE, page[-1])
        return sent

    async def sweep(self) -> int:
        """Publishes what was saved and nobody confirmed; returns of how many documents."""
        owing = await self._documents.owed(self._clock() - OWED_AFTER, PAGE)
        turns = [opened(self.decider, self._telemetry.service, document) for document in owing]
        await self._publish(turns)
        return len(owing)

    async def take_over(self) -> int:
        """Makes again, once, the calls that a dead process of our name left; of how many documents.

        Call it before anything else: calls of our own it would make twice. A process without a
        name leaves them to their deadlines, as it cannot know that nobody is making them.
        """
        if self._took_over or not self._member:
            return 0
        left = await self._documents.calling(self._member)
        self._took_over = True
        for document in left:
            self._start_calls(self._outstanding(document))
        return len(left)

    async def drain(self, seconds: float) -> None:
        """Waits for the outside calls under way; what does not finish, its timer takes up."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=seconds)

    # -- deciding and saving

    async def _decide_and_save(
        self, messages: Sequence[Message]
    ) -> tuple[list[Reply], list[Turn[S]]]:
        """Every message decided and saved; whoever lost a race is read and decided again."""
        messages = await self._informed(messages)
        replies: dict[int, Reply] = {}
        done: list[Turn[S]] = []
        waiting = dict(enumerate(messages))
        while waiting:
            turns = await self._load({message.subject for message in waiting.values()})
            spans = {n: self._span(m, turns[m.subject]) for n, m in waiting.items()}
            for number, message in waiting.items():
                turn = turns[message.subject]
                replies[number] = turn.take(message, traceparent(spans[number]))
            lost = await self._save(turns, list(spans.values()))
            done += [turn for id_, turn in turns.items() if id_ not in lost]
            waiting = {n: m for n, m in waiting.items() if m.subject in lost}
        self._start_calls(started for turn in done for started in turn.calls)
        return [replies[number] for number in range(len(messages))], done

    async def _informed(self, messages: Sequence[Message]) -> Sequence[Message]:
        if self._lookup is None:
            return messages
        known = await self._lookup(messages)
        return [replace(m, known=known[m.id]) if m.id in known else m for m in messages]

    async def _load(self, ids: Iterable[str]) -> dict[str, Turn[S]]:
        wanted = list(ids)
        found = await self._documents.load(wanted)
        return {id_: self._open(found.get(id_) or Document(id_)) for id_ in wanted}

    def _open(self, document: Document) -> Turn[S]:
        if self._confirmed.get(document.id) == document.version:
            document = replace(document, unconfirmed=())
        return opened(self.decider, self._telemetry.service, document)

    def _span(self, message: Message, turn: Turn[S]) -> Span:
        latest = next((s.facts[-1] for s in reversed(turn.document.seen) if s.facts), None)
        return self._telemetry.begin(message, latest.traceparent if latest else "")

    async def _save(self, turns: Mapping[str, Turn[S]], spans: Sequence[Span]) -> set[str]:
        started = time.time_ns()
        changed = [turn for turn in turns.values() if turn.changed]
        lost = await self._documents.save([self._final(turn) for turn in changed])
        for turn in changed:
            turn.document = replace(turn.document, version=turn.document.version + 1)
        self._telemetry.saved(spans, self.decider.kind, started)
        for span in spans:
            span.end()
        return lost

    def _final(self, turn: Turn[S]) -> Document:
        """As it is to be written; with our name, if there are calls to make."""
        calls = bool(self._member and self.decider.calls(turn.state))
        return replace(turn.final(), caller=self._member if calls else "")

    # -- publishing

    async def _publish(self, turns: Sequence[Turn[S]]) -> None:
        """All facts of these turns on the wire, confirmed, and noted where that was owed."""
        saying = [(turn, turn.outgoing()) for turn in turns]
        events = [turn.event(fact) for turn, facts in saying for fact in facts]
        if not events:
            return
        started = time.time_ns()
        await self._outlet.publish(events)
        self._telemetry.sent({e.traceparent for e in events}, self._outlet.topic, started)
        said = [turn.document for turn, facts in saying if facts]
        self._remember(said)
        await self._documents.settle([document for document in said if document.owed])

    def _remember(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._confirmed.pop(document.id, None)
            self._confirmed[document.id] = document.version
        while len(self._confirmed) > REMEMBERED:
            self._confirmed.pop(next(iter(self._confirmed)))

    # -- what Kafka does not bring: asks, timers, outcomes of calls

    async def _answer(
        self, asked: Sequence[tuple[Message, asyncio.Future[Reply]]]
    ) -> Sequence[Turn[S]]:
        replies, turns = await self._attempt([message for message, _ in asked])
        for (_, answer), reply in zip(asked, replies, strict=True):
            if not answer.done():
                answer.set_result(reply)
        return turns

    async def _attempt(
        self, messages: Sequence[Message]
    ) -> tuple[Sequence[Reply], Sequence[Turn[S]]]:
        try:
            held = await self._parking.held([message.subject for message in messages])
            free = [message for message in messages if message.subject not in held]
            replies, turns = await self._decide_and_save(free) if free else ([], [])
        except Exception as error:  # told to everyone who asked
            return [Reply(failure=error)] * len(messages), []
        answers = iter(replies)
        return [
            Reply(failure=Held(m.subject)) if m.subject in held else next(answers) for m in messages
        ], turns

    async def _timer(self, id_: str, at: datetime) -> None:
        await self._inward(
            Message(
                id=f"timer:{self.decider.kind}/{id_}/{at.isoformat()}",
                subject=id_,
                body=Due(at=at),
                now=self._clock(),
                insurer="",
            )
        )

    def _outstanding(self, document: Document) -> list[Started]:
        """The calls that the document still needs, as if its latest fact had brought them about."""
        turn = opened(self.decider, self._telemetry.service, document)
        latest = next((s.facts[-1] for s in reversed(document.seen) if s.facts), None)
        now = self._clock()
        message = Message(
            id=f"takeover:{document.id}",
            subject=document.id,
            body=Due(at=now),
            now=now,
            insurer=document.insurer,
            traceparent=latest.traceparent if latest else "",
        )
        cause = latest.id if latest else f"outcome:{document.id}"
        return [Started(call, message, cause) for call in self.decider.calls(turn.state)]

    def _start_calls(self, started: Iterable[Started]) -> None:
        for each in started:
            task = asyncio.create_task(self._call(each))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)

    async def _call(self, started: Started) -> None:
        """Makes one outside call and brings its outcome in. If this process dies, a timer asks."""
        message = replace(
            started.message,
            id=f"outcome:{started.call.id}",
            cause=started.call.cause or started.cause,
            digest="",
            record=None,
            event=None,
        )
        try:
            if self._caller is None:
                raise RuntimeError(f"{self.decider.kind} has nobody to make its outside calls")
            with self._telemetry.within(message.traceparent):
                outcome = await self._caller(started.call)
        except Exception as error:  # what the outside does is an outcome: this is a bug of ours
            await self._set_aside(message, error)
        else:
            await self._inward(replace(message, body=outcome, now=self._clock()))

    async def _inward(self, message: Message) -> None:
        """Asks on behalf of the network itself. A failing decision parks the document."""
        try:
            await self.ask(message)
        except Held:
            # A deadline stays due. An outcome comes once: it queues with the claim's messages.
            if isinstance(message.body, CallOutcome):
                await self._set_aside(message, Behind())
        except Weather as error:
            log.warning("%s: %s waits for its timer: %s", self.decider.kind, message.id, error)
        except Exception as error:
            await self._set_aside(message, error)

    async def _set_aside(self, message: Message, error: Exception) -> None:
        """Parks what Kafka will not bring again. If it cannot be parked, its timer takes it up."""
        trace = None if isinstance(error, Behind) else error
        log.error("%s: %s is parked", message.subject, message.id, exc_info=trace)
        try:
            await self._parking.park([parked(message, error, self.decider.kind)])
        except Weather as weather:
            log.warning("%s: %s waits for its timer: %s", self.decider.kind, message.id, weather)
