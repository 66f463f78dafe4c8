"""Customers and staff: every wish comes over HTTP, under a key, and may be sent again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from services.feedback.rules import complaint_number
from services.intake.decide import NamePayee, Withdraw
from services.intake.report import claim_id
from shared.decider import Command, Message
from shared.http import Commands
from shared.turn import Reply
from tests.faults.deciders import stories
from tests.faults.deciders.door import INSURER, Dies, Door
from tests.faults.deciders.stories import Story, Verdict
from tests.faults.deciders.world import World

FEW = 2


@dataclass
class People:
    """Everybody who asks something of the network, with the ids and keys that its routes give.

    `asked` are all wishes so far, `kinds` the losses by claim.
    """

    world: World
    asked: list[tuple[Door[Any], Message]] = field(default_factory=list)
    told: dict[str, Story] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def report(self, story: Story, dies: Dies = Dies.NEVER) -> str:
        """First notice of loss; the policy is registered before. The claim's number."""
        if story.stance is not stories.Stance.UNREGISTERED:
            self.register(story)
        message = self._message("report", f"report-{len(self.told)}", story.report(), "")
        claim = claim_id(message.id)
        self._ask(self.world.reports, replace(message, subject=claim), dies)
        self.told[claim] = story
        return claim

    def register(self, story: Story, dies: Dies = Dies.NEVER) -> None:
        """The insurer's own systems make the policy known, once more perhaps."""
        number = story.policy.policy_number
        message = self._message("register-policy", number, story.policy, number)
        self._ask(self.world.policies, message, dies)

    def upload(self, claim: str, number: int, content: str, dies: Dies = Dies.NEVER) -> None:
        """Brings a document, one of the list or none of it."""
        listed = [*stories.items(self.told[claim].kind), "holiday-photo"]
        wish = stories.upload(listed[number % len(listed)], content)
        document = wish.document
        key = f"{claim}/{document.item}/{document.sha256}"
        self._ask(self.world.reports, self._message("document", key, wish, claim), dies)

    def upload_all(self, claim: str) -> None:
        """Brings whatever the list may ask for."""
        for number, _ in enumerate(stories.items(self.told[claim].kind)):
            self.upload(claim, number, "scan")

    def name_payee(self, claim: str, payee: str, dies: Dies = Dies.NEVER) -> None:
        """Names the account to pay to."""
        message = self._message("payee", f"{claim}/{payee}", NamePayee(payee=payee), claim)
        self._ask(self.world.reports, message, dies)

    def withdraw(self, claim: str, key: str, dies: Dies = Dies.NEVER) -> None:
        """Takes the claim back."""
        message = self._message(f"withdraw/{claim}", key, Withdraw(), claim)
        self._ask(self.world.reports, message, dies)

    def decide(self, claim: str, verdict: Verdict, key: str, dies: Dies = Dies.NEVER) -> Reply:
        """A person decides, whether or not the claim waits for one."""
        body = stories.decision(verdict, self.world.claims.state(claim), person=f"Gao {key}")
        message = self._message("decide-claim", f"{claim}/{key}", body, claim)
        known = self.world.sold(self.told[claim].policy.policy_number)
        return self._ask(self.world.claims, replace(message, known=known), dies)

    def rate(self, claim: str, stars: int, dies: Dies = Dies.NEVER) -> None:
        """Answers the survey, invited or not."""
        body = stories.verdict_on_service(stars)
        message = self._message("answer-survey", f"{claim}/{stars}", body, claim)
        self._ask(self.world.surveys, message, dies)

    def complain(self, about: str | None, dies: Dies = Dies.NEVER) -> None:
        """Files a complaint."""
        key = f"complaint-{len(self.complaints)}"
        message = self._message("take-complaint", key, stories.complaint(about), "")
        number = complaint_number(message.id)
        self._ask(self.world.complaints, replace(message, subject=number), dies)
        self.complaints.append(number)

    def answer_complaint(self, number: int, upheld: bool, dies: Dies = Dies.NEVER) -> None:
        """The handler answers a complaint, taken or not, open or not."""
        taken = self.complaints or ["CMP-NEVER-TAKEN"]
        complaint = taken[number % len(taken)]
        body = stories.answer(upheld)
        message = self._message("answer-complaint", f"{complaint}/{upheld}", body, complaint)
        self._ask(self.world.complaints, message, dies)

    def waiting(self) -> list[str]:
        """The claims that wait for a person to decide."""
        return [claim for claim in self.told if self.world.claims.stage(claim) == "waiting"]

    def lacking(self) -> list[str]:
        """The claims that wait for documents, or for an account to pay to."""
        return [claim for claim in self.told if self.world.reports.stage(claim) == "collecting"]

    def uninsured(self) -> list[Story]:
        """The losses under policies that nobody has registered."""
        known = self.world.policies.documents
        return [s for s in self.told.values() if s.policy.policy_number not in known]

    def have_something_to_say(self) -> bool:
        """Whether a survey is open, or little was complained about so far."""
        invited = any(self.world.surveys.stage(claim) == "invited" for claim in self.told)
        return invited or len(self.complaints) < FEW

    def ask_again(self, number: int, changed: bool, dies: Dies = Dies.NEVER) -> None:
        """An earlier wish is sent again under its key, with the same content or another."""
        door, message = self.asked[number % len(self.asked)]
        digest = "another" if changed else message.digest
        self.world.ask(door, replace(message, digest=digest, now=self.world.clock()), dies)

    def _message(self, operation: str, key: str, body: Command, subject: str) -> Message:
        commands = Commands(INSURER, self.world.clock)
        return commands.message(operation, key, body, subject, parent="")

    def _ask(self, door: Door[Any], message: Message, dies: Dies) -> Reply:
        self.asked.append((door, message))
        return self.world.ask(door, message, dies)
