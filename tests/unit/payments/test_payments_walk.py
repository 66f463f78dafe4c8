"""An order's whole way through the door to the real bank and back, with time in our hands."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.payments.bank import Bank
from services.payments.decide import BOOK
from services.payments.state import AnyOrder, Book, Failed, Inquiring, Ordered, Settled
from shared.contracts.base import Service
from shared.contracts.claims import ClaimApproved
from shared.contracts.payments import PaymentOrdered, PaymentSettled, PaymentUnconfirmed
from shared.decider import Call, CallOutcome, Message
from shared.money import Money
from shared.runtime import Caller, Door
from shared.sealing import Opener, Seal
from shared.service import utc_now
from shared.telemetry import telemetry
from shared.testing.memory import MemoryDocuments, MemoryOutlet
from shared.testing.parking import MemoryParking

from .bank_program import BankProgram


class Hours:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Payments:
    """The service without Kafka and MongoDB; `door` may die and be replaced.

    The bank outlives a test: `name` keeps this one's orders apart from all others.
    """

    def __init__(self) -> None:
        self.name = uuid4().hex
        self.hours = Hours()
        self.documents, self.parking = MemoryDocuments(), MemoryParking()
        self.outlet = MemoryOutlet()

    @asynccontextmanager
    async def open(self, caller: Caller) -> AsyncIterator[Door[Book]]:
        door = Door(
            BOOK,
            self.documents,
            self.parking,
            self.outlet,
            telemetry("payments"),
            self.hours,
            caller=caller,
        )
        work = asyncio.create_task(door.run())
        yield door
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def until_ended(self, door: Door[Book], rounds: int = 40) -> None:
        """Lets a minute pass, again and again, until every order has ended."""
        for _ in range(rounds):
            await self.until_quiet(door)
            if all(isinstance(order, Settled | Failed) for order in self.orders()):
                return
            self.hours.pass_by(61)
            await door.tick()
        raise AssertionError(f"orders still open after {rounds} minutes: {self.orders()}")

    async def until_quiet(self, door: Door[Book]) -> None:
        """Waits until no call to the bank is outstanding: one may lead to the next."""
        deadline = time.monotonic() + 60
        while any(isinstance(order, Ordered | Inquiring) for order in self.orders()):
            assert time.monotonic() < deadline, "calls to the bank were outstanding for a minute"
            await door.drain(60)
            await asyncio.sleep(0)

    def orders(self) -> list[AnyOrder]:
        books = [BOOK.state.validate_python(d.state) for d in self.documents.stored.values()]
        return [order for book in books for order in book.orders]

    def said(self, kind: type) -> int:
        return sum(event.type == kind.type for event in self.outlet.events)  # type: ignore[attr-defined]


@pytest.fixture
def payments() -> Payments:
    return Payments()


@pytest.fixture
async def the_bank(counter: BankProgram, keys: Path, payments: Payments) -> AsyncIterator[Bank]:
    adapter = Bank(counter.url, Opener(keys, Service.PAYMENTS), payments.hours)
    yield adapter
    await adapter.close()


@pytest.fixture
def approval(seal: Seal, payments: Payments) -> Callable[[str], Message]:
    def build(claim: str) -> Message:
        body = ClaimApproved(
            approval=1,
            amount=Money(minor=250_00),
            in_full=True,
            lines=(),
            reasons=(),
            decided_by="network",
            payee=seal.close({"account": "6222020200112233", "name": "王小明"}),
        )
        return Message(f"approved-{claim}-{payments.name}", claim, body, payments.hours(), "demo")

    return build


Approval = Callable[[str], Message]


async def test_an_approval_becomes_one_transfer_and_is_said_once(
    payments: Payments, the_bank: Bank, counter: BankProgram, approval: Approval
) -> None:
    before = counter.transfers()
    async with payments.open(the_bank) as door:
        message = approval("CLM-1")
        await door.handle([message, message])
        await door.handle([message])
        await payments.until_quiet(door)
    assert counter.transfers() - before == 1
    assert payments.said(PaymentSettled) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_in_any_weather_every_order_becomes_exactly_one_transfer(
    payments: Payments, the_bank: Bank, counter: BankProgram, approval: Approval, seed: int
) -> None:
    before = counter.transfers()
    counter.fail(errors=0.3, lost_before=0.3, lost_after=0.5, seed=seed)
    async with payments.open(the_bank) as door:
        await door.handle([approval(f"CLM-{number}") for number in range(25)])
        await payments.until_ended(door)
    assert counter.transfers() - before == 25
    assert all(isinstance(order, Settled) for order in payments.orders())
    assert payments.said(PaymentOrdered) == payments.said(PaymentSettled) == 25
    assert payments.said(PaymentUnconfirmed) > 0
    assert payments.parking.entries == []


async def test_a_bank_that_is_away_for_an_hour_is_asked_until_it_is_back(
    payments: Payments, the_bank: Bank, counter: BankProgram, approval: Approval
) -> None:
    before = counter.transfers()
    counter.fail(away=True)
    async with payments.open(the_bank) as door:
        await door.handle([approval("CLM-1")])
        with pytest.raises(AssertionError, match="still open"):
            await payments.until_ended(door, rounds=120)
        (order,) = payments.orders()
        assert order.calls > 50, "the attempts are visible"
        counter.fail()
        await payments.until_ended(door)
    assert counter.transfers() - before == 1
    assert payments.said(PaymentUnconfirmed) == 1


@pytest.mark.parametrize("paid_before_death", [True, False])
async def test_a_process_that_dies_during_the_call_leaves_one_transfer(
    payments: Payments,
    the_bank: Bank,
    counter: BankProgram,
    approval: Approval,
    paid_before_death: bool,
) -> None:
    before, calling = counter.transfers(), asyncio.Event()
    unheard: asyncio.Future[CallOutcome] = asyncio.Future()

    async def dies(call: Call) -> CallOutcome:
        if paid_before_death:
            await the_bank(call)
        calling.set()
        return await unheard  # kept here: collected elsewhere, it would complain there

    async with payments.open(dies) as dying:
        await dying.handle([approval("CLM-1")])
        await asyncio.wait_for(calling.wait(), 30)
    async with payments.open(the_bank) as door:
        assert await door.tick() == 0, "nothing is asked while an outcome may still come"
        payments.hours.pass_by(46)
        assert await door.tick() == 1
        await payments.until_ended(door)
    assert counter.transfers() - before == 1
    assert isinstance(payments.orders()[0], Settled)
