"""A first notice of loss as it comes over HTTP, and how it becomes a command."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.intake.checklists import Checklists
from services.intake.decide import ReportLoss
from services.intake.state import KnownPolicy, Policy
from shared.contracts.base import KindOfLoss, Language
from shared.contracts.intake import Channel, Circumstances, ClaimReported, DocumentRef
from shared.money import Money
from shared.problems import Problem, invalid
from shared.sealing import Seal

MOST_CLAIMED = 10**12
"""Minor units: ten billion yuan. More than that is a slip of the keyboard."""

EARLIEST_LOSS = datetime(1900, 1, 1, tzinfo=UTC)
"""A loss before that is a slip too, and days next to the year 1 cannot be reckoned with."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


class Inbound(BaseModel):
    """What comes from outside: unknown fields are refused, so that a typo is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportedCircumstances(Inbound):
    """What is known of the loss."""

    injury: bool = False
    third_party: bool = False
    police_report: bool = False
    hospital_days: Annotated[int, Field(ge=0, le=3_650)] = 0


class Contact(Inbound):
    """How to reach the customer. Goes on sealed to notifications."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    name: Name | None = None
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")] | None = None


class Payee(Inbound):
    """The account to pay to. Goes on sealed to payments."""

    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{4,40}$")]
    name: Name


class HeldDocument(Inbound):
    """A document that the reporter (a partner, say) already holds, by its digest."""

    item: Code
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LossReport(Inbound):
    """First notice of loss (报案)."""

    kind: KindOfLoss
    policy_number: Code
    customer: Code | None = Field(None, description="default: the policy's customer")
    loss_at: AwareDatetime
    claimed: Money
    channel: Channel = Channel.WEB
    language: Language = Language.CHINESE
    circumstances: ReportedCircumstances = ReportedCircumstances()
    contact: Contact | None = None
    payee: Payee | None = None
    documents: Annotated[tuple[HeldDocument, ...], Field(max_length=50)] = ()


class BulkLine(LossReport):
    """One line of a bulk report; `key` is its idempotency key."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


class Sealer:
    """The seals that a report needs."""

    def __init__(self, contact: Seal, payee: Seal) -> None:
        self._contact = contact
        self._payee = payee

    def contact(self, contact: Contact | None) -> str | None:
        """Sealed to notifications."""
        return None if contact is None else self._contact.close(contact.model_dump())

    def payee(self, payee: Payee | None) -> str | None:
        """Sealed to payments."""
        return None if payee is None else self._payee.close(payee.model_dump())


def claim_id(message_id: str) -> str:
    """The claim's number: the same report under the same key always has the same one."""
    digest = hashlib.sha256(message_id.encode()).digest()
    return f"CLM-{base64.b32encode(digest[:10]).decode()}"


def content(report: LossReport) -> bytes:
    """What makes two reports the same report; sealed values differ each time."""
    raw: dict[str, Any] = report.model_dump(mode="json")
    raw.pop("key", None)
    return json.dumps(raw, sort_keys=True).encode()


def command(
    report: LossReport, policy: Policy | None, checklists: Checklists, seal: Sealer, now: datetime
) -> ReportLoss:
    """The command, or `Problem` naming the field that cannot be."""
    known = _policy(policy)
    _sane(report, checklists, now)
    return ReportLoss(
        report=ClaimReported(
            kind=report.kind,
            policy_number=report.policy_number,
            customer=report.customer or known.customer,
            loss_at=report.loss_at,
            reported_at=now,
            claimed=report.claimed,
            channel=report.channel,
            language=report.language,
            circumstances=Circumstances(**report.circumstances.model_dump()),
            contact=seal.contact(report.contact),
        ),
        payee=seal.payee(report.payee),
        documents=_held(report.documents),
    )


def _policy(policy: Policy | None) -> KnownPolicy:
    if not isinstance(policy, KnownPolicy):
        detail = "no policy of this number is known"
        raise Problem(422, "unknown-policy", detail, [("policy_number", detail)])
    return policy


def _sane(report: LossReport, checklists: Checklists, now: datetime) -> None:
    if report.loss_at > now:
        raise invalid("loss_at", "lies in the future")
    if report.loss_at < EARLIEST_LOSS:
        raise invalid("loss_at", f"lies before {EARLIEST_LOSS.year}")
    if not 0 < report.claimed.minor <= MOST_CLAIMED:
        raise invalid("claimed.minor", f"must be above 0 and at most {MOST_CLAIMED}")
    if report.claimed.currency != "CNY":
        raise invalid("claimed.currency", "this insurer settles in CNY")
    for number, document in enumerate(report.documents):
        if not checklists[report.kind].knows(document.item):
            raise invalid(f"documents.{number}.item", f"{report.kind} has no {document.item}")


def _held(documents: Sequence[HeldDocument]) -> tuple[DocumentRef, ...]:
    return tuple(DocumentRef(item=d.item, sha256=d.sha256) for d in documents)
