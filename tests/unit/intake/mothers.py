"""Claims as intake knows them, for its tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.intake.checklists import load_checklists
from services.intake.decide import ReportKept, ReportLoss, claim_decider
from shared.contracts.base import KindOfLoss, Language
from shared.contracts.intake import (
    Channel,
    Circumstances,
    ClaimReported,
    DocumentReceived,
    DocumentRef,
)
from shared.money import Money
from shared.testing.spec import NOON

CHECKLISTS = load_checklists()
CLAIM = claim_decider(CHECKLISTS)
PAYEE = "sealed-payee"


def reported(**changes: Any) -> ClaimReported:
    """A small motor loss, yesterday."""
    usual = ClaimReported(
        kind=KindOfLoss.MOTOR,
        policy_number="P-1",
        customer="C-1",
        loss_at=NOON - timedelta(days=1),
        reported_at=NOON,
        claimed=Money(minor=300_000),
        channel=Channel.APP,
        language=Language.CHINESE,
        circumstances=Circumstances(),
        contact="sealed-contact",
    )
    return usual.model_copy(update=changes)


def kept(*items: str, payee: str | None = None) -> ReportKept:
    """What came along with the report."""
    return ReportKept(documents=tuple(held(item) for item in items), payee=payee)


def report(*items: str, payee: str | None = None, **changes: Any) -> ReportLoss:
    """The command of a first notice of loss with these documents at hand."""
    documents = tuple(held(item) for item in items)
    return ReportLoss(report=reported(**changes), payee=payee, documents=documents)


def held(item: str) -> DocumentRef:
    """A document by its digest."""
    return DocumentRef(item=item, sha256="0" * 64)


def received(item: str, sha256: str = "1" * 64) -> DocumentReceived:
    """An upload that passed its checks."""
    return DocumentReceived(
        item=item, document_id=f"DOC-{item}", media_type="image/jpeg", size=9, sha256=sha256
    )


MOTOR = ("identity", "driving-licence", "photos", "repair-estimate")
