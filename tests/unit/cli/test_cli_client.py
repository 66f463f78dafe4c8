"""How the command line speaks with a gateway, and what it says when that goes wrong."""

import httpx
import pytest
from typer.testing import CliRunner

from claimpath.__main__ import app
from claimpath.client import Away, Declined, declined, each
from claimpath.ledger import in_short
from claimpath.schemas import documents
from deploy.local.trouble import Trouble
from shared.contracts import BY_TYPE
from tests.unit.cli.fake_network import FakeNetwork, problem

NOWHERE = "http://127.0.0.1:1"


async def test_what_the_network_refuses_is_its_detail_and_its_fields() -> None:
    network = FakeNetwork()
    network.answers["/x"] = [problem(422, "invalid", "This cannot be.")]
    with pytest.raises(Declined) as told:
        await network.gateway().get("/x")
    assert str(told.value) == "This cannot be.\n  key: is too long"
    assert (told.value.status, told.value.code) == (422, "invalid")


def test_an_answer_that_is_no_problem_is_named_by_its_status() -> None:
    request = httpx.Request("GET", "http://network/x")
    told = declined(httpx.Response(500, text="Internal Server Error", request=request))
    assert str(told) == "The answer at /x was 500 Internal Server Error."


async def test_without_patience_a_service_that_is_away_is_told_at_once() -> None:
    network = FakeNetwork()
    network.answers["/x"] = [httpx.Response(502)]
    with pytest.raises(Away, match="does not answer"):
        await network.gateway().get("/x")
    assert network.asked["/x"] == 1


async def test_with_patience_a_service_that_is_away_is_asked_again() -> None:
    network = FakeNetwork()
    network.answers["/x"] = [httpx.Response(503), httpx.Response(200, json={"found": 1})]
    assert await network.gateway(patience_s=5).get("/x") == {"found": 1}


async def test_an_answer_that_ends_early_is_asked_for_again() -> None:
    network = FakeNetwork()
    network.answers["/x"] = [httpx.Response(200, text="{}\n"), httpx.Response(200, text="{}\n{}\n")]
    assert await network.gateway(patience_s=5).post_lines("/x", [{}, {}]) == [{}, {}]


async def test_a_separator_of_lines_inside_a_text_ends_no_answer() -> None:
    network = FakeNetwork()
    network.answers["/x"] = [httpx.Response(200, text='{"detail": "one\u2028two"}\n')]
    assert await network.gateway().post_lines("/x", [{}]) == [{"detail": "one\u2028two"}]


async def test_the_first_error_of_many_stops_the_rest() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        if number == 3:
            raise Trouble("three")
        done.append(number)

    with pytest.raises(Trouble, match="three"):
        await each(range(100), work, at_once=1)
    assert done == [0, 1, 2]


@pytest.mark.parametrize(
    "words",
    [
        ["submit", "--sample", "1"],
        ["path", "CLM-1"],
        ["ledger"],
        ["parked", "list"],
        ["parked", "show", "x"],
        ["parked", "acts"],
        ["parked", "release", "x", "--why", "y"],
        ["parked", "discard", "--all", "--why", "y"],
    ],
)
def test_every_command_says_in_a_sentence_that_nobody_answers(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "--gateway", NOWHERE])
    assert isinstance(result.exception, Away)
    assert str(result.exception).startswith(f"The gateway at {NOWHERE} does not answer (")


def test_submit_wants_a_file_or_a_number() -> None:
    assert CliRunner().invoke(app, ["submit"]).exit_code == 2


def test_the_ledger_in_short_counts_settled_orders() -> None:
    answer = {"balanced": True, "debits": 5, "credits": 5, "orders": 2, "accounts": {}}
    told = in_short(answer | {"settled": {"orders": 1, "amount": 5}})
    assert told == {"balanced": True, "debits": 5, "credits": 5, "orders": 2, "settled": 1}


def test_there_is_a_schema_for_every_fact_and_asyncapi_for_every_service() -> None:
    found = dict(documents())
    assert len(found) == len(BY_TYPE) + 5
    assert found["payments/asyncapi.json"]["channels"]["payments"]["address"].endswith(".payments")
    assert "amount" in found["payments/payment-settled.v1.json"]["properties"]
