"""Whatever a client sends: a 4xx that says what is wrong and where, and nothing breaks by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.network.refusals import (
    APPROVAL,
    COMPLAINT,
    RATINGS,
    Ground,
    grounded,
    key,
    policy,
    refused,
    registered,
    report,
    reported,
    unharmed,
    whole,
)
from tests.network.walking import Walking
from tests.waiting import until


@pytest.fixture(scope="module")
async def ground(walking: Walking) -> Ground:
    return await grounded(walking)


UNREADABLE = {
    "cut off": b'{"kind": "motor"',
    "no JSON": b"kind=motor",
    "not UTF-8": b'{"kind": "\xff\xfe"}',
    "nested too deeply": b"[" * 200_000,
    "a number of 6,000 digits": b'{"claimed": {"minor": ' + b"9" * 6_000 + b"}}",
}
ODD = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "half a character": rb'{"\ud800": "\ud800"}',
    "no number": b'{"claimed": {"minor": NaN}}',
    "a NUL": rb'{"\u0000": "\u0000"}',
    "deep": b'{"kind": ' + b"[" * 900 + b"]" * 900 + b"}",
    "fields without end": json.dumps(dict.fromkeys(map(str, range(50_000)), 1)).encode(),
}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("sent", UNREADABLE)
async def test_a_body_that_is_not_json_is_refused_as_such(walking: Walking, sent: str) -> None:
    response = await walking.http.post(
        "/intake/claims", content=UNREADABLE[sent], headers=key() | JSON
    )
    assert refused(response, 400, "body")["type"].endswith(":malformed-json")


@pytest.mark.parametrize("sent", ODD)
async def test_a_body_that_is_no_report_is_refused_in_few_words(
    walking: Walking, sent: str
) -> None:
    response = await walking.http.post("/intake/claims", content=ODD[sent], headers=key() | JSON)
    assert len(refused(response, 422)["errors"]) <= 50


REPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown kind": ({"kind": "meteorite"}, "kind"),
    "a kind that is a number": ({"kind": 7}, "kind"),
    "an unknown policy": ({"policy_number": "NO-SUCH"}, "policy_number"),
    "a policy with a NUL": ({"policy_number": "A\x00B"}, "policy_number"),
    "a very long policy": ({"policy_number": "A" * 5_000}, "policy_number"),
    "a claim that is a number": ({"claimed": 60_000}, "claimed"),
    "a negative amount": ({"claimed": {"minor": -1}}, "claimed.minor"),
    "nothing claimed": ({"claimed": {"minor": 0}}, "claimed.minor"),
    "ten times ten billion yuan": ({"claimed": {"minor": 10**13}}, "claimed.minor"),
    "more than a machine word": ({"claimed": {"minor": 10**30}}, "claimed.minor"),
    "half a fen": ({"claimed": {"minor": 1.5}}, "claimed.minor"),
    "an amount in words": ({"claimed": {"minor": "100"}}, "claimed.minor"),
    "another currency": ({"claimed": {"minor": 100, "currency": "EUR"}}, "claimed.currency"),
    "tomorrow's loss": ({"loss_at": "2999-01-01T00:00:00Z"}, "loss_at"),
    "a loss on the last day": ({"loss_at": "9999-12-31T23:59:59-23:59"}, "loss_at"),
    "a loss on the first day": ({"loss_at": "0001-01-01T00:00:00+14:00"}, "loss_at"),
    "a loss without a zone": ({"loss_at": "2026-01-05T09:00:00"}, "loss_at"),
    "no date": ({"loss_at": "yesterday"}, "loss_at"),
    "an unknown field": ({"claimd": {"minor": 1}}, "claimd"),
    "no address": ({"contact": {"email": "nobody"}}, "contact.email"),
    "a bad phone": ({"contact": {"phone": "\x07"}}, "contact.phone"),
    "no account": ({"payee": {"account": "!", "name": "X"}}, "payee.account"),
    "hospital for a lifetime": ({"circumstances": {"hospital_days": 9_999}}, "circumstances"),
    "a document of no kind": ({"documents": [{"item": "x", "sha256": "0" * 64}]}, "documents.0"),
    "a digest that is none": ({"documents": [{"item": "photos", "sha256": "0"}]}, "documents.0"),
    "too many documents": ({"documents": [{}] * 51}, "documents"),
}


@pytest.mark.parametrize("what", REPORTS)
async def test_a_report_that_cannot_be_names_the_field(
    walking: Walking, ground: Ground, what: str
) -> None:
    changes, field = REPORTS[what]
    response = await walking.http.post(
        "/intake/claims", json=report(ground.policy, **changes), headers=key()
    )
    assert any(e["field"].startswith(field) for e in refused(response, 422)["errors"])


POLICIES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown product": ({"product": "yacht"}, "product"),
    "a product that is a number": ({"product": 7}, "product"),
    "a number with a space": ({"policy_number": "A B"}, "policy_number"),
    "a customer with a NUL": ({"customer": "\x00"}, "customer"),
    "a customer by name": ({"customer": "Wang Fang"}, "customer"),
    "a day that is none": ({"starts": "2026-13-01"}, "starts"),
    "an end before the start": ({"ends": "2020-01-01"}, "ends"),
    "a version before the policy": ({"effective": "1999-01-01"}, "effective"),
    "an unknown coverage": ({"coverages": [{"coverage": "x"}]}, "coverages.0.coverage"),
    "a limit of nothing": (
        {"coverages": [{"coverage": "own-damage", "limit": {"minor": 0}}]},
        "coverages.0",
    ),
}


@pytest.mark.parametrize("what", POLICIES)
async def test_a_policy_that_cannot_be_names_the_field_and_no_other(
    walking: Walking, what: str
) -> None:
    changes, field = POLICIES[what]
    response = await walking.http.post("/claims/policies", json=policy(**changes), headers=key())
    told = refused(response, 422, field)
    assert [error["field"] for error in told["errors"]] == [field]


DECISION, ANSWER = "/claims/claims/{waiting}/decision", "/feedback/surveys/{decided}/answer"
COMPLAIN, SETTLE = "/feedback/complaints", "/feedback/complaints/NO-SUCH/answer"
SETTLED = {"upheld": True, "decision": "We are sorry.", "answered_by": "Chen Jing"}
RELEASE, SIGNED = "/claims/parked/release", {"by": "Li Na", "why": "The bug is gone."}
WISHES: dict[str, tuple[str, dict[str, Any], int, str | None]] = {
    "neither yes nor no": (DECISION, APPROVAL | {"decision": "maybe"}, 422, "decision"),
    "a decision by nobody": (DECISION, APPROVAL | {"decided_by": " "}, 422, "decided_by"),
    "a denial without reasons": (DECISION, APPROVAL | {"decision": "deny"}, 422, "reasons"),
    "less than nothing": (DECISION, APPROVAL | {"amount": {"minor": -1}}, 422, "amount"),
    "more than the cover": (DECISION, APPROVAL | {"amount": {"minor": 10**14}}, 409, "amount"),
    "less without a reason": (DECISION, APPROVAL | {"amount": {"minor": 1}}, 409, "reasons"),
    "in dollars": (
        DECISION,
        APPROVAL | {"amount": {"minor": 1, "currency": "USD"}},
        409,
        "amount.currency",
    ),
    "on a decided claim": ("/claims/claims/{decided}/decision", APPROVAL, 409, None),
    "on an unsubmitted claim": ("/claims/claims/{collecting}/decision", APPROVAL, 404, None),
    "on no claim": ("/claims/claims/NO-SUCH/decision", APPROVAL, 404, None),
    "a score of 0": (ANSWER, RATINGS | {"kindness": 0}, 422, "kindness"),
    "a score of 6": (ANSWER, RATINGS | {"kindness": 6}, 422, "kindness"),
    "a score of 3.5": (ANSWER, RATINGS | {"kindness": 3.5}, 422, "kindness"),
    "a score in words": (ANSWER, RATINGS | {"kindness": "5"}, 422, "kindness"),
    "a missing score": (ANSWER, {"kindness": 5}, 422, "security"),
    "a novel": (ANSWER, RATINGS | {"comment": "x" * 2_001}, 422, "comment"),
    "on a claim not closed": ("/feedback/surveys/{waiting}/answer", RATINGS, 404, None),
    "a complaint of no class": (COMPLAIN, COMPLAINT | {"complaint_class": "x"}, 422, "complaint"),
    "a complaint without words": (COMPLAIN, COMPLAINT | {"text": " \n"}, 422, "text"),
    "a complaint by a NUL": (COMPLAIN, COMPLAINT | {"customer": "\x00"}, 422, "customer"),
    "a complaint about a NUL": (COMPLAIN, COMPLAINT | {"claim": "A\x00"}, 422, "claim"),
    "an answer to no complaint": (SETTLE, SETTLED, 404, None),
    "an answer that is perhaps": (SETTLE, SETTLED | {"upheld": "perhaps"}, 422, "upheld"),
    "a look at 501 claims": ("/intake/claims/lookup", {"claims": ["A"] * 501}, 422, "claims"),
    "no claim taken back": ("/intake/claims/NO-SUCH/withdrawal", {}, 404, None),
    "no parked message": ("/claims/parked/NO-SUCH/release", SIGNED, 404, None),
    "nothing to discard": ("/claims/parked/NO-SUCH/discard", SIGNED, 404, None),
    "a release by nobody": ("/claims/parked/NO-SUCH/release", {"why": "x"}, 422, "by"),
    "a discard for no reason": ("/claims/parked/x/discard", SIGNED | {"why": " "}, 422, "why"),
    "a release of nothing named": (RELEASE, SIGNED, 422, "all"),
    "a discard of nothing named": ("/claims/parked/discard", SIGNED | {"all": False}, 422, "all"),
    "a release of a misspelt claim": (RELEASE, SIGNED | {"clam": "x"}, 422, "clam"),
    "a release of a NUL": (RELEASE, SIGNED | {"reason": "\x00"}, 422, "reason"),
    "a release since no zone": (RELEASE, SIGNED | {"since": "2026-01-01T00:00:00"}, 422, "since"),
    "a release since year 1": (
        RELEASE,
        SIGNED | {"since": "0001-01-01T00:00:00+14:00"},
        422,
        "since",
    ),
    "a release of a million": (RELEASE, SIGNED | {"all": True, "most": 10**6}, 422, "most"),
    "a release of another's act": (RELEASE, SIGNED | {"all": True, "act": 7}, 422, "act"),
}


@pytest.mark.parametrize("what", WISHES)
async def test_a_wish_that_cannot_be_granted_says_why(
    walking: Walking, ground: Ground, what: str
) -> None:
    path, body, status, field = WISHES[what]
    response = await walking.http.post(ground.at(path), json=body, headers=key())
    told = refused(response, status)
    if field is not None:
        assert any(error["field"].startswith(field) for error in told["errors"])


CREATING = (
    "/intake/claims",
    "/claims/policies",
    "/intake/claims/{collecting}/withdrawal",
    DECISION,
    ANSWER,
    COMPLAIN,
    SETTLE,
)


@pytest.mark.parametrize("path", CREATING)
@pytest.mark.parametrize("sent", [None, "", "k" * 201])
async def test_a_wish_without_a_sound_key_is_refused(
    walking: Walking, ground: Ground, path: str, sent: str | None
) -> None:
    headers = {} if sent is None else {"Idempotency-Key": sent}
    response = await walking.http.post(ground.at(path), json={}, headers=headers)
    refused(response, 422, "Idempotency-Key")


AGAIN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/intake/claims": (report("{policy}"), {"claimed": {"minor": 70_000}}),
    "/claims/policies": (policy(), {"customer": "CUS-8"}),
    COMPLAIN: (COMPLAINT, {"text": "Rude."}),
    ANSWER: (RATINGS, {"kindness": 1}),
}


@pytest.mark.parametrize("path", AGAIN)
async def test_a_key_used_again_with_another_content_is_refused_and_changes_nothing(
    walking: Walking, ground: Ground, path: str
) -> None:
    body, changes = AGAIN[path]
    if "policy_number" in body:
        body = body | {"policy_number": body["policy_number"].format(policy=ground.policy)}
    where, wish = ground.at(path), key()
    first = await walking.http.post(where, json=body, headers=wish)
    other = await walking.http.post(where, json=body | changes, headers=wish)
    assert refused(other, 422, "Idempotency-Key")["type"].endswith(":key-reused")
    again = await walking.http.post(where, json=body, headers=wish)
    assert first.is_success
    assert again.is_success


@pytest.mark.parametrize("email", ["a@[", "客户@例子.中国", "a\x00@b", '"@"', ".@.", "<a>@<b>"])
async def test_an_address_that_is_none_bounces_and_the_letter_stays_in_the_inbox(
    walking: Walking, ground: Ground, email: str
) -> None:
    contact = {"email": email, "name": "((\x07"}
    claim = await reported(walking, report(ground.policy, contact=contact))

    async def bounced() -> bool:
        response = await walking.http.get(f"/notifications/claims/{claim}")
        letters = response.json().get("items", [])
        return bool(letters) and all(letter["status"] == "bounced" for letter in letters)

    await until(bounced, f"the letters to {email!r} have bounced")


@pytest.mark.parametrize(
    ("policy_of", "changes"),
    [
        ({"starts": "0001-01-01", "ends": "9999-12-31"}, {}),
        ({"starts": "9999-12-31", "ends": "9999-12-31"}, {}),
        ({}, {"loss_at": "1900-01-01T00:00:00Z"}),
        ({}, {"claimed": {"minor": 10**12}}),
        ({}, {"claimed": {"minor": 1}}),
        ({}, {"payee": {"account": "    ", "name": "\x00\r\n"}}),
        ({}, {"circumstances": {"hospital_days": 3_650, "injury": True, "third_party": True}}),
    ],
)
async def test_what_is_odd_and_allowed_goes_its_way(
    walking: Walking, policy_of: dict[str, Any], changes: dict[str, Any]
) -> None:
    number = await registered(walking, **policy_of)
    claim = await reported(walking, whole(number, 60_000) | changes)

    async def on_its_way() -> bool:
        shown = (await walking.http.get(f"/intake/claims/{claim}")).json()
        return shown["final"] or shown["stage"] in ("reported", "waiting")

    await until(on_its_way, f"claim {claim} ends, or waits for somebody")
    shown = await walking.http.get(f"/notifications/claims/{claim}")
    assert shown.status_code in (200, 404)


async def test_all_services_are_unharmed_by_bad_requests(walking: Walking) -> None:
    await unharmed(walking)
