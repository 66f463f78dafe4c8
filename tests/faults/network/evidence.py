"""What can be known without asking a service: the wire, the stores, the bank, the mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

CLAIM = "CLM-"
"""How the names of claims begin. Policies and complaints have other names."""

Documents = Mapping[str, Mapping[str, Any]]
"""Documents as they are stored, by id."""


@dataclass(frozen=True, slots=True)
class Told:
    """One record on the wire. `place` is topic and partition, `at_ms` when its sender sent it."""

    place: str
    offset: int
    at_ms: int
    id: str
    type: str
    subject: str
    cause: str
    sequence: int
    time: str
    data: Mapping[str, Any]

    @property
    def fact(self) -> str:
        """The fact's name without producer and version: `claim-reported`."""
        return self.type.rpartition(".")[0].rpartition(".")[2] or self.type

    @property
    def content(self) -> tuple[object, ...]:
        """All that has to be the same when it is said again."""
        return self.type, self.subject, self.cause, self.sequence, self.time, str(self.data)


@dataclass(frozen=True, slots=True)
class Decided:
    """A fact as the document that decided it remembers it, in the order of its decision."""

    document: str
    id: str
    type: str
    subject: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that a service has set aside."""

    service: str
    subject: str | None
    reason: str
    behind: bool


@dataclass(frozen=True)
class Evidence:
    """Everything that was found after the harm, when all was quiet.

    `accepted` are the claims whose report somebody was told is taken, `decided_by_hand` those whose
    decision by a person was, and what it was. `told` is the wire, in order
    of offset within each partition; `junk` counts records that are no events. `stores` has the
    documents of each collection, named `service.collection`. `written` are the versions that
    MongoDB wrote of each document, in its own order. `transfers` is the bank's statement, `mails`
    counts the Message-IDs in the mailbox. `planted` are the subjects that were poisoned on purpose.
    `answers_lost` counts the ends of whoever mails letters: each may have lost a carrier's answer.
    """

    accepted: frozenset[str]
    told: Sequence[Told]
    stores: Mapping[str, Documents]
    decided_by_hand: Mapping[str, str] = field(default_factory=dict)
    parked: Sequence[Parked] = ()
    written: Mapping[str, Sequence[int]] = field(default_factory=dict)
    transfers: Sequence[Mapping[str, Any]] = ()
    mails: Mapping[str, int] = field(default_factory=dict)
    planted: frozenset[str] = frozenset()
    answers_lost: int = 0
    junk: int = 0

    @cached_property
    def facts(self) -> Mapping[str, Told]:
        """The first copy of every fact, by id."""
        first: dict[str, Told] = {}
        for told in self.told:
            first.setdefault(told.id, told)
        return first

    @cached_property
    def claims(self) -> Mapping[str, Sequence[Told]]:
        """The facts of every claim, each once."""
        return _grouped(t for t in self.facts.values() if t.subject.startswith(CLAIM))

    @cached_property
    def held(self) -> frozenset[str | None]:
        """Subjects that somebody has set aside: what is missing of them is missing on purpose."""
        return frozenset(entry.subject for entry in self.parked)

    @property
    def duplicates(self) -> int:
        """How often the wire carries again what it has carried before."""
        return len(self.told) - len(self.facts)

    @property
    def mailed_again(self) -> int:
        """How many letters too many are in the mailbox."""
        return sum(self.mails.values()) - len(self.mails)

    def of(self, claim: str, *names: str) -> list[Told]:
        """The claim's facts of these names."""
        return [told for told in self.claims.get(claim, ()) if told.fact in names]

    def letters(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Every letter that notifications has written, with its claim."""
        for claim, document in self.stores["notifications.correspondence"].items():
            for letter in document["state"]["letters"]:
                yield claim, letter

    def decided(self) -> Iterable[Sequence[Decided]]:
        """The facts that each document remembers, oldest first."""
        for collection, documents in self.stores.items():
            for id_, document in documents.items():
                if facts := list(_remembered(f"{collection}/{id_}", document)):
                    yield facts


def _grouped(told: Iterable[Told]) -> Mapping[str, Sequence[Told]]:
    groups: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        groups[each.subject].append(each)
    return groups


def _remembered(name: str, document: Mapping[str, Any]) -> Iterable[Decided]:
    for seen in document.get("seen", ()):
        for id_, type_, _, _, _, _, subject, _ in seen.get("facts") or ():
            yield Decided(name, id_, type_, subject)
