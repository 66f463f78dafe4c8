"""The parking and the journal of acts in memory, with the behaviour of the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from shared.store import Act, Filter, Parked
from shared.store.acts import ENDINGS, without_content

_numbers = count(1)
"""Parking and journal of a service draw from one series."""


@dataclass
class MemoryParking:
    """Parked messages in a list. Leases last until they are given back."""

    entries: list[Parked] = field(default_factory=list)
    leases: dict[str, str] = field(default_factory=dict)
    endings: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)

    async def held(self, subjects: Sequence[str]) -> set[str]:
        """Subjects with a parked message."""
        return {e.subject for e in self.entries if e.subject} & set(subjects)

    async def park(self, entries: Sequence[Parked]) -> None:
        """Adds those not parked yet."""
        for entry in entries:
            known = {other.id: other.subject for other in self.entries}
            another = known.get(entry.id, entry.subject) != entry.subject
            id_ = f"{entry.id}@{entry.subject}" if another else entry.id
            if id_ not in known:
                first = entry.first or entry.reason
                self.entries.append(replace(entry, id=id_, order=next(_numbers), first=first))

    async def total(self) -> int:
        """How many are parked."""
        return len(self.entries)

    async def crowded(self, subjects: Sequence[str], most: int) -> set[str]:
        """Subjects with so many messages."""
        queues = {
            subject: [e for e in self.entries if e.subject == subject] for subject in subjects
        }
        return {subject for subject, queue in queues.items() if len(queue) >= most}

    async def page(self, after: int, limit: int, which: Filter | None = None) -> list[Parked]:
        """What fits, oldest first."""
        found = [e for e in self._there() if e.order > after and (which or Filter()).fits(e)]
        return [_bare(entry) for entry in found[:limit]]

    async def find(self, id_: str) -> Parked | None:
        """One message."""
        return next((entry for entry in self._there() if entry.id == id_), None)

    async def head(self, subject: str) -> Parked | None:
        """The oldest of a claim."""
        return next((_bare(e) for e in self._there() if e.subject == subject), None)

    async def orphans(self) -> list[str]:
        """Subjects whose first message waits behind nothing."""
        heads = {e.subject: e for e in reversed(self.entries) if e.subject is not None}
        return [subject for subject, head in heads.items() if head.behind]

    async def meant(
        self, which: Filter, act: int, limit: int, newest_first: bool = False
    ) -> list[Parked]:
        """What an act is still to do."""
        found = [_bare(entry) for entry in self._meant(which, act)]
        return (found[::-1] if newest_first else found)[:limit]

    async def left(self, which: Filter, act: int) -> int:
        """How many that are."""
        return len(self._meant(which, act))

    async def tried(self, entry: Parked, act: int) -> None:
        """This act has come as far as it can."""
        alone = entry.subject is None
        self.acts |= {
            e.id: act
            for e in self.entries
            if e.id == entry.id or (not alone and e.subject == entry.subject)
        }

    async def take(self, id_: str, holder: str) -> Parked | None:
        """The message, unless it is not there or another's."""
        if self.leases.get(id_, holder) != holder or (found := await self.find(id_)) is None:
            return None
        self.leases[id_] = holder
        return found

    async def give_back(self, id_: str, holder: str) -> None:
        """Ends the lease."""
        if self.leases.get(id_) == holder:
            del self.leases[id_]

    async def blame(self, id_: str, reason: str) -> None:
        """The message failed again."""
        self.entries = [
            replace(entry, reason=reason, behind=False) if entry.id == id_ else entry
            for entry in self.entries
        ]

    async def end(self, id_: str, holder: str, ending: Mapping[str, Any]) -> bool:
        """It is released or discarded, unless the lease was lost."""
        if self.leases.get(id_) != holder or await self.find(id_) is None:
            return False
        self.endings[id_] = ending
        return True

    async def ended(self, limit: int) -> list[tuple[Parked, Mapping[str, Any]]]:
        """What has ended and is still here."""
        there = [entry for entry in self.entries if entry.id in self.endings]
        return [(entry, self.endings[entry.id]) for entry in there][:limit]

    async def remove(self, entry: Parked) -> None:
        """Takes a message out."""
        self.entries = [e for e in self.entries if (e.id, e.order) != (entry.id, entry.order)]
        for kept in (self.leases, self.endings, self.acts):
            kept.pop(entry.id, None)

    def _there(self) -> list[Parked]:
        return [entry for entry in self.entries if entry.id not in self.endings]

    def _meant(self, which: Filter, act: int) -> list[Parked]:
        return [
            e
            for e in self._there()
            if e.order < act and self.acts.get(e.id) != act and which.fits(e)
        ]


@dataclass
class MemoryActs:
    """The journal in a list."""

    written: list[Act] = field(default_factory=list)

    async def draw(self) -> int:
        """The next number."""
        return next(_numbers)

    async def add(self, act: Act) -> None:
        """Writes it down; the end of a message once."""
        if not any(_same_end(act, other) for other in self.written):
            self.written.append(act)

    async def page(self, after: int, limit: int, message: str | None = None) -> list[Act]:
        """In order of number, without content."""
        found = sorted((a for a in self.written if a.number > after), key=lambda a: a.number)
        of_it = [a for a in found if message is None or (a.message and a.message.id == message)]
        return [
            replace(a, message=a.message and without_content(a.message, a.message.reason))
            for a in of_it[:limit]
        ]

    async def find(self, number: int) -> Act | None:
        """One act."""
        return next((act for act in self.written if act.number == number), None)


def _same_end(one: Act, other: Act) -> bool:
    ends = one.what in ENDINGS and other.what in ENDINGS
    return bool(ends and one.message and other.message and one.message.order == other.message.order)


def _bare(entry: Parked) -> Parked:
    return replace(entry, record=None, inner=None)
