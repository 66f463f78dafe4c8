"""The bank sandbox, as a payer and as a test sees it."""

import asyncio
import json
import random
import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

Order = dict[str, Any]

PAYERS = ["/transfers/any", "/statement"]


@pytest.fixture(scope="module")
def program(shared_start: Callable[..., Any]) -> Any:
    return shared_start("bank")


@pytest.fixture
def bank(program: Any) -> Iterator[httpx.Client]:
    program.http.put("/settings", json={}).raise_for_status()
    yield program.http
    program.http.put("/settings", json={}).raise_for_status()


def order(end_to_end_id: str | None = None, minor: int = 250_00, **other: Any) -> Order:
    given = {
        "end_to_end_id": end_to_end_id or uuid.uuid4().hex,
        "amount": {"minor": minor, "currency": "CNY"},
        "creditor_account": "6222020200112233",
        "creditor_name": "王小明",
        "remittance": "理赔款 claim 42",
    }
    return {**given, **other}


def pay(bank: httpx.Client, body: Order, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key or body["end_to_end_id"]}
    return bank.post("/transfers", json=body, headers=headers)


def pay_until_answered(bank: httpx.Client, body: Order) -> httpx.Response:
    while True:
        try:
            answer = pay(bank, body)
        except httpx.TransportError:
            continue
        if answer.status_code != 503:
            return answer


def totals(bank: httpx.Client) -> tuple[int, int, int]:
    found = bank.get("/totals").json()
    return found["transfers"], found["amount"]["minor"], found["duplicates_refused"]


def moved(bank: httpx.Client, since: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(now - then for now, then in zip(totals(bank), since, strict=True))


def is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "detail"} < body.keys()
    )


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


# ---- moving money ---------------------------------------------------------------------------


def test_a_transfer_is_settled_and_counted(bank: httpx.Client) -> None:
    before = totals(bank)
    answer = pay(bank, order("e2e-first"))
    assert answer.status_code == 201
    assert answer.json()["status"] == "settled"
    assert answer.json()["end_to_end_id"] == "e2e-first"
    assert answer.json()["transfer_id"]
    assert answer.json()["settled_at"]
    assert moved(bank, before) == (1, 250_00, 0)


def test_the_same_key_and_body_get_the_same_answer_and_money_moves_once(
    bank: httpx.Client,
) -> None:
    before, body = totals(bank), order()
    first, second = pay(bank, body), pay(bank, body)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert moved(bank, before) == (1, 250_00, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"minor": 1, "currency": "CNY"}},
        {"creditor_account": "6222"},
        {"creditor_name": None},
        {"remittance": "another"},
        {"end_to_end_id": "another"},
    ],
)
def test_the_same_key_with_another_body_is_refused(bank: httpx.Client, change: Order) -> None:
    body = order()
    pay(bank, body, key=body["end_to_end_id"])
    before = totals(bank)
    assert is_problem(pay(bank, {**body, **change}, key=body["end_to_end_id"]), 422)
    assert moved(bank, before) == (0, 0, 0)


def test_an_end_to_end_id_known_under_another_key_is_refused(bank: httpx.Client) -> None:
    before, body = totals(bank), order()
    pay(bank, body, key=uuid.uuid4().hex)
    assert is_problem(pay(bank, body, key=uuid.uuid4().hex), 409)
    assert moved(bank, before) == (1, 250_00, 1)


@pytest.mark.parametrize(
    "settings", [{}, {"delay_ms": 20}, {"errors": 0.3, "lost_before": 0.3, "lost_after": 0.3}]
)
def test_fifty_concurrent_requests_with_one_key_move_the_money_once(
    program: Any, bank: httpx.Client, settings: dict[str, float]
) -> None:
    bank.put("/settings", json=settings)
    before = totals(bank)
    answers = asyncio.run(pay_at_once(program.url, order(), times=50))
    settled = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.text for answer in settled}) == 1
    assert moved(bank, before)[:2] == (1, 250_00)
    assert settings.get("errors") or len(settled) == 50


async def pay_at_once(url: str, body: Order, times: int) -> list[httpx.Response]:
    headers = {"Idempotency-Key": body["end_to_end_id"]}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        posts = [client.post(f"{url}/transfers", json=body, headers=headers) for _ in range(times)]
        answers = await asyncio.gather(*posts, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, httpx.Response)]


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("622202020000001", "AC04"),
        ("622202020000002", "AC01"),
        ("622202020000003", "AC06"),
        ("622202020000004", "BE01"),
        ("622202020000009", "AM09"),
    ],
)
def test_the_account_decides_for_what_reason_a_transfer_is_rejected(
    bank: httpx.Client, account: str, reason: str
) -> None:
    before, body = totals(bank), order(creditor_account=account)
    answer = pay(bank, body)
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["reason"]) == ("rejected", reason)
    assert answer.json()["settled_at"] is None
    assert bank.get(f"/transfers/{body['end_to_end_id']}").json() == answer.json()
    assert pay(bank, body).json() == answer.json()
    assert moved(bank, before) == (0, 0, 0)


