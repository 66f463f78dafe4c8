"""The claim path: every fact of a claim, from every service, in the order of cause and effect.

A fact names what caused it, so a claim's facts form trees; their roots were caused from outside
(an HTTP command, a timer). Pure functions over entries; `services.intake.recorder` keeps them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

OUTSIDE = ("http:", "timer:", "outcome:")
"""What the ids of causes from outside the network begin with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as the path keeps it."""

    id: str
    claim: str
    type: str
    service: str
    at: datetime
    cause: str
    sequence: int
    trace: str
    data: dict[str, Any]

    @property
    def fact(self) -> str:
        """The fact's name without producer and version: `claim-reported`."""
        return self.type.split(".")[-2]


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Causes before effects, and otherwise by time: clocks of different machines may disagree."""
    known = {entry.id for entry in entries}
    effects: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=_when):
        effects[entry.cause if entry.cause in known else ""].append(entry)
    return list(_walk(effects))


def _walk(effects: dict[str, list[Entry]]) -> Iterator[Entry]:
    """Every fact after its cause; of all whose cause is told, the earliest next."""
    ready = list(effects.get("", ()))
    while ready:
        entry = min(ready, key=_when)
        ready.remove(entry)
        yield entry
        ready += effects.get(entry.id, ())


def _when(entry: Entry) -> tuple[datetime, str, int]:
    """Facts of one decision share time and cause, and are numbered."""
    return entry.at, entry.cause, entry.sequence


def gaps(entries: Sequence[Entry]) -> list[str]:
    """Ids of causes that are facts and are not in the path. A complete path has none."""
    known = {entry.id for entry in entries}
    return sorted(
        {e.cause for e in entries if e.cause not in known and not e.cause.startswith(OUTSIDE)}
    )


def described(claim: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The path as ops and the command line read it; `hop_s` is the time since the cause."""
    at = {entry.id: entry.at for entry in entries}
    lacking = gaps(entries)
    return {
        "claim": claim,
        "complete": bool(entries) and not lacking,
        "missing": lacking,
        "facts": [_line(entry, at.get(entry.cause)) for entry in in_order(entries)],
    }


def _line(entry: Entry, caused: datetime | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "fact": "".join(word.capitalize() for word in entry.fact.split("-")),
        "type": entry.type,
        "service": entry.service,
        "at": entry.at.isoformat(),
        "cause": entry.cause,
        "trace": entry.trace,
        "hop_s": None if caused is None else max(0.0, (entry.at - caused).total_seconds()),
        "data": entry.data,
    }
