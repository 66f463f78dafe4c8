"""The envelope: CloudEvents 1.0 in Kafka's binary mode (`ce_*` headers, JSON value)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from shared.contracts import BY_TYPE
from shared.contracts.base import Fact
from shared.errors import UnknownType, Unreadable

NAMESPACE = uuid.UUID("6f1f2a4e-5c0b-5e0e-9a6b-3d1c7a9e2b10")
"""Every id in Claimpath that is derived, not given, is derived under this."""

Headers = Sequence[tuple[str, bytes]]
Contract = type[Fact]

REQUIRED = ("ce_id", "ce_type", "ce_source", "ce_subject", "ce_time")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}")
"""Ids and subjects: they name documents, and stand in the paths of URLs."""
YEARS = range(1970, 9000)
"""Years that a period can be counted from."""


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it came: nothing is believed of it yet."""

    topic: str
    partition: int
    offset: int
    key: str | None
    headers: Headers
    value: bytes | None

    @property
    def place(self) -> str:
        """Where it stands in Kafka; names it when it has no readable id."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def derived(*parts: str) -> str:
    """The same parts give the same id, in every process and for ever."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


@dataclass(frozen=True, slots=True)
class Event:
    """A published fact with all that its readers need to place it.

    `subject` is the claim (or policy) it speaks of and the Kafka key; `cause` the id of what
    caused it: an event's id, or the id of a command or timer from outside the network.
    `sequence` orders the facts of one decision, which share cause and time.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    cause: str
    sequence: int
    insurer: str
    traceparent: str
    data: bytes

    @property
    def contract(self) -> Contract:
        """What kind of fact is inside. Raises `UnknownType`."""
        try:
            return BY_TYPE[self.type]
        except KeyError:
            raise UnknownType(f"no contract has the type {self.type!r}") from None

    def fact(self) -> Fact:
        """The fact inside. Raises `UnknownType` or `Unreadable`."""
        contract = self.contract
        try:
            return contract.model_validate_json(self.data)
        except ValidationError as error:
            raise Unreadable(f"{self.type}: {_in_short(error)}") from error


def headers(event: Event) -> dict[str, str]:
    """The event's attributes as Kafka headers."""
    return {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": event.type,
        "ce_source": event.source,
        "ce_subject": event.subject,
        "ce_time": event.time.isoformat(),
        "ce_causationid": event.cause,
        "ce_sequence": str(event.sequence),
        "ce_insurer": event.insurer,
        "traceparent": event.traceparent,
        "content-type": "application/json",
    }


def read(record: Record) -> Event:
    """The event that a Kafka record carries. Raises `Unreadable` if it carries none."""
    try:
        found = {name: content.decode() for name, content in record.headers}
        time = datetime.fromisoformat(found["ce_time"])
        sequence = int(found.get("ce_sequence", "0"))
        id_, type_, source, subject = (found[name] for name in REQUIRED[:4])
    except KeyError as missing:
        raise Unreadable(f"the record has no header {missing}") from None
    except ValueError as error:
        raise Unreadable(f"the record's headers cannot be read: {error}") from None
    if not (NAME.fullmatch(id_) and NAME.fullmatch(subject)):
        raise Unreadable("the record's ce_id or ce_subject is not one of ours")
    if record.value is None or time.tzinfo is None or time.year not in YEARS:
        raise Unreadable("the record has no value, or its ce_time is no time in a zone")
    return Event(
        id=id_,
        type=type_,
        source=source,
        subject=subject,
        time=time,
        cause=found.get("ce_causationid", ""),
        sequence=sequence,
        insurer=found.get("ce_insurer", ""),
        traceparent=found.get("traceparent", ""),
        data=record.value,
    )


def _in_short(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}" for part in error.errors()[:5]
    )
