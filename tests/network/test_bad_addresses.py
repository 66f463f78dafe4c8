"""Wrong paths, methods, ids, cursors and headers, on every route that a service has."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from shared.contracts.base import Service
from tests.network.refusals import Ground, grounded, key, refused, unharmed
from tests.network.walking import Walking


@pytest.fixture(scope="module")
async def ground(walking: Walking) -> Ground:
    return await grounded(walking)


MISSING = (
    "/intake/claims/NO-SUCH",
    "/intake/claims/NO-SUCH/path",
    "/intake/policies/NO-SUCH",
    "/claims/claims/NO-SUCH",
    "/claims/claims/%00",
    "/claims/claims/{collecting}",
    "/claims/policies/NO-SUCH",
    "/payments/ledger/NO-SUCH",
    "/payments/orders/%FF%FE",
    "/notifications/claims/NO-SUCH",
    "/notifications/templates/no-such/preview",
    "/feedback/surveys/NO-SUCH",
    "/feedback/complaints/NO-SUCH",
    *(f"/{service}/parked/NO-SUCH" for service in Service),
    *(f"/{service}/parked-acts/7" for service in Service),
    *(f"/{service}/no-such-path" for service in Service),
)


@pytest.mark.parametrize("path", MISSING)
async def test_what_is_not_there_is_said_to_be_missing(
    walking: Walking, ground: Ground, path: str
) -> None:
    refused(await walking.http.get(ground.at(path)), 404)


QUERIES = {
    "/intake/claims/A%00B": "claim",
    "/intake/claims/%F0%9F%98%80/path": "claim",
    "/intake/policies/%00": "number",
    "/intake/checklists/meteorite": "kind",
    "/claims/worklist?track=slow": "track",
    "/claims/worklist?limit=0": "limit",
    "/payments/orders?limit=many": "limit",
    f"/payments/orders?cursor={'x' * 201}": "cursor",
    "/payments/orders?stage=flying": "stage",
    "/payments/ledger?currency=yuan": "currency",
    "/notifications/inbox/CUS-9?cursor=!": "cursor",
    "/notifications/inbox/CUS-9?cursor=%C2%B2": "cursor",
    "/notifications/inbox/CUS-9?cursor=AAAA": "cursor",
    f"/notifications/inbox/{'x' * 201}": "customer",
    "/notifications/templates/reported/preview?language=fr": "language",
    "/feedback/complaints?stage=x": "stage",
    "/feedback/scores?from=2026-13&to=2026-12": "from",
    "/feedback/scores?from=2026-05&to=2026-04": "to",
    "/feedback/scores": "from",
    "/claims/parked?cursor=%C2%B2": "cursor",
    f"/claims/parked?cursor={10**30}": "cursor",
    "/claims/parked?cursor=-1": "cursor",
    "/claims/parked?clam=x": "clam",
    "/claims/parked?until=yesterday": "until",
    "/claims/parked-acts?cursor=x": "cursor",
    "/claims/parked-acts/x": "number",
}


@pytest.mark.parametrize("path", QUERIES)
async def test_a_question_that_cannot_be_names_the_field(walking: Walking, path: str) -> None:
    refused(await walking.http.get(path), 422, QUERIES[path])


METHODS = {
    ("DELETE", "/intake/claims"): "POST",
    ("GET", "/claims/policies"): "POST",
    ("PUT", "/payments/ledger"): "GET",
    ("POST", "/notifications/templates"): "GET",
    ("PATCH", "/feedback/scores"): "GET",
}


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_a_wrong_method_is_told_the_right_one(
    walking: Walking, method: str, path: str
) -> None:
    response = await walking.http.request(method, path)
    refused(response, 405)
    assert response.headers["allow"] == METHODS[method, path]


HEADERS = {
    "a NUL": b"Idempotency-Key: a\x00b",
    "a line that goes on": b"Idempotency-Key: a\r\n b",
    "a bell": b"Idempotency-Key: \x07",
    "no UTF-8": b"Content-Type: application/json\r\nIdempotency-Key: \xff\xfe",
    "two lengths": b"Content-Length: 5",
    "a length of many digits": b"X: y\r\nContent-Length: " + b"9" * 5_000,
    "a negative length": b"X: y\r\nContent-Length: -1",
    "a header of 100 kB": b"Idempotency-Key: " + b"k" * 100_000,
    "a broken trace": b"traceparent: 00-zz-\xff-01",
    "a trace of giants": b"traceparent: 00-" + b"f" * 90 + b"-" + b"f" * 90 + b"-ff",
}


@pytest.mark.parametrize("what", HEADERS)
async def test_headers_that_no_client_library_would_send_are_refused(
    walking: Walking, what: str
) -> None:
    """Below HTTP's rules the gateway refuses them, above them the service."""
    head = b"POST /intake/claims HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n"
    status = await raw(walking, head + HEADERS[what] + b"\r\n\r\n{}")
    assert 400 <= status < 500


async def raw(walking: Walking, request: bytes) -> int:
    """The status of the answer to these very bytes."""
    address = urlsplit(walking.network.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return int(answer.split(b" ", 2)[1])


NASTY: dict[str, bytes] = {
    "a NUL": b"\x00",
    "no UTF-8": b"\xff\xfe",
    "control characters": b"a\r\n\x07\x1b[0m",
    "dots": b"..",
    "an operator": b'{"$gt": ""}',
    "a template": b"{{7*7}}[/b]<script>",
    "a very long word": b"x" * 6_000,
    "a number of 30 digits": b"9" * 30,
    "a square": "²".encode(),
}
BODIES: tuple[bytes, ...] = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b'{"a": ' * 100_000,
    rb'{"text": "\ud800", "key": "\u0000"}',
)


async def routes(walking: Walking, service: Service) -> list[tuple[str, str, list[str]]]:
    """Method, path and query parameters of everything a service describes."""
    described: dict[str, Any] = (await walking.http.get(f"/{service}/openapi.json")).json()
    return [
        (
            method.upper(),
            path,
            [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"],
        )
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("service", Service)
async def test_nothing_in_an_address_is_answered_with_a_5xx(
    walking: Walking, service: Service, nasty: str
) -> None:
    word = quote(NASTY[nasty], safe="")
    for method, path, queries in await routes(walking, service):
        query = "&".join(f"{name}={word}" for name in queries)
        where = f"{re.sub('{[^}]+}', word, path)}?{query}"
        response = await walking.http.request(method, where, headers=key())
        assert response.status_code < 500, f"{method} {where[:200]}: {response.text[:200]}"


@pytest.mark.parametrize("service", Service)
async def test_nothing_in_a_body_is_answered_with_a_5xx(
    walking: Walking, ground: Ground, service: Service
) -> None:
    for method, path, _ in await routes(walking, service):
        where = re.sub("{[^}]+}", ground.collecting, path)
        for body in BODIES if method != "GET" and "withdrawal" not in path else ():
            headers = key() | {"Content-Type": "application/json"}
            response = await walking.http.request(method, where, content=body, headers=headers)
            assert response.status_code < 500, f"{method} {where}: {response.text[:200]}"


async def test_all_services_are_unharmed_by_bad_addresses(walking: Walking) -> None:
    await unharmed(walking)
