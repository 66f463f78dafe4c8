"""What people ask of the network, drawn by hypothesis: losses, documents, decisions, complaints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.claims.decision import DecideClaim, GivenReason
from services.claims.policy import RegisterPolicy
from services.claims.state import State, Waiting
from services.feedback.state import AnswerComplaint, AnswerSurvey, Channel, TakeComplaint
from services.intake.decide import AddDocument, ReportLoss
from shared.contracts import intake
from shared.contracts.base import KindOfLoss, Language
from shared.contracts.event import derived
from shared.contracts.feedback import ComplaintClass
from shared.contracts.intake import Circumstances, ClaimReported, DocumentReceived, DocumentRef
from shared.money import Money
from shared.testing.spec import NOON
from tests.faults.deciders.outside import UNREADABLE
from tests.faults.deciders.world import CHECKLISTS

PAYEE = "sealed-payee"
CUSTOMER, STRANGER = "CUS-1", "CUS-2"
WHY = (GivenReason(code="agreed", zh="双方协商一致", en="Agreed with the customer"),)


class Stance(StrEnum):
    """How a policy stands to a loss that is reported under it."""

    IN_FORCE = "in-force"
    ENDED = "ended"
    NOT_BEGUN = "not-begun"
    OTHER_PRODUCT = "other-product"
    UNREGISTERED = "unregistered"
    """The claims service has never heard of it, though intake let the report in."""


TERMS = {
    Stance.IN_FORCE: (date(2024, 1, 1), date(2027, 12, 31)),
    Stance.ENDED: (date(2024, 1, 1), date(2024, 12, 31)),
    Stance.NOT_BEGUN: (date(2027, 1, 1), date(2027, 12, 31)),
    Stance.OTHER_PRODUCT: (date(2024, 1, 1), date(2027, 12, 31)),
    Stance.UNREGISTERED: (date(2024, 1, 1), date(2027, 12, 31)),
}
OTHERS = dict(zip(KindOfLoss, (*tuple(KindOfLoss)[1:], KindOfLoss.MOTOR), strict=True))


class Brings(StrEnum):
    """What the customer already has at hand."""

    EVERYTHING = "everything"
    NO_PAYEE = "no-payee"
    NO_DOCUMENTS = "no-documents"
    BAD_PAYEE = "bad-payee"


class Verdict(StrEnum):
    """What a person would like to do with a claim."""

    APPROVE = "approve"
    APPROVE_LESS = "approve-less"
    APPROVE_LESS_SILENTLY = "approve-less-silently"
    APPROVE_MORE = "approve-more"
    APPROVE_DOLLARS = "approve-dollars"
    DENY = "deny"


class Says(StrEnum):
    """What feedback hears from customers and handlers."""

    VERDICT = "verdict"
    COMPLAINT = "complaint"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Story:
    """A loss as it comes to be reported. `currency` other than CNY only a partner could send."""

    kind: KindOfLoss
    stance: Stance
    minor: int
    brings: Brings
    circumstances: Circumstances
    channel: intake.Channel
    days_ago: int
    contact: str | None
    customer: str
    currency: str

    @property
    def policy(self) -> RegisterPolicy:
        """The policy that it is reported under."""
        product = OTHERS[self.kind] if self.stance is Stance.OTHER_PRODUCT else self.kind
        starts, ends = TERMS[self.stance]
        return RegisterPolicy(
            policy_number=f"POL-{self.kind}-{self.stance}",
            product=str(product),
            customer=CUSTOMER,
            starts=starts,
            ends=ends,
            effective=starts,
        )

    def report(self) -> ReportLoss:
        """The command."""
        everything = self.brings is not Brings.NO_DOCUMENTS
        return ReportLoss(
            report=ClaimReported(
                kind=self.kind,
                policy_number=self.policy.policy_number,
                customer=self.customer,
                loss_at=NOON - timedelta(days=self.days_ago),
                reported_at=NOON,
                claimed=Money(minor=self.minor, currency=self.currency),
                channel=self.channel,
                language=Language.CHINESE,
                circumstances=self.circumstances,
                contact=self.contact,
            ),
            payee=_payee(self.brings),
            documents=tuple(document(i) for i in items(self.kind)) if everything else (),
        )


def _payee(brings: Brings) -> str | None:
    if brings is Brings.NO_PAYEE:
        return None
    return UNREADABLE if brings is Brings.BAD_PAYEE else PAYEE


def items(kind: KindOfLoss) -> list[str]:
    """Every document that the checklist of this kind may ask for."""
    return [item.code for item in CHECKLISTS[kind].items]


def document(item: str, content: str = "scan") -> DocumentRef:
    """A document of that content."""
    return DocumentRef(item=item, sha256=derived(item, content))


def upload(item: str, content: str) -> AddDocument:
    """A document that was uploaded and passed its checks."""
    sha256 = document(item, content).sha256
    return AddDocument(
        document=DocumentReceived(
            item=item, document_id=f"DOC-{sha256}", media_type="image/jpeg", size=9, sha256=sha256
        )
    )


def decision(verdict: Verdict, claim: State, person: str) -> DecideClaim:
    """What the person sends, looking at the claim as it stands."""
    payable = _payable(claim)
    if verdict is Verdict.DENY:
        return DecideClaim(decision="deny", decided_by=person, reasons=WHY)
    less = verdict in (Verdict.APPROVE_LESS, Verdict.APPROVE_LESS_SILENTLY)
    amount = {
        Verdict.APPROVE_LESS: Money(minor=max(1, payable // 2)),
        Verdict.APPROVE_LESS_SILENTLY: Money(minor=max(1, payable // 2)),
        Verdict.APPROVE_MORE: Money(minor=payable + 1),
        Verdict.APPROVE_DOLLARS: Money(minor=max(1, payable), currency="USD"),
    }.get(verdict)
    said = WHY if less and verdict is not Verdict.APPROVE_LESS_SILENTLY else ()
    return DecideClaim(decision="approve", decided_by=person, amount=amount, reasons=said)


def _payable(claim: State) -> int:
    """What could be approved, as far as it was calculated; else a guess."""
    known = claim.file.calculation if isinstance(claim, Waiting) else None
    return known.payable.minor if known else 100_000


def verdict_on_service(stars: int) -> AnswerSurvey:
    """A survey filled in."""
    return AnswerSurvey(
        reliability=stars, responsiveness=5, convenience=4, security=5, kindness=stars
    )


def complaint(about: str | None) -> TakeComplaint:
    """A complaint, about a claim perhaps."""
    return TakeComplaint(
        claim=about,
        customer=CUSTOMER,
        complaint_class=ComplaintClass.SERVICE,
        channel=Channel.APP,
        text="It took too long.",
    )


def answer(upheld: bool) -> AnswerComplaint:
    """What the handler writes back."""
    return AnswerComplaint(upheld=upheld, decision="We are sorry.", answered_by="Chen Jing")
