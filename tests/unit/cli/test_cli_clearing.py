"""Releasing and discarding many from the command line: request after request, and a summary."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from claimpath import clearing
from claimpath.__main__ import app
from claimpath.clearing import clear, clear_one
from shared.contracts.base import Service
from tests.unit.cli.fake_network import FakeNetwork

INTAKE, CLAIMS = Service.INTAKE, Service.CLAIMS
WISH = {"by": "Li Na", "why": "the bug is gone", "all": True}


def answer(done: int, left: int = 0, **reasons: int) -> httpx.Response:
    """What a service says to a release."""
    told: dict[str, Any] = {
        "act": 17,
        "released": done,
        "still_failing": sum(reasons.values()),
        "reasons": [{"reason": reason, "messages": n} for reason, n in reasons.items()],
        "busy": 0,
        "left_over": left,
    }
    return httpx.Response(200, json=told)


async def test_a_service_is_asked_until_nothing_is_left_and_all_is_summed_up() -> None:
    network = FakeNetwork()
    network.answers["/intake/parked/release"] = [answer(200, 90), answer(80, 9, KeyError=1)]
    network.answers["/intake/parked/release"] += [answer(9)]
    network.answers["/claims/parked/release"] = [answer(1, 0, KeyError=2)]
    cleared = await clear(network.gateway(), [INTAKE, CLAIMS], "release", WISH)
    assert cleared.lines() == [
        "Released: 290",
        "Still failing: 3",
        "  2 in claims: KeyError",
        "  1 in intake: KeyError",
    ]
    assert network.asked["/intake/parked/release"] == 3


async def test_the_long_queue_of_one_message_is_gone_through_request_by_request() -> None:
    network = FakeNetwork()
    where = "/intake/parked/x"
    network.answers[f"{where}/release"] = [answer(90, 1), answer(30, 1), answer(7)]
    cleared = await clear_one(network.gateway(), INTAKE, where, "release", WISH)
    assert (cleared.done, cleared.left) == (127, 0)


async def test_what_somebody_else_is_at_work_on_is_waited_for_and_then_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clearing, "PAUSE_S", 0.0)
    network = FakeNetwork()
    busy = [answer(0, 1) for _ in range(clearing.MOST_PAUSES)]
    network.answers["/intake/parked/release"] = [*busy, answer(1, 0)]
    assert (await clear(network.gateway(), [INTAKE], "release", WISH)).left == 0
    network.answers["/intake/parked/release"] = [*busy, answer(0, 1), answer(1, 0)]
    cleared = await clear(network.gateway(), [INTAKE], "release", WISH)
    assert cleared.lines() == ["Released: 0", "Left over, somebody else is at work on them: 1"]


@pytest.mark.parametrize(
    "words",
    [["x"], ["--all"], ["--why", "it works"], ["x", "--all", "--why", "it works"]],
    ids=["no reason for one", "no reason for all", "nothing named", "one and all"],
)
@pytest.mark.parametrize("order", ["release", "discard"])
def test_an_order_needs_a_reason_and_says_which_messages(order: str, words: list[str]) -> None:
    assert CliRunner().invoke(app, ["parked", order, *words]).exit_code == 2
