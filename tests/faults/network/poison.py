"""Poison on the wire: what cannot be read, what nobody knows, and what makes a decision fail."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random

from aiokafka import AIOKafkaProducer

from shared.contracts.base import Service
from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import Evidence
from tests.faults.network.experiment import Harm, at
from tests.faults.network.ground import Ground
from tests.faults.network.wire import HEARS

Headers = list[tuple[str, bytes]]
Dose = tuple[Service, Headers, bytes, frozenset[Service]]
"""The topic, the record's headers and value, and who must set it aside."""
Given = dict[str, tuple[frozenset[Service], frozenset[Service]]]
"""By claim: who must set the dose aside, and who may, because they hear its topic."""

NOTHING = {"minor": 0, "currency": "CNY"}


def undecodable(claim: str, topic: Service) -> Dose:
    """Bytes that are no JSON, under a type that is known."""
    return topic, headers(_known(topic), claim), b"{\xff nope", READERS[topic]


def unknown(claim: str, topic: Service) -> Dose:
    """A type that no release has."""
    return topic, headers(f"claimpath.{topic}.mood-changed.v1", claim), b"{}", hearers(topic)


def huge(claim: str, topic: Service) -> Dose:
    """A megabyte of junk."""
    return topic, headers(_known(topic), claim), b"\x00\xff" * 500_000, READERS[topic]


def nameless(claim: str, topic: Service) -> Dose:
    """An event without an id."""
    bad = [header for header in headers(_known(topic), claim) if header[0] != "ce_id"]
    return topic, bad, b"{}", hearers(topic)


def undecidable(claim: str, topic: Service) -> Dose:
    """A sound event about which payments cannot decide: an approval of nothing."""
    approved = {
        "approval": 1,
        "amount": NOTHING,
        "in_full": True,
        "lines": [],
        "reasons": [],
        "decided_by": "network",
        "payee": "sealed",
    }
    said = headers("claimpath.claims.claim-approved.v1", claim)
    return Service.CLAIMS, said, json.dumps(approved).encode(), frozenset({Service.PAYMENTS})


DOSES: tuple[Callable[[str, Service], Dose], ...] = (
    undecodable,
    unknown,
    huge,
    nameless,
    undecidable,
)


def poisoned(seconds: float, every: float, given: Given) -> Harm:
    """One dose every so many seconds; `given` notes who must set which aside."""

    async def harm(ground: Ground, chance: Random) -> int:
        started, times = time.monotonic(), int(seconds / every)
        async with AIOKafkaProducer(
            bootstrap_servers=ground.wire.kafka, max_request_size=2_000_000
        ) as producer:
            for number in range(times):
                await at(started, number * every)
                claim = f"ODD-{uuid.UUID(int=chance.getrandbits(128))}"
                dose = DOSES[number % len(DOSES)]
                topic, said, value, must = dose(claim, chance.choice(list(Service)))
                given[claim] = must, hearers(topic)
                ground.planted.add(claim)
                name = f"{ground.wire.topics}.{topic}"
                await producer.send_and_wait(name, value, claim.encode(), headers=said)
                ground.harmed()
        return times

    return harm


def each_parked_once(evidence: Evidence, given: Given) -> Iterator[Finding]:
    """Every dose is set aside once by each who could not take it, and by nobody else."""
    found = Counter((entry.subject, entry.service) for entry in evidence.parked)
    for claim, (must, may) in given.items():
        for service in Service:
            times = found[claim, str(service)]
            if not (service in must) <= times <= (service in may):
                yield Finding(claim, f"is parked {times} times in {service}")


def headers(type_: str, claim: str) -> Headers:
    """What a sound event says of itself."""
    told = {
        "ce_id": str(uuid.uuid4()),
        "ce_type": type_,
        "ce_source": "/claimpath/test",
        "ce_subject": claim,
        "ce_time": datetime.now(UTC).isoformat(),
        "ce_causationid": "http:test",
        "ce_sequence": "0",
    }
    return [(name, value.encode()) for name, value in told.items()]


def hearers(topic: Service) -> frozenset[Service]:
    """Who listens to this topic."""
    return frozenset(service for service, heard in HEARS.items() if topic in heard)


def _known(topic: Service) -> str:
    """A type that everybody who hears the topic would read."""
    return f"claimpath.{KNOWN[topic]}.v1"


READERS: Mapping[Service, frozenset[Service]] = {
    Service.INTAKE: frozenset({Service.INTAKE, Service.CLAIMS}),
    Service.CLAIMS: frozenset({Service.INTAKE, Service.NOTIFICATIONS, Service.FEEDBACK}),
    Service.PAYMENTS: frozenset({Service.INTAKE, Service.CLAIMS, Service.NOTIFICATIONS}),
    Service.NOTIFICATIONS: frozenset({Service.INTAKE}),
    Service.FEEDBACK: frozenset({Service.INTAKE}),
}
"""Who reads the type that `KNOWN` names of each topic."""

KNOWN = {
    Service.INTAKE: "intake.claim-submitted",
    Service.CLAIMS: "claims.claim-closed",
    Service.PAYMENTS: "payments.payment-settled",
    Service.NOTIFICATIONS: "notifications.message-delivered",
    Service.FEEDBACK: "feedback.survey-invited",
}
