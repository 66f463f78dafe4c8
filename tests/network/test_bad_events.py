"""Events that nobody can understand, put on the real topics: parked with a reason, once in each
service that hears them, and nothing else is held up. The four commands are shown at work.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient

from shared.contracts.base import Service
from tests.network.refusals import registered, reported, stands, unharmed, whole
from tests.network.walking import Walking
from tests.waiting import until

INTAKE, CLAIMS, PAYMENTS, NOTIFICATIONS, FEEDBACK = Service
HEARING: Mapping[Service, set[Service]] = {
    INTAKE: {INTAKE, CLAIMS, NOTIFICATIONS},
    CLAIMS: {INTAKE, PAYMENTS, NOTIFICATIONS, FEEDBACK},
    PAYMENTS: {INTAKE, CLAIMS, NOTIFICATIONS},
    NOTIFICATIONS: {INTAKE},
    FEEDBACK: {INTAKE},
}
PARTITIONS = 8
SETTLED = "claimpath.payments.payment-settled.v1"
PAID = b'{"order_id": "o", "approval": 1, "amount": {"minor": 5}, "transfer_id": "t"}'
INVITED, CUSTOMER = "claimpath.feedback.survey-invited.v1", b'{"customer": "CUS-9"}'
APPROVED = "claimpath.claims.claim-approved.v1"
SIGNED = ("--by", "Li Na", "--why", "it was looked at")
Headers = list[tuple[str, bytes | None]]


class Wire:
    """Puts records on the network's topics, as no service of ours would."""

    def __init__(self, walking: Walking, producer: AIOKafkaProducer) -> None:
        self._topics, self._producer = walking.topics, producer

    async def put(
        self,
        topic: Service,
        claim: str,
        headers: Headers,
        value: bytes | None,
        partition: int | None = None,
    ) -> None:
        """Returns when the broker has it."""
        await self._producer.send_and_wait(
            f"{self._topics}.{topic}", value, claim.encode(), partition, headers=headers
        )


@pytest.fixture(scope="module")
async def wire(walking: Walking) -> AsyncIterator[Wire]:
    async with AIOKafkaProducer(bootstrap_servers=walking.kafka) as producer:
        yield Wire(walking, producer)


@pytest.fixture(autouse=True)
async def cleared(walking: Walking) -> AsyncIterator[None]:
    """The other tests share this network, and expect that nothing is parked."""
    yield
    wish = {"by": "tests", "why": "the test is over", "all": True, "most": 1_000}
    for service in Service:
        answer = (await walking.http.post(f"/{service}/parked/discard", json=wish)).json()
        assert answer["left_over"] == 0


def headers(type_: str, claim: str, **changes: bytes | None) -> Headers:
    """What a sound event says of itself, with changes."""
    told: dict[str, bytes | None] = {
        "ce_id": str(uuid.uuid4()).encode(),
        "ce_type": type_.encode(),
        "ce_source": b"/claimpath/test",
        "ce_subject": claim.encode(),
        "ce_time": datetime.now(UTC).isoformat().encode(),
        "ce_causationid": b"http:test",
    }
    return list((told | changes).items())


def odd() -> str:
    """A claim that nobody knows."""
    return f"ODD-{uuid.uuid4().hex[:12]}"


async def parked(walking: Walking, service: Service, claim: str | None = None) -> list[Any]:
    """What a service has parked, of one claim or at all."""
    response = await walking.http.get(f"/{service}/parked", params={"limit": 200})
    items: list[Any] = response.json()["items"]
    return [item for item in items if claim in (None, item["claim"])]


async def parked_in(walking: Walking, claim: str, services: set[Service]) -> list[Any]:
    """What was parked of the claim, once each of these services has parked something."""

    async def everywhere() -> bool:
        return all([await parked(walking, service, claim) for service in services])

    await until(everywhere, f"{claim} is parked in {', '.join(sorted(services))}")
    return [entry for service in Service for entry in await parked(walking, service, claim)]


async def in_path(walking: Walking, claim: str, facts: list[str]) -> None:
    async def told() -> bool:
        return await walking.facts(claim) == facts

    await until(told, f"the path of {claim} is {', '.join(facts)}")


