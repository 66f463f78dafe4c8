"""The network left in peace until nothing moves, and what must hold then."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from claimpath.lookup import ENDS, WAITING
from claimpath.summary import summed_up
from services.claims import state as claims
from services.intake import state as intake
from services.intake.path import Entry, described, in_order
from services.intake.progress import Stage, standing
from services.notifications.state import Bounced, Delivered, Reached
from services.payments import ledger
from services.payments.ledger import Account
from services.payments.state import Failed, Settled
from shared.contracts.base import Service
from shared.contracts.event import Event
from shared.contracts.notifications import MessageBounced, MessageDelivered
from shared.runtime import OWED_AFTER
from tests.faults.deciders.door import Dies
from tests.faults.deciders.invariants import Auditor
from tests.faults.deciders.outside import BankFate, MailFate, Outside
from tests.faults.deciders.world import HEARS, World

ROUNDS = 25
"""Far more than any claim needs; beyond it something goes round in a circle."""
EVERYTHING = 1_000_000


def let_flow(world: World, subject: str | None = None) -> None:
    """Every service reads what stands on its topics, of one claim or of all."""
    while queues := [q for q in world.wire.unread() if subject in (None, q.subject)]:
        for queue in queues:
            world.deliver(queue, EVERYTHING)


def come_to_rest(world: World, outside: Outside, auditor: Auditor) -> None:
    """Nobody asks for anything more, nothing fails, and time passes until nothing is due."""
    for _ in range(ROUNDS):
        _settle_down(world, outside)
        auditor.look()
        due = [d.due for door in world.doors for d in door.documents.values() if d.due]
        if not due:
            return
        world.clock.now = max(world.clock.now, *due)
        for timer in world.timers():
            world.fire(timer)
    raise AssertionError(f"not at rest after {ROUNDS} rounds")


def _settle_down(world: World, outside: Outside) -> None:
    """All that can happen without waiting for a deadline."""
    world.clock.pass_by(2 * OWED_AFTER)
    for service in Service:
        world.sweep(service)
    while world.wire.unread() or outside.to_bank or outside.to_carrier or outside.answers:
        let_flow(world)
        while outside.to_bank:
            outside.call_bank(0, BankFate.ANSWERED)
        while outside.answers:
            outside.answer_comes(0)
        while outside.to_carrier:
            outside.hand_over(0, MailFate.ACCEPTED)


def say_everything_again(world: World, outside: Outside) -> None:
    """Every record once more to every service, and what was held up for the bank arrives."""
    for queue in world.wire.read():
        world.deliver_again(queue, world.wire.earlier(queue)[::-1], Dies.NEVER)
    while outside.held_up:
        outside.order_arrives(0)


class Stocktaking:
    """What must hold when nothing moves any more, claim by claim."""

    def __init__(self, world: World, auditor: Auditor) -> None:
        self._world = world
        self._auditor = auditor
        self._events: Mapping[str, list[Event]] = _by_claim(world.wire.said.values())

    def take(self, reported: Sequence[str]) -> Counter[Stage]:
        """How many claims stand at which stage; every one was looked at."""
        assert self._auditor.owed() == 0, "a fact never came to the wire"
        stages = {claim: self._claim(claim) for claim in reported}
        self._sound(stages)
        return Counter(stages.values())

    def _claim(self, claim: str) -> Stage:
        path = [_entry(event) for event in self._world.path.values() if event.subject == claim]
        assert len(path) == len(self._events[claim]), "the path lacks a fact"
        causes_come_first(path)
        stage = standing(self._world.reports.state(claim), path).stage
        assert stage is self._stage(claim), f"the customer is told {stage}"
        assert self._auditor.ends[claim] == (stage in ENDS), f"{stage}, and not one end"
        self._money(claim)
        self._letters(claim)
        return stage

    def _stage(self, claim: str) -> Stage:
        """Where it stands by the documents of intake and claims."""
        match self._world.reports.state(claim), self._world.claims.state(claim):
            case intake.Collecting(), claims.Unsubmitted():
                return Stage.REPORTED
            case intake.Withdrawn(), claims.Unsubmitted():
                return Stage.WITHDRAWN
            case intake.Submitted(), claims.Waiting():
                return Stage.WAITING
            case intake.Submitted(), claims.Withdrawn():
                return Stage.WITHDRAWN
            case intake.Submitted(), claims.Closed(approval=approval):
                return Stage.CLOSED if approval else Stage.DENIED
            case elsewhere:
                raise AssertionError(f"{claim} stands still at {elsewhere}")

    def _money(self, claim: str) -> None:
        """Settled is approved, and nothing is left open or reserved once the claim has ended."""
        book, state = self._world.books.state(claim), self._world.claims.state(claim)
        assert all(isinstance(order, Settled | Failed) for order in book.orders), "an open order"
        approval = state.approval if isinstance(state, claims.Closed) else None
        assert self._auditor.settled.get(claim) == (approval and approval.amount)
        if self._auditor.ends[claim]:
            for balances in ledger.trial_balance(book.entries).values():
                assert balances[Account.RESERVE] == balances[Account.PAYABLE] == 0, "money left"

    def _letters(self, claim: str) -> None:
        """For every fact that the customer is told: one letter, and one fate that was said."""
        correspondence = self._world.letters.state(claim)
        assert isinstance(correspondence, Reached), "nobody knows whom to write to"
        facts = [event.fact() for event in self._events[claim]]
        told = [e.id for e in self._events[claim] if isinstance(e.fact(), _TOLD)]
        written = [letter.cause for letter in correspondence.letters]
        assert sorted(written) == sorted(told), "a fact without a letter, or the other way round"
        fates = [f.cause for f in facts if isinstance(f, MessageDelivered | MessageBounced)]
        assert sorted(fates) == sorted(told), "a letter whose fate was not said once"
        assert all(isinstance(each.fate, Delivered | Bounced) for each in correspondence.letters)

    def _sound(self, stages: Mapping[str, Stage]) -> None:
        """By the product's own count: nothing lost, nothing twice, every path complete."""
        paths = [
            described(claim, [_entry(event) for event in self._events[claim]]) for claim in stages
        ]
        complete = {claim: stage for claim, stage in stages.items() if stage in ENDS | {WAITING}}
        summary = summed_up(complete, paths, (), (), 0, 0.0)
        assert summary.sound, f"{summary}"


_TOLD = tuple(HEARS[Service.NOTIFICATIONS])


def causes_come_first(path: Sequence[Entry]) -> None:
    """In the order that the product shows, every cause stands before its effects."""
    known = {entry.id for entry in path}
    shown: set[str] = set()
    for entry in in_order(path):
        assert entry.cause in shown or entry.cause not in known, "an effect before its cause"
        shown.add(entry.id)
    assert shown == known, "the path shows less than it has"


def _by_claim(events: Sequence[Event]) -> Mapping[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.subject].append(event)
    return found


def _entry(event: Event) -> Entry:
    """As `services.intake.recorder` keeps it."""
    return Entry(
        id=event.id,
        claim=event.subject,
        type=event.type,
        service=event.source.rsplit("/", 1)[-1],
        at=event.time,
        cause=event.cause,
        sequence=event.sequence,
        trace="",
        data=json.loads(event.data),
    )
