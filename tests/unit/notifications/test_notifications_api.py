"""Inbox, correspondence and texts over HTTP, on a real MongoDB."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from services.notifications import samples
from services.notifications.api import routes
from services.notifications.content import Content, Paid, Referred, Reported
from services.notifications.inbox import CUSTOMER, Inbox
from services.notifications.state import (
    CORRESPONDENCE,
    Bounced,
    Delivered,
    Fate,
    Letter,
    Medium,
    Reached,
    Unreached,
    Waiting,
)
from services.notifications.templates import NAMES, Texts
from shared import problems
from shared.contracts.base import Language
from shared.contracts.claims import Track
from shared.document import Document
from shared.money import Money
from shared.store import Documents, Store

COMPANY = {Language.CHINESE: "示例保险公司", Language.ENGLISH: "Example Insurance"}
PAID = Paid(amount=Money(minor=4_250_00), reference="T-1")
BY_MAIL = Delivered(channel=Medium.EMAIL, at=samples.AT, attempts=2)


class Desk:
    """The HTTP side with the documents behind it."""

    def __init__(self, documents: Documents, http: httpx.AsyncClient) -> None:
        self.documents = documents
        self.http = http

    async def keep(self, claim: str, customer: str, *letters: Letter) -> None:
        file = samples.file(Language.ENGLISH)
        file = file.model_copy(update={"claim": claim, "customer": customer})
        await self.store(claim, Reached(file=file, letters=letters))

    async def store(self, claim: str, state: Unreached | Reached) -> None:
        raw = CORRESPONDENCE.dump_python(state, mode="json")
        assert not await self.documents.save([Document(claim, state=raw)])

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def desk(mongo: Any) -> AsyncIterator[Desk]:
    store = Store(mongo.url, f"notifications_{uuid4().hex}")
    documents = store.documents("correspondence")
    await documents.prepare(CUSTOMER)
    texts = Texts(COMPANY, ZoneInfo("Asia/Shanghai"), "https://claims.example")
    app = FastAPI()
    app.include_router(routes(documents, Inbox(documents), texts))
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        yield Desk(documents, http)
    store.close()


def letter(id_: str, minutes: int = 0, content: Content = PAID, fate: Fate = BY_MAIL) -> Letter:
    at = samples.AT + timedelta(minutes=minutes)
    return Letter(id=id_, cause="c", at=at, content=content, fate=fate)


async def test_the_inbox_shows_all_claims_of_a_customer_newest_first(desk: Desk) -> None:
    await desk.keep("CLM-1", "C-1", letter("a", 1), letter("d", 4))
    await desk.keep("CLM-2", "C-1", letter("b", 2), letter("c", 3))
    await desk.keep("CLM-3", "C-2", letter("x", 5))
    page = await desk.get("/inbox/C-1")
    assert [item["id"] for item in page["items"]] == ["d", "c", "b", "a"]
    assert [item["claim"] for item in page["items"]] == ["CLM-1", "CLM-2", "CLM-2", "CLM-1"]
    assert page["next"] is None


async def test_pages_neither_miss_nor_repeat_messages_of_the_same_moment(desk: Desk) -> None:
    for claim in range(4):
        await desk.keep(f"CLM-{claim}", "C-1", *(letter(f"{claim}{n}") for n in range(3)))
    seen, cursor = [], ""
    while cursor is not None:
        page = await desk.get("/inbox/C-1", limit=5, cursor=cursor)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sorted((f"{claim}{n}" for claim in range(4) for n in range(3)), reverse=True)


async def test_a_message_is_shown_as_its_reader_gets_it(desk: Desk) -> None:
    await desk.keep("CLM-1", "C-1", letter("a"))
    [item] = (await desk.get("/inbox/C-1"))["items"]
    assert item["subject"] == "CNY 4,250.00 has been paid to you (CLM-1)"
    assert item["text"].startswith("Dear customer,")
    assert (item["template"], item["language"], item["status"]) == ("paid", "en", "delivered")
    assert item["delivered"] == {"channel": "email", "at": "2026-03-10T04:00:00Z", "attempts": 2}
    assert item["bounced"] is None


async def test_a_message_that_bounced_stands_in_the_inbox(desk: Desk) -> None:
    bounced = Bounced(at=samples.AT, attempts=1, reason="550 5.1.1")
    await desk.keep("CLM-1", "C-1", letter("a", fate=bounced))
    [item] = (await desk.get("/inbox/C-1"))["items"]
    assert item["delivered"] is None
    assert item["bounced"]["reason"] == "550 5.1.1"


async def test_a_customer_whom_nobody_wrote_to_has_an_empty_inbox(desk: Desk) -> None:
    assert await desk.get("/inbox/nobody") == {"items": [], "next": None}


async def test_the_correspondence_of_a_claim_is_shown_oldest_first(desk: Desk) -> None:
    referred = Referred(track=Track.COMPLEX, owner="desk", decide_by=samples.AT, reasons=())
    first = Reported(decide_by=samples.AT)
    await desk.keep("CLM-1", "C-1", letter("b", 2, referred), letter("a", 1, first))
    shown = await desk.get("/claims/CLM-1")
    assert [item["template"] for item in shown["items"]] == ["reported", "referred"]
    assert (shown["customer"], shown["waiting"]) == ("C-1", [])


async def test_what_waits_for_the_report_is_named_and_stands_in_no_inbox(desk: Desk) -> None:
    await desk.store("CLM-1", Unreached(letters=(letter("a", fate=Waiting()),)))
    shown = await desk.get("/claims/CLM-1")
    assert shown == {"claim": "CLM-1", "customer": None, "items": [], "waiting": ["paid"]}


async def test_templates_are_listed_with_their_languages(desk: Desk) -> None:
    assert await desk.get("/templates") == {"items": list(NAMES), "languages": ["zh", "en"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_template_can_be_looked_at(desk: Desk, name: str, language: str) -> None:
    shown = await desk.get(f"/templates/{name}/preview", language=language)
    assert all("CLM-2026-000042" in item["subject"] for item in shown["items"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/claims/unheard-of", 404),
        ("/templates/unheard-of/preview", 404),
        ("/templates/paid/preview?language=fr", 422),
        ("/inbox/C-1?limit=0", 422),
        ("/inbox/C-1?limit=201", 422),
        ("/inbox/C-1?cursor=%21", 422),
        ("/inbox/C-1?cursor=YQ==", 422),
        ("/inbox/C-1?cursor=%2F%2F%2F%2F", 422),
        ("/inbox/" + "x" * 201, 422),
    ],
)
async def test_every_refusal_is_problem_details(desk: Desk, path: str, status: int) -> None:
    answer = await desk.http.get(path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
