"""Counting what the topics say, and the wire that reports go over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from benchmarks.checks import Refused
from benchmarks.listening import Listening
from benchmarks.wire import Wire, post
from shared.contracts.base import Fact
from shared.contracts.feedback import SurveyInvited
from shared.contracts.payments import PaymentSettled

TIME = b"2026-11-22T10:00:00.500000+00:00"


def headers(claim: str, id_: str, fact: type[Fact] = SurveyInvited) -> dict[str, bytes]:
    return {
        "ce_type": fact.type.encode(),
        "ce_subject": claim.encode(),
        "ce_id": id_.encode(),
        "ce_time": TIME,
    }


@pytest.fixture
async def listening() -> Listening:
    return Listening("127.0.0.1:1", ["t"], [SurveyInvited])


async def test_a_fact_that_is_said_again_counts_once(listening: Listening) -> None:
    listening.note(headers("c-1", "a"), 1.0)
    listening.note(headers("c-1", "a"), 2.0)
    assert listening.count(SurveyInvited) == 1
    assert listening.newest(SurveyInvited) == 1.0
    assert listening.heard(SurveyInvited)["c-1"].said_at == 1795341600.5


async def test_a_second_fact_of_the_same_claim_counts_twice_and_is_one_claim(
    listening: Listening,
) -> None:
    listening.note(headers("c-1", "a"), 1.0)
    listening.note(headers("c-1", "b"), 2.0)
    assert listening.count(SurveyInvited) == 2
    assert len(listening.heard(SurveyInvited)) == 1


async def test_facts_that_nobody_asked_about_are_passed_over(listening: Listening) -> None:
    listening.note(headers("c-1", "a", PaymentSettled), 1.0)
    assert listening.count(PaymentSettled) == 0


async def test_when_no_more_come_the_lost_ones_are_counted(listening: Listening) -> None:
    listening.note(headers("c-1", "a"), 1.0)
    with pytest.raises(Refused, match=r"2 of 3 were lost.*SurveyInvited"):
        await listening.until(SurveyInvited, 3, stall_s=0.01)


async def test_what_has_come_is_not_waited_for(listening: Listening) -> None:
    listening.note(headers("c-1", "a"), 1.0)
    await listening.until(SurveyInvited, 1, stall_s=0.01)


ANSWERS = {
    b"/length": b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello",
    b"/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    b"/nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(2)
            if (path := line.split()[1]) not in ANSWERS:
                break
            writer.write(ANSWERS[path])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_answers_come_back_whole_one_after_the_other_on_one_connection(url: str) -> None:
    wire = await Wire.to(url)
    told = [await wire.ask(post(path.decode(), b"{}", "application/json")) for path in ANSWERS]
    assert [(each.status, each.body) for each in told] == [
        (202, b"hello"),
        (200, b"hello"),
        (204, b""),
    ]
    wire.close()


async def test_an_answer_that_never_comes_is_told(url: str) -> None:
    wire = await Wire.to(url)
    with pytest.raises(Refused, match="A connection broke"):
        await wire.ask(post("/hang-up", b"{}", "application/json"))


async def test_nobody_listening_is_told() -> None:
    with pytest.raises(Refused, match="Nobody listens at"):
        await Wire.to("http://127.0.0.1:1")
