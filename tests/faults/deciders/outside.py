"""What lies outside the network: a bank, a mail carrier, and the calls on their way to them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum

from services.notifications.state import (
    Accepted,
    Answer,
    Answered,
    Away,
    Deferred,
    NoAddress,
    Refused,
    SendCall,
)
from services.payments.calls import BankAnswered, InquireCall, PayCall, Standing
from shared.contracts.event import derived
from shared.decider import Call, CallOutcome, Message
from shared.money import Money
from shared.turn import Started
from tests.faults.deciders.door import Dies, Door
from tests.faults.deciders.world import World

REFUSAL = "AC04"
"""ISO 20022: the account is closed."""
BLANK = "CP01"
"""What our own side of the call says of a payee that it cannot open; nothing is sent."""
UNREADABLE = "unreadable"
"""A sealed payee that nobody can open."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the bank decided about an order when it first heard of it. That stands for ever."""

    order: str
    claim: str
    amount: Money
    settled: bool


@dataclass
class MemoryBank:
    """Moves money once for each idempotency key, and remembers what it refused.

    `paid` is every movement of money, by claim.
    """

    known: dict[str, Transfer] = field(default_factory=dict)
    paid: dict[str, list[Transfer]] = field(default_factory=lambda: defaultdict(list))

    def pay(self, call: PayCall, willing: bool) -> Standing:
        """An order arrives. A key that comes again gets the first answer again."""
        asked = Transfer(call.order_id, call.remittance, call.amount, willing)
        kept = self.known.setdefault(call.order_id, asked)
        assert (kept.claim, kept.amount) == (asked.claim, asked.amount), "one key, two orders"
        if kept is asked and willing:
            self.paid[kept.claim].append(kept)
        return self.standing(kept.order)

    def standing(self, order: str) -> Standing:
        """What is known of an order."""
        kept = self.known.get(order)
        if kept is None:
            return Standing.ABSENT
        return Standing.SETTLED if kept.settled else Standing.REJECTED


