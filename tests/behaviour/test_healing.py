"""A claim that met a bug is healed by a corrected release of the code and `parked release`.

On a real broker and MongoDB: one process with the bug, then one without it, on the same topics
and the same store.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.bus import Bus
from shared.contracts.base import Fact, Service
from shared.contracts.claims import ClaimClosed
from shared.contracts.event import Event, Record, read
from shared.decider import Call, CallOutcome, Decider, Due, Message
from shared.errors import Held
from shared.listener import Listener
from shared.releasing import Came, Releasing
from shared.room import Room
from shared.runtime import Door
from shared.settings import Settings
from shared.store import Filter, Store, What
from shared.telemetry import Telemetry
from tests.behaviour.test_bus import event
from tests.conftest import Address
from tests.runtime.counter import COUNTER, Count, Counted, Rang, counted, decide
from tests.waiting import until

DEADLINE_S = 90
ME = ("Li Na", "release 2 no longer trips over it")
CORRECTED = replace(COUNTER, outcome=Rang)
Bug = Callable[[Message, Counted], bool]


def with_a_bug(trips: Bug) -> Decider[Counted]:
    """The counter as an earlier release had it."""

    def buggy(message: Message, state: Counted) -> Sequence[Fact]:
        if trips(message, state):
            raise KeyError("deductible")
        return decide(message, state)

    return replace(CORRECTED, decide=buggy)


@dataclass
class Installation:
    """What outlives a process: the topics, the store, the time, and the bell outside."""

    kafka: str
    mongo: str
    name: str = field(default_factory=lambda: f"h{uuid.uuid4().hex[:8]}")
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rung: list[str] = field(default_factory=list)
    per_claim: int = 1_000
    most: int = 100_000

    @asynccontextmanager
    async def running(self, decider: Decider[Counted]) -> AsyncIterator[Process]:
        """One process with these rules, from its start to its end."""
        process = Process(self, decider)
        await process.start()
        yield process
        await process.stop()

    async def ring(self, call: Call) -> CallOutcome:
        """The bell rings and says so."""
        self.rung.append(call.id)
        return Rang(call=call.id)


class Process:
    """The parts of one service, wired as `shared.service` does. Its looking round is ours."""

    def __init__(self, world: Installation, decider: Decider[Counted]) -> None:
        self._settings = Settings(kafka=world.kafka, topics=world.name, partitions=2)
        self.store = Store(world.mongo, world.name)
        self.bus = Bus(self._settings, Service.CLAIMS)
        self.parking, self.acts = self.store.parking(), self.store.acts()
        self.documents = self.store.documents(decider.kind)
        self.door = Door(
            decider,
            self.documents,
            self.parking,
            self.bus,
            Telemetry("claims", TracerProvider()),
            lambda: world.now,
            caller=world.ring,
        )
        self.room = Room(self.parking, world.per_claim, world.most)
        clock = lambda: world.now  # noqa: E731
        listener = Listener({ClaimClosed: [self.door]}, self.parking, self.room, clock, [self.door])
        self.bus.listen([Service.INTAKE], listener)
        self.releasing = Releasing(self.parking, self.acts, listener.retry, clock)

    async def start(self) -> None:
        """From here on events are heard, and asks answered."""
        await self.parking.prepare()
        await self.acts.prepare()
        await self.documents.prepare()
        await self.bus.start()
        self._answering = asyncio.create_task(self.door.run())

    async def stop(self) -> None:
        """As on SIGTERM."""
        await self.bus.stop()
        await self.door.drain(5)
        self._answering.cancel()
        await asyncio.gather(self._answering, return_exceptions=True)
        self.store.close()

    async def release(self, which: Filter) -> Came:
        """`parked release`, by filter."""
        act = await self.releasing.begin(What.RELEASE_ASKED, *ME, {})
        return await self.releasing.release_all(which, act)

    async def parked(self) -> list[tuple[str, bool]]:
        """Type and whether it only waits, oldest first."""
        return [(entry.type, entry.behind) for entry in await self.parking.page(0, 1_000)]

    async def count(self, claim: str) -> int:
        """How far the claim has counted."""
        state = (await self._state(claim)) or {}
        return int(state.get("count", 0))

    async def _state(self, claim: str) -> Mapping[str, Any] | None:
        found = (await self.documents.load([claim])).get(claim)
        return found and found.state


@pytest.fixture
def world(kafka: Address, mongo: Address) -> Installation:
    return Installation(kafka.url, mongo.url)


async def said(world: Installation, number: int) -> list[Event]:
    """So many facts of the service, as another service hears them, and whatever comes with them.

    After a restart facts are said again under their ids (decision 0007): those are left out.
    """
    heard: dict[str, Event] = {}

    async def ear(records: Sequence[Record]) -> None:
        for fact in map(read, records):
            assert heard.setdefault(fact.id, fact).data == fact.data

    async def enough() -> bool:
        return len(heard) >= number

    settings = Settings(kafka=world.kafka, topics=world.name, partitions=2)
    bus = Bus(settings, Service.FEEDBACK)
    bus.listen([Service.CLAIMS], ear)
    await bus.start()
    await until(enough, f"{number} facts of the service are heard")
    await bus.stop()
    return list(heard.values())


async def publish(world: Installation, *told: tuple[int, str]) -> None:
    """Events of intake: their number, and their claim."""
    bus = Bus(Settings(kafka=world.kafka, topics=world.name, partitions=2), Service.INTAKE)
    await bus.start()
    body = counted(1)
    await bus.publish(
        [
            replace(event(n, claim), type=body.type, data=body.model_dump_json().encode())
            for n, claim in told
        ]
    )
    await bus.stop()


async def all_parked(process: Process, number: int) -> None:
    async def there() -> bool:
        return len(await process.parked()) == number

    await until(there, f"{number} messages are parked")


async def counted_to(process: Process, **counts: int) -> None:
    async def there() -> bool:
        return all([await process.count(claim) == n for claim, n in counts.items()])

    await until(there, f"the claims have counted to {counts}")


async def test_a_claim_and_what_followed_it_are_healed_all_facts_in_order_none_twice(
    world: Installation,
) -> None:
    async with world.running(with_a_bug(lambda m, _: m.id in ("e3", "e13"))) as old:
        told = [(n, "A") for n in range(1, 6)] + [(n, "B") for n in range(11, 16)]
        await publish(world, *told, (21, "C"))
        await all_parked(old, 6)
        await counted_to(old, A=2, B=2, C=1)
        came = await old.release(Filter(error="KeyError"))
        assert (came.done, came.reasons) == (0, {"KeyError: 'deductible'": 2})
    async with world.running(CORRECTED) as new:
        await publish(world, (6, "A"), (22, "C"))
        await all_parked(new, 7)
        came = await new.release(Filter(error="KeyError"))
        assert (came.done, came.reasons.total(), came.left) == (7, 0, 0)
        assert await new.parked() == []
        await counted_to(new, A=6, B=5, C=2)
        acts = [act for act in await new.acts.page(0, 100) if act.what is What.RELEASED]
        assert {(act.by, act.why) for act in acts} == {ME}
    heard = await said(world, 26)
    for claim, causes in {"A": range(1, 7), "B": range(11, 16), "C": (21, 22)}.items():
        of_it = [e for e in heard if e.subject == claim]
        assert [e.cause for e in of_it] == [f"e{n}" for n in causes for _ in range(2)]
    assert len(heard) == 26


async def test_messages_that_arrive_during_a_release_follow_in_their_order(
    world: Installation,
) -> None:
    async with world.running(with_a_bug(lambda m, _: m.id == "e1")) as old:
        await publish(world, *((n, "A") for n in range(1, 30)))
        await all_parked(old, 29)
    async with world.running(CORRECTED) as new:
        more = publish(world, *((n, "A") for n in range(30, 60)))
        await asyncio.gather(more, *(new.release(Filter(claim="A")) for _ in range(3)))

        async def followed() -> bool:
            await new.releasing.free()
            return await new.count("A") == 59

        await until(followed, "all 59 messages were counted")
        assert await new.parked() == []
    heard = await said(world, 118)
    assert [e.cause for e in heard] == [f"e{n}" for n in range(1, 60) for _ in range(2)]


async def test_a_deadline_that_met_a_bug_is_healed_and_counts_once(world: Installation) -> None:
    wish = Count(wake=world.now + timedelta(hours=1))
    command = Message("h1", "A", wish, world.now, "demo", digest="d")
    async with world.running(with_a_bug(lambda m, _: isinstance(m.body, Due))) as old:
        await old.door.ask(command)
        world.now += timedelta(hours=2)
        await old.door.tick()
        assert await old.parked() == [("Due", False)]
        assert (await old.release(Filter())).reasons == {"KeyError: 'deductible'": 1}
        assert await old.parked() == [("Due", False)]
    async with world.running(CORRECTED) as new:
        assert (await new.release(Filter())).done == 1
        await new.door.tick()
        assert (await new.parked(), await new.count("A")) == ([], 2)
    heard = await said(world, 2)
    assert len(heard) == 2


async def test_the_outcome_of_a_call_that_met_a_bug_is_healed_without_a_second_call(
    world: Installation,
) -> None:
    command = Message("h1", "A", Count(bell=True), world.now, "demo", digest="d")
    async with world.running(with_a_bug(lambda m, _: isinstance(m.body, Rang))) as old:
        await old.door.ask(command)
        await old.door.drain(DEADLINE_S)
        assert await old.parked() == [("Rang", False)]
        assert (await old.release(Filter())).reasons == {"KeyError: 'deductible'": 1}
    async with world.running(CORRECTED) as new:
        assert (await new.release(Filter())).done == 1
        assert await new.parked() == []
    ordered, rang = await said(world, 2)
    assert rang.cause == ordered.id
    assert len(world.rung) == 1


async def test_the_outcome_of_a_call_of_a_held_claim_queues_and_is_not_lost(
    world: Installation,
) -> None:
    command = Message("h1", "A", Count(bell=True), world.now, "demo", digest="d")
    answer = asyncio.Event()
    ring, world.ring = world.ring, None  # type: ignore[method-assign, assignment]

    async def late(call: Call) -> CallOutcome:
        await answer.wait()
        return await ring(call)

    world.ring = late  # type: ignore[method-assign]
    async with world.running(with_a_bug(lambda m, _: m.id == "e1")) as old:
        await old.door.ask(command)
        await publish(world, (1, "A"), (2, "A"))
        await all_parked(old, 2)
        answer.set()
        await all_parked(old, 3)
        assert await old.parked() == [("ClaimClosed", False), ("ClaimClosed", True), ("Rang", True)]
        with pytest.raises(Held):
            await old.door.ask(replace(command, id="h2"))
    async with world.running(CORRECTED) as new:
        assert (await new.release(Filter(error="KeyError"))).done == 3
        assert (await new.parked(), await new.count("A")) == ([], 3)
    heard = await said(world, 6)
    assert [e.cause for e in heard] == ["h1", "e1", "e1", "e2", "e2", heard[0].id]
    assert len(world.rung) == 1


async def test_beyond_the_limit_of_a_claim_its_messages_wait_in_kafka_and_follow_in_order(
    world: Installation,
) -> None:
    world.per_claim = 10
    async with world.running(with_a_bug(lambda m, _: m.id == "e1")) as old:
        await publish(world, *((n, "A") for n in range(1, 11)))
        await all_parked(old, 10)
        await publish(world, *((n, "A") for n in range(11, 60)))

        async def full() -> bool:
            return old.room.reason() is not None

        await until(full, "the service says that the claim has reached its limit")
        assert len(await old.parked()) == 10
    async with world.running(CORRECTED) as new:
        await until(lambda: _waits(new), "the corrected release has met the limit as well")
        assert (await new.release(Filter(claim="A"))).done == 10

        async def followed() -> bool:
            await new.room.look()
            await new.releasing.free()
            return await new.count("A") == 59

        await until(followed, "what waited in Kafka has come")
        assert (new.room.reason(), await new.parked()) == (None, [])
    heard = await said(world, 118)
    assert [e.cause for e in heard] == [f"e{n}" for n in range(1, 60) for _ in range(2)]


async def _waits(process: Process) -> bool:
    return process.room.reason() is not None


async def test_a_full_parking_stops_every_claim_until_room_is_made_and_loses_nothing(
    world: Installation,
) -> None:
    world.most = 3
    async with world.running(with_a_bug(lambda m, _: m.subject != "OK")) as old:
        await publish(world, (1, "A"), (2, "B"), (3, "C"))
        await all_parked(old, 3)
        await until(lambda: _waits(old), "the service has noticed that its parking is full")
        await publish(world, (4, "OK"), (5, "D"))
    async with world.running(CORRECTED) as new:
        await new.room.look()
        assert await _waits(new)
        assert (await new.release(Filter())).done == 3

        async def followed() -> bool:
            await new.room.look()
            return [await new.count(c) for c in ("A", "B", "C", "OK", "D")] == [1] * 5

        await until(followed, "what waited in Kafka has come")
        assert (new.room.reason(), await new.parked()) == (None, [])
