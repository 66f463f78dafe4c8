"""A bank call whose claim is parked: the money moves once, and its outcome is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from services.payments.calls import BankAnswered, InquireCall, Standing
from services.payments.decide import BOOK, decide
from services.payments.state import Book, Settled
from shared.contracts.base import Fact
from shared.contracts.claims import ClaimApproved
from shared.contracts.payments import PaymentOrdered, PaymentSettled, PaymentUnconfirmed
from shared.decider import Call, CallOutcome, Decider, Message
from shared.listener import Listener
from shared.money import Money
from shared.releasing import Releasing
from shared.room import Room
from shared.runtime import Door
from shared.service import utc_now
from shared.store import Filter, Parked, What
from shared.telemetry import telemetry
from shared.testing.memory import MemoryDocuments, MemoryOutlet
from shared.testing.parking import MemoryActs, MemoryParking

ORDERED, SETTLED, UNCONFIRMED = (
    kind.type for kind in (PaymentOrdered, PaymentSettled, PaymentUnconfirmed)
)


class Counter:
    """A bank that settles at once and notes what it was asked. `breaks`: a bug in its adapter."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.breaks = False
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, call: Call) -> CallOutcome:
        self.asked.append(type(call).__name__)
        await self.open.wait()
        if self.breaks:
            raise AttributeError("'NoneType' object has no attribute 'account'")
        order = call.id.split("/")[0]
        return BankAnswered(
            call=call.id, order_id=order, standing=Standing.SETTLED, transfer_id="BK1"
        )


class Payments:
    """The service without Kafka and MongoDB, in one release after another."""

    def __init__(self) -> None:
        self.now = utc_now()
        self.documents, self.outlet = MemoryDocuments(), MemoryOutlet()
        self.parking, self.acts, self.bank = MemoryParking(), MemoryActs(), Counter()

    @asynccontextmanager
    async def running(self, decider: Decider[Book] = BOOK) -> AsyncIterator[Door[Book]]:
        door = Door(
            decider,
            self.documents,
            self.parking,
            self.outlet,
            telemetry("payments"),
            lambda: self.now,
            caller=self.bank,
        )
        room = Room(self.parking, 100, 1_000)
        listener = Listener({}, self.parking, room, lambda: self.now, [door])
        self.releasing = Releasing(self.parking, self.acts, listener.retry, lambda: self.now)
        work = asyncio.create_task(door.run())
        yield door
        await door.drain(30)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def release(self) -> int:
        """Releases all that is parked; how many went."""
        act = await self.releasing.begin(What.RELEASE_ASKED, "Li Na", "it is corrected", {})
        return (await self.releasing.release_all(Filter(), act)).done

    def approved(self) -> Message:
        body = ClaimApproved(
            approval=1,
            amount=Money(minor=250_00),
            in_full=True,
            lines=(),
            reasons=(),
            decided_by="network",
            payee="sealed",
        )
        return Message("approved", "CLM-1", body, self.now, "demo")

    def said(self) -> list[str]:
        """The types of the facts on the wire."""
        return [event.type for event in self.outlet.events]

    def settled(self) -> bool:
        book = BOOK.state.validate_python(self.documents.stored["CLM-1"].state)
        return all(isinstance(order, Settled) for order in book.orders)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Gives the loop its turns until it is so."""
        for _ in range(1_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"still waiting; parked are {self.parking.entries}")


def trips_over_the_bank(message: Message, book: Book) -> Sequence[Fact]:
    """An earlier release, with a bug where it hears the bank."""
    if isinstance(message.body, BankAnswered):
        raise KeyError("BK1")
    return decide(message, book)


async def test_a_bank_answer_that_met_a_bug_settles_with_the_corrected_release() -> None:
    payments = Payments()
    async with payments.running(replace(BOOK, decide=trips_over_the_bank)) as door:
        await door.handle([payments.approved()])
        await door.drain(30)
        (entry,) = payments.parking.entries
        assert (entry.type, entry.reason) == ("BankAnswered", "KeyError: 'BK1'")
        assert await payments.release() == 0
    async with payments.running():
        assert await payments.release() == 1
    assert payments.settled()
    assert payments.said() == [ORDERED, SETTLED]
    assert payments.bank.asked == ["PayCall"]


async def test_a_bank_answer_to_a_held_claim_waits_and_settles_without_asking_the_bank_again() -> (
    None
):
    payments = Payments()
    payments.bank.open.clear()
    async with payments.running() as door:
        await door.handle([payments.approved()])
        await payments.until(lambda: payments.bank.asked == ["PayCall"])
        await payments.parking.park([Parked("x", "CLM-1", "KeyError: 'day'", payments.now)])
        payments.bank.open.set()
        await payments.until(lambda: len(payments.parking.entries) == 2)
        payments.now += timedelta(days=3)
        await door.tick()
        assert payments.said() == [ORDERED]
        assert await payments.release() == 2
        await door.tick()
    assert payments.settled()
    assert payments.said() == [ORDERED, SETTLED]
    assert payments.bank.asked == ["PayCall"]


async def test_a_call_that_broke_in_our_own_hands_is_asked_about_once_released() -> None:
    payments = Payments()
    payments.bank.breaks = True
    async with payments.running() as door:
        await door.handle([payments.approved()])
        await door.drain(30)
        payments.now += timedelta(hours=1)
        await door.tick()
        assert payments.bank.asked == ["PayCall"], "nobody may act before ops have looked"
        payments.bank.breaks = False
        assert await payments.release() == 1
        await door.tick()
        await payments.until(payments.settled)
    assert payments.said() == [ORDERED, UNCONFIRMED, SETTLED]
    assert payments.bank.asked == ["PayCall", InquireCall.__name__]
