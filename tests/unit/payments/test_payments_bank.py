"""The bank adapter against the real bank sandbox, in all its weather."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.payments.bank import AT_ONCE, PAYEE_UNREADABLE, Bank
from services.payments.calls import InquireCall, PayCall, Standing
from shared.contracts.base import Service
from shared.money import Money
from shared.sealing import Opener, Seal, ensure_keys
from shared.service import utc_now

from .bank_program import BankProgram

GOOD = "6222020200112233"
Payment = Callable[..., PayCall]


@pytest.fixture
def payment(seal: Seal) -> Payment:
    """A call to pay, new unless an order id is given."""

    def build(
        account: str = GOOD, minor: int = 250_00, order: str = "", attempt: int = 1, **other: str
    ) -> PayCall:
        order = order or str(uuid.uuid4())
        return PayCall(
            id=f"{order}/pay/{attempt}",
            order_id=order,
            amount=Money(minor=minor, currency=other.get("currency", "CNY")),
            payee=other.get("payee") or seal.close({"account": account, "name": "王小明"}),
            remittance="CLM-1",
            until=utc_now() + timedelta(seconds=45),
        )

    return build


@pytest.fixture
def moved(counter: BankProgram) -> Callable[[], int]:
    """How many transfers were made since the test began."""
    before = counter.transfers()
    return lambda: counter.transfers() - before


def inquiry(call: PayCall, attempt: int = 2) -> InquireCall:
    id_ = f"{call.order_id}/inquire/{attempt}"
    return InquireCall(id=id_, order_id=call.order_id, until=call.until)


async def test_a_payment_settles_with_the_banks_number(
    bank: Bank, payment: Payment, moved: Callable[[], int]
) -> None:
    call = payment()
    answer = await bank(call)
    assert (answer.call, answer.order_id, answer.standing) == (
        call.id,
        call.order_id,
        Standing.SETTLED,
    )
    assert answer.transfer_id.startswith("BK")
    assert moved() == 1


@pytest.mark.parametrize(
    ("account", "reason"),
    [("0001", "AC04"), ("0002", "AC01"), ("0003", "AC06"), ("0004", "BE01"), ("0009", "AM09")],
)
async def test_the_banks_refusal_keeps_its_reason(
    bank: Bank, payment: Payment, moved: Callable[[], int], account: str, reason: str
) -> None:
    call = payment("62220000" + account)
    for answer in (await bank(call), await bank(inquiry(call))):
        assert (answer.standing, answer.reason) == (Standing.REJECTED, reason)
    assert moved() == 0


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"account": "not an account!"}, "AC01"),
        ({"minor": 10**12}, "AM02"),
        ({"currency": "USD"}, "AM03"),
    ],
)
async def test_an_order_the_bank_cannot_read_is_refused_by_the_field_at_fault(
    bank: Bank, payment: Payment, order: dict[str, str], reason: str
) -> None:
    answer = await bank(payment(**order))
    assert (answer.standing, answer.reason) == (Standing.REJECTED, reason)


async def test_a_remittance_the_bank_cannot_read_is_an_invalid_order(
    bank: Bank, payment: Payment
) -> None:
    answer = await bank(payment().model_copy(update={"remittance": "x" * 200}))
    assert (answer.standing, answer.reason) == (Standing.REJECTED, "FF01")


@pytest.mark.parametrize("sealed", ["nonsense", "a.b.c.d.e", "no account", "another reader"])
async def test_a_payee_that_cannot_be_opened_is_refused_and_nothing_is_sent(
    bank: Bank, payment: Payment, seal: Seal, tmp_path: Path, sealed: str
) -> None:
    ensure_keys(tmp_path)
    others = Seal(tmp_path, Service.PAYMENTS).close({"account": GOOD})
    known = {"no account": seal.close({"name": "王小明"}), "another reader": others}
    call = payment(payee=known.get(sealed, sealed))
    answer = await bank(call)
    assert (answer.standing, answer.reason) == (Standing.REJECTED, PAYEE_UNREADABLE)
    assert (await bank(inquiry(call))).standing is Standing.ABSENT


async def test_a_repeated_payment_moves_money_once(
    bank: Bank, payment: Payment, moved: Callable[[], int]
) -> None:
    order = str(uuid.uuid4())
    answers = [await bank(payment(order=order, attempt=attempt)) for attempt in (1, 2, 3)]
    assert len({answer.transfer_id for answer in answers}) == 1
    assert moved() == 1


async def test_an_answer_lost_after_the_money_moved_is_unknown_until_asked(
    bank: Bank, payment: Payment, counter: BankProgram, moved: Callable[[], int]
) -> None:
    counter.fail(lost_after=1.0)
    call = payment()
    lost = await bank(call)
    assert (lost.standing, lost.reason) == (Standing.UNKNOWN, "connection")
    assert (await bank(inquiry(call))).standing is Standing.SETTLED
    assert moved() == 1


async def test_an_order_lost_before_the_money_moved_is_absent_and_can_be_paid_again(
    bank: Bank, payment: Payment, counter: BankProgram, moved: Callable[[], int]
) -> None:
    counter.fail(lost_before=1.0)
    call = payment()
    assert (await bank(call)).standing is Standing.UNKNOWN
    assert (await bank(inquiry(call))).standing is Standing.ABSENT
    counter.fail()
    again = payment(order=call.order_id, attempt=3)
    assert (await bank(again)).standing is Standing.SETTLED
    assert moved() == 1


async def test_a_bank_that_answers_with_errors_is_unknown(
    bank: Bank, payment: Payment, counter: BankProgram
) -> None:
    counter.fail(errors=1.0)
    answer = await bank(payment())
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "http-503")


async def test_a_bank_that_is_away_says_nothing_about_an_order(
    bank: Bank, payment: Payment, counter: BankProgram
) -> None:
    counter.fail(away=True)
    answer = await bank(inquiry(payment()))
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "http-503")


async def test_a_bank_that_keeps_its_answer_back_is_unknown_and_has_paid_once(
    counter: BankProgram, keys: Path, payment: Payment, moved: Callable[[], int]
) -> None:
    counter.fail(hang_s=60)
    hasty = Bank(counter.url, Opener(keys, Service.PAYMENTS), utc_now, timeout_s=0.5)
    call = payment()
    answer = await hasty(call)
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "timeout")
    counter.fail()
    assert (await hasty(inquiry(call))).standing is Standing.SETTLED
    assert moved() == 1
    await hasty.close()


async def test_a_bank_that_does_not_listen_is_unknown(keys: Path, payment: Payment) -> None:
    nobody = Bank("http://127.0.0.1:1", Opener(keys, Service.PAYMENTS), utc_now)
    answer = await nobody(payment())
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "connection")
    await nobody.close()


async def test_a_key_used_for_another_order_is_asked_about_not_taken_for_a_refusal(
    bank: Bank, payment: Payment, moved: Callable[[], int]
) -> None:
    call = payment()
    await bank(call)
    answer = await bank(payment(order=call.order_id, minor=999))
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "http-422")
    assert moved() == 1


async def test_a_call_that_waited_past_its_lease_is_not_begun(
    bank: Bank, payment: Payment, moved: Callable[[], int]
) -> None:
    late = payment().model_copy(update={"until": utc_now() + timedelta(seconds=5)})
    answer = await bank(late)
    assert (answer.standing, answer.reason) == (Standing.UNKNOWN, "not-begun")
    assert moved() == 0


# -- what no well-behaved bank does, from a small one of our own


@asynccontextmanager
async def a_bank_that_says(answer: bytes) -> AsyncIterator[str]:
    """A listener that answers everything with these bytes; gives its URL."""

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


OTHER = b'{"transfer_id":"BK1","end_to_end_id":"another","status":"settled"}'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http("200 OK", b"<html>maintenance</html>"), "unreadable-answer"),
        (http("200 OK", b'{"status":"settled"}'), "unreadable-answer"),
        (http("201 Created", OTHER), "another-order"),
        (http("302 Found", b""), "http-302"),
        (http("401 Unauthorized", b"{}"), "http-401"),
        (http("404 Not Found", b"{}"), "http-404"),
        (http("409 Conflict", b"{}"), "http-409"),
        (http("422 Unprocessable Entity", b"not json"), "http-422"),
        (http("429 Too Many Requests", b"{}"), "http-429"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", "connection"),
        (b"\x00\xff\r\n\r\n", "connection"),
    ],
)
async def test_an_answer_that_is_not_surely_a_refusal_is_unknown(
    keys: Path, payment: Payment, answer: bytes, reason: str
) -> None:
    async with a_bank_that_says(answer) as url:
        strange = Bank(url, Opener(keys, Service.PAYMENTS), utc_now)
        found = await strange(payment())
        await strange.close()
    assert (found.standing, found.reason) == (Standing.UNKNOWN, reason)


async def test_no_more_than_so_many_calls_are_under_way(keys: Path, payment: Payment) -> None:
    under_way, most, enough = 0, 0, asyncio.Event()

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        await reader.readuntil(b"\r\n\r\n")
        under_way += 1
        most = max(most, under_way)
        if under_way == AT_ONCE:
            enough.set()
        await enough.wait()
        under_way -= 1
        writer.write(http("503 Service Unavailable", b""))
        writer.close()

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        busy = Bank(url, Opener(keys, Service.PAYMENTS), utc_now)
        answers = await asyncio.gather(*(busy(payment()) for _ in range(AT_ONCE * 2)))
        await busy.close()
    assert most == AT_ONCE
    assert {answer.reason for answer in answers} == {"http-503"}
