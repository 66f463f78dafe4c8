"""Events delivered again: repeated and shuffled, from the beginning, and into empty stores."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.base import Service
from tests.faults.network.evidence import Documents
from tests.faults.network.ground import Ground
from tests.faults.network.wire import HEARS

WINDOW = 50
"""So far from its place an event may come."""
TIMES = ("at", "lease", "due", "again", "until", "decide_by", "calls", "attempts", "heard")
"""What is another when the same is done at another time."""
FROM_TOPICS = ("payments.book", "notifications.correspondence", "feedback.survey", "intake.path")
"""What can be rebuilt from topics alone. Policies and reports came over HTTP."""
LEFT_S = 30.0


def hashed(stores: Mapping[str, Documents], names: Sequence[str], without_times: bool) -> str:
    """One hash over the states of all documents of these collections."""
    whole = hashlib.sha256()
    for name in names:
        for id_, document in sorted(stores[name].items()):
            kept = document.get("state", document)
            state = _timeless(kept) if without_times else kept
            whole.update(json.dumps([name, id_, state], sort_keys=True, default=str).encode())
    return whole.hexdigest()


def _timeless(state: Any) -> Any:
    if isinstance(state, Mapping):
        return {k: _timeless(v) for k, v in sorted(state.items()) if k not in TIMES}
    if isinstance(state, list):
        # Letters and entries stand in the order in which their events were heard.
        return sorted(map(_timeless, state), key=lambda each: json.dumps(each, default=str))
    return state


async def said_again(ground: Ground, chance: Random, copies: int) -> int:
    """Puts every record on its topic again so many times, shuffled within 50 across topics."""
    records = await _everything(ground)
    again = [record for record in records for _ in range(copies)]
    keys = {id(record): number for number, record in enumerate(records)}
    again.sort(key=lambda record: keys[id(record)] + chance.uniform(0, WINDOW))
    async with AIOKafkaProducer(
        bootstrap_servers=ground.wire.kafka, max_request_size=2_000_000
    ) as producer:
        for record in again:
            await producer.send(
                record.topic, record.value, record.key, headers=list(record.headers)
            )
        await producer.flush()
    return len(again)


async def read_from_the_start(ground: Ground, *names: str) -> None:
    """While these services are down: sets their groups back to the first record."""
    for name in names:
        service = Service(name)
        ends = await ground.wire.ends()
        topics = {f"{ground.wire.topics}.{heard}" for heard in HEARS[service]}
        start = {part: 0 for part in ends if part.topic in topics}
        await _set_back(ground.wire.kafka, f"{ground.wire.topics}-{name}", start)


async def _set_back(kafka: str, group: str, start: dict[TopicPartition, int]) -> None:
    """A group forgets a named member only when its session has run out; until then it refuses."""
    until = time.monotonic() + LEFT_S
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=group, enable_auto_commit=False
    ) as reader:
        reader.assign(list(start))
        while True:
            try:
                return await reader.commit(start)
            except KafkaError:
                assert time.monotonic() < until, f"{group} did not let its members go"
                await asyncio.sleep(0.5)


async def emptied(ground: Ground) -> None:
    """Forgets all that topics can bring again, and what was mailed."""
    for name in FROM_TOPICS:
        await ground.stores.collection(name).delete_many({})
    (await ground.http.delete("/sandbox/mail/messages")).raise_for_status()


async def _everything(ground: Ground) -> list[ConsumerRecord[bytes, bytes]]:
    """All records of all topics, in the order in which they were sent."""
    ends = await ground.wire.ends()
    found: list[ConsumerRecord[bytes, bytes]] = []
    async with AIOKafkaConsumer(bootstrap_servers=ground.wire.kafka) as reader:
        reader.assign(list(ends))
        await reader.seek_to_beginning()
        while len(found) < sum(ends.values()):
            found += _flat(await reader.getmany(timeout_ms=500))
    return sorted(found, key=lambda record: (record.timestamp, record.topic, record.offset))


def _flat(
    fetched: Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]],
) -> Iterator[ConsumerRecord[bytes, bytes]]:
    for records in fetched.values():
        yield from records
