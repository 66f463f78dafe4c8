"""What comes as bytes: disguised and oversized files, bodies without end, lines among good ones."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.contracts.event import derived
from shared.store import Store
from tests.network.refusals import (
    Ground,
    grounded,
    key,
    policy,
    refused,
    report,
    unharmed,
)
from tests.network.walking import Walking

PDF, PNG = b"%PDF-1.4 a letter", b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
PHOTOS = "/intake/claims/{collecting}/documents/photos"
TEN_MB = 10_000_000
HUGE = 50_000_000


@pytest.fixture(scope="module")
async def ground(walking: Walking) -> Ground:
    return await grounded(walking)


def digest(content: bytes) -> str:
    """A `Content-Digest` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


Headers = dict[str, str]
UPLOADS: dict[str, tuple[bytes, Headers, int, str]] = {
    "nothing at all": (b"", {"Content-Type": "application/pdf"}, 422, "body"),
    "a picture as PDF": (PNG, {"Content-Type": "application/pdf"}, 415, "Content-Type"),
    "a PDF as picture": (PDF, {"Content-Type": "image/png"}, 415, "Content-Type"),
    "a program as PDF": (
        b"MZ\x90\x00" + b"\x00" * 400,
        {"Content-Type": "application/pdf"},
        415,
        "body",
    ),
    "a page of a browser": (b"<html><script>", {"Content-Type": "application/pdf"}, 415, "body"),
    "a zip": (b"PK\x03\x04" + b"\x00" * 60, {"Content-Type": "application/pdf"}, 415, "body"),
    "one NUL": (b"\x00", {"Content-Type": "application/pdf"}, 415, "body"),
    "another digest": (PDF, {"Content-Digest": digest(PNG)}, 422, "Content-Digest"),
    "a digest that is none": (PDF, {"Content-Digest": "x"}, 422, "Content-Digest"),
}


@pytest.mark.parametrize("what", UPLOADS)
async def test_an_upload_that_is_not_what_it_says_is_refused(
    walking: Walking, ground: Ground, what: str
) -> None:
    content, headers, status, field = UPLOADS[what]
    response = await walking.http.put(ground.at(PHOTOS), content=content, headers=headers)
    refused(response, status, field)


ITEMS = {
    "on no list": ("/intake/claims/{collecting}/documents/yacht-papers", 404, "item"),
    "with a NUL in its name": ("/intake/claims/{collecting}/documents/%00", 422, "item"),
    "for no claim": ("/intake/claims/NO-SUCH/documents/photos", 404, None),
    "for a claim that waits": ("/intake/claims/{waiting}/documents/photos", 409, None),
    "for a claim that ended": ("/intake/claims/{decided}/documents/photos", 409, None),
}


@pytest.mark.parametrize("what", ITEMS)
async def test_an_upload_that_nobody_asked_for_is_refused_and_not_kept(
    walking: Walking, ground: Ground, what: str
) -> None:
    path, status, field = ITEMS[what]
    where = ground.at(path)
    headers = {"Content-Type": "application/pdf", "Content-Digest": digest(PDF)}
    refused(await walking.http.put(where, content=PDF, headers=headers), status, field)
    claim, item = where.split("/")[3], where.split("/")[5]
    store = Store(walking.mongo, f"{walking.database}_intake")
    document = f"DOC-{derived(claim, item, hashlib.sha256(PDF).hexdigest())}"
    assert await store.files("uploads").get(document) is None
    store.close()


async def test_an_upload_of_just_ten_megabytes_is_taken(walking: Walking, ground: Ground) -> None:
    content = PDF + b" " * (TEN_MB - len(PDF))
    response = await walking.http.put(ground.at(PHOTOS), content=content)
    assert response.status_code == 201, response.text


async def dripping(size: int) -> AsyncIterator[bytes]:
    """So many bytes without a Content-Length: HTTP sends them in chunks."""
    chunk = PDF + b" " * (65_536 - len(PDF))
    for _ in range(0, size, len(chunk)):
        yield chunk


LIMITS = {
    "an ordinary body": ("POST", "/intake/claims", 1_000_001),
    "a decision": ("POST", "/claims/claims/{waiting}/decision", HUGE),
    "a complaint": ("POST", "/feedback/complaints", HUGE),
    "a report": ("POST", "/intake/claims", HUGE),
    "an upload a byte too long": ("PUT", PHOTOS, TEN_MB + 1),
    "an upload": ("PUT", PHOTOS, HUGE),
    "reports in bulk": ("POST", "/intake/claims/bulk", HUGE),
    "policies in bulk": ("POST", "/claims/policies/bulk", HUGE),
    "policies as CSV": ("POST", "/claims/policies/import", HUGE),
}


