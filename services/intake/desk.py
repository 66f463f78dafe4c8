"""The intake desk: what the HTTP routes do, over the doors, the register and the path."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from services.intake.checklists import Checklists, missing
from services.intake.decide import AddDocument, NamePayee, Withdraw
from services.intake.progress import Promises, shown, standing
from services.intake.recorder import Recorder
from services.intake.report import (
    BulkLine,
    LossReport,
    Payee,
    Sealer,
    claim_id,
    command,
    content,
)
from services.intake.state import CLAIM_STATE, POLICY_STATE, Claim, Collecting, Policy, Unreported
from services.intake.uploads import checked
from shared.contracts.event import derived
from shared.contracts.intake import DocumentReceived, RequestedItem
from shared.errors import Held
from shared.http import Commands
from shared.problems import Problem
from shared.problems import missing as not_found
from shared.runtime import Door
from shared.store import Documents, Files

UPLOADS_AT_ONCE = 16
"""Uploads held in memory at a time, each up to `uploads.MOST_UPLOAD`."""


class IntakeDesk:
    """Takes reports, documents and withdrawals, and answers where a claim stands."""

    def __init__(
        self,
        door: Door[Claim],
        claims: Documents,
        policies: Documents,
        files: Files,
        recorder: Recorder,
        commands: Commands,
        checklists: Checklists,
        promises: Sequence[Promises],
        seal: Sealer,
    ) -> None:
        self._door = door
        self._claims = claims
        self._policies = policies
        self._files = files
        self._recorder = recorder
        self._commands = commands
        self._checklists = checklists
        self._promises = promises
        self._seal = seal
        self.uploading = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def report(self, key: str, report: LossReport) -> dict[str, Any]:
        """Takes one report. Raises `Problem`."""
        policies = await self.policies([report.policy_number])
        return await self._report(key, report, policies, None)

    async def report_all(self, lines: Sequence[BulkLine]) -> list[dict[str, Any] | Problem]:
        """Takes a chunk of reports; each has a trace of its own."""
        policies = await self.policies([line.policy_number for line in lines])
        taken = (self._try(line, policies) for line in lines)
        return list(await asyncio.gather(*taken))

    async def policies(self, numbers: Sequence[str]) -> dict[str, Policy]:
        """The policies of these numbers that the register knows."""
        found = await self._policies.load(list(set(numbers)))
        return {n: POLICY_STATE.validate_python(document.state) for n, document in found.items()}

    async def upload(
        self, claim: str, item: str, body: bytes, declared: str | None, digest: str | None
    ) -> dict[str, Any]:
        """Keeps one document. The same content for the same item is kept once."""
        state = await self._state(claim)
        if isinstance(state, Collecting) and not self._checklists[state.report.kind].knows(item):
            raise Problem(404, "not-on-the-list", f"{item} is not asked for.", [("item", item)])
        media_type = checked(body, declared, digest)
        sha256 = hashlib.sha256(body).hexdigest()
        document = f"DOC-{derived(claim, item, sha256)}"
        if isinstance(state, Collecting):  # else the door refuses it: nothing may be kept
            await self._files.put(document, item, body)
        received = DocumentReceived(
            item=item, document_id=document, media_type=media_type, size=len(body), sha256=sha256
        )
        wish = AddDocument(document=received)
        message = self._commands.message("document", f"{claim}/{item}/{sha256}", wish, claim)
        await self._commands.ask(self._door, message)
        return {"document_id": document, "missing": _listed(await self.missing(claim))}

    async def name_payee(self, claim: str, payee: Payee) -> dict[str, Any]:
        """Notes the account to pay to."""
        await self._state(claim)
        sealed = self._seal.payee(payee)
        assert sealed is not None
        plain = payee.model_dump_json().encode()
        key = f"{claim}/{hashlib.sha256(plain).hexdigest()}"
        message = self._commands.message("payee", key, NamePayee(payee=sealed), claim, plain)
        await self._commands.ask(self._door, message)
        return {"missing": _listed(await self.missing(claim))}

    async def withdraw(self, claim: str, key: str) -> dict[str, Any]:
        """Takes the claim back, or asks the claims service to."""
        await self._state(claim)
        message = self._commands.message(f"withdraw/{claim}", key, Withdraw(), claim)
        await self._commands.ask(self._door, message)
        return {"claim": claim}

    async def missing(self, claim: str) -> tuple[RequestedItem, ...]:
        """What the claim still lacks."""
        return self._lacking(await self._state(claim))

    async def progress(self, claim: str) -> dict[str, Any]:
        """The customer's view of the claim."""
        state = await self._state(claim)
        path = await self._recorder.path(claim)
        now = self._commands.clock()
        return shown(claim, state, path, self._lacking(state), self._promises, now)

    async def stages(self, claims: Sequence[str]) -> list[dict[str, Any]]:
        """The stage of each claim, in the order asked."""
        documents, paths = await asyncio.gather(
            self._claims.load(claims), self._recorder.paths(claims)
        )
        states = {c: CLAIM_STATE.validate_python(d.state) for c, d in documents.items()}
        return [
            {"claim": claim, "stage": standing(states.get(claim, Unreported()), paths[claim]).stage}
            for claim in claims
        ]

    async def _try(self, line: BulkLine, policies: dict[str, Policy]) -> dict[str, Any] | Problem:
        try:
            return await self._report(line.key, line, policies, "")
        except Problem as problem:
            return problem
        except Held as held:
            return Problem(503, "held", str(held))

    async def _report(
        self, key: str, report: LossReport, policies: dict[str, Policy], parent: str | None
    ) -> dict[str, Any]:
        policy = policies.get(report.policy_number)
        wish = command(report, policy, self._checklists, self._seal, self._commands.clock())
        claim = claim_id(self._commands.message_id("report", key))
        message = self._commands.message("report", key, wish, claim, content(report), parent)
        facts = await self._commands.ask(self._door, message)
        asked = [item for fact in facts for item in getattr(fact, "items", ())]
        return {"claim": claim, "missing": _listed(asked)}

    async def _state(self, claim: str) -> Claim:
        documents = await self._claims.load([claim])
        if claim not in documents:
            raise not_found(f"claim {claim}")
        return CLAIM_STATE.validate_python(documents[claim].state)

    def _lacking(self, state: Claim) -> tuple[RequestedItem, ...]:
        if not isinstance(state, Collecting):
            return ()
        held = {document.item for document in state.documents}
        report = state.report
        payee = state.payee is not None
        return missing(self._checklists[report.kind], report.circumstances, held, payee)


def _listed(items: Sequence[RequestedItem]) -> list[dict[str, Any]]:
    return [item.model_dump() for item in items]
