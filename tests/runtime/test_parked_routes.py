"""Parked messages over HTTP: cause and history are shown, acts are signed, many go in portions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared import problems
from shared.parked import parked_routes
from shared.parked_views import MOST_SHOWN, MOST_TOLD
from tests.runtime.test_releasing import Desk

SIGNED = {"by": "Li Na", "why": "the bug is gone"}


class Counter:
    """The routes over a desk in memory, as operations staff use them."""

    def __init__(self, desk: Desk, http: httpx.AsyncClient) -> None:
        self.desk = desk
        self._http = http

    async def get(self, path: str, **params: Any) -> Any:
        """What stands there."""
        response = await self._http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        """What becomes of a wish."""
        response = await self._http.post(path, json=body)
        assert response.status_code == status, response.text
        return response.json()


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    desk, app = Desk(), FastAPI()
    app.include_router(parked_routes(desk.parking, desk.acts, desk.releasing))  # type: ignore[arg-type]
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        yield Counter(desk, http)


async def test_a_parked_message_shows_its_error_and_what_caused_it(counter: Counter) -> None:
    await counter.desk.parked("m1")
    shown = await counter.get("/parked/m1")
    assert shown["error"] == {"kind": "UnknownSubject", "text": "A was never submitted"}
    assert shown["caused_by"]["type"] == "claimpath.claims.claim-closed.v1"
    assert shown["caused_by"]["causation"] == "http:1"
    assert shown["caused_by"]["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert json.loads(shown["record"]["value"])["outcome"] == "paid"


async def test_the_history_tells_of_the_parking_and_of_every_failed_release(
    counter: Counter,
) -> None:
    await counter.desk.parked("m1")
    counter.desk.hearing.breaks = {"m1"}
    for who in ("Li Na", "Chen Jing"):
        await counter.post("/parked/m1/release", 409, by=who, why=f"{who} thinks it works")
    history = (await counter.get("/parked/m1"))["history"]
    assert [entry["what"] for entry in history] == ["parked", "failed-again", "failed-again"]
    assert "was never submitted" in history[0]["reason"]
    assert [(e["by"], e["why"]) for e in history[1:]] == [
        ("Li Na", "Li Na thinks it works"),
        ("Chen Jing", "Chen Jing thinks it works"),
    ]
    assert "OverflowError" in history[2]["reason"]


async def test_a_release_that_fails_again_is_refused_with_the_reason(counter: Counter) -> None:
    await counter.desk.parked("m1")
    counter.desk.hearing.refuses = {"m1"}
    told = await counter.post("/parked/m1/release", 409, **SIGNED)
    assert told["type"].endswith(":still-failing")
    assert told["detail"] == "UnknownSubject: A was never submitted"


UNSIGNED: Mapping[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"why": "x"}, "by"),
    "somebody without a name": (SIGNED | {"by": " \n"}, "by"),
    "no reason": ({"by": "Li Na"}, "why"),
    "a reason of blanks": (SIGNED | {"why": " "}, "why"),
    "a novel": (SIGNED | {"why": "x" * 2_001}, "why"),
    "more than is known": (SIGNED | {"force": True}, "force"),
}


@pytest.mark.parametrize("what", UNSIGNED)
@pytest.mark.parametrize("order", ["release", "discard"])
async def test_an_act_that_is_not_signed_is_refused_and_names_the_field(
    counter: Counter, what: str, order: str
) -> None:
    await counter.desk.parked("m1")
    body, field = UNSIGNED[what]
    told = await counter.post(f"/parked/m1/{order}", 422, **body)
    assert [error["field"] for error in told["errors"]] == [field]
    assert counter.desk.acts.written == []


@pytest.mark.parametrize("order", ["release", "discard"])
async def test_many_are_not_meant_by_saying_nothing(counter: Counter, order: str) -> None:
    await counter.desk.parked("m1")
    told = await counter.post(f"/parked/{order}", 422, **SIGNED)
    assert [error["field"] for error in told["errors"]] == ["all"]
    assert counter.desk.left() == ["m1"]


async def test_an_act_on_many_goes_on_under_its_number_until_nothing_is_left(
    counter: Counter,
) -> None:
    for claim in "ABCDE":
        await counter.desk.parked(f"{claim}1", f"{claim}2", claim=claim)
    counter.desk.hearing.refuses = {"C1"}
    wish: dict[str, Any] = SIGNED | {"all": True, "most": 3}
    answers = [await counter.post("/parked/release", **wish)]
    while answers[-1]["left_over"]:
        answers.append(await counter.post("/parked/release", **wish, act=answers[0]["act"]))
    assert len(answers) > 1
    assert sum(answer["released"] for answer in answers) == 8
    assert sum(answer["still_failing"] for answer in answers) == 1
    (reason,) = [reason for answer in answers for reason in answer["reasons"]]
    assert reason == {"reason": "UnknownSubject: C was never submitted", "messages": 1}
    asked = [act for act in counter.desk.acts.written if act.message is None]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "changes", [{"by": "Chen Jing"}, {"why": "another"}, {"claim": "A"}, {"act": 7}]
)
async def test_an_act_is_gone_on_with_only_by_whoever_began_it(
    counter: Counter, changes: dict[str, Any]
) -> None:
    await counter.desk.parked("m1")
    wish: dict[str, Any] = SIGNED | {"all": True}
    wish["act"] = (await counter.post("/parked/discard", **wish))["act"]
    told = await counter.post("/parked/discard", 422, **wish | changes)
    assert [error["field"] for error in told["errors"]] == ["act"]


async def test_a_filter_releases_what_fits_and_leaves_the_rest(counter: Counter) -> None:
    await counter.desk.parked("m1", "m2")
    await counter.desk.parked("n1", claim="B")
    answer = await counter.post("/parked/release", **SIGNED, claim="A", error="UnknownSubject")
    assert (answer["released"], answer["left_over"]) == (2, 0)
    assert [item["id"] for item in (await counter.get("/parked"))["items"]] == ["n1"]


async def test_the_listing_takes_the_same_filter(counter: Counter) -> None:
    await counter.desk.parked("m1", "m2")
    await counter.desk.parked("n1", claim="B")
    listed = await counter.get("/parked", error="UnknownSubject")
    assert [item["id"] for item in listed["items"]] == ["m1", "n1"]
    assert (await counter.get("/parked", claim="C"))["items"] == []


async def test_a_discarded_message_can_still_be_read_in_the_record(counter: Counter) -> None:
    await counter.desk.parked("m1")
    before = await counter.get("/parked/m1")
    await counter.post("/parked/m1/discard", **SIGNED)
    assert (await counter.get("/parked"))["items"] == []
    asked, gone = (await counter.get("/parked-acts"))["items"]
    assert (asked["what"], asked["asked"]) == ("discard-asked", {"id": "m1"})
    assert (gone["what"], gone["by"], gone["why"]) == ("discarded", *SIGNED.values())
    assert "record" not in gone["message"]
    kept = await counter.get(f"/parked-acts/{gone['number']}")
    assert kept["message"]["record"] == before["record"]
    assert kept["message"]["caused_by"] == before["caused_by"]


async def test_acts_are_listed_page_by_page(counter: Counter) -> None:
    for claim in "ABC":
        await counter.desk.parked(f"{claim}1", claim=claim)
    await counter.post("/parked/discard", **SIGNED, all=True)
    seen, cursor = [], "0"
    while cursor:
        page = await counter.get("/parked-acts", cursor=cursor, limit=2)
        seen += [act["number"] for act in page["items"]]
        cursor = page["next"]
    assert len(seen) == 4
    assert seen == sorted(set(seen))


async def test_long_contents_and_reasons_are_cut_and_say_so(counter: Counter) -> None:
    ear = counter.desk.ear
    await ear.listener([ear.raw("A", [("ce_type", b"t" * 9_000)], b"\xff" * 90_000)])
    (entry,) = (await counter.get("/parked"))["items"]
    assert len(entry["type"]) <= MOST_TOLD
    shown = (await counter.get(f"/parked/{entry['id']}"))["record"]
    assert (len(shown["value"]), shown["cut"], shown["encoding"]) == (MOST_SHOWN, True, "base64")
    whole = (await counter.get(f"/parked/{entry['id']}", content=4_000_000))["record"]
    assert (len(whole["value"]), whole["cut"]) == (whole["characters"], False)
    nothing = (await counter.get(f"/parked/{entry['id']}", content=0))["record"]
    assert (nothing["value"], nothing["cut"]) == ("", True)
