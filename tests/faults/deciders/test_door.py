"""The door of the attack is a copy without waiting; here it is held against the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from services.payments.calls import BankAnswered, PayCall, Standing
from services.payments.decide import BOOK
from shared.contracts.base import Service
from shared.contracts.event import Event, Record
from shared.decider import Call, CallOutcome, Message
from shared.document import Document
from shared.errors import BrokerDown
from shared.runtime import OWED_AFTER
from shared.runtime import Door as RealDoor
from shared.telemetry import Telemetry
from shared.testing.memory import MemoryDocuments, MemoryOutlet
from shared.testing.parking import MemoryParking
from shared.testing.spec import NOON
from tests.faults.deciders.door import Clock, Dies, Door
from tests.faults.deciders.wire import Wire
from tests.unit.payments.mothers import CLAIM, ORDER, approved, assessed

RECORD = Record("claimpath.claims", 0, 7, CLAIM, (), b"{}")


def heard(id_: str, body: Any) -> Message:
    """A message from Kafka."""
    return Message(id_, CLAIM, body, NOON, "demo", record=RECORD)


LOSS, APPROVAL = heard("m-0", assessed()), heard("m-1", approved())
OUTCOME = replace(
    heard(
        "outcome:1",
        BankAnswered(call="c", order_id=ORDER, standing=Standing.SETTLED, transfer_id="BK1"),
    ),
    record=None,
)
UNHEARD: list[asyncio.Future[CallOutcome]] = []
"""Calls that nobody waits for would be collected in the middle of some other test, and complain."""
STORY: Sequence[tuple[Sequence[Message], Dies]] = (
    ([LOSS, APPROVAL], Dies.BEFORE_PUBLISHING),
    ([LOSS], Dies.BEFORE_COMMITTING),
    ([LOSS, APPROVAL], Dies.NEVER),
    ([OUTCOME], Dies.BEFORE_PUBLISHING),
    ([APPROVAL], Dies.BEFORE_COMMITTING),
)
"""Batches, and when the process died that took them; then the sweep."""


async def test_the_door_of_the_attack_does_what_the_real_one_does() -> None:
    theirs, ours = await really_told(), told()
    assert [said(event) for event in ours[0]] == [said(event) for event in theirs[0]]
    assert kept(ours[1]) == kept(theirs[1])


def told() -> tuple[Sequence[Event], Document]:
    """What the copy says, and what it keeps."""
    wire, clock = Wire(), Clock(NOON)
    door = Door(Service.PAYMENTS, BOOK, wire, clock)
    for messages, dies in STORY:
        door.handle(messages, dies)
        if dies is not Dies.NEVER:
            door.forget()
    clock.pass_by(2 * OWED_AFTER)
    door.sweep()
    (started,) = door.calls
    assert isinstance(started.call, PayCall)
    return wire.latest, door.documents[CLAIM]


async def really_told() -> tuple[Sequence[Event], Document]:
    """What the real door says, and what it keeps."""
    documents, outlet, clock = MemoryDocuments(), MemoryOutlet(), Clock(NOON)

    def process() -> RealDoor[Any]:
        telemetry = Telemetry("payments", TracerProvider())
        return RealDoor(
            BOOK, documents, MemoryParking(), outlet, telemetry, clock, caller=never_answers
        )

    door = process()
    for messages, dies in STORY:
        if dies is Dies.NEVER:
            await door.handle(messages)
            continue
        outlet.fails, outlet.ambiguous = BrokerDown("away"), dies is Dies.BEFORE_COMMITTING
        with pytest.raises(BrokerDown):
            await door.handle(messages)
        door = process()
    clock.pass_by(2 * OWED_AFTER)
    await door.sweep()
    return outlet.events, documents.stored[CLAIM]


async def never_answers(call: Call) -> CallOutcome:
    """The bank, of which nothing is heard."""
    UNHEARD.append(asyncio.Future())
    return await UNHEARD[-1]


def said(event: Event) -> Event:
    """All of it but the trace, which the copy does not have."""
    return replace(event, traceparent="")


def kept(document: Document) -> Document:
    """All of it but the traces."""
    seen = tuple(
        replace(each, facts=tuple(replace(fact, traceparent="") for fact in each.facts or ()))
        for each in document.seen
    )
    return replace(document, seen=seen)