class BankFate(StrEnum):
    """What comes of a call to the bank."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LOST_BEFORE = "lost-before"
    LOST_AFTER = "lost-after"
    HELD_UP = "held-up"
    """The caller gives up; the request arrives later."""
    SLOW = "slow"
    """It arrived; the answer is still to come."""
    CALLER_DIED_BEFORE = "caller-died-before"
    CALLER_DIED_AFTER = "caller-died-after"


class MailFate(StrEnum):
    """What comes of handing over a letter."""

    ACCEPTED = "accepted"
    NO_ADDRESS = "no-address"
    REFUSED = "refused"
    DEFERRED = "deferred"
    AWAY = "away"
    CALLER_DIED = "caller-died"


ANSWERS: dict[MailFate, Answer] = {
    MailFate.ACCEPTED: Accepted(),
    MailFate.NO_ADDRESS: NoAddress(),
    MailFate.REFUSED: Refused(reason="550 5.1.1"),
    MailFate.DEFERRED: Deferred(reason="451 4.7.1"),
    MailFate.AWAY: Away(reason="ConnectionRefusedError"),
}


@dataclass
class Outside:
    """The calls under way, and what becomes of them.

    `answers` are bank calls whose answer is still on its way, `held_up` orders that nobody waits
    for any more and that will arrive all the same, `told` outcomes that went through a door.
    """

    world: World
    bank: MemoryBank = field(default_factory=MemoryBank)
    answers: list[tuple[Started, BankAnswered]] = field(default_factory=list)
    held_up: list[PayCall] = field(default_factory=list)
    told: list[tuple[Door[object], Message]] = field(default_factory=list)

    @property
    def to_bank(self) -> list[Started]:
        """Bank calls that were begun and have not come to anything."""
        return self.world.books.calls

    @property
    def to_carrier(self) -> list[Started]:
        """Letters that were begun to be handed over."""
        return self.world.letters.calls

    def call_bank(self, number: int, fate: BankFate, dies: Dies = Dies.NEVER) -> None:
        """One of the calls under way comes to this."""
        started = self.to_bank.pop(number % len(self.to_bank))
        match fate:
            case BankFate.ANSWERED | BankFate.REFUSED:
                self._tell(started, self._reached(started, fate is BankFate.ANSWERED), dies)
            case BankFate.LOST_BEFORE:
                self._tell(started, _unknown(started, "connection"), dies)
            case BankFate.LOST_AFTER:
                self._reached(started)
                self._tell(started, _unknown(started, "timeout"), dies)
            case BankFate.HELD_UP:
                self._tell(started, _unknown(started, "timeout"), dies)
                self._hold_up(started.call)
            case BankFate.SLOW:
                self.answers.append((started, self._reached(started)))
            case BankFate.CALLER_DIED_BEFORE:
                pass
            case BankFate.CALLER_DIED_AFTER:
                self._reached(started)

    def answer_comes(self, number: int, dies: Dies = Dies.NEVER) -> None:
        """A slow answer of the bank is there."""
        started, answer = self.answers.pop(number % len(self.answers))
        self._tell(started, answer, dies)

    def order_arrives(self, number: int, willing: bool = True) -> None:
        """An order that was held up reaches the bank; nobody hears what it says."""
        self.bank.pay(self.held_up.pop(number % len(self.held_up)), willing)

    def hand_over(self, number: int, fate: MailFate, dies: Dies = Dies.NEVER) -> None:
        """Handing over one of the letters comes to this."""
        started = self.to_carrier.pop(number % len(self.to_carrier))
        assert isinstance(started.call, SendCall)
        if fate in ANSWERS:
            letter, attempt = started.call.letter.id, started.call.attempt
            outcome = Answered(
                call=started.call.id, letter=letter, attempt=attempt, answer=ANSWERS[fate]
            )
            self._tell(started, outcome, dies)

    def tell_again(self, number: int) -> None:
        """An outcome comes through the door a second time."""
        door, message = self.told[number % len(self.told)]
        self.world.ask(door, replace(message, now=self.world.clock()))

    def _hold_up(self, call: Call) -> None:
        if isinstance(call, PayCall) and call.payee != UNREADABLE:
            self.held_up.append(call)

    def _reached(self, started: Started, willing: bool = True) -> BankAnswered:
        """The call arrives at the bank, which decides if it had not yet."""
        call = started.call
        assert isinstance(call, PayCall | InquireCall)
        if isinstance(call, InquireCall):
            return _answered(call, self.bank.standing(call.order_id))
        if call.payee == UNREADABLE:
            return _answered(call, Standing.REJECTED, BLANK)
        return _answered(call, self.bank.pay(call, willing))

    def _tell(self, started: Started, outcome: CallOutcome, dies: Dies) -> None:
        """As `shared.runtime.Door` brings an outcome in."""
        message = replace(
            started.message,
            id=f"outcome:{started.call.id}",
            body=outcome,
            cause=started.call.cause or started.cause,
            now=self.world.clock(),
            digest="",
            record=None,
            event=None,
        )
        door = self.world.letters if isinstance(outcome, Answered) else self.world.books
        self.told.append((door, message))
        self.world.ask(door, message, dies)


def _unknown(started: Started, reason: str) -> BankAnswered:
    assert isinstance(started.call, PayCall | InquireCall)
    return _answered(started.call, Standing.UNKNOWN, reason)


def _answered(call: PayCall | InquireCall, standing: Standing, reason: str = "") -> BankAnswered:
    transfer = f"BK-{derived(call.order_id)}" if standing is Standing.SETTLED else ""
    said = REFUSAL if standing is Standing.REJECTED else ""
    return BankAnswered(
        call=call.id,
        order_id=call.order_id,
        standing=standing,
        transfer_id=transfer,
        reason=reason or said,
    )
