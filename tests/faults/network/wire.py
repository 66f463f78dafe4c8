"""Reads every topic from its beginning, and how far each service has read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.base import Service
from tests.faults.network.evidence import Told

Offsets = Mapping[TopicPartition, int]

HEARS: Mapping[Service, Sequence[Service]] = {
    Service.INTAKE: tuple(Service),
    Service.CLAIMS: (Service.INTAKE, Service.PAYMENTS),
    Service.PAYMENTS: (Service.CLAIMS,),
    Service.NOTIFICATIONS: (Service.INTAKE, Service.CLAIMS, Service.PAYMENTS),
    Service.FEEDBACK: (Service.CLAIMS,),
}
"""Whose topics each service hears, as ARCHITECTURE.md says."""


class Wire:
    """The five topics of one network. Reading goes on where the last reading stopped."""

    def __init__(self, kafka: str, topics: str) -> None:
        self.kafka = kafka
        self.topics = topics
        self.told: list[Told] = []
        self.junk = 0
        self._at: dict[TopicPartition, int] = {}

    async def read(self) -> None:
        """Everything that stands there now is in `told`, or counted as `junk`."""
        async with self._admin() as admin, self._reader() as reader:
            ends = await self._ends(admin, reader)
            reader.assign(list(ends))
            for part in ends:
                reader.seek(part, self._at.get(part, 0))
            while any(self._at.get(part, 0) < end for part, end in ends.items()):
                for records in (await reader.getmany(timeout_ms=500)).values():
                    self._take(records)

    @property
    def duplicates(self) -> int:
        """How often the wire, as far as it was read, says again what it has said."""
        return len(self.told) - len({told.id for told in self.told})

    async def ends(self) -> Offsets:
        """Where each partition ends."""
        async with self._admin() as admin, self._reader() as reader:
            return await self._ends(admin, reader)

    async def ends_and_lag(self) -> tuple[Offsets, int]:
        """Where each partition ends; how many records their hearers have not committed yet."""
        async with self._admin() as admin, self._reader() as reader:
            ends = await self._ends(admin, reader)
            return ends, sum([await self._unheard(admin, service, ends) for service in Service])

    async def _unheard(self, admin: AIOKafkaAdminClient, service: Service, ends: Offsets) -> int:
        """A partition of which nothing was ever committed is missing in the broker's answer."""
        committed = await admin.list_consumer_group_offsets(f"{self.topics}-{service}")
        topics = {f"{self.topics}.{heard}" for heard in HEARS[service]}
        return sum(
            end - max(0, committed[part].offset if part in committed else 0)
            for part, end in ends.items()
            if part.topic in topics
        )

    async def _ends(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> Offsets:
        names = [n for n in await admin.list_topics() if n.startswith(f"{self.topics}.")]
        assert names, f"Kafka has no topic of {self.topics}"
        parts = [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics(names)
            for part in topic["partitions"]
        ]
        ends: Offsets = await reader.end_offsets(parts)
        return ends

    def _reader(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(bootstrap_servers=self.kafka)

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    def _take(self, records: list[ConsumerRecord[bytes, bytes]]) -> None:
        for record in records:
            told = _told(record)
            if told is None:
                self.junk += 1
            else:
                self.told.append(told)
            self._at[TopicPartition(record.topic, record.partition)] = record.offset + 1


def _told(record: ConsumerRecord[bytes, bytes]) -> Told | None:
    """The event in a record, read without the services' own reader; None if it is none."""
    try:
        found = {name: content.decode() for name, content in record.headers}
        return Told(
            place=f"{record.topic}/{record.partition}",
            offset=record.offset,
            at_ms=record.timestamp,
            id=found["ce_id"],
            type=found["ce_type"],
            subject=found["ce_subject"],
            cause=found["ce_causationid"],
            sequence=int(found["ce_sequence"]),
            time=found["ce_time"],
            data=json.loads(record.value or b""),
        )
    except (KeyError, ValueError, AttributeError):
        return None
