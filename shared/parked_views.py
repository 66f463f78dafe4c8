"""What is shown of parked messages and of what was done to them: enough to judge, cut to size."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.event import Record
from shared.releasing import Came
from shared.store import Act, Inner, Parked

MOST_TOLD = 500
"""Characters of a reason in a listing."""
MOST_SHOWN = 20_000
"""Characters of a content, unless more are asked for."""
MOST_REASONS = 20
"""Different reasons counted in one answer."""


def came(result: Came, done: str) -> dict[str, Any]:
    """What a request came to."""
    reasons = [
        {"reason": reason[:MOST_TOLD], "messages": number}
        for reason, number in result.reasons.most_common(MOST_REASONS)
    ]
    return {
        "act": result.act,
        done: result.done,
        "still_failing": result.reasons.total(),
        "reasons": reasons,
        "busy": result.busy,
        "left_over": result.left,
    }


def listed(entry: Parked) -> dict[str, Any]:
    """A message in a listing: no content, and the reason in short."""
    return {
        "id": entry.id,
        "claim": entry.subject,
        "type": entry.type[:MOST_TOLD],
        "reason": entry.reason[:MOST_TOLD],
        "behind": entry.behind,
        "at": entry.at.isoformat(),
    }


def shown(entry: Parked, content: int) -> dict[str, Any]:
    """A message with its cause, and so many characters of its content."""
    error, _, text = entry.reason.partition(": ")
    return listed(entry) | {
        "reason": entry.reason,
        "error": {"kind": error, "text": text},
        "caused_by": _cause(entry.record, entry.inner),
        "record": entry.record and _content(entry.record, content),
        "inner": entry.inner and {"door": entry.inner.kind, **_cut(entry.inner.body, content)},
    }


def _cause(record: Record | None, inner: Inner | None) -> dict[str, str]:
    """Which message it is, what brought that about, and in which trace."""
    if record is None:
        parent = inner.traceparent if inner else ""
        return {"causation": inner.cause if inner else "", "trace": _trace(parent)}
    said = _headers(record)
    named = {"type": "ce_type", "id": "ce_id", "source": "ce_source", "at": "ce_time"}
    headers = {name: said.get(header, "")[:MOST_TOLD] for name, header in named.items()}
    causation = said.get("ce_causationid", "")[:MOST_TOLD]
    return headers | {"causation": causation, "trace": _trace(said.get("traceparent", ""))}


def _trace(traceparent: str) -> str:
    parts = traceparent.split("-")
    return parts[1][:32] if len(parts) == 4 else ""


def _headers(record: Record) -> dict[str, str]:
    return {name: content.decode(errors="replace") for name, content in record.headers}


def _content(record: Record, most: int) -> dict[str, Any]:
    said = {name[:MOST_TOLD]: content[:most] for name, content in _headers(record).items()}
    return {"place": record.place, "key": record.key, "headers": said} | _value(record, most)


def _value(record: Record, most: int) -> dict[str, Any]:
    value = record.value or b""
    try:
        return _cut(value.decode(), most)
    except UnicodeDecodeError:  # an auditor wants every byte
        return _cut(base64.b64encode(value).decode(), most) | {"encoding": "base64"}


def _cut(value: str, most: int) -> dict[str, Any]:
    return {"value": value[:most], "characters": len(value), "cut": len(value) > most}


def history(entry: Parked, acts: Sequence[Act]) -> list[Mapping[str, Any]]:
    """How it was parked, and all that was done to it since."""
    parked = {"at": entry.at.isoformat(), "what": "parked", "reason": entry.first}
    before = [act for act in acts if act.at < entry.at]  # it was parked before, and came again
    since = [act for act in acts if act.at >= entry.at]
    return [*map(_deed, before), parked, *map(_deed, since)]


def _deed(act: Act) -> Mapping[str, Any]:
    return {name: said for name, said in told(act).items() if name not in ("message", "asked")}


def told(act: Act) -> dict[str, Any]:
    """An act, without any content."""
    said: dict[str, Any] = {
        "number": act.number,
        "act": act.act,
        "what": str(act.what),
        "by": act.by,
        "why": act.why,
        "at": act.at.isoformat(),
    }
    if act.message is None:
        return said | {"asked": dict(act.asked)}
    return said | {"reason": act.message.reason[:MOST_TOLD], "message": listed(act.message)}
