"""Everything that people, the outside and bad luck can do to the network, as rules.

Hypothesis leaves some rules out of each run: then a service does not read for all of it, nobody
decides, the bank only refuses. A rule is offered when it could make a difference, so that the
steps of a run are not spent on nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from services.intake.progress import Stage
from shared.contracts.base import Service
from tests.faults.deciders.chances import (
    ANY,
    APPROVALS,
    DIES,
    KEY,
    MOST,
    NO_ANSWER,
    SMALL,
    WAITS,
    WHICH,
)
from tests.faults.deciders.door import Dies, Timer
from tests.faults.deciders.invariants import Auditor
from tests.faults.deciders.outside import BankFate, MailFate, Outside
from tests.faults.deciders.people import People
from tests.faults.deciders.rest import Stocktaking, come_to_rest, let_flow, say_everything_again
from tests.faults.deciders.stories import PAYEE, Says, Story, Verdict
from tests.faults.deciders.world import World

CLAIM = Bundle("claim")
TIMERS_KEPT = 12
MOST_OPEN = 3
"""Claims that have not ended: the steps are for what happens to them, not for ever new ones."""


@dataclass
class Tally:
    """What was done so far: steps, and how often claims came to each stage and facts were said."""

    steps: int = 0
    seen: Counter[str] = field(default_factory=Counter)


class Network(RuleBasedStateMachine):
    """The five services under attack. `build` makes them, `tally` counts over all runs."""

    build: ClassVar[Callable[[], World]] = World
    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.world = self.build()
        self.outside = Outside(self.world)
        self.people = People(self.world)
        self.auditor = Auditor(self.world, self.outside)
        self.timers: list[Timer] = []
        self.idle = True

    def few_are_open(self) -> bool:
        """Whether another claim can be reported."""
        return len(self.people.told) - self.auditor.ends.total() < MOST_OPEN

    @initialize(target=CLAIM, losses=st.lists(SMALL | ANY, max_size=3), flow=st.booleans())
    def some_claims_are_on_their_way(self, losses: list[Story], flow: bool) -> MultipleResults[str]:
        claims = [self.people.report(story) for story in losses]
        if flow:
            let_flow(self.world)
        return multiple(*claims)

    # -- customers

    @precondition(few_are_open)
    @rule(target=CLAIM, story=SMALL, dies=DIES)
    def report_a_small_loss(self, story: Story, dies: Dies) -> str:
        return self.people.report(story, dies)

    @precondition(few_are_open)
    @rule(target=CLAIM, story=ANY, dies=DIES)
    def report_a_loss(self, story: Story, dies: Dies) -> str:
        return self.people.report(story, dies)

    @precondition(lambda self: not self.idle)
    @rule(claim=CLAIM, number=WHICH, content=KEY, dies=DIES)
    def bring_something(self, claim: str, number: int, content: str, dies: Dies) -> None:
        """A document, on the list or not, or an account to pay to."""
        if number % 4:
            self.people.upload(claim, number, content, dies)
        else:
            self.people.name_payee(claim, content, dies)

    @precondition(lambda self: self.people.lacking())
    @rule(number=WHICH)
    def bring_all_that_is_missing(self, number: int) -> None:
        lacking = self.people.lacking()
        claim = lacking[number % len(lacking)]
        self.people.upload_all(claim)
        self.people.name_payee(claim, PAYEE)

    @rule(claim=CLAIM, key=KEY, dies=DIES)
    def withdraw(self, claim: str, key: str, dies: Dies) -> None:
        self.people.withdraw(claim, key, dies)

    @precondition(lambda self: self.people.have_something_to_say())
    @rule(claim=CLAIM, says=st.sampled_from(Says), number=WHICH, dies=DIES)
    def speak_up(self, claim: str, says: Says, number: int, dies: Dies) -> None:
        """The survey, complaints, and the handlers' answers to them."""
        match says:
            case Says.VERDICT:
                self.people.rate(claim, 1 + number % 5, dies)
            case Says.COMPLAINT:
                self.people.complain(claim if number % 4 else None, dies)
            case Says.ANSWER:
                self.people.answer_complaint(number, bool(number % 2), dies)

    @precondition(lambda self: self.people.asked and not self.idle)
    @rule(number=WHICH, changed=st.booleans(), dies=DIES)
    def ask_again_under_the_same_key(self, number: int, changed: bool, dies: Dies) -> None:
        self.people.ask_again(number, changed, dies)

    # -- staff

    @precondition(lambda self: self.people.waiting())
    @rule(number=WHICH, verdict=APPROVALS, key=KEY, dies=DIES)
    def a_person_decides(self, number: int, verdict: Verdict, key: str, dies: Dies) -> None:
        waiting = self.people.waiting()
        self.people.decide(waiting[number % len(waiting)], verdict, key, dies)

    @precondition(lambda self: not self.idle)
    @rule(claim=CLAIM, verdict=st.sampled_from(Verdict), key=KEY, dies=DIES)
    def a_person_decides_unasked(self, claim: str, verdict: Verdict, key: str, dies: Dies) -> None:
        self.people.decide(claim, verdict, key, dies)

    @precondition(lambda self: self.people.uninsured())
    @rule(number=WHICH, dies=DIES)
    def a_policy_becomes_known_late(self, number: int, dies: Dies) -> None:
        uninsured = self.people.uninsured()
        self.people.register(uninsured[number % len(uninsured)], dies)

    # -- the topics

    @precondition(lambda self: self.world.wire.unread(Service.INTAKE))
    @rule(number=WHICH, most=MOST, dies=DIES)
    def intake_reads(self, number: int, most: int, dies: Dies) -> None:
        self._reads(Service.INTAKE, number, most, dies)

    @precondition(lambda self: self.world.wire.unread(Service.CLAIMS))
    @rule(number=WHICH, most=MOST, dies=DIES)
    def claims_reads(self, number: int, most: int, dies: Dies) -> None:
        self._reads(Service.CLAIMS, number, most, dies)

    @precondition(lambda self: self.world.wire.unread(Service.PAYMENTS))
    @rule(number=WHICH, most=MOST, dies=DIES)
    def payments_reads(self, number: int, most: int, dies: Dies) -> None:
        self._reads(Service.PAYMENTS, number, most, dies)

    @precondition(lambda self: self.world.wire.unread(Service.NOTIFICATIONS))
    @rule(number=WHICH, most=MOST, dies=DIES)
    def notifications_reads(self, number: int, most: int, dies: Dies) -> None:
        self._reads(Service.NOTIFICATIONS, number, most, dies)

    @precondition(lambda self: self.world.wire.unread(Service.FEEDBACK))
    @rule(number=WHICH, most=MOST, dies=DIES)
    def feedback_reads(self, number: int, most: int, dies: Dies) -> None:
        self._reads(Service.FEEDBACK, number, most, dies)

    def _reads(self, service: Service, number: int, most: int, dies: Dies) -> None:
        unread = self.world.wire.unread(service)
        self.world.deliver(unread[number % len(unread)], most, dies)

    @precondition(lambda self: self.world.wire.unread())
    @rule(number=WHICH)
    def a_claim_flows(self, number: int) -> None:
        unread = self.world.wire.unread()
        let_flow(self.world, unread[number % len(unread)].subject)

    @precondition(lambda self: self.world.wire.read() and not self.idle)
    @rule(number=WHICH, back=WHICH, dies=DIES)
    def an_earlier_record_comes_again(self, number: int, back: int, dies: Dies) -> None:
        read = self.world.wire.read()
        queue = read[number % len(read)]
        earlier = self.world.wire.earlier(queue)
        self.world.deliver_again(queue, [earlier[back % len(earlier)]], dies)

    # -- processes and time

    @precondition(lambda self: not self.idle)
    @rule(service=st.sampled_from(Service), sweeps=st.booleans())
    def a_service_restarts_or_sweeps(self, service: Service, sweeps: bool) -> None:
        if sweeps:
            self.world.sweep(service)
        else:
            self.world.restart(service)

    @precondition(lambda self: not self.idle and self.world.awaits_time())
    @rule(wait=WAITS)
    def time_passes(self, wait: timedelta) -> None:
        self.world.clock.pass_by(wait)

    @precondition(lambda self: self.timers or self.world.timers())
    @rule(number=WHICH, dies=DIES)
    def a_timer_fires(self, number: int, dies: Dies) -> None:
        """Perhaps one that fired before, or whose deadline has moved since it was read."""
        self.timers = [*self.world.timers(), *self.timers][:TIMERS_KEPT]
        self.world.fire(self.timers[number % len(self.timers)], dies)

    # -- the outside

    @precondition(lambda self: self.outside.to_bank)
    @rule(number=WHICH, dies=DIES)
    def the_bank_answers(self, number: int, dies: Dies) -> None:
        self.outside.call_bank(number, BankFate.ANSWERED, dies)

    @precondition(lambda self: self.outside.to_bank)
    @rule(number=WHICH, dies=DIES)
    def the_bank_refuses(self, number: int, dies: Dies) -> None:
        self.outside.call_bank(number, BankFate.REFUSED, dies)

    @precondition(lambda self: self.outside.to_bank)
    @rule(number=WHICH, fate=NO_ANSWER, dies=DIES)
    def nobody_knows_what_the_bank_did(self, number: int, fate: BankFate, dies: Dies) -> None:
        self.outside.call_bank(number, fate, dies)

    @precondition(lambda self: self.outside.answers)
    @rule(number=WHICH, dies=DIES)
    def a_slow_answer_of_the_bank_comes(self, number: int, dies: Dies) -> None:
        self.outside.answer_comes(number, dies)

    @precondition(lambda self: self.outside.held_up)
    @rule(number=WHICH, willing=st.booleans())
    def an_order_arrives_late(self, number: int, willing: bool) -> None:
        self.outside.order_arrives(number, willing)

    @precondition(lambda self: self.outside.to_carrier)
    @rule(number=WHICH, fate=st.sampled_from(MailFate), dies=DIES)
    def handing_over_a_letter_comes_to(self, number: int, fate: MailFate, dies: Dies) -> None:
        self.outside.hand_over(number, fate, dies)

    @precondition(lambda self: self.outside.told and not self.idle)
    @rule(number=WHICH)
    def an_outcome_comes_twice(self, number: int) -> None:
        self.outside.tell_again(number)

    # -- what must hold

    @invariant()
    def all_is_sound(self) -> None:
        self.tally.steps += 1
        self.idle = not self.auditor.look()

    def teardown(self) -> None:
        if sys.exc_info()[0] is not None:
            return  # a step has failed: its own finding is the one to see
        stages = self._at_rest()
        say_everything_again(self.world, self.outside)
        assert self._at_rest() == stages, "said again, it came to something else"
        self._count(stages)

    def _at_rest(self) -> Counter[Stage]:
        come_to_rest(self.world, self.outside, self.auditor)
        return Stocktaking(self.world, self.auditor).take(list(self.people.told))

    def _count(self, stages: Counter[Stage]) -> None:
        self.tally.steps -= 1  # the invariants are also looked at before the first step
        self.tally.seen.update({str(stage): count for stage, count in stages.items()})
        self.tally.seen.update(e.type.split(".")[-2] for e in self.world.wire.said.values())
