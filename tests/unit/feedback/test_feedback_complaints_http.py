"""Complaints over HTTP, on a real MongoDB."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from .service import COMPLAINED, DECISION, RATINGS, Feedback, Post, is_problem


async def test_a_complaint_is_acknowledged_at_once(
    feedback: Feedback, http: httpx.AsyncClient, post: Post
) -> None:
    taken = await post("/complaints", COMPLAINED)
    number = taken.json()["complaint"]
    assert taken.status_code == 202
    assert taken.headers["Location"] == f"/feedback/complaints/{number}"
    shown = (await http.get(f"/complaints/{number}")).json()
    assert taken.json() == {
        "complaint": number,
        "handler": shown["handler"],
        "answer_by": "2026-03-25T15:59:59Z",
    }
    assert (shown["stage"], shown["text"], shown["late"]) == (
        "acknowledged",
        "没有人回电话",
        False,
    )


async def test_the_facts_of_a_complaint_are_published_under_its_claim_without_its_words(
    feedback: Feedback, post: Post
) -> None:
    await post("/complaints", COMPLAINED)
    await until_published(feedback, 2)
    assert {event.subject for event in feedback.outlet.events} == {"CLM-9"}
    assert not any("没有人" in event.data.decode() for event in feedback.outlet.events)


async def until_published(feedback: Feedback, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(feedback.outlet.events) < count:
        assert time.monotonic() < deadline, f"waited 30 s in vain for {count} facts"
        await asyncio.sleep(0.01)


async def test_a_complaint_sent_again_has_the_same_number(post: Post) -> None:
    first, again = [await post("/complaints", COMPLAINED, key="k") for _ in range(2)]
    assert (first.json(), first.headers["Location"]) == (again.json(), again.headers["Location"])
    changed = await post("/complaints", COMPLAINED | {"text": "other"}, key="k")
    assert is_problem(changed, 422, "key-reused")
    assert (await post("/complaints", COMPLAINED)).json() != first.json()


async def test_a_complaint_need_not_be_about_a_claim(http: httpx.AsyncClient, post: Post) -> None:
    without = {name: value for name, value in COMPLAINED.items() if name != "claim"}
    number = (await post("/complaints", without)).json()["complaint"]
    assert (await http.get(f"/complaints/{number}")).json()["claim"] is None


async def test_a_complaint_is_answered_once(http: httpx.AsyncClient, post: Post) -> None:
    number = (await post("/complaints", COMPLAINED)).json()["complaint"]
    first = await post(f"/complaints/{number}/answer", DECISION, key="k")
    assert first.status_code == 201
    assert (await post(f"/complaints/{number}/answer", DECISION, key="k")).status_code == 201
    second = await post(f"/complaints/{number}/answer", DECISION)
    assert is_problem(second, 409, "already-answered")
    assert "吴丽华" in second.json()["detail"]
    assert "2026-03-10" in second.json()["detail"]
    shown = (await http.get(f"/complaints/{number}")).json()
    assert (shown["stage"], shown["decision"]) == ("answered", "我们道歉。")


async def test_two_answers_at_the_same_time_leave_one(post: Post) -> None:
    number = (await post("/complaints", COMPLAINED)).json()["complaint"]
    answers = await asyncio.gather(
        *(post(f"/complaints/{number}/answer", DECISION) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_an_unknown_complaint_can_be_neither_seen_nor_answered(
    http: httpx.AsyncClient, post: Post
) -> None:
    assert is_problem(await http.get("/complaints/CMP-0"), 404, "not-found")
    assert is_problem(await post("/complaints/CMP-0/answer", DECISION), 404, "no-complaint")


async def test_a_complaint_becomes_overdue_and_its_answer_late(
    feedback: Feedback, http: httpx.AsyncClient, post: Post
) -> None:
    feedback.now = feedback.now.replace(microsecond=123456)
    number = (await post("/complaints", COMPLAINED)).json()["complaint"]
    feedback.now += timedelta(days=15)
    assert await feedback.complaint_door.tick() == 0
    feedback.now += timedelta(days=1)
    assert await feedback.complaint_door.tick() == 1
    assert await feedback.complaint_door.tick() == 0
    overdue = (await http.get("/complaints", params={"stage": "overdue"})).json()
    assert [(item["complaint"], item["late"]) for item in overdue["items"]] == [(number, True)]
    await post(f"/complaints/{number}/answer", DECISION)
    shown = (await http.get(f"/complaints/{number}")).json()
    assert (shown["stage"], shown["late"]) == ("answered", True)


async def test_complaints_are_paged_by_number_and_listed_without_their_words(
    http: httpx.AsyncClient, post: Post
) -> None:
    numbers = sorted([(await post("/complaints", COMPLAINED)).json()["complaint"] for _ in "12345"])
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await http.get("/complaints", params={"limit": 2, "cursor": cursor})
        assert "没有人" not in page.text
        found += [item["complaint"] for item in page.json()["items"]]
        cursor = page.json()["next"]
    assert found == numbers


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "  "}, "text"),
        ({"complaint_class": "weather"}, "complaint_class"),
        ({"channel": "fax"}, "channel"),
        ({"customer": "no spaces allowed"}, "customer"),
        ({"claim": ""}, "claim"),
    ],
)
async def test_a_complaint_that_cannot_be_taken_names_its_field(
    post: Post, change: dict[str, Any], field: str
) -> None:
    answer = await post("/complaints", COMPLAINED | change)
    assert is_problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("path", ["/complaints", "/complaints/CMP-1/answer", "/surveys/C/answer"])
async def test_what_creates_something_needs_an_idempotency_key(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.post(path, json=COMPLAINED | DECISION | RATINGS)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
