"""What a claim says, read off the topics: records, bytes, and what follows from what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.recipe import REPORT, Said, Step
from benchmarks.stand import Stand
from shared.contracts.base import Service

Ends = Mapping[TopicPartition, int]


async def ends(stand: Stand) -> Ends:
    """Where each topic of the five services ends now."""
    consumer: Any = AIOKafkaConsumer(
        *(stand.topic(service) for service in Service), bootstrap_servers=stand.network.kafka
    )
    await consumer.start()
    try:
        found: Ends = await consumer.end_offsets(list(consumer.assignment()))
        return found
    finally:
        await consumer.stop()


async def records(stand: Stand, begins: Ends) -> list[ConsumerRecord[bytes, bytes]]:
    """All records of the five topics from there to their present ends."""
    stop = await ends(stand)
    parts = [part for part in begins if stop[part] > begins[part]]
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=stand.network.kafka)
    consumer.assign(parts)
    await consumer.start()
    found: list[ConsumerRecord[bytes, bytes]] = []
    try:
        for part in parts:
            consumer.seek(part, begins[part])
        while len(found) < sum(stop[part] - begins[part] for part in parts):
            for batch in (await consumer.getmany(timeout_ms=1_000)).values():
                found += batch
    finally:
        await consumer.stop()
    return found


async def heard_by(stand: Stand) -> dict[str, tuple[str, ...]]:
    """Which services' topics each service's group has committed offsets of."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stand.network.kafka)
    await admin.start()
    try:
        return {
            str(service): _services(
                await admin.list_consumer_group_offsets(f"{stand.name}-{service}")
            )
            for service in Service
        }
    finally:
        await admin.close()


def steps(found: Iterable[ConsumerRecord[bytes, bytes]]) -> tuple[Step, ...]:
    """What follows from what, on the average of all claims.

    A fact that not every claim has (a letter that is sent twice, say) is left out.
    """
    facts = [(record, dict(record.headers)) for record in found]
    types = {headers["ce_id"]: _type(headers) for _, headers in facts}
    claims = {headers["ce_subject"] for _, headers in facts}
    sizes: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for record, headers in facts:
        cause = types.get(headers["ce_causationid"], REPORT)
        service = headers["ce_source"].decode().rpartition("/")[2]
        sizes[service, cause, _type(headers)].append(_bytes(record))
    says: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for (service, cause, type_), each in sizes.items():
        if 2 * len(each) > len(claims):
            says[service, cause].append(Said(type_, sum(each) // len(each)))
    return tuple(Step(service, cause, tuple(said)) for (service, cause), said in says.items())


def _services(offsets: Iterable[TopicPartition]) -> tuple[str, ...]:
    return tuple(sorted({part.topic.rpartition(".")[2] for part in offsets}))


def _type(headers: Mapping[str, bytes]) -> str:
    return headers["ce_type"].decode()


def _bytes(record: ConsumerRecord[bytes, bytes]) -> int:
    headers: Sequence[tuple[str, bytes]] = record.headers
    named = sum(len(name) + len(content) for name, content in headers)
    return len(record.key or b"") + len(record.value or b"") + named
