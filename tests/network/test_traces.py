"""One claim is one trace: HTTP, Kafka, MongoDB and the bank call, over all five services."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from shared.contracts.base import Service
from tests.network.collector import Span
from tests.network.walking import Walking
from tests.waiting import until

ALL = {str(service) for service in Service}
NOW = datetime.now(UTC)
CUSTOMER = "C-TRACE-1"
POLICY = {
    "policy_number": "MOT-TRACE-1",
    "product": "motor",
    "customer": CUSTOMER,
    "starts": str((NOW - timedelta(days=100)).date()),
    "ends": str((NOW + timedelta(days=200)).date()),
}
ENDS = {"ClaimClosed", "SurveyInvited", "PaymentSettled"}


async def test_the_automatic_part_of_a_claim_is_one_trace(walking: Walking) -> None:
    claim = await _closed_claim(walking)
    (trace,) = {fact["trace"] for fact in (await walking.path(claim))["facts"]}

    async def complete() -> list[Span]:
        spans = walking.collector.spans(trace)
        return spans if {span.service for span in spans} >= ALL and _paid(spans) else []

    spans: list[Span] = await until(complete, "all five services have exported their spans")
    _kafka_mongodb_and_http_are_in_it(spans)
    _every_span_has_its_parent(spans)
    _spans_tell_ids_and_no_names(spans, claim)


def _paid(spans: list[Span]) -> bool:
    return any(s.service == "payments" and s.kind == 3 and _url(s) for s in spans)


def _url(span: Span) -> bool:
    known = span.attributes.get("http.url") or span.attributes.get("url.full") or ""
    return "/sandbox/bank/" in known


def _kafka_mongodb_and_http_are_in_it(spans: list[Span]) -> None:
    http = {s.service for s in spans if s.kind == 2}
    sent = {s.service for s in spans if s.kind == 4}
    received = {s.service for s in spans if s.kind == 5}
    stored = {s.service for s in spans if s.attributes.get("db.system.name") == "mongodb"}
    assert "intake" in http
    assert sent >= {"intake", "claims", "payments"}
    assert received >= {"claims", "payments", "notifications", "feedback"}
    assert stored == ALL


def _every_span_has_its_parent(spans: list[Span]) -> None:
    known = {span.id for span in spans}
    roots = [span for span in spans if span.parent not in known]
    assert len({root.parent for root in roots}) == 1, [root.name for root in roots]


def _spans_tell_ids_and_no_names(spans: list[Span], claim: str) -> None:
    told = [str(value) for span in spans for value in (span.name, *span.attributes.values())]
    assert claim in told
    assert not [text for text in told if re.search("李雷|6222000012345678|@example", text)]


async def _closed_claim(walking: Walking) -> str:
    registered = await walking.http.post(
        "/claims/policies", json=POLICY, headers={"Idempotency-Key": "trace-policy"}
    )
    assert registered.status_code in (200, 201), registered.text

    async def known() -> bool:
        found = await walking.http.get(f"/intake/policies/{POLICY['policy_number']}")
        return found.status_code == 200

    await until(known, "intake has heard of the policy")
    taken = await walking.http.post(
        "/intake/claims", json=_report(), headers={"Idempotency-Key": "trace-claim"}
    )
    assert taken.status_code == 202, taken.text
    claim: str = taken.json()["claim"]

    async def over() -> bool:
        return set(await walking.facts(claim)) >= ENDS

    await until(over, f"{claim} is paid, closed and asked about")
    return claim


def _report() -> dict[str, object]:
    """All that a small motor claim needs, at once."""
    items = ("identity", "driving-licence", "photos", "repair-estimate")
    return {
        "kind": "motor",
        "policy_number": POLICY["policy_number"],
        "customer": CUSTOMER,
        "loss_at": (NOW - timedelta(days=1)).isoformat(),
        "claimed": {"minor": 180_000, "currency": "CNY"},
        "contact": {"email": "trace@example.com", "name": "李雷"},
        "payee": {"account": "6222000012345678", "name": "李雷"},
        "documents": [{"item": item, "sha256": "ab" * 32} for item in items],
    }
