"""The document: what a service keeps of one claim (or policy, complaint, ...).

State, the inputs that made it, and the facts they caused stand in one place, so that one write
saves them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Deadline = tuple[str, datetime]
"""A document's id, and when it is due."""


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A published fact as its document remembers it, to say it again with the same id."""

    id: str
    type: str
    time: datetime
    cause: str
    sequence: int
    traceparent: str
    subject: str
    data: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An input that changed the document. `facts` is None once it is too old to be repeated."""

    id: str
    digest: str
    facts: tuple[StoredFact, ...] | None


@dataclass(frozen=True, slots=True)
class Document:
    """One claim (or policy, complaint, ...) in one service. Version 0 is not stored yet.

    `unconfirmed` are inputs whose facts may not be on the wire; `owed` is set, to the time of the
    save, while nobody but this document would bring them there. `caller` names the process that
    makes the outside calls outstanding, if it has a name.
    """

    id: str
    version: int = 0
    insurer: str = ""
    state: Mapping[str, Any] | None = None
    seen: tuple[Seen, ...] = ()
    due: datetime | None = None
    unconfirmed: tuple[str, ...] = ()
    owed: datetime | None = None
    caller: str = ""
