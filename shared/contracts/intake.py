"""What intake says: a loss was reported, documents were asked for and came, the claim is whole."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from shared.contracts.base import Fact, KindOfLoss, Language, Value
from shared.money import Money


class Channel(StrEnum):
    """How the first notice of loss (报案) reached the insurer."""

    APP = "app"
    WEB = "web"
    PHONE = "phone"
    BRANCH = "branch"
    PARTNER = "partner"
    DEVICE = "device"


class Circumstances(Value):
    """What is known of the loss, as codes only: free text and names never travel on the bus."""

    injury: bool = False
    third_party: bool = False
    police_report: bool = False
    hospital_days: int = 0


class RequestedItem(Value):
    """One item of the checklist that is still missing."""

    code: str
    zh: str
    en: str


class DocumentRef(Value):
    """A document that proves one checklist item. `sha256` is the digest of its content."""

    item: str
    sha256: str


class ClaimReported(Fact):
    """First notice of loss was taken (报案). `contact` is sealed to notifications."""

    type: ClassVar[str] = "claimpath.intake.claim-reported.v1"
    kind: KindOfLoss
    policy_number: str
    customer: str
    loss_at: datetime
    reported_at: datetime
    claimed: Money
    channel: Channel
    language: Language
    circumstances: Circumstances
    contact: str | None = None


class DocumentsRequested(Fact):
    """All that is missing was asked for, once, in one complete list (Insurance Law Art. 22)."""

    type: ClassVar[str] = "claimpath.intake.documents-requested.v1"
    items: tuple[RequestedItem, ...]


class DocumentReceived(Fact):
    """A document arrived and passed its checks. The content stays with intake."""

    type: ClassVar[str] = "claimpath.intake.document-received.v1"
    item: str
    document_id: str
    media_type: str
    size: int
    sha256: str


class ClaimSubmitted(Fact):
    """The claim is whole: claim and documents are in, and the statutory clocks start.

    `payee` is the account to pay to, sealed to payments; claims only passes it on.
    """

    type: ClassVar[str] = "claimpath.intake.claim-submitted.v1"
    kind: KindOfLoss
    policy_number: str
    customer: str
    loss_at: datetime
    reported_at: datetime
    claimed: Money
    channel: Channel
    circumstances: Circumstances
    documents: tuple[DocumentRef, ...]
    payee: str


class WithdrawalRequested(Fact):
    """The customer wants a submitted claim back. Whether that is still possible, claims decides."""

    type: ClassVar[str] = "claimpath.intake.withdrawal-requested.v1"


class ClaimWithdrawn(Fact):
    """The customer took the claim back before it was submitted. Nothing further follows."""

    type: ClassVar[str] = "claimpath.intake.claim-withdrawn.v1"


FACTS: tuple[type[Fact], ...] = (
    ClaimReported,
    DocumentsRequested,
    DocumentReceived,
    ClaimSubmitted,
    WithdrawalRequested,
    ClaimWithdrawn,
)