BAD: dict[str, tuple[Service, str, dict[str, bytes | None], bytes | None, str]] = {
    "no JSON": (PAYMENTS, SETTLED, {}, b"{nope", "Invalid JSON"),
    "other fields": (PAYMENTS, SETTLED, {}, b'{"order_id": 7}', "order_id: Input should be"),
    "800 kB of junk": (PAYMENTS, SETTLED, {}, b"\x00\xff" * 400_000, "Invalid JSON"),
    "a tombstone": (PAYMENTS, SETTLED, {}, None, "has no value"),
    "an unknown type": (FEEDBACK, "claimpath.feedback.mood.v1", {}, b"{}", "has the type"),
    "a time without a zone": (NOTIFICATIONS, INVITED, {"ce_time": b"2026-01-01"}, b"{}", "ce_time"),
    "a time beyond all": (
        FEEDBACK,
        INVITED,
        {"ce_time": b"9999-12-31T23:59:59+00:00"},
        CUSTOMER,
        "ce_time",
    ),
    "an id that no path can hold": (FEEDBACK, INVITED, {"ce_id": b".."}, CUSTOMER, "ce_id"),
    "an empty id": (FEEDBACK, INVITED, {"ce_id": b""}, CUSTOMER, "ce_id"),
    "a subject of 300 kB": (FEEDBACK, INVITED, {"ce_subject": b"x" * 300_000}, CUSTOMER, "subject"),
    "a sequence in words": (CLAIMS, APPROVED, {"ce_sequence": b"first"}, b"{}", "cannot be read"),
    "headers that are not UTF-8": (INTAKE, INVITED, {"ce_source": b"\xff"}, CUSTOMER, "utf-8"),
    "a header without a value": (CLAIMS, APPROVED, {"ce_id": None}, b"{}", "ce_id"),
    "a sequence of 30 digits": (FEEDBACK, INVITED, {"ce_sequence": b"9" * 30}, CUSTOMER, "8-byte"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_cannot_be_understood_is_parked_once_in_every_service_that_hears_it(
    walking: Walking, wire: Wire, what: str
) -> None:
    topic, type_, changes, value, reason = BAD[what]
    claim = odd()
    await wire.put(topic, claim, headers(type_, claim, **changes), value)
    entries = await parked_in(walking, claim, HEARING[topic])
    assert len(entries) == len(HEARING[topic])
    assert all(reason in entry["reason"] for entry in entries)
    assert not any(entry["behind"] for entry in entries)


async def test_a_record_with_no_headers_and_no_key_is_parked_under_its_place(
    walking: Walking, wire: Wire
) -> None:
    await wire.put(FEEDBACK, odd(), [], CUSTOMER)

    async def known() -> list[Any]:
        return await parked(walking, INTAKE)

    (entry,) = await until(known, "intake has parked the record")
    assert entry["id"].startswith(f"{walking.topics}.feedback/")
    assert "no header" in entry["reason"]


async def test_an_event_of_an_unknown_claim_is_parked_only_where_it_is_an_error(
    walking: Walking, wire: Wire
) -> None:
    claim = odd()
    said = headers(SETTLED, claim)
    for _ in range(2):  # the same event delivered twice
        await wire.put(PAYMENTS, claim, said, PAID)
    (entry,) = await parked_in(walking, claim, {CLAIMS})
    assert "was never submitted" in entry["reason"]
    await in_path(walking, claim, ["PaymentSettled"])


POISON: dict[str, dict[str, bytes | None]] = {
    "a number that no store can hold": {"ce_sequence": b"9" * 30},
    "a header that is not UTF-8": {"ce_source": b"\xff\xfe"},
    "a header without a value": {"ce_type": None},
}


@pytest.mark.parametrize("what", POISON)
async def test_an_event_takes_no_other_event_of_its_batch_with_it(
    walking: Walking, wire: Wire, what: str
) -> None:
    before, bad, after = odd(), odd(), odd()
    for claim, changes in ((before, {}), (bad, POISON[what]), (after, {})):
        await wire.put(FEEDBACK, claim, headers(INVITED, claim, **changes), CUSTOMER, partition=0)
    for claim in (before, after):
        await in_path(walking, claim, ["SurveyInvited"])
    await parked_in(walking, bad, {INTAKE})


async def test_claims_go_through_while_every_partition_has_its_bad_event(
    walking: Walking, wire: Wire
) -> None:
    claims = [(topic, n, odd()) for topic in Service for n in range(PARTITIONS)]
    for topic, partition, claim in claims:
        await wire.put(topic, claim, headers("no.such.type", claim), b"{}", partition)
    summary = await walking.submit("--sample", "5", "--seed", str(uuid.uuid4().int % 10**9))
    assert (summary["submitted"], summary["lost"], summary["duplicates"]) == (5, 0, 0)
    for topic, _, claim in claims:
        assert len(await parked_in(walking, claim, HEARING[topic])) == len(HEARING[topic])


async def test_later_events_of_the_claim_wait_behind_until_the_parked_one_is_discarded(
    walking: Walking, wire: Wire
) -> None:
    complete = whole(await registered(walking), 60_000)
    payee = complete.pop("payee")
    claim = await reported(walking, complete)
    early = headers("claimpath.intake.withdrawal-requested.v1", claim)
    await wire.put(INTAKE, claim, early, b"{}")
    (first,) = await parked_in(walking, claim, {CLAIMS})
    await walking.http.put(f"/intake/claims/{claim}/payee", json=payee)

    async def queued() -> bool:
        return len(await parked(walking, CLAIMS, claim)) == 2

    await until(queued, "the submission waits behind the withdrawal that came too early")
    listed = await walking.told("parked", "list", "--service", "claims")
    mine = [entry for entry in listed if entry["claim"] == claim]
    assert [entry["type"] for entry in mine] == ["WithdrawalRequested", "ClaimSubmitted"]
    assert [entry["behind"] for entry in mine] == [False, True]

    code, out, _ = await walking.command("parked", "show", first["id"])
    shown = json.loads(out)
    assert (code, shown["record"]["headers"]["ce_subject"]) == (0, claim)
    assert shown["error"]["kind"] == "UnknownSubject"
    assert shown["caused_by"]["causation"] == "http:test"

    code, _, complaint = await walking.command("parked", "release", mine[1]["id"], *SIGNED)
    assert (code, "was never submitted" in complaint) == (1, True)
    assert [e["behind"] for e in await parked(walking, CLAIMS, claim)] == [False, True]

    code, out, _ = await walking.command("parked", "discard", first["id"], *SIGNED)
    assert (code, out.strip()) == (0, "Discarded: 1")
    await until(stands(walking, claim, "closed"), "the claim that waited has gone its way")
    assert await parked(walking, CLAIMS, claim) == []
    acts = await walking.told("parked", "acts", "--service", "claims", "--id", first["id"])
    assert [act["what"] for act in acts] == ["failed-again", "discarded"]
    assert {(act["by"], act["why"]) for act in acts} == {("Li Na", "it was looked at")}
    kept = (await walking.http.get(f"/claims/parked-acts/{acts[1]['number']}")).json()
    assert kept["message"]["record"] == shown["record"]


async def test_what_was_mended_is_released_with_those_behind_it_in_their_order(
    walking: Walking, wire: Wire
) -> None:
    claim = odd()
    answered = "claimpath.feedback.survey-answered.v1"
    await wire.put(FEEDBACK, claim, headers(answered, claim), b'{"reliability": "good"}')
    for _ in range(2):
        await wire.put(FEEDBACK, claim, headers(INVITED, claim), CUSTOMER)

    async def queued() -> bool:
        return len(await parked(walking, INTAKE, claim)) == 3

    await until(queued, "all three are parked")
    first, second, third = await parked(walking, INTAKE, claim)
    assert [entry["behind"] for entry in (first, second, third)] == [False, True, True]
    scores = dict.fromkeys(("reliability", "responsiveness", "convenience"), 5)
    await mended(walking, first["id"], scores | {"security": 5, "kindness": 5})
    code, out, _ = await walking.command("parked", "release", second["id"], *SIGNED)
    assert (code, out.strip()) == (0, "Released: 3")
    await in_path(walking, claim, ["SurveyAnswered", "SurveyInvited", "SurveyInvited"])
    assert await parked(walking, INTAKE, claim) == []


async def mended(walking: Walking, id_: str, data: Mapping[str, Any]) -> None:
    """What operations staff do: the record as it should have been."""
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(walking.mongo)
    found = client[f"{walking.database}_intake"]["parked"]
    await found.update_one({"_id": id_}, {"$set": {"record.value": json.dumps(data).encode()}})
    client.close()


async def test_the_list_for_people_shows_whatever_was_sent(walking: Walking, wire: Wire) -> None:
    claim = odd()
    await wire.put(FEEDBACK, claim, headers("[/bold]", claim), b"{}")
    await parked_in(walking, claim, {INTAKE})
    code, out, _ = await walking.command("parked", "list", "--service", "intake")
    assert code == 0
    assert "[/bold]" in "".join(out.split())


async def test_all_services_are_unharmed_by_bad_events(walking: Walking) -> None:
    await unharmed(walking)