def test_a_settled_transfer_can_be_asked_after(bank: httpx.Client) -> None:
    body = order()
    answer = pay(bank, body)
    assert bank.get(f"/transfers/{body['end_to_end_id']}").json() == answer.json()


def test_a_transfer_that_never_arrived_is_not_found(bank: httpx.Client) -> None:
    answer = bank.get("/transfers/never")
    assert is_problem(answer, 404)
    assert answer.json()["title"] == "No such transfer"


def test_the_statement_lists_settled_transfers_in_order_and_in_pages(start: Any) -> None:
    bank = start("bank").http
    ordered = [order(minor=n + 1) for n in range(7)]
    for body in [*ordered[:3], order(creditor_account="0001"), *ordered[3:]]:
        pay(bank, body)
    pages = list(statement_pages(bank, limit=3))
    assert [len(page) for page in pages] == [3, 3, 1]
    entries = [entry for page in pages for entry in page]
    assert [e["end_to_end_id"] for e in entries] == [o["end_to_end_id"] for o in ordered]
    assert [e["amount"]["minor"] for e in entries] == [1, 2, 3, 4, 5, 6, 7]
    assert {name: entries[0][name] for name in ordered[0]} == ordered[0]


def statement_pages(bank: httpx.Client, limit: int) -> Iterator[list[Any]]:
    cursor: int | None = 0
    while cursor is not None:
        page = bank.get("/statement", params={"cursor": cursor, "limit": limit}).json()
        yield page["transfers"]
        cursor = page["next_cursor"]


# ---- what it cannot use ---------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 256}])
def test_a_transfer_without_a_usable_key_is_refused(
    bank: httpx.Client, headers: dict[str, str]
) -> None:
    assert is_problem(bank.post("/transfers", json=order(), headers=headers), 400)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"minor": 0, "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": -1, "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": 1.5, "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": "100", "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": True, "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": 10**30, "currency": "CNY"}}, "amount.minor"),
        ({"amount": {"minor": 1, "currency": "USD"}}, "amount.currency"),
        ({"amount": {"minor": 1}}, "amount.currency"),
        ({"amount": None}, "amount"),
        ({"end_to_end_id": ""}, "end_to_end_id"),
        ({"end_to_end_id": "a/b"}, "end_to_end_id"),
        ({"end_to_end_id": "x" * 65}, "end_to_end_id"),
        ({"end_to_end_id": "line\n"}, "end_to_end_id"),
        ({"creditor_account": ""}, "creditor_account"),
        ({"creditor_account": "账号"}, "creditor_account"),
        ({"creditor_name": 7}, "creditor_name"),
        ({"remittance": None}, "remittance"),
        ({"remittance": "x" * 141}, "remittance"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_an_order_it_cannot_use_is_refused_by_field(
    bank: httpx.Client, change: Order, field: str
) -> None:
    before, body = totals(bank), {**order(), **change}
    answer = pay(bank, body, key=uuid.uuid4().hex)
    assert is_problem(answer, 422)
    assert fields(answer) == [field]
    assert moved(bank, before) == (0, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"amount": NaN}',
        b'{"remittance": "\\ud800"}',
        b"[" * 999,
    ],
)
def test_a_body_that_is_no_order_is_refused(bank: httpx.Client, body: bytes) -> None:
    answer = bank.post("/transfers", content=body, headers={"Idempotency-Key": "no-order"})
    assert is_problem(answer, 422)


def test_a_body_too_large_is_refused(bank: httpx.Client) -> None:
    headers = {"Idempotency-Key": "large"}
    assert is_problem(bank.post("/transfers", content=b"x" * 70_000, headers=headers), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/unheard-of", 404),
        ("DELETE", "/transfers", 405),
        ("GET", "/transfers/%FF%00", 404),
        ("GET", "/statement?cursor=-1", 422),
        ("GET", "/statement?cursor=99999999999999999999", 422),
        ("GET", "/statement?limit=0", 422),
        ("GET", "/statement?limit=many", 422),
    ],
)
def test_every_refusal_is_problem_details(
    bank: httpx.Client, method: str, path: str, status: int
) -> None:
    assert is_problem(bank.request(method, path), status)


