"""A claim's book: its ledger and its payment orders. Each order is in one of five stages.

    ClaimApproved
         |
         v        settled
      Ordered -----------------------------> Settled
       |  | ^ `------- rejected -----------> Failed
       |  | |                                ^   ^
       |  | | absent: paid again,            |   |
       |  | | under the same key             |   |
       |  | `-------------- Inquiring -------'---' settled, rejected
       |  |   lease over      ^  |  ^ |
       |  `-------------------'  |  `-' lease over: asked again
       | unknown           timer ^  | unknown
       |                         |  v
       `---------------------> Unconfirmed

Ordered and Inquiring have a call to the bank outstanding, stored before it is made. Its lease
ends when no outcome can still be expected, because this process died perhaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.payments.calls import InquireCall, PayCall
from services.payments.ledger import Entry
from shared.contracts.base import Private, Value
from shared.decider import Call
from shared.money import Money


class Order(Value):
    """What every order has. `calls` counts the calls to the bank that were begun for it."""

    id: str
    approval: int
    amount: Money
    calls: int = 1


class Open(Order):
    """An order whose end is not known. `due` is when payments looks at it again.

    `cause` is the approval's event. `payee` is sealed and kept no longer than needed. `unknowns`
    counts calls without a usable answer, `reason` says what the last of them came to.
    """

    claim: str
    cause: str
    payee: str
    due: datetime
    unknowns: int = 0
    reason: str = ""

    def calling(self) -> Call | None:
        """The call that is outstanding."""
        return None


class Ordered(Open):
    """The bank is being told to pay."""

    stage: Literal["ordered"] = "ordered"

    def calling(self) -> Call:
        """Pay, under the same key every time."""
        return PayCall(
            id=f"{self.id}/pay/{self.calls}",
            order_id=self.id,
            amount=self.amount,
            payee=self.payee,
            remittance=self.claim,
            until=self.due,
        )


class Unconfirmed(Open):
    """Whether the money moved is not known; the bank will be asked when `due` comes."""

    stage: Literal["unconfirmed"] = "unconfirmed"


class Inquiring(Open):
    """The bank is being asked what became of the order."""

    stage: Literal["inquiring"] = "inquiring"

    def calling(self) -> Call:
        """Ask by the end-to-end id."""
        return InquireCall(
            id=f"{self.id}/inquire/{self.calls}",
            cause=self.cause,
            order_id=self.id,
            until=self.due,
        )


class Settled(Order):
    """The money is with the payee."""

    stage: Literal["settled"] = "settled"
    transfer_id: str


class Failed(Order):
    """The bank refused, and no money moved."""

    stage: Literal["failed"] = "failed"
    reason: str


AnyOrder = Annotated[
    Ordered | Unconfirmed | Inquiring | Settled | Failed, Field(discriminator="stage")
]
STAGES = ("ordered", "unconfirmed", "inquiring", "settled", "failed")


class Book(Value):
    """All that payments knows of one claim."""

    entries: tuple[Entry, ...] = ()
    orders: tuple[AnyOrder, ...] = ()

    def order(self, id_: str) -> AnyOrder | None:
        """The order with this id."""
        return next((order for order in self.orders if order.id == id_), None)

    def open(self) -> list[Open]:
        """The orders whose end is not known."""
        return [order for order in self.orders if isinstance(order, Open)]


class Booked(Private):
    """Entries were added to the ledger."""

    entries: tuple[Entry, ...]


class OrderPlaced(Private):
    """The bank is to be told to pay, until `lease`."""

    order_id: str
    approval: int
    amount: Money
    claim: str
    cause: str
    payee: str
    lease: datetime


class InquiryPlanned(Private):
    """A call had no usable answer, for this reason; the bank will be asked at this time."""

    order_id: str
    at: datetime
    reason: str


class InquiryBegun(Private):
    """The bank is to be asked what became of the order, until `lease`."""

    order_id: str
    lease: datetime


class PaymentResumed(Private):
    """The bank never received the order: it is to be told again, until `lease`."""

    order_id: str
    lease: datetime


def due(book: Book) -> datetime | None:
    """When the first open order wants to be looked at."""
    return min((order.due for order in book.open()), default=None)


def calls(book: Book) -> Sequence[Call]:
    """The calls to the bank that are outstanding."""
    return [call for order in book.open() if (call := order.calling()) is not None]