@pytest.mark.parametrize("in_chunks", [False, True], ids=["declared", "in chunks"])
@pytest.mark.parametrize("what", LIMITS)
async def test_a_body_over_the_limit_is_refused_however_it_is_sent(
    walking: Walking, ground: Ground, what: str, in_chunks: bool
) -> None:
    method, path, size = LIMITS[what]
    content = dripping(size) if in_chunks else PDF + b" " * (size - len(PDF))
    headers = key() | {"Content-Type": "application/json"}
    response = await walking.http.request(method, ground.at(path), content=content, headers=headers)
    assert refused(response, 413)["type"].endswith(":too-large")
    service = path.split("/")[1]
    assert (await walking.http.get(f"/{service}/health/ready")).status_code == 200


def line(number: str, **changes: Any) -> bytes:
    """A good report as one line, or what the changes make of it."""
    return json.dumps(report(number, key=uuid.uuid4().hex, **changes)).encode()


BAD_LINES: dict[bytes, str] = {
    b"no JSON": "body",
    b"\xff\xfe": "body",
    b"[" * 5_000: "body",
    rb'{"key": "\ud800"}': "body",
    b"null": "body",
    b"{}": "kind",
    b'{"key": "' + b"k" * 201 + b'"}': "key",
}


async def test_good_reports_pass_between_lines_that_are_none(
    walking: Walking, ground: Ground
) -> None:
    good = line(ground.policy)
    lines = [good, *(part for bad in BAD_LINES for part in (bad, line(ground.policy)))]
    lines += [line(ground.policy, claimed={"minor": -1}), line("NO-SUCH"), b" " * 5, good]
    lines += [good.replace(b"60000", b"70000"), b'"' + b"x" * 200_000]
    told = await answers(walking, "/intake/claims/bulk", b"\n".join(lines))
    accepted = [answer["line"] for answer in told if answer["status"] == "accepted"]
    assert accepted == [*range(1, 2 * len(BAD_LINES) + 2, 2), len(lines) - 2]
    refusals = {answer["line"]: answer for answer in told if answer["status"] == "refused"}
    for place, field in enumerate(BAD_LINES.values()):
        assert field in [error["field"] for error in refusals[2 * place + 2]["errors"]]
    codes = [refusals[number]["code"] for number in sorted(refusals)][-4:]
    assert codes == ["invalid", "unknown-policy", "key-reused", "too-large"]


async def test_good_policies_pass_between_lines_that_are_none(walking: Walking) -> None:
    lines = [json.dumps(policy()).encode()]
    for bad in (b"no JSON", b"\xff", b"[" * 5_000, json.dumps(policy(product="yacht")).encode()):
        lines += [bad, json.dumps(policy()).encode()]
    told = await answers(walking, "/claims/policies/bulk", b"\n".join(lines))
    status = ["registered", "refused"] * 4 + ["registered"]
    assert [answer["status"] for answer in told] == status
    assert told[7]["errors"] == [{"field": "product", "message": "there is no product 'yacht'"}]


@pytest.mark.parametrize("path", ["/intake/claims/bulk", "/claims/policies/bulk"])
@pytest.mark.parametrize("body", [b"", b"\n\n \n"])
async def test_no_lines_have_no_answers(walking: Walking, path: str, body: bytes) -> None:
    assert await answers(walking, path, body) == []


HEADING = b"policy_number,product,customer,starts,ends\n"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a,b\n1,2\n", HEADING[:-6] + b"\n"])
async def test_a_csv_without_the_columns_is_refused(walking: Walking, body: bytes) -> None:
    refused(await walking.http.post("/claims/policies/import", content=body), 422)


async def test_a_row_of_csv_that_is_none_stops_no_other(walking: Walking) -> None:
    number = f"BAD-{uuid.uuid4().hex[:12]}"
    rows = f"A\x00,motor,C,2026-01-01,2026-12-31\nB,motor\n{number},motor,C,2026-01-01,2026-12-31\n"
    told = await answers(walking, "/claims/policies/import", HEADING + rows.encode())
    assert [answer["status"] for answer in told] == ["refused", "refused", "registered"]
    assert [answer["errors"][0]["field"] for answer in told[:2]] == ["policy_number", "line"]


async def answers(walking: Walking, path: str, body: bytes) -> list[dict[str, Any]]:
    """What came back, line by line."""
    response: httpx.Response = await walking.http.post(path, content=body)
    assert response.status_code == 200, response.text
    return [json.loads(each) for each in response.text.split("\n") if each]


async def test_all_services_are_unharmed_by_bad_uploads(walking: Walking) -> None:
    await unharmed(walking)
