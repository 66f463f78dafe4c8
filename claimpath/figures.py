"""The main figures of a fact in one line, for people who follow a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Data = Mapping[str, Any]


def in_one_line(fact: str, data: Data) -> str:
    """What this fact says, in short; empty where its name says it all."""
    figures = FIGURES.get(fact)
    return figures(data) if figures else ""


def _reported(data: Data) -> str:
    return f"{data['kind']}, {_money(data['claimed'])} claimed by {data['channel']}"


def _requested(data: Data) -> str:
    return ", ".join(item["code"] for item in data["items"])


def _received(data: Data) -> str:
    return f"{data['item']}, {data['media_type']}, {data['size']:,} bytes"


def _submitted(data: Data) -> str:
    return f"{len(data['documents'])} documents, {_money(data['claimed'])} claimed"


def _confirmed(data: Data) -> str:
    return f"{data['coverage']} of {data['policy_number']} version {data['policy_version']}"


def _reasons(data: Data) -> str:
    return ", ".join(reason["code"] for reason in data["reasons"])


def _assessed(data: Data) -> str:
    return f"{_money(data['payable'])} payable of {_money(data['claimed'])}"


def _scored(data: Data) -> str:
    return _with_reasons(f"{data['score']}, {data['band']}", data)


def _triaged(data: Data) -> str:
    return _with_reasons(f"{data['track']} track", data)


def _referred(data: Data) -> str:
    return f"{data['owner']} decides by {data['decide_by'][:10]}"


def _approved(data: Data) -> str:
    extent = "in full" if data["in_full"] else "in part"
    return f"{_money(data['amount'])} {extent}, decided by {data['decided_by']}"


def _denied(data: Data) -> str:
    return _with_reasons(f"decided by {data['decided_by']}", data)


def _closed(data: Data) -> str:
    return f"{data['outcome']}, {_money(data['paid'])} paid"


def _refused(data: Data) -> str:
    return str(data["reason"]["code"])


def _ordered(data: Data) -> str:
    return f"{_money(data['amount'])}, approval {data['approval']}"


def _settled(data: Data) -> str:
    return f"{_ordered(data)}, transfer {data['transfer_id']}"


def _failed(data: Data) -> str:
    return f"{_ordered(data)}, {data['reason']}"


def _unconfirmed(data: Data) -> str:
    return f"attempt {data['attempt']}: {data['reason']}"


def _told(data: Data) -> str:
    return f"{data['template']} by {data['channel']}"


def _bounced(data: Data) -> str:
    return f"{_told(data)}: {data['reason']}"


def _complaint(data: Data) -> str:
    return str(data["complaint"])


FIGURES: Mapping[str, Callable[[Data], str]] = {
    "ClaimReported": _reported,
    "DocumentsRequested": _requested,
    "DocumentReceived": _received,
    "ClaimSubmitted": _submitted,
    "CoverConfirmed": _confirmed,
    "CoverDeclined": _reasons,
    "LossAssessed": _assessed,
    "RiskScored": _scored,
    "ClaimTriaged": _triaged,
    "ClaimReferred": _referred,
    "ClaimApproved": _approved,
    "ClaimDenied": _denied,
    "WithdrawalRefused": _refused,
    "ClaimClosed": _closed,
    "PaymentOrdered": _ordered,
    "PaymentUnconfirmed": _unconfirmed,
    "PaymentSettled": _settled,
    "PaymentFailed": _failed,
    "MessageDelivered": _told,
    "MessageBounced": _bounced,
    "ComplaintReceived": _complaint,
    "ComplaintAcknowledged": _complaint,
    "ComplaintAnswered": _complaint,
}


def _with_reasons(text: str, data: Data) -> str:
    reasons = _reasons(data)
    return f"{text} ({reasons})" if reasons else text


def _money(amount: Data) -> str:
    return f"{Decimal(amount['minor']) / 100:,.2f} {amount['currency']}"
