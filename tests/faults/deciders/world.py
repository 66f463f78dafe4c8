"""The network in memory: all services' real rules and real turns; no Kafka, MongoDB or HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.claims.decide import claim_decider
from services.claims.policy import POLICY as SOLD
from services.claims.policy import policy_decider
from services.claims.products import load_products
from services.claims.rulebook import load_rulebook
from services.feedback.decide import COMPLAINT, SURVEY
from services.feedback.office import read_office
from services.intake.checklists import load_checklists
from services.intake.decide import POLICY
from services.intake.decide import claim_decider as report_decider
from services.notifications.decide import DECIDER, HEARD
from services.payments.decide import BOOK
from shared.contracts.base import Fact, Service
from shared.contracts.claims import (
    ClaimApproved,
    ClaimClosed,
    ClaimDenied,
    LossAssessed,
    PolicyRegistered,
    WithdrawalAccepted,
)
from shared.contracts.event import Event, Record, read
from shared.contracts.intake import ClaimSubmitted, WithdrawalRequested
from shared.contracts.payments import PaymentFailed, PaymentSettled
from shared.decider import Decider, Message
from shared.testing.spec import NOON
from shared.turn import Reply
from tests.faults.deciders.door import Clock, Dies, Door, Handled, Timer
from tests.faults.deciders.wire import Queue, Wire

ZONE = "Asia/Shanghai"
CHECKLISTS = load_checklists()
REPORT = report_decider(CHECKLISTS)
SALE = policy_decider(load_products())
CLAIM = claim_decider(load_rulebook(ZONE))
OFFICE = read_office(ZONE)

HEARS: Mapping[Service, Sequence[type[Fact]]] = {
    Service.INTAKE: (PolicyRegistered,),
    Service.CLAIMS: (ClaimSubmitted, WithdrawalRequested, PaymentSettled, PaymentFailed),
    Service.PAYMENTS: (LossAssessed, ClaimApproved, ClaimDenied, WithdrawalAccepted),
    Service.NOTIFICATIONS: HEARD,
    Service.FEEDBACK: (ClaimClosed,),
}
"""What each service decides about, of all that it reads; intake's path keeps everything."""


@dataclass(frozen=True)
class Rules:
    """The deciders of all services. A test may put a broken one in."""

    report: Decider[Any] = REPORT
    register: Decider[Any] = POLICY
    policy: Decider[Any] = SALE
    claim: Decider[Any] = CLAIM
    book: Decider[Any] = BOOK
    correspondence: Decider[Any] = DECIDER
    survey: Decider[Any] = SURVEY
    complaint: Decider[Any] = COMPLAINT


AS_SHIPPED = Rules()


class World:
    """Five services, what stands on their topics, the claim path, and one clock.

    Every move can end in the death of the process that makes it; its successor remembers nothing
    but what is stored.
    """

    def __init__(self, rules: Rules = AS_SHIPPED, door: type[Door[Any]] = Door) -> None:
        self.clock = Clock(NOON)
        self.wire = Wire()
        self.path: dict[str, Event] = {}

        def door_to(service: Service, decider: Decider[Any], *informed: Any) -> Door[Any]:
            return door(service, decider, self.wire, self.clock, *informed)

        self.reports = door_to(Service.INTAKE, rules.report)
        self.register = door_to(Service.INTAKE, rules.register)
        self.policies = door_to(Service.CLAIMS, rules.policy)
        self.claims = door_to(Service.CLAIMS, rules.claim, self._with_policy)
        self.books = door_to(Service.PAYMENTS, rules.book)
        self.letters = door_to(Service.NOTIFICATIONS, rules.correspondence)
        self.surveys = door_to(Service.FEEDBACK, rules.survey)
        self.complaints = door_to(Service.FEEDBACK, rules.complaint, _with_office)
        self._hearing: Mapping[Service, Door[Any]] = {
            Service.INTAKE: self.register,
            Service.CLAIMS: self.claims,
            Service.PAYMENTS: self.books,
            Service.NOTIFICATIONS: self.letters,
            Service.FEEDBACK: self.surveys,
        }

    @property
    def doors(self) -> Sequence[Door[Any]]:
        """All of them."""
        return (*self._hearing.values(), self.reports, self.policies, self.complaints)

    def ask(self, door: Door[Any], message: Message, dies: Dies = Dies.NEVER) -> Reply:
        """A message that Kafka would not bring again: a command, or the outcome of a call."""
        (reply,) = door.handle([message], dies)
        self._buried(door.service, dies)
        return reply

    def fire(self, timer: Timer, dies: Dies = Dies.NEVER) -> None:
        """A deadline goes through its door, up to date or not."""
        timer.door.fire(timer, dies)
        self._buried(timer.door.service, dies)

    def deliver(self, queue: Queue, most: int, dies: Dies = Dies.NEVER) -> None:
        """The next records of one queue as a batch; a process that dies commits none of them."""
        records = self.wire.next(queue, most)
        self.deliver_again(queue, records, dies)
        if dies is Dies.NEVER:
            self.wire.commit(queue, records)

    def deliver_again(
        self, queue: Queue, records: Sequence[Record], dies: Dies = Dies.NEVER
    ) -> None:
        """These records, wherever the service has got to."""
        events = [(record, read(record)) for record in records]
        heard = [
            self._message(record, event, fact)
            for record, event in events
            if isinstance(fact := event.fact(), tuple(HEARS[queue.reader]))
        ]
        if heard:
            self._hearing[queue.reader].handle(heard, dies)
        if queue.reader is Service.INTAKE and dies is Dies.NEVER:
            self.path = {event.id: event for _, event in events} | self.path
        self._buried(queue.reader, dies)

    def restart(self, service: Service) -> None:
        """The service's process is replaced by one that remembers nothing."""
        for door in self.doors:
            if door.service is service:
                door.forget()

    def sweep(self, service: Service) -> None:
        """The service publishes what it owes."""
        for door in self.doors:
            if door.service is service:
                door.sweep()

    def timers(self) -> list[Timer]:
        """All deadlines that have come."""
        return [timer for door in self.doors for timer in door.timers()]

    def awaits_time(self) -> bool:
        """Whether anything would be different later."""
        return any(d.due or d.owed for door in self.doors for d in door.documents.values())

    def handled(self) -> list[Handled]:
        """What all documents took since this was last asked."""
        taken = [each for door in self.doors for each in door.handled]
        for door in self.doors:
            door.handled.clear()
        return taken

    def sold(self, number: str) -> Mapping[str, Any]:
        """What the claims service looks up about a policy."""
        document = self.policies.documents.get(number)
        return {"policy": document and SOLD.validate_python(document.state)}

    def _message(self, record: Record, event: Event, fact: Fact) -> Message:
        return Message(
            id=event.id,
            subject=event.subject,
            body=fact,
            now=self.clock(),
            insurer=event.insurer,
            traceparent=event.traceparent,
            record=record,
            event=event,
        )

    def _with_policy(self, message: Message) -> Message:
        if not isinstance(message.body, ClaimSubmitted):
            return message
        return replace(message, known=self.sold(message.body.policy_number))

    def _buried(self, service: Service, dies: Dies) -> None:
        if dies is not Dies.NEVER:
            self.restart(service)


def _with_office(message: Message) -> Message:
    return replace(message, known={"office": OFFICE})
