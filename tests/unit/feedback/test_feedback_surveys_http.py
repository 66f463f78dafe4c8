"""Surveys and scores over HTTP, on a real MongoDB."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from .service import RATINGS, Feedback, Post, is_problem


async def test_a_survey_is_invited_answered_and_shown(
    feedback: Feedback, http: httpx.AsyncClient, post: Post
) -> None:
    await feedback.close_claim("CLM-1")
    assert (await http.get("/surveys/CLM-1")).json()["stage"] == "invited"
    answer = await post("/surveys/CLM-1/answer", RATINGS | {"comment": "谢谢"})
    assert answer.status_code == 201
    shown = (await http.get("/surveys/CLM-1")).json()
    assert (shown["stage"], shown["ratings"], shown["comment"]) == ("answered", RATINGS, "谢谢")


async def test_an_answer_sent_again_is_the_same_answer_and_another_one_is_refused(
    feedback: Feedback, post: Post
) -> None:
    await feedback.close_claim("CLM-1")
    first = await post("/surveys/CLM-1/answer", RATINGS, key="k")
    again = await post("/surveys/CLM-1/answer", RATINGS, key="k")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    changed = await post("/surveys/CLM-1/answer", RATINGS | {"kindness": 5}, key="k")
    assert is_problem(changed, 422, "key-reused")
    assert is_problem(await post("/surveys/CLM-1/answer", RATINGS), 409, "already-answered")


async def test_a_claim_that_has_not_closed_has_no_survey(
    http: httpx.AsyncClient, post: Post
) -> None:
    assert is_problem(await http.get("/surveys/CLM-1"), 404, "not-found")
    assert is_problem(await post("/surveys/CLM-1/answer", RATINGS), 404, "not-invited")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kindness": 6}, "kindness"),
        ({"security": "5"}, "security"),
        ({"reliability": None}, "reliability"),
        ({"comment": "好" * 2001}, "comment"),
    ],
)
async def test_a_verdict_out_of_range_names_its_field(
    post: Post, change: dict[str, Any], field: str
) -> None:
    answer = await post("/surveys/CLM-1/answer", RATINGS | change)
    assert is_problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_scores_are_counted_by_month_of_invitation_in_the_insurers_time_zone(
    feedback: Feedback, http: httpx.AsyncClient, post: Post
) -> None:
    # In Shanghai the last of these is already in April.
    for claim, now in {
        "CLM-1": datetime(2026, 3, 10, 4, tzinfo=UTC),
        "CLM-2": datetime(2026, 3, 11, 4, 0, 0, 123456, tzinfo=UTC),
        "CLM-3": datetime(2026, 3, 31, 15, 59, tzinfo=UTC),
        "CLM-4": datetime(2026, 3, 31, 16, 0, tzinfo=UTC),
    }.items():
        feedback.now = now
        await feedback.close_claim(claim)
    await post("/surveys/CLM-1/answer", RATINGS)
    await post("/surveys/CLM-2/answer", dict.fromkeys(RATINGS, 5))
    scores = await http.get("/scores", params={"from": "2026-03", "to": "2026-12"})
    march, april = scores.json()["items"]
    assert march == {
        "month": "2026-03",
        "invited": 3,
        "answered": 2,
        "response_rate": 0.6667,
        "means": {
            "reliability": 5.0,
            "responsiveness": 4.5,
            "convenience": 4.0,
            "security": 3.5,
            "kindness": 3.0,
        },
        "servperf": 4.0,
    }
    assert (april["month"], april["invited"], april["answered"]) == ("2026-04", 1, 0)
    assert (april["servperf"], set(april["means"].values())) == (None, {None})
    earlier = await http.get("/scores", params={"from": "2026-01", "to": "2026-02"})
    assert earlier.json() == {"items": []}


@pytest.mark.parametrize(
    "query", ["from=2026-13&to=2026-12", "from=2026-03", "from=2026-03&to=2026-02", "from=x&to=y"]
)
async def test_a_period_that_is_none_is_refused(http: httpx.AsyncClient, query: str) -> None:
    assert is_problem(await http.get(f"/scores?{query}"), 422, "invalid")
