"""Kafka in memory: a list of records for each topic and claim, and how far each service has read.

Order is kept for one claim on one topic, as Kafka keeps it for one key. Across topics there is
none: a service may read one far ahead of another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.base import Service
from shared.contracts.event import Event, Record, headers

READ_BY: Mapping[Service, Sequence[Service]] = {
    Service.INTAKE: tuple(Service),
    Service.CLAIMS: (Service.INTAKE, Service.PAYMENTS),
    Service.PAYMENTS: (Service.CLAIMS,),
    Service.NOTIFICATIONS: (Service.INTAKE, Service.CLAIMS, Service.PAYMENTS),
    Service.FEEDBACK: (Service.CLAIMS,),
}
"""The topics that each service listens to, as its `__main__` says."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One claim (or policy) on one topic, as one service reads it."""

    reader: Service
    topic: Service
    subject: str


@dataclass
class Wire:
    """All topics. `said` has every event the first time it came, by its id, in that order."""

    records: dict[tuple[Service, str], list[Record]] = field(
        default_factory=lambda: defaultdict(list)
    )
    offsets: dict[Queue, int] = field(default_factory=dict)
    said: dict[str, Event] = field(default_factory=dict)
    latest: list[Event] = field(default_factory=list)

    def publish(self, service: Service, events: Iterable[Event]) -> None:
        """Adds the events to the service's topic, in their order."""
        for event in events:
            self._add(service, event)

    def _add(self, service: Service, event: Event) -> None:
        stood = self.records[service, event.subject]
        stood.append(_record(service, len(stood), event))
        self.said.setdefault(event.id, event)
        self.latest.append(event)
        for reader, topics in READ_BY.items():
            if service in topics:
                self.offsets.setdefault(Queue(reader, service, event.subject), 0)

    def unread(self, reader: Service | None = None) -> list[Queue]:
        """Where there is something to read, for one service or for all."""
        return [
            queue
            for queue, offset in self.offsets.items()
            if reader in (None, queue.reader) and offset < len(self._stood(queue))
        ]

    def read(self) -> list[Queue]:
        """Where a service has read something."""
        return [queue for queue, offset in self.offsets.items() if offset]

    def next(self, queue: Queue, most: int) -> Sequence[Record]:
        """The next records there."""
        offset = self.offsets[queue]
        return self._stood(queue)[offset : offset + most]

    def commit(self, queue: Queue, records: Sequence[Record]) -> None:
        """These were handled: the reader goes on behind them."""
        self.offsets[queue] += len(records)

    def earlier(self, queue: Queue) -> Sequence[Record]:
        """All that was committed there, the newest first."""
        return self._stood(queue)[: self.offsets[queue]][::-1]

    def _stood(self, queue: Queue) -> list[Record]:
        return self.records[queue.topic, queue.subject]


def _record(service: Service, offset: int, event: Event) -> Record:
    named = tuple((name, value.encode()) for name, value in headers(event).items())
    return Record(service, 0, offset, event.subject, named, event.data)
