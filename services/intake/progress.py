"""The customer's view: where is my claim, who has it, what comes next, by which date.

Never just "in process" (DOMAIN.md leap 5). Folded from the claim path, so it can say nothing that
the path does not prove; until the first facts are heard, from intake's own document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.intake.path import Entry, in_order
from services.intake.state import Claim, Collecting, Submitted, Unreported, Withdrawn
from shared.contracts.intake import RequestedItem

FILE = Path(__file__).parent / "promises.yaml"


class Stage(StrEnum):
    """Where a claim stands, in the customer's words."""

    UNKNOWN = "unknown"
    REPORTED = "reported"
    SUBMITTED = "submitted"
    WAITING = "waiting"
    APPROVED = "approved"
    PAID = "paid"
    CLOSED = "closed"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


FINAL = {Stage.CLOSED, Stage.DENIED, Stage.WITHDRAWN}


class Desk(BaseModel):
    """Who has the claim while it is with intake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    zh: str
    en: str


class Promises(BaseModel):
    """The periods promised from a date on. Units stand in the names."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: date = Field(alias="from")
    decide_after_documents_days: int
    triage_hours: int
    pay_days: int
    close_hours: int
    desk: Desk


def load_promises(file: Path = FILE) -> tuple[Promises, ...]:
    """All settings, the oldest first. Raises `pydantic.ValidationError` for a wrong file."""
    found = TypeAdapter(tuple[Promises, ...]).validate_python(yaml.safe_load(file.read_text()))
    return tuple(sorted(found, key=lambda promises: promises.from_))


def in_force(promises: Sequence[Promises], day: date) -> Promises:
    """The settings of that day; before the first, the first."""
    return next((p for p in reversed(promises) if p.from_ <= day), promises[0])


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage, the fact that brought it about, and when."""

    stage: Stage
    at: datetime | None = None
    data: dict[str, Any] | None = None


def standing(state: Claim, entries: Sequence[Entry]) -> Standing:
    """Where the claim stands by everything heard of it."""
    now = Standing(_known(state))
    for entry in in_order(entries):
        stage = _stage(entry)
        if stage is not None:
            now = Standing(stage, entry.at, entry.data)
    if now.stage is Stage.REPORTED and not isinstance(state, Collecting):
        return Standing(_known(state), now.at, now.data)  # the path lags behind the document
    return now


def shown(
    claim: str,
    state: Claim,
    entries: Sequence[Entry],
    missing: Sequence[RequestedItem],
    promises: Sequence[Promises],
    now: datetime,
) -> dict[str, Any]:
    """The whole answer to "where is my claim?"."""
    where = standing(state, entries)
    terms = in_force(promises, (where.at or now).date())
    zh, en = _next_step(where, missing)
    return {
        "claim": claim,
        "stage": where.stage,
        "since": where.at.isoformat() if where.at else None,
        "owner": _owner(where, terms),
        "next_step": {"zh": zh, "en": en},
        "promised_by": _promised(where, terms, now),
        "you_can": _you_can(where),
        "missing": [item.model_dump() for item in missing],
        "reasons": (where.data or {}).get("reasons", []),
        "final": where.stage in FINAL,
    }


STAGES = {
    "claim-reported": Stage.REPORTED,
    "claim-submitted": Stage.SUBMITTED,
    "claim-referred": Stage.WAITING,
    "claim-approved": Stage.APPROVED,
    "payment-settled": Stage.PAID,
    "claim-denied": Stage.DENIED,
    "claim-withdrawn": Stage.WITHDRAWN,
    "withdrawal-accepted": Stage.WITHDRAWN,
}


def _stage(entry: Entry) -> Stage | None:
    if entry.fact == "claim-closed":
        return Stage.CLOSED if entry.data["outcome"] == "paid" else None
    return STAGES.get(entry.fact)


def _known(state: Claim) -> Stage:
    match state:
        case Unreported():
            return Stage.UNKNOWN
        case Collecting():
            return Stage.REPORTED
        case Submitted():
            return Stage.SUBMITTED
        case Withdrawn():
            return Stage.WITHDRAWN


def _owner(where: Standing, terms: Promises) -> dict[str, str]:
    if where.stage is Stage.WAITING and where.data:
        return {"zh": where.data["owner"], "en": where.data["owner"]}
    return {"zh": terms.desk.zh, "en": terms.desk.en}


def _promised(where: Standing, terms: Promises, now: datetime) -> str | None:
    """The date to hold us to, ISO 8601; None once nothing more is to come."""
    since = where.at or now
    match where.stage:
        case Stage.REPORTED:
            return (now + timedelta(days=terms.decide_after_documents_days)).isoformat()
        case Stage.SUBMITTED:
            return (since + timedelta(hours=terms.triage_hours)).isoformat()
        case Stage.WAITING:
            return str((where.data or {})["decide_by"])
        case Stage.APPROVED:
            return (since + timedelta(days=terms.pay_days)).isoformat()
        case Stage.PAID:
            return (since + timedelta(hours=terms.close_hours)).isoformat()
        case _:
            return None


def _next_step(where: Standing, missing: Sequence[RequestedItem]) -> tuple[str, str]:
    if where.stage is Stage.REPORTED:
        zh, en = "、".join(i.zh for i in missing), ", ".join(i.en for i in missing)
        return (
            f"请补齐以下资料：{zh}。今天补齐，最迟在承诺日期前作出核定。",
            f"Please send: {en}. If all is here today, we decide by the promised date.",
        )
    return NEXT[where.stage]


NEXT = {
    Stage.UNKNOWN: ("没有这个赔案。", "There is no such claim."),
    Stage.SUBMITTED: (
        "我们正在核对保障范围并核定损失。",
        "We check the cover and assess the loss.",
    ),
    Stage.WAITING: ("由上述负责人在承诺日期前作出决定。", "The named owner decides by that date."),
    Stage.APPROVED: ("赔款正在支付到您的账户。", "The money is on its way to your account."),
    Stage.PAID: (
        "赔款已到账，我们将结案并致函说明。",
        "The money has arrived; we close and write to you.",
    ),
    Stage.CLOSED: (
        "赔案已结。请为我们的服务打分。",
        "The claim is closed. Please rate our service.",
    ),
    Stage.DENIED: (
        "本次不予赔付，理由已列明。您可以要求人工复核或投诉。",
        "The claim is denied for the reasons given. You can ask for a person's review or complain.",
    ),
    Stage.WITHDRAWN: (
        "您已撤回赔案，可随时重新报案。",
        "You withdrew the claim; you can report it again.",
    ),
}


def _you_can(where: Standing) -> list[str]:
    """What the customer can do now, as links of the API below the claim."""
    match where.stage:
        case Stage.REPORTED:
            return ["upload", "name-payee", "withdraw"]
        case Stage.SUBMITTED | Stage.WAITING:
            return ["withdraw", "complain"]
        case Stage.CLOSED:
            return ["rate", "complain"]
        case Stage.UNKNOWN:
            return ["report"]
        case _:
            return ["complain"]
