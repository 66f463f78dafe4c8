"""A parked message, how it is written down, and which of them are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.event import Record


@dataclass(frozen=True, slots=True)
class Inner:
    """A timer or the outcome of a call, which no record holds.

    `kind` names the door it goes through, `body` is its JSON. An empty body is a call that was
    never answered, because its caller broke: the document itself brings that back.
    """

    kind: str
    body: str
    cause: str = ""
    insurer: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that waits for ops. `behind` waits only because an earlier one of its claim does.

    It has a `record`, or else an `inner`. `reason` is why it failed last, `first` why it was
    parked; both begin with the kind of error.
    """

    id: str
    subject: str | None
    reason: str
    at: datetime
    behind: bool = False
    record: Record | None = None
    type: str = ""
    order: int = field(default=0, compare=False)
    inner: Inner | None = None
    first: str = field(default="", compare=False)

    @property
    def error(self) -> str:
        """The kind of error, `KeyError` say."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which parked messages are meant: those that fit in everything that is said here.

    `reason` is a piece of the reason. `since` is the first moment of parking, `until` the first
    no more.
    """

    claim: str | None = None
    type: str | None = None
    error: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, entry: Parked) -> bool:
        """Whether this message is meant."""
        return (
            self.claim in (None, entry.subject)
            and self.type in (None, entry.type)
            and self.error in (None, entry.error)
            and (self.reason or "") in entry.reason
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at < self.until)
        )


def raw_parked(entry: Parked) -> dict[str, Any]:
    """Everything but the id, which is the key."""
    raw: dict[str, Any] = {
        "subject": entry.subject,
        "reason": entry.reason,
        "error": entry.error,
        "first": entry.first or entry.reason,
        "at": entry.at,
        "behind": entry.behind,
        "type": entry.type,
        "order": entry.order,
    }
    if entry.inner is not None:
        raw["inner"] = {name: getattr(entry.inner, name) for name in Inner.__slots__}
    if entry.record is not None:
        raw["record"] = _raw_record(entry.record)
    return raw


def _raw_record(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "headers": [[name, content] for name, content in record.headers],
        "value": record.value,
    }


def parked(raw: Mapping[str, Any]) -> Parked:
    """A parked message as it was written down; without its content if that was not read."""
    record, inner = raw.get("record"), raw.get("inner")
    return Parked(
        id=raw["_id"],
        subject=raw["subject"],
        reason=raw["reason"],
        at=raw["at"],
        behind=raw["behind"],
        type=raw["type"],
        order=raw["order"],
        inner=inner and Inner(**inner),
        first=raw.get("first", ""),
        record=record
        and Record(
            **{**record, "headers": tuple((name, content) for name, content in record["headers"])}
        ),
    )
