"""Decisions as sentences: `given(CLAIM, submitted()).when(approve()).then(approved())`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any, Generic, TypeVar

from shared.contracts.base import Fact
from shared.decider import CallOutcome, Command, Decider, Due, Message, Refusal

S = TypeVar("S")

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
"""Tuesday 10 March 2026, noon in Shanghai."""


@dataclass(frozen=True)
class Outcome(Generic[S]):
    """What a decision came to, and the document after it."""

    facts: Sequence[Fact]
    state: S

    def then(self, *facts: Fact) -> None:
        """Exactly these facts, in this order."""
        assert list(self.facts) == list(facts)

    def then_nothing(self) -> None:
        """Already so, or none of our business."""
        assert list(self.facts) == []

    def then_refused(self, code: str) -> None:
        """An expected no, by the name of its rule."""
        (refusal,) = self.facts
        assert isinstance(refusal, Refusal)
        assert refusal.code == code

    def only(self, *kinds: type[Fact]) -> list[Any]:
        """The facts, which are of these types in this order; for looking closer."""
        assert [type(fact) for fact in self.facts] == list(kinds)
        return list(self.facts)


@dataclass(frozen=True)
class Given(Generic[S]):
    """A document with a history."""

    decider: Decider[S]
    state: S

    def when(
        self,
        body: Fact | Command | Due | CallOutcome,
        now: datetime = NOON,
        id_: str = "m-1",
        **known: Any,
    ) -> Outcome[S]:
        """This message comes in at `now`; `known` is what the service looked up for it."""
        message = Message(id_, "CLM-1", body, now, "demo", known=known)
        facts = self.decider.decide(message, self.state)
        return Outcome(facts, reduce(self.decider.evolve, facts, self.state))


def given(decider: Decider[S], *facts: Fact) -> Given[S]:
    """A document to which these facts have happened."""
    return Given(decider, reduce(decider.evolve, facts, decider.initial))
