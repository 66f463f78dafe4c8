"""Claims over HTTP, for staff: the worklist, one claim, and a person's decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.claims.decision import DecideClaim
from services.claims.lookup import find
from services.claims.state import (
    STATE,
    Approved,
    Closed,
    DecisionTaken,
    Known,
    Unsubmitted,
    Waiting,
)
from shared.contracts.base import KindOfLoss, Reason
from shared.contracts.claims import (
    ClaimTriaged,
    CoverConfirmed,
    CoverDeclined,
    LossAssessed,
    Outcome,
    RiskScored,
    Track,
)
from shared.http import PAGE, Commands, Cursor, IdempotencyKey, Limit
from shared.money import Money
from shared.problems import missing
from shared.runtime import Door
from shared.store import Documents

Owner = Annotated[str | None, Query(max_length=300, description="exactly as shown")]


class WorkItem(BaseModel):
    """A claim that waits for a person."""

    claim: str
    kind: KindOfLoss
    track: Track
    owner: str
    decide_by: datetime
    claimed: Money
    payable: Money | None
    risk: RiskScored | None
    reasons: tuple[Reason, ...]


class Worklist(BaseModel):
    """One page, in order of claim id. `oldest_promise` is the earliest over all pages."""

    items: list[WorkItem]
    next: str | None
    oldest_promise: datetime | None


class ClaimView(BaseModel):
    """What staff see of a claim. The payee's account is sealed to payments, and not here."""

    claim: str
    stage: str
    kind: KindOfLoss
    policy_number: str
    customer: str
    loss_at: datetime
    reported_at: datetime
    claimed: Money
    cover: CoverConfirmed | None
    declined: CoverDeclined | None
    calculation: LossAssessed | None
    risk: RiskScored | None
    triage: ClaimTriaged | None
    track: Track | None
    owner: str | None
    decide_by: datetime | None
    reasons: tuple[Reason, ...]
    decision: DecisionTaken | None
    approvals: int
    approved: Money | None
    outcome: Outcome | None
    paid: Money | None


class Taken(BaseModel):
    """The decision is stored; payment and letters follow."""

    claim: str
    decision: str


def claim_routes(
    commands: Commands, door: Door[Any], claims: Documents, policies: Documents
) -> APIRouter:
    """The routes under /worklist and /claims."""
    routes = APIRouter(tags=["claims"])

    @routes.get("/worklist")
    async def worklist(
        track: Track | None = None, owner: Owner = None, cursor: Cursor = "", limit: Limit = PAGE
    ) -> Worklist:
        """Claims that wait for a person."""
        where = _waiting(track, owner)
        found = await claims.page(where, cursor, limit)
        items = [_work_item(id_, state) for id_, state in found]
        following = found[-1][0] if len(found) == limit else None
        return Worklist(items=items, next=following, oldest_promise=await _oldest(claims, where))

    @routes.get("/claims/{id_}")
    async def show_claim(id_: str) -> ClaimView:
        """A claim: what was found out, where it stands, who has it and by when."""
        return _view(id_, await _claim(claims, id_))

    @routes.post("/claims/{id_}/decision", status_code=202)
    async def decide_claim(
        id_: str, decision: DecideClaim, key: IdempotencyKey, response: Response
    ) -> Taken:
        """A person approves or denies a claim that waits for one.

        409: it does not wait (the answer says who decided and when), or the decision is not
        within the cover.
        """
        number = (await _claim(claims, id_)).file.submission.policy_number
        policy = (await find(policies, {number})).get(number)
        message = commands.message("decide-claim", key, decision, id_)
        await commands.ask(door, replace(message, known={"policy": policy}))
        response.headers["Location"] = f"/claims/claims/{id_}"
        return Taken(claim=id_, decision=decision.decision)

    return routes


def _waiting(track: Track | None, owner: str | None) -> dict[str, Any]:
    where: dict[str, Any] = {"state.stage": "waiting"}
    if track is not None:
        where["state.referral.track"] = track.value
    if owner is not None:
        where["state.referral.owner"] = owner
    return where


async def _oldest(claims: Documents, where: Mapping[str, Any]) -> datetime | None:
    """The earliest promise among them; promises are kept as UTC text, which sorts by time."""
    path = "state.referral.decide_by"
    found = await claims.sums(
        [
            {"$match": {**where, path: {"$gt": ""}}},
            {"$sort": {path: 1}},
            {"$limit": 1},
            {"$project": {"oldest": f"${path}"}},
        ]
    )
    return datetime.fromisoformat(found[0]["oldest"]) if found else None


def _work_item(id_: str, raw: Mapping[str, Any]) -> WorkItem:
    waiting = Waiting.model_validate(raw)
    file, referral = waiting.file, waiting.referral
    return WorkItem(
        claim=id_,
        kind=file.submission.kind,
        track=referral.track,
        owner=referral.owner,
        decide_by=referral.decide_by,
        claimed=file.submission.claimed,
        payable=file.calculation and file.calculation.payable,
        risk=file.risk,
        reasons=referral.reasons,
    )


async def _claim(claims: Documents, id_: str) -> Known:
    document = (await claims.load([id_])).get(id_)
    state = Unsubmitted() if document is None else STATE.validate_python(document.state)
    if isinstance(state, Unsubmitted):
        raise missing(f"claim {id_}")
    return state


def _view(id_: str, state: Known) -> ClaimView:
    file, submission = state.file, state.file.submission
    referral = state.referral if isinstance(state, Waiting) else None
    approval = state.approval if isinstance(state, Approved | Closed) else None
    closing = state.closing if isinstance(state, Closed) else None
    denial = state.denial if isinstance(state, Closed) else None
    spoken = referral or approval or denial
    return ClaimView(
        claim=id_,
        stage=state.stage,
        kind=submission.kind,
        policy_number=submission.policy_number,
        customer=submission.customer,
        loss_at=submission.loss_at,
        reported_at=submission.reported_at,
        claimed=submission.claimed,
        cover=file.cover,
        declined=file.declined,
        calculation=file.calculation,
        risk=file.risk,
        triage=file.triage,
        track=referral.track if referral else file.triage and file.triage.track,
        owner=referral and referral.owner,
        decide_by=referral and referral.decide_by,
        reasons=spoken.reasons if spoken else (),
        decision=file.decision,
        approvals=file.approvals,
        approved=approval and approval.amount,
        outcome=closing and closing.outcome,
        paid=closing and closing.paid,
    )