def test_its_description_is_complete(bank: httpx.Client) -> None:
    description = bank.get("/openapi.json").text
    schemas = json.loads(description)["components"]["schemas"]
    named = {part.split('"')[0] for part in description.split("#/components/schemas/")[1:]}
    assert {"Amount", "Receipt", "Settings"} <= named <= schemas.keys()


# ---- failing --------------------------------------------------------------------------------


def test_a_planned_error_answers_503_before_anything_moved(bank: httpx.Client) -> None:
    before, body = totals(bank), order()
    bank.put("/settings", json={"errors": 1})
    assert is_problem(pay(bank, body), 503)
    assert is_problem(bank.get(f"/transfers/{body['end_to_end_id']}"), 404)
    assert moved(bank, before) == (0, 0, 0)


def test_a_connection_lost_before_leaves_nothing_moved(bank: httpx.Client) -> None:
    before, body = totals(bank), order()
    bank.put("/settings", json={"lost_before": 1})
    with pytest.raises(httpx.TransportError):
        pay(bank, body)
    assert is_problem(bank.get(f"/transfers/{body['end_to_end_id']}"), 404)
    assert moved(bank, before) == (0, 0, 0)


def test_a_connection_lost_after_leaves_the_money_moved(bank: httpx.Client) -> None:
    before, body = totals(bank), order()
    bank.put("/settings", json={"lost_after": 1})
    with pytest.raises(httpx.TransportError):
        pay(bank, body)
    assert bank.get(f"/transfers/{body['end_to_end_id']}").json()["status"] == "settled"
    bank.put("/settings", json={})
    assert pay(bank, body).status_code == 201
    assert moved(bank, before) == (1, 250_00, 1)


@pytest.mark.parametrize("mode", ["lost_before", "lost_after"])
def test_a_lost_connection_is_closed_without_a_byte(
    program: Any, bank: httpx.Client, mode: str
) -> None:
    bank.put("/settings", json={mode: 1})
    assert received(program.port, json.dumps(order()).encode()) == b""


