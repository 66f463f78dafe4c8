"""The feedback service on a MongoDB database of its own, with its clock in our hands."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from services.feedback.api import complaint_routes, survey_routes
from services.feedback.decide import COMPLAINT, SURVEY
from services.feedback.office import read_office
from shared import problems
from shared.contracts.claims import ClaimClosed, Outcome
from shared.decider import Decider, Message
from shared.http import Commands
from shared.money import zero
from shared.runtime import Door
from shared.store import Documents, Store
from shared.telemetry import telemetry
from shared.testing.memory import MemoryOutlet
from shared.testing.parking import MemoryParking

ZONE = "Asia/Shanghai"
RATINGS = {
    "reliability": 5,
    "responsiveness": 4,
    "convenience": 3,
    "security": 2,
    "kindness": 1,
}
COMPLAINED = {
    "claim": "CLM-9",
    "customer": "C-7",
    "complaint_class": "staff",
    "channel": "phone",
    "text": "没有人回电话",
}
DECISION = {"upheld": True, "decision": "我们道歉。", "answered_by": "吴丽华"}


Post = Callable[..., Awaitable[httpx.Response]]


class Feedback:
    """The service on a database of its own, with its clock in the test's hands."""

    def __init__(self, url: str) -> None:
        self.now = datetime(2026, 3, 10, 4, tzinfo=UTC)
        self.store = Store(url, f"feedback_{uuid.uuid4().hex}")
        self.outlet = MemoryOutlet()
        self.surveys, self.complaints = (self.store.documents(k) for k in ("survey", "complaint"))
        self.survey_door = self.door(SURVEY, self.surveys)
        self.complaint_door = self.door(COMPLAINT, self.complaints)

    def clock(self) -> datetime:
        return self.now

    def door(self, decider: Decider[Any], documents: Documents) -> Door[Any]:
        office = read_office(ZONE)

        async def known(messages: Sequence[Message]) -> Mapping[str, Mapping[str, Any]]:
            return {message.id: {"office": office} for message in messages}

        return Door(
            decider,
            documents,
            MemoryParking(),
            self.outlet,
            telemetry("feedback"),
            self.clock,
            lookup=known,
        )

    def app(self) -> FastAPI:
        app, commands = FastAPI(), Commands("demo", self.clock)
        for router in (
            survey_routes(commands, self.survey_door, self.surveys, ZONE),
            complaint_routes(commands, self.complaint_door, self.complaints),
        ):
            app.include_router(router, prefix="/feedback")
        problems.install(app)
        return app

    async def close_claim(self, claim: str) -> None:
        body = ClaimClosed(outcome=Outcome.PAID, paid=zero(), customer="C-7")
        await self.survey_door.handle([Message(f"closed-{claim}", claim, body, self.now, "demo")])


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    body = answer.json()
    return (
        answer.status_code == status
        and body["type"] == f"urn:claimpath:problem:{code}"
        and answer.headers["content-type"] == "application/problem+json"
    )
