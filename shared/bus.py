"""Kafka through FastStream: batches in, facts out, offsets committed when all is handled.

The only file that knows FastStream and aiokafka. What their defaults would lose or repeat is
changed here, each with its reason; see docs/decisions/0003-faststream.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.exceptions import IncorrectState
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import KafkaAckableMessage

from shared.contracts.base import Service
from shared.contracts.event import Event, Record, headers
from shared.errors import BrokerDown
from shared.settings import Settings

SESSION_MS = 10_000
POLL_INTERVAL_MS = 600_000
"""A batch may wait this long for MongoDB to come back before the group moves on without us."""
CONFIRM_MS = 8_000
TOPIC_EXISTS = 36

ROOM_S = 1.0
"""Seconds until records that were not taken are offered again."""

Handler = Callable[[Sequence[Record]], Awaitable[Sequence[Record] | None]]
"""Handles records and returns those to be brought again, with all after them in their partition."""


class Bus:
    """One service's way to Kafka. `start` returns when the topics stand and consumption began."""

    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._topic = topic(settings, service)
        self._service = service
        self._broker = KafkaBroker(
            settings.kafka,
            client_id=f"claimpath-{service}",
            acks="all",
            request_timeout_ms=CONFIRM_MS,
            # Off: a retried send keeps its place, because one batch a partition is in flight,
            # and its facts keep their ids. Tansu refuses the version that aiokafka asks in.
            enable_idempotence=False,
            allow_auto_create_topics=False,
            max_request_size=2_000_000,
            logger=None,
            graceful_timeout=settings.drain_s,
        )
        self._reader: Any = None
        self._batch = asyncio.Lock()
        self._broke = asyncio.Event()
        self._fault: Exception | None = None
        self._stopping = False

    @property
    def topic(self) -> str:
        """The topic this service's facts go to."""
        return self._topic

    def listen(self, services: Sequence[Service], handler: Handler) -> None:
        """Hears the topics of these services. Call before `start`.

        `handler` must not raise: it returns once every record is handled or parked, but for
        those that it returns.
        """
        self._heard = [topic(self._settings, service) for service in services]
        self._reader = self._broker.subscriber(
            *self._heard,
            group_id=f"{self._settings.topics}-{self._service}",
            # A named member takes its partitions up again at once; the group need not first wait
            # for its former self to be missed. On Tansu a nameless one may never get in again.
            group_instance_id=self._settings.member or None,
            batch=True,
            max_records=self._settings.batch,
            batch_timeout_ms=self._settings.poll_ms,
            fetch_max_wait_ms=50,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            max_poll_interval_ms=POLL_INTERVAL_MS,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            listener=_Handover(self._batch),
            parser=self._unparsed,
            decoder=_undecoded,
        )

        async def on_batch(message: KafkaMessage) -> None:
            await self._consume(message, handler)

        self._reader(on_batch)

    async def _unparsed(self, batch: tuple[ConsumerRecord[bytes, bytes], ...]) -> KafkaMessage:
        """FastStream decodes every header: one that is not UTF-8 would cost the whole batch."""
        return KafkaAckableMessage(batch, b"", consumer=self._reader.consumer)

    async def _consume(self, message: KafkaMessage, handler: Handler) -> None:
        """Handles a batch and commits it, unless its partitions were taken away meanwhile."""
        async with self._batch:
            if self._stopping:
                return
            mine = self._reader.consumer.assignment()
            records = [
                _record(raw)
                for raw in message.raw_message
                if TopicPartition(raw.topic, raw.partition) in mine
            ]
            try:
                waiting = await handler(records)
            except Exception as error:  # a bug: FastStream would log it and commit the next batch
                self._stopping, self._fault = True, error
                self._broke.set()
                return
            self._put_back(waiting or ())
            # A commit that fails only means that the batch comes again and changes nothing.
            with suppress(KafkaError):
                await message.ack()

    def _put_back(self, records: Sequence[Record]) -> None:
        """Stands still where these are. The commit, of what stands before them, follows."""
        consumer: AIOKafkaConsumer = self._reader.consumer
        first: dict[TopicPartition, int] = {}
        for record in records:
            part = TopicPartition(record.topic, record.partition)
            first[part] = min(first.get(part, record.offset), record.offset)
        for part, offset in first.items():
            if part in consumer.assignment():
                consumer.seek(part, offset)
                consumer.pause(part)
                asyncio.get_running_loop().call_later(ROOM_S, self._resume, part)

    def _resume(self, part: TopicPartition) -> None:
        consumer: AIOKafkaConsumer | None = self._reader.consumer
        if consumer is not None and part in consumer.assignment():
            consumer.resume(part)

    async def start(self) -> None:
        """Makes missing topics and starts. Raises `BrokerDown` when Kafka is not there."""
        try:
            await self._make_topics()
            await self._broker.start()
        except (KafkaError, OSError) as error:
            raise BrokerDown(f"Kafka at {self._settings.kafka}: {error}") from error

    async def stop(self) -> None:
        """Lets the running batch finish, then leaves the group and closes."""
        self._stopping = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._batch.acquire(), self._settings.drain_s)
        await self._broker.stop()

    async def broken(self) -> None:
        """Raises what a handler raised, after which nothing is committed; waits until then."""
        await self._broke.wait()
        assert self._fault is not None
        raise self._fault

    async def publish(self, events: Sequence[Event]) -> None:
        """Returns once Kafka has confirmed all; raises `BrokerDown` if any is unconfirmed."""
        try:
            sent = [await self._send(event) for event in events]
            await asyncio.gather(*sent)
        except (KafkaError, OSError, IncorrectState) as error:  # the last: not started yet
            raise BrokerDown(f"Kafka: {error!r}") from error

    async def _send(self, event: Event) -> asyncio.Future[Any]:
        return await self._broker.publish(
            event.data,
            self._topic,
            key=event.subject.encode(),
            headers=headers(event),
            correlation_id=event.id,
            no_confirm=True,
        )

    def silence(self) -> float | None:
        """Seconds since the oldest last poll of our partitions; None before the first."""
        consumer: AIOKafkaConsumer | None = self._reader and self._reader.consumer
        if consumer is None or not consumer.assignment():
            return None
        polls = [consumer.last_poll_timestamp(part) for part in consumer.assignment()]
        return None if None in polls else time.time() - min(polls) / 1000

    async def _make_topics(self) -> None:
        wanted = {self._topic, *getattr(self, "_heard", ())}
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._settings.kafka, request_timeout_ms=CONFIRM_MS
        )
        await admin.start()
        try:
            missing = wanted - set(await admin.list_topics())
            answer = await admin.create_topics([self._new(name) for name in sorted(missing)])
        finally:
            await admin.close()
        for name, code, *_ in answer.topic_errors:
            if code not in (0, TOPIC_EXISTS):
                raise BrokerDown(f"Kafka would not create topic {name} (error {code})")

    def _new(self, name: str) -> NewTopic:
        return NewTopic(name, self._settings.partitions, self._settings.replication)


class _Handover(ConsumerRebalanceListener):  # type: ignore[misc]
    """Gives partitions away only between batches, so that no two processes handle one batch.

    A batch that waits for MongoDB may hold on longer than the group will wait; then the version
    guard of the store keeps the old owner from writing.
    """

    def __init__(self, batch: asyncio.Lock) -> None:
        self._batch = batch

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._batch.acquire(), SESSION_MS / 1000 * 0.8)
            self._batch.release()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Nothing is kept per partition."""


def topic(settings: Settings, service: Service) -> str:
    """The topic that a service's facts stand in."""
    return f"{settings.topics}.{service}"


async def _undecoded(message: KafkaMessage) -> bytes:
    """One undecodable element would fail a decoded batch: we read the bytes ourselves."""
    return b""


def _record(raw: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=raw.key.decode(errors="replace") if raw.key is not None else None,
        headers=tuple((name, content or b"") for name, content in raw.headers),
        value=raw.value,
    )
