"""What intake decides about a claim. Pure: see `shared.decider`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import assert_never

from services.intake.checklists import Checklists, missing
from services.intake.state import (
    CLAIM_STATE,
    POLICY_STATE,
    Claim,
    Collecting,
    KnownPolicy,
    Policy,
    Submitted,
    UnknownPolicy,
    Unreported,
    Withdrawn,
)
from shared.contracts.base import Fact, Private
from shared.contracts.claims import PolicyRegistered
from shared.contracts.intake import (
    ClaimReported,
    ClaimSubmitted,
    ClaimWithdrawn,
    DocumentReceived,
    DocumentRef,
    DocumentsRequested,
    RequestedItem,
    WithdrawalRequested,
)
from shared.decider import Command, Decider, Message, Refusal


class ReportLoss(Command):
    """First notice of loss, with whatever is already at hand."""

    report: ClaimReported
    payee: str | None = None
    documents: tuple[DocumentRef, ...] = ()


class AddDocument(Command):
    """A document whose content is stored and checked."""

    document: DocumentReceived


class NamePayee(Command):
    """The account to pay to, sealed to payments."""

    payee: str


class Withdraw(Command):
    """The customer takes the claim back."""


class ReportKept(Private):
    """What came along with the report."""

    documents: tuple[DocumentRef, ...]
    payee: str | None


class PayeeNamed(Private):
    """The account to pay to is known."""

    payee: str


class PolicyNoted(Private):
    """A policy's newest version was heard of."""

    policy: KnownPolicy


def claim_decider(checklists: Checklists) -> Decider[Claim]:
    """The rules for claims under these checklists."""
    return Decider(
        kind="claim",
        state=CLAIM_STATE,
        initial=Unreported(),
        decide=partial(decide, checklists),
        evolve=evolve,
    )


def decide(checklists: Checklists, message: Message, state: Claim) -> Sequence[Fact]:
    """Routes a message to the function that is named after it."""
    match message.body:
        case ReportLoss():
            return report_loss(checklists, message.body, state)
        case AddDocument():
            return add_document(checklists, message.body, state)
        case NamePayee():
            return name_payee(checklists, message.body, state)
        case Withdraw():
            return withdraw(state)
        case other:
            raise TypeError(f"intake does not decide about {type(other).__name__}")


def report_loss(checklists: Checklists, wish: ReportLoss, state: Claim) -> Sequence[Fact]:
    """Takes the report; asks once for all that is missing, or submits at once."""
    if not isinstance(state, Unreported):
        return []
    kept = ReportKept(documents=wish.documents, payee=wish.payee)
    after = evolve(evolve(state, wish.report), kept)
    assert isinstance(after, Collecting)
    lacking = _missing(checklists, after)
    if lacking:
        return [wish.report, kept, DocumentsRequested(items=lacking)]
    return [wish.report, kept, _submitted(after)]


def add_document(checklists: Checklists, wish: AddDocument, state: Claim) -> Sequence[Fact]:
    """Keeps a document that the list asked for; the last one submits the claim."""
    match state:
        case Collecting():
            return _received(checklists, wish.document, state)
        case Submitted():
            return [_refused("already-submitted", "The claim is complete and with the assessors.")]
        case Withdrawn():
            return [_refused("withdrawn", "The claim was withdrawn.")]
        case Unreported():
            return [_refused("not-reported", "No such claim was reported.")]
        case _:
            assert_never(state)


def name_payee(checklists: Checklists, wish: NamePayee, state: Claim) -> Sequence[Fact]:
    """Notes the account to pay to. After submission it can no longer be changed here."""
    if not isinstance(state, Collecting):
        return [_refused("not-collecting", "The account can be named until the claim is complete.")]
    return _perhaps_submitted(checklists, state, [PayeeNamed(payee=wish.payee)])


def withdraw(state: Claim) -> Sequence[Fact]:
    """Ends a claim that is not submitted yet; of a submitted one, asks the claims service."""
    match state:
        case Collecting():
            return [ClaimWithdrawn()]
        case Submitted():  # each time: what claims refused once, it may allow later
            return [WithdrawalRequested()]
        case Withdrawn():
            return []
        case Unreported():
            return [_refused("not-reported", "No such claim was reported.")]
        case _:
            assert_never(state)


def evolve(state: Claim, fact: Fact) -> Claim:
    """The claim after the fact."""
    match fact, state:
        case ClaimReported(), Unreported():
            return Collecting(report=fact)
        case ReportKept(), Collecting():
            return state.model_copy(update={"documents": fact.documents, "payee": fact.payee})
        case DocumentsRequested(), Collecting():
            return state.model_copy(update={"requested": fact.items})
        case DocumentReceived(), Collecting():
            added = DocumentRef(item=fact.item, sha256=fact.sha256)
            return state.model_copy(update={"documents": (*state.documents, added)})
        case PayeeNamed(), Collecting():
            return state.model_copy(update={"payee": fact.payee})
        case ClaimSubmitted(), _:
            return Submitted()
        case ClaimWithdrawn(), _:
            return Withdrawn()
        case _:
            return state


def _received(
    checklists: Checklists, document: DocumentReceived, state: Collecting
) -> Sequence[Fact]:
    if any(d.item == document.item and d.sha256 == document.sha256 for d in state.documents):
        return []
    if not checklists[state.report.kind].knows(document.item):
        return [_refused("not-on-the-list", f"{document.item} is not asked for.", "item")]
    return _perhaps_submitted(checklists, state, [document])


def _perhaps_submitted(
    checklists: Checklists, state: Collecting, facts: Sequence[Fact]
) -> Sequence[Fact]:
    after: Claim = state
    for fact in facts:
        after = evolve(after, fact)
    assert isinstance(after, Collecting)
    return facts if _missing(checklists, after) else [*facts, _submitted(after)]


def _missing(checklists: Checklists, state: Collecting) -> tuple[RequestedItem, ...]:
    held = {document.item for document in state.documents}
    report = state.report
    return missing(checklists[report.kind], report.circumstances, held, state.payee is not None)


def _submitted(state: Collecting) -> ClaimSubmitted:
    report = state.report
    assert state.payee is not None
    return ClaimSubmitted(
        kind=report.kind,
        policy_number=report.policy_number,
        customer=report.customer,
        loss_at=report.loss_at,
        reported_at=report.reported_at,
        claimed=report.claimed,
        channel=report.channel,
        circumstances=report.circumstances,
        documents=state.documents,
        payee=state.payee,
    )


def _refused(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(code=code, detail=detail, field=field)


def decide_policy(message: Message, state: Policy) -> Sequence[Fact]:
    """Notes a policy that claims registered; an older version than the known one says nothing."""
    fact = message.body
    if not isinstance(fact, PolicyRegistered):
        raise TypeError(f"intake does not decide about {type(fact).__name__} of a policy")
    if isinstance(state, KnownPolicy) and state.version >= fact.version:
        return []
    known = KnownPolicy(
        version=fact.version,
        customer=fact.customer,
        kinds=fact.kinds,
        starts=fact.starts,
        ends=fact.ends,
    )
    return [PolicyNoted(policy=known)]


def evolve_policy(state: Policy, fact: Fact) -> Policy:
    """The register's entry after the fact."""
    return fact.policy if isinstance(fact, PolicyNoted) else state


POLICY: Decider[Policy] = Decider(
    kind="policy",
    state=POLICY_STATE,
    initial=UnknownPolicy(),
    decide=decide_policy,
    evolve=evolve_policy,
)