def received(port: int, body: bytes) -> bytes:
    head = (
        "POST /sandbox/bank/transfers HTTP/1.1\r\nHost: bank\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        try:
            return connection.recv(1024)
        except ConnectionResetError:
            return b""


def outcomes(bank: httpx.Client, settings: dict[str, Any], keys: list[str]) -> dict[str, str]:
    bank.put("/settings", json=settings)
    return {key: outcome(bank, key) for key in keys}


def outcome(bank: httpx.Client, key: str) -> str:
    try:
        return str(pay(bank, order(key)).status_code)
    except httpx.TransportError:
        return "lost"


def test_the_same_seed_fails_the_same_transfers_in_whatever_order(bank: httpx.Client) -> None:
    settings = {"errors": 0.3, "lost_after": 0.3, "seed": 7}
    keys = [f"seeded-{n}" for n in range(200)]
    first = outcomes(bank, settings, keys)
    shuffled = random.Random(1).sample(keys, len(keys))
    assert outcomes(bank, settings, shuffled) == first
    assert outcomes(bank, {**settings, "seed": 8}, keys) != first


def test_a_share_fails_about_as_many_as_it_says(bank: httpx.Client) -> None:
    found = outcomes(bank, {"errors": 0.25, "seed": 1}, [f"share-{n}" for n in range(400)])
    assert 80 <= list(found.values()).count("503") <= 120


def test_a_payer_who_asks_again_gets_through_and_pays_once(bank: httpx.Client) -> None:
    bank.put("/settings", json={"errors": 0.3, "lost_before": 0.3, "lost_after": 0.3})
    before, bodies = totals(bank), [order() for _ in range(40)]
    assert {pay_until_answered(bank, body).status_code for body in bodies} == {201}
    assert moved(bank, before)[:2] == (40, 40 * 250_00)


def test_an_away_bank_answers_payers_503(bank: httpx.Client) -> None:
    before = totals(bank)
    bank.put("/settings", json={"away": True})
    assert is_problem(pay(bank, order()), 503)
    assert all(is_problem(bank.get(path), 503) for path in PAYERS)
    assert moved(bank, before) == (0, 0, 0)


def test_a_hanging_bank_has_moved_the_money_before_it_answers(bank: httpx.Client) -> None:
    body = order()
    bank.put("/settings", json={"hang_s": 300})
    with pytest.raises(httpx.ReadTimeout):
        bank.post("/transfers", json=body, headers={"Idempotency-Key": "hang"}, timeout=1)
    assert bank.get(f"/transfers/{body['end_to_end_id']}").json()["status"] == "settled"


def test_a_hanging_bank_answers_in_the_end(bank: httpx.Client) -> None:
    bank.put("/settings", json={"hang_s": 0.05})
    assert pay(bank, order()).json()["status"] == "settled"


def test_a_slow_bank_has_not_moved_the_money_yet(bank: httpx.Client) -> None:
    body = order()
    bank.put("/settings", json={"delay_ms": 60_000, "seed": 3})
    with pytest.raises(httpx.ReadTimeout):
        bank.post("/transfers", json=body, headers={"Idempotency-Key": "slow"}, timeout=1)
    assert is_problem(bank.get(f"/transfers/{body['end_to_end_id']}"), 404)


# ---- settings -------------------------------------------------------------------------------


def test_putting_settings_replaces_all_of_them(bank: httpx.Client) -> None:
    defaults = bank.get("/settings").json()
    bank.put("/settings", json={"errors": 0.5})
    answer = bank.put("/settings", json={"delay_ms": 1.5, "seed": 9})
    assert answer.json() == {**defaults, "delay_ms": 1.5, "seed": 9}
    assert bank.get("/settings").json() == answer.json()


@pytest.mark.parametrize(
    "bad",
    [
        {"errors": 1.01},
        {"lost_before": -0.1},
        {"lost_after": "0.5"},
        {"errors": True},
        {"away": "yes"},
        {"hang_s": -1},
        {"delay_ms": 60_001},
        {"seed": -1},
        {"unheard_of": 1},
    ],
)
def test_settings_out_of_range_are_refused_by_field(
    bank: httpx.Client, bad: dict[str, Any]
) -> None:
    before = bank.get("/settings").json()
    answer = bank.put("/settings", json=bad)
    assert is_problem(answer, 422)
    assert fields(answer) == list(bad)
    assert bank.get("/settings").json() == before


@pytest.mark.parametrize("body", [b"", b"{", b'{"errors": NaN}', b'{"\\ud800": 1}', b"[" * 99_999])
def test_settings_that_are_no_json_object_are_refused(bank: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = bank.put("/settings", content=body, headers=headers)
    assert is_problem(answer, answer.status_code)
    assert 400 <= answer.status_code < 500


def test_settings_can_be_given_at_the_start(start: Any) -> None:
    bank = start("bank", CLAIMPATH_BANK_SETTINGS='{"errors": 1}').http
    assert bank.get("/settings").json()["errors"] == 1
    assert is_problem(pay(bank, order()), 503)


@pytest.mark.parametrize(
    "environment", [{"CLAIMPATH_BANK_SETTINGS": '{"errors": 2}'}, {"CLAIMPATH_PORT": "0"}]
)
def test_a_start_that_cannot_be_used_is_refused_by_name(
    start: Any, environment: dict[str, str]
) -> None:
    program = start("bank", healthy=False, **environment)
    complaint = program.complaint()
    assert program.process.returncode == 1
    assert complaint.startswith(next(iter(environment)))


# ---- ending and starting again --------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_bank_started_again_knows_what_it_moved(
    start: Any, tmp_path: Path, how: signal.Signals
) -> None:
    first = start("bank", CLAIMPATH_BANK_DATA=str(tmp_path / "books"))
    bodies = [order(minor=n + 1) for n in range(20)] + [order(creditor_account="0001")]
    answers = [pay(first.http, body).json() for body in bodies]
    known = totals(first.http)
    first.end(how)
    again = start("bank", CLAIMPATH_BANK_DATA=str(tmp_path / "books")).http
    assert totals(again) == known == (20, 210, 0)
    assert [pay(again, body).json() for body in bodies] == answers
    assert totals(again) == (20, 210, 20)


def test_two_banks_cannot_keep_the_same_books(start: Any, tmp_path: Path) -> None:
    start("bank", CLAIMPATH_BANK_DATA=str(tmp_path))
    second = start("bank", healthy=False, CLAIMPATH_BANK_DATA=str(tmp_path))
    assert "CLAIMPATH_BANK_DATA" in second.complaint()
    assert second.process.returncode == 1


def test_a_bank_without_a_directory_forgets(start: Any) -> None:
    first = start("bank")
    pay(first.http, order())
    first.end(signal.SIGTERM)
    assert totals(start("bank").http) == (0, 0, 0)


def test_sigterm_ends_it_cleanly_with_a_connection_open(start: Any) -> None:
    program = start("bank")
    assert program.end(signal.SIGTERM) == 0
    assert program.complaint() == ""


def test_sigterm_hangs_up_on_a_payer_it_keeps_waiting(start: Any) -> None:
    program, body = start("bank", CLAIMPATH_BANK_SETTINGS='{"hang_s": 300}'), order()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(pay, program.http, body)
        while program.http.get(f"/transfers/{body['end_to_end_id']}").status_code == 404:
            assert not waiting.done()
        assert program.end(signal.SIGTERM) == 0
        with pytest.raises(httpx.TransportError):
            waiting.result()
