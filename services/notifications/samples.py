"""One invented claim, told in every template: for previews and for the check at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from services.notifications.content import (
    Approved,
    Closed,
    Content,
    Denied,
    DocumentsAsked,
    Paid,
    Referred,
    Reported,
    WithdrawalDeclined,
    Withdrawn,
)
from services.notifications.state import ClaimFile, Letter
from shared.contracts.base import KindOfLoss, Language, Reason
from shared.contracts.claims import Line, Outcome, Track
from shared.contracts.intake import RequestedItem
from shared.money import Money

AT = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


def file(language: Language) -> ClaimFile:
    """The claim that all samples tell about."""
    return ClaimFile(
        claim="CLM-2026-000042",
        customer="C-1001",
        language=language,
        contact=None,
        policy_number="P-MOTOR-7",
        kind=KindOfLoss.MOTOR,
        loss_at=AT - timedelta(days=1),
        claimed=_yuan(5_000),
    )


def _yuan(amount: int) -> Money:
    return Money(minor=amount * 100)


def _letter(content: Content) -> Letter:
    return Letter(id="sample", cause="sample", at=AT, content=content)


LINES = (
    Line(
        step="loss",
        zh="核定损失金额（按维修发票）",
        en="Loss as assessed from the repair invoice",
        amount=_yuan(5_000),
    ),
    Line(
        step="deductible",
        zh="扣除保单约定的免赔额 ¥750.00",
        en="Less the deductible of CNY 750.00 agreed in the policy",
        amount=_yuan(4_250),
    ),
)
COVERED = Reason(
    code="cover-confirmed",
    zh="出险日保单有效，损失属于车辆损失保险的责任范围",
    en="On the day of loss the policy was in force and covers damage to the vehicle",
)
OUTSIDE = Reason(
    code="no-cover",
    zh="出险日不在保险期间内",
    en="The day of loss lies outside the period of insurance",
)
ABOVE = Reason(
    code="above-authority",
    zh="金额超出自动核赔权限，需由专人审核",
    en="The amount is above what may be decided automatically, so a person reviews it",
)
DECIDED = Reason(
    code="decided",
    zh="理赔决定已经作出",
    en="The claim has already been decided",
)
ITEMS = (
    RequestedItem(code="repair-invoice", zh="维修发票", en="Repair invoice"),
    RequestedItem(code="damage-photos", zh="车辆受损照片", en="Photos of the damage"),
)


def _approved(in_full: bool, automatic: bool) -> Letter:
    return _letter(
        Approved(
            amount=_yuan(4_250),
            in_full=in_full,
            lines=LINES,
            reasons=(COVERED,),
            automatic=automatic,
            pay_by=AT + timedelta(days=10),
        )
    )


def _closed(outcome: Outcome, amount: int) -> Letter:
    return _letter(Closed(outcome=outcome, paid=_yuan(amount)))


def _referred() -> Letter:
    return _letter(
        Referred(
            track=Track.COMPLEX,
            owner="Complex claims desk",
            decide_by=AT + timedelta(days=5),
            reasons=(ABOVE,),
        )
    )


SAMPLES: Mapping[str, Sequence[Letter]] = MappingProxyType(
    {
        "reported": [_letter(Reported(decide_by=AT + timedelta(days=30)))],
        "documents-asked": [_letter(DocumentsAsked(items=ITEMS))],
        "referred": [_referred()],
        "approved": [_approved(False, True), _approved(True, False)],
        "denied": [
            _letter(Denied(reasons=(OUTSIDE,), automatic=automatic)) for automatic in (True, False)
        ],
        "paid": [_letter(Paid(amount=_yuan(4_250), reference="T-20260310-0042"))],
        "closed": [_closed(Outcome.PAID, 4_250), _closed(Outcome.DENIED, 0)],
        "withdrawn": [_letter(Withdrawn())],
        "withdrawal-refused": [_letter(WithdrawalDeclined(reason=DECIDED))],
    }
)
