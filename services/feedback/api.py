"""Feedback over HTTP: verdicts and complaints in, scores and worklists out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from services.feedback.rules import complaint_number
from services.feedback.scores import month_score, scores_pipeline
from services.feedback.state import (
    AnswerComplaint,
    AnswerSurvey,
    Complaint,
    Settled,
    Survey,
    TakeComplaint,
)
from shared.contracts.base import Fact
from shared.contracts.feedback import ComplaintAcknowledged
from shared.decider import Message
from shared.http import PAGE, Commands, Cursor, IdempotencyKey, Limit
from shared.problems import Problem, invalid, missing
from shared.runtime import Door
from shared.store import Documents

SURVEYS: TypeAdapter[Survey] = TypeAdapter(Survey)
COMPLAINTS: TypeAdapter[Complaint] = TypeAdapter(Complaint)
NOTHING_THERE = ("not-invited", "no-complaint")
"""Refusals that mean: there is nothing at this address."""

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
From = Annotated[str, Query(alias="from", pattern=MONTH, description="YYYY-MM")]
Until = Annotated[str, Query(alias="to", pattern=MONTH, description="YYYY-MM, included")]
Stage = Literal["acknowledged", "overdue", "answered"]


def survey_routes(
    commands: Commands, door: Door[Survey], surveys: Documents, time_zone: str
) -> APIRouter:
    """The survey of a claim, and the scores of all."""
    router = APIRouter(tags=["surveys"])

    @router.get("/surveys/{claim}")
    async def show(claim: str) -> dict[str, Any]:
        """The survey and, once given, the verdict."""
        state = await _state(surveys, claim, f"survey for a claim {claim}")
        return {"claim": claim, **SURVEYS.validate_python(state).model_dump(mode="json")}

    @router.post("/surveys/{claim}/answer", status_code=201)
    async def answer(claim: str, body: AnswerSurvey, key: IdempotencyKey) -> dict[str, Any]:
        """Takes the customer's verdict, once."""
        await _ask(commands, door, commands.message("answer-survey", key, body, claim))
        return {"claim": claim, "stage": "answered"}

    @router.get("/scores")
    async def scores(first: From, last: Until) -> dict[str, Any]:
        """Invitations, answers and SERVPERF means by month of invitation."""
        if first > last:
            raise invalid("to", "is before from")
        rows = await surveys.sums(scores_pipeline(first, last, time_zone))
        return {"items": [month_score(row) for row in rows]}

    return router


def complaint_routes(commands: Commands, door: Door[Complaint], complaints: Documents) -> APIRouter:
    """Complaints: taken, listed, looked at, answered."""
    router = APIRouter(prefix="/complaints", tags=["complaints"])

    @router.post("", status_code=202)
    async def take(body: TakeComplaint, key: IdempotencyKey, response: Response) -> dict[str, Any]:
        """Takes a complaint and acknowledges it with a number, a handler and a date."""
        number = complaint_number(commands.message_id("take-complaint", key))
        message = commands.message("take-complaint", key, body, number)
        facts = await _ask(commands, door, message)
        response.headers["Location"] = f"/feedback/complaints/{number}"
        return _receipt(facts)

    @router.get("")
    async def list_(
        stage: Stage | None = None, cursor: Cursor = "", limit: Limit = PAGE
    ) -> dict[str, Any]:
        """Complaints without their words, in order of number."""
        where: Mapping[str, Any] = {"state.stage": stage} if stage else {}
        page = await complaints.page(where, cursor, limit)
        return {
            "items": [_shown(number, state, words=False) for number, state in page],
            "next": page[-1][0] if len(page) == limit else None,
        }

    @router.get("/{number}")
    async def show(number: str) -> dict[str, Any]:
        """A complaint with its words and, once given, its answer."""
        return _shown(number, await _state(complaints, number, f"complaint {number}"))

    @router.post("/{number}/answer", status_code=201)
    async def answer(number: str, body: AnswerComplaint, key: IdempotencyKey) -> dict[str, Any]:
        """Answers a complaint with a decision, once."""
        await _ask(commands, door, commands.message("answer-complaint", key, body, number))
        return {"complaint": number, "stage": "answered"}

    return router


async def _ask(commands: Commands, door: Door[Any], message: Message) -> list[Fact]:
    try:
        return await commands.ask(door, message)
    except Problem as no:
        if no.code in NOTHING_THERE:
            raise Problem(404, no.code, no.detail) from no
        raise


async def _state(documents: Documents, id_: str, what: str) -> Mapping[str, Any]:
    document = (await documents.load([id_])).get(id_)
    if document is None or document.state is None:
        raise missing(what)
    return document.state


def _receipt(facts: list[Fact]) -> dict[str, Any]:
    (told,) = (fact for fact in facts if isinstance(fact, ComplaintAcknowledged))
    return told.model_dump(mode="json")


def _shown(number: str, state: Mapping[str, Any], words: bool = True) -> dict[str, Any]:
    complaint = COMPLAINTS.validate_python(state)
    hidden = set() if words else {"text", "decision"}
    late = isinstance(complaint, Settled) and complaint.answered_at > complaint.answer_by
    shown = complaint.model_dump(mode="json", exclude=hidden)
    return {"complaint": number, **shown, "late": late or shown["stage"] == "overdue"}
