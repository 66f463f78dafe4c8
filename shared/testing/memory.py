"""Stores, parking and outlet in memory, with the behaviour of the real ones.

`tests/behaviour` runs one suite over these and over MongoDB and Kafka. Each can be told to fail
at its next use (`fails`), which is how tests crash the runtime between any two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts.event import Event
from shared.document import Deadline, Document


@dataclass
class MemoryDocuments:
    """Documents in a dict. `fails` maps a method's name to what its next call raises.

    With `ambiguous`, a failing save has written all the same: the answer was lost.
    """

    stored: dict[str, Document] = field(default_factory=dict)
    fails: dict[str, Exception] = field(default_factory=dict)
    ambiguous: bool = False
    writes: int = 0

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those that exist."""
        self._stumble("load")
        return {id_: self.stored[id_] for id_ in ids if id_ in self.stored}

    async def save(self, documents: Sequence[Document]) -> set[str]:
        """The next version of each; the ids that lost their race."""
        if not self.ambiguous:
            self._stumble("save")
        lost = {d.id for d in documents if self._version(d.id) != d.version}
        for document in documents:
            if document.id not in lost:
                self.stored[document.id] = replace(document, version=document.version + 1)
                self.writes += 1
        self._stumble("save")
        return lost

    async def due(self, now: datetime, limit: int, after: Deadline | None = None) -> list[Deadline]:
        """Whose deadline has come, the earliest first, from behind `after`."""
        due = sorted((d.due, d.id) for d in self.stored.values() if d.due and d.due <= now)
        behind = [(i, at) for at, i in due if after is None or (at, i) > (after[1], after[0])]
        return behind[:limit]

    async def owed(self, before: datetime, limit: int) -> list[Document]:
        """Whose facts nobody else will publish."""
        return [d for d in self.stored.values() if d.owed and d.owed <= before][:limit]

    async def calling(self, caller: str) -> list[Document]:
        """Whose outside calls this named process makes, or made."""
        return [d for d in self.stored.values() if d.caller == caller]

    async def settle(self, documents: Sequence[Document]) -> None:
        """All facts of these versions are on the wire."""
        self._stumble("settle")
        for document in documents:
            if self._version(document.id) == document.version:
                known = self.stored[document.id]
                self.stored[document.id] = replace(known, owed=None, unconfirmed=())

    def _version(self, id_: str) -> int:
        return self.stored[id_].version if id_ in self.stored else 0

    def _stumble(self, step: str) -> None:
        if error := self.fails.pop(step, None):
            raise error


@dataclass
class MemoryOutlet:
    """What was published, in order. `fails` is raised by the next publishing.

    With `ambiguous`, a failing publishing has reached the wire all the same.
    """

    topic: str = "memory"
    events: list[Event] = field(default_factory=list)
    fails: Exception | None = None
    ambiguous: bool = False

    async def publish(self, events: Sequence[Event]) -> None:
        """Adds the events to the wire."""
        error, self.fails = self.fails, None
        if error is None or self.ambiguous:
            self.events += events
        if error is not None:
            raise error
