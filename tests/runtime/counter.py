"""A small decider for the runtime's tests: an account that is paid into, and rings a bell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from opentelemetry.sdk.trace import TracerProvider
from pydantic import TypeAdapter

from shared.contracts.base import Fact, Private, Value
from shared.contracts.claims import ClaimClosed, Outcome
from shared.contracts.intake import ClaimWithdrawn
from shared.contracts.payments import PaymentFailed
from shared.decider import Call, CallOutcome, Command, Decider, Due, Message, Refusal
from shared.money import Money
from shared.runtime import Caller, Door
from shared.telemetry import Telemetry
from shared.testing.memory import MemoryDocuments, MemoryOutlet
from shared.testing.parking import MemoryParking

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


class Counted(Value):
    """How often it was counted, the bells still to ring, and when to count by itself."""

    count: int = 0
    bells: tuple[str, ...] = ()
    wake: datetime | None = None


class Count(Command):
    """Count one more; with `bell`, also ring outside; with `wake`, again at that time."""

    bell: bool = False
    wake: datetime | None = None
    most: int = 100


class Poison(Command):
    """A command whose decision raises."""


class Ring(Call):
    """Ring the bell, outside."""


class Rang(CallOutcome):
    """The bell rang."""


class BellPromised(Private):
    """A bell is to be rung."""

    bell: str


class WakeSet(Private):
    """It will count by itself then."""

    at: datetime | None


def counted(count: int) -> ClaimClosed:
    """The public fact of the counter: a real contract, so that it can be read back."""
    return ClaimClosed(outcome=Outcome.PAID, paid=Money(minor=count), customer="c")


def decide(message: Message, state: Counted) -> Sequence[Fact]:
    """Counts."""
    match message.body:
        case Count(most=most) if state.count >= most:
            return [Refusal(code="enough", detail="It was counted often enough.")]
        case Count() as wish:
            bell = [BellPromised(bell=message.derive("bell"))] if wish.bell else []
            wake = [WakeSet(at=wish.wake)] if wish.wake else []
            return [counted(state.count + 1), *bell, *wake]
        case Due():
            return [counted(state.count + 1), WakeSet(at=None)]
        case Rang():
            return [ClaimWithdrawn()]
        case PaymentFailed():
            return []
        case ClaimClosed():
            return [counted(state.count + 1), ClaimWithdrawn()]
        case other:
            raise RuntimeError(f"poisoned by {type(other).__name__}")


def evolve(state: Counted, fact: Fact) -> Counted:
    """Copies."""
    match fact:
        case ClaimClosed():
            return state.model_copy(update={"count": fact.paid.minor})
        case BellPromised():
            return state.model_copy(update={"bells": (*state.bells, fact.bell)})
        case WakeSet():
            return state.model_copy(update={"wake": fact.at})
        case ClaimWithdrawn():
            return state.model_copy(update={"bells": state.bells[1:]})
        case _:
            return state


COUNTER: Decider[Counted] = Decider(
    kind="counter",
    state=TypeAdapter(Counted),
    initial=Counted(),
    decide=decide,
    evolve=evolve,
    due=lambda state: state.wake,
    calls=lambda state: [Ring(id=bell) for bell in state.bells],
)


class World:
    """A door over memory, with a clock that tests set."""

    def __init__(self, documents: MemoryDocuments | None = None) -> None:
        self.documents = documents or MemoryDocuments()
        self.parking = MemoryParking()
        self.outlet = MemoryOutlet()
        self.now = NOON
        self.telemetry = Telemetry("claims", TracerProvider())

    def door(self, caller: Caller | None = None, member: str = "") -> Door[Counted]:
        """Another process at the same store: it remembers nothing."""
        return Door(
            COUNTER,
            self.documents,
            self.parking,
            self.outlet,
            self.telemetry,
            lambda: self.now,
            caller=caller,
            member=member,
        )

    def count(self, subject: str = "A") -> int:
        """What the stored document says."""
        document = self.documents.stored.get(subject)
        return 0 if document is None else Counted.model_validate(document.state).count
