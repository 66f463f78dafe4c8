"""Intake over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.intake.bulk import answers
from services.intake.checklists import Checklists
from services.intake.desk import IntakeDesk
from services.intake.path import described
from services.intake.recorder import Recorder
from services.intake.report import LossReport, Payee
from shared.contracts.base import KindOfLoss
from shared.http import IdempotencyKey
from shared.ndjson import lines_of, streamed
from shared.problems import missing

ClaimId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class Lookup(BaseModel):
    """Claims whose stage is wanted."""

    claims: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=500)]


def routes(desk: IntakeDesk, recorder: Recorder, checklists: Checklists) -> APIRouter:
    """All routes, below /intake."""
    router = APIRouter(tags=["intake"])
    router.include_router(_reporting(desk))
    router.include_router(_collecting(desk))
    router.include_router(_following(desk, recorder))
    router.include_router(_reference(desk, checklists))
    return router


def _reporting(desk: IntakeDesk) -> APIRouter:
    router = APIRouter()

    @router.post("/claims", status_code=202)
    async def report(report: LossReport, key: IdempotencyKey, response: Response) -> dict[str, Any]:
        """Takes a first notice of loss; says in one list all that is missing."""
        taken = await desk.report(key, report)
        response.headers["Location"] = f"/intake/claims/{taken['claim']}"
        return taken

    @router.post("/claims/bulk")
    async def report_in_bulk(request: Request) -> StreamingResponse:
        """Takes many, as NDJSON; each line has its own `key` and gets its own answer."""
        return streamed(answers(await lines_of(request), desk.report_all))

    return router


def _collecting(desk: IntakeDesk) -> APIRouter:
    router = APIRouter()

    @router.put("/claims/{claim}/documents/{item}", status_code=201)
    async def upload(
        claim: ClaimId,
        item: Code,
        request: Request,
        content_type: Annotated[str | None, Header()] = None,
        content_digest: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        """Keeps one document: PDF, JPEG or PNG, at most 10 MB. The body is the file itself."""
        async with desk.uploading:
            body = await request.body()
            return await desk.upload(claim, item, body, content_type, content_digest)

    @router.put("/claims/{claim}/payee", status_code=202)
    async def name_payee(claim: ClaimId, payee: Payee) -> dict[str, Any]:
        """Names the account to pay to."""
        return await desk.name_payee(claim, payee)

    @router.post("/claims/{claim}/withdrawal", status_code=202)
    async def withdraw(claim: ClaimId, key: IdempotencyKey, response: Response) -> dict[str, Any]:
        """Takes the claim back; after submission the claims service answers on the path."""
        response.headers["Location"] = f"/intake/claims/{claim}"
        return await desk.withdraw(claim, key)

    return router


def _following(desk: IntakeDesk, recorder: Recorder) -> APIRouter:
    router = APIRouter()

    @router.get("/claims/{claim}")
    async def progress(claim: ClaimId) -> dict[str, Any]:
        """Where the claim is, who has it, what comes next, and by which date."""
        return await desk.progress(claim)

    @router.get("/claims/{claim}/path")
    async def path(claim: ClaimId) -> dict[str, Any]:
        """Every fact of the claim, from every service, causes before effects."""
        entries = await recorder.path(claim)
        if not entries:
            await desk.missing(claim)  # 404 unless the claim is only too fresh
        return described(claim, entries)

    @router.post("/claims/lookup")
    async def lookup(wanted: Lookup) -> dict[str, Any]:
        """The stages of up to 500 claims."""
        return {"items": await desk.stages(wanted.claims)}

    return router


def _reference(desk: IntakeDesk, checklists: Checklists) -> APIRouter:
    router = APIRouter()

    @router.get("/checklists/{kind}")
    async def checklist(kind: KindOfLoss) -> dict[str, Any]:
        """All documents that a kind of loss may want."""
        return checklists[kind].model_dump(mode="json")

    @router.get("/policies/{number}")
    async def policy(number: Code) -> dict[str, Any]:
        """What intake knows of a policy."""
        found = await desk.policies([number])
        if number not in found:
            raise missing(f"policy {number}")
        return {"policy_number": number} | found[number].model_dump(mode="json")

    return router
