"""What every service says of itself, through the gateway: its routes and its events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema.validators import Draft202012Validator

from shared.asyncapi import asyncapi
from shared.contracts import BY_PRODUCER
from shared.contracts.base import Service
from tests.network.refusals import refused
from tests.network.walking import Walking


async def described(walking: Walking, service: Service, file: str) -> dict[str, Any]:
    """A description as anybody can fetch it."""
    response = await walking.http.get(f"/{service}/{file}.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    told: dict[str, Any] = response.json()
    return told


@pytest.mark.parametrize("service", Service)
async def test_every_route_is_described_and_says_how_it_refuses(
    walking: Walking, service: Service
) -> None:
    told = await described(walking, service, "openapi")
    assert told["openapi"].startswith("3.")
    assert told["info"]["title"] == f"Claimpath {service}"
    assert {f"/{service}/health/ready", f"/{service}/parked"} <= set(told["paths"])
    for path, operations in told["paths"].items():
        assert path.startswith(f"/{service}/")
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert operation["description"], f"{method} {path}"
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
            assert "422" not in operation["responses"]


@pytest.mark.parametrize("service", Service)
async def test_a_real_refusal_is_as_it_is_described(walking: Walking, service: Service) -> None:
    told = await described(walking, service, "openapi")
    content = told["paths"][f"/{service}/parked"]["get"]["responses"]["4XX"]["content"]
    schema = content["application/problem+json"]["schema"]
    answer = await walking.http.get(f"/{service}/parked?limit=0")
    Draft202012Validator(schema).validate(refused(answer, 422, "limit"))


@pytest.mark.parametrize("service", Service)
async def test_every_wish_that_creates_asks_for_a_key(walking: Walking, service: Service) -> None:
    told = await described(walking, service, "openapi")
    for path, operations in told["paths"].items():
        creates = {"201", "202"} & set(operations.get("post", {}).get("responses", ()))
        if creates:
            required = [p["name"] for p in operations["post"]["parameters"] if p["required"]]
            assert "Idempotency-Key" in required, path


@pytest.mark.parametrize("service", Service)
async def test_the_events_described_are_the_public_facts_of_the_contracts(
    walking: Walking, service: Service
) -> None:
    told = await described(walking, service, "asyncapi")
    assert told["asyncapi"].startswith("3.")
    facts = [fact for fact in BY_PRODUCER[service] if not fact.private]
    assert {m["name"] for m in told["components"]["messages"].values()} == {f.type for f in facts}
    channel = told["channels"][service]
    assert channel["address"] == f"{walking.topics}.{service}"
    assert set(channel["messages"]) == {fact.__name__ for fact in facts}
    for fact in facts:
        schema = told["components"]["schemas"][fact.__name__]
        assert set(schema.get("properties", {})) == set(fact.model_fields)
        Draft202012Validator.check_schema(schema)


async def test_the_command_line_prints_the_same_descriptions(walking: Walking) -> None:
    code, out, _ = await walking.command("schemas")
    assert code == 0
    printed = json.loads(out)
    for service in Service:
        served = await described(walking, service, "asyncapi")
        channel = printed[f"{service}/asyncapi.json"]["channels"][service]
        assert printed[f"{service}/asyncapi.json"] == asyncapi(service, channel["address"])
        assert served["components"] == printed[f"{service}/asyncapi.json"]["components"]
        for fact in BY_PRODUCER[service]:
            name = fact.type.removeprefix(f"claimpath.{service}.")
            assert printed[f"{service}/{name}.json"]["title"] == fact.__name__
