"""A whole service at the limit of its parking: it says so, can be reached, and goes on again."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from shared.bus import Bus
from shared.contracts.base import Service
from shared.contracts.claims import ClaimClosed
from shared.service import Process
from shared.settings import Settings
from tests.behaviour.test_bus import event
from tests.conftest import Address
from tests.runtime.counter import COUNTER, counted
from tests.waiting import until


@pytest.fixture
def settings(kafka: Address, mongo: Address) -> Settings:
    name = f"f{uuid.uuid4().hex[:8]}"
    return Settings(
        kafka=kafka.url, mongo=mongo.url, topics=name, database=name, partitions=2, parked_most=2
    )


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The service as it is wired for production, but for the server in front."""
    process = Process(Service.CLAIMS, settings)
    door, _ = process.door(COUNTER)
    process.hear([Service.INTAKE], {ClaimClosed: [door]})
    app = process.app()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client
    HTTPXClientInstrumentor().uninstrument()


async def publish(settings: Settings, *told: tuple[int, str, bytes]) -> None:
    bus = Bus(settings, Service.INTAKE)
    await bus.start()
    body = replace(event(0, "A"), type=counted(1).type)
    await bus.publish([replace(body, id=f"e{n}", subject=s, data=data) for n, s, data in told])
    await bus.stop()


async def test_a_service_with_a_full_parking_is_not_ready_and_goes_on_when_it_is_emptied(
    settings: Settings, http: httpx.AsyncClient
) -> None:
    async def ready() -> bool:
        return (await http.get("/claims/health/ready")).status_code == 200

    async def full() -> bool:
        told = await http.get("/claims/health/ready")
        return told.status_code == 503 and told.json()["type"].endswith(":parking-full")

    await until(ready, "the service is ready")
    await publish(settings, (1, "A", b"{}"), (2, "B", b"{}"))
    await until(full, "the service says that its parking is full")
    assert (await http.get("/claims/health/started")).status_code == 200
    sound = counted(1).model_dump_json().encode()
    await publish(settings, (3, "C", b"{}"), (4, "C", sound))

    wish = {"by": "Li Na", "why": "they were broken", "all": True}
    discarded = (await http.post("/claims/parked/discard", json=wish)).json()
    assert (discarded["discarded"], discarded["left_over"]) == (2, 0)

    async def came() -> bool:
        listed = (await http.get("/claims/parked")).json()["items"]
        return [(item["claim"], item["behind"]) for item in listed] == [("C", False), ("C", True)]

    await until(came, "what waited in Kafka was taken")
    await until(full, "the service says that its parking is full again")
    (broken, _) = (await http.get("/claims/parked")).json()["items"]
    where = f"/claims/parked/{broken['id']}/discard"
    assert (await http.post(where, json=wish | {"by": "x"})).status_code == 422
    signed = {"by": "Li Na", "why": "this one, too"}
    assert (await http.post(where, json=signed)).status_code == 200

    async def empty() -> bool:
        return (await http.get("/claims/parked")).json()["items"] == []

    await until(empty, "the message behind has followed by itself")
    await until(ready, "the service is ready again")
    acts = (await http.get("/claims/parked-acts", params={"limit": 200})).json()["items"]
    freed = [act for act in acts if act["what"] == "released"]
    assert [(act["by"], act["message"]["id"]) for act in freed] == [("claimpath", "e4")]
