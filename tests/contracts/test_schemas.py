"""The contracts as they stood when they were last agreed. A changed schema fails here.

Adding is allowed: `python -m tests.contracts.snapshot` writes the new agreement, and the diff of
`schemas/` is what the reviewers of every consumer look at. What breaks a reader is a new version.
"""

from __future__ import annotations

import json

import pytest

from shared.asyncapi import asyncapi
from shared.contracts import BY_PRODUCER, BY_TYPE
from shared.contracts.base import Fact, Service
from tests.contracts.snapshot import SCHEMAS, agreed, schema


@pytest.mark.parametrize("fact", BY_TYPE.values(), ids=lambda fact: fact.type)
def test_a_contract_is_what_was_agreed(fact: type[Fact]) -> None:
    assert schema(fact) == agreed(fact)


def test_no_agreed_contract_has_disappeared() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(BY_TYPE)


@pytest.mark.parametrize("service", Service)
def test_every_type_is_named_after_its_producer_and_versioned(service: Service) -> None:
    for fact in BY_PRODUCER[service]:
        prefix, producer, name, version = fact.type.split(".")
        assert (prefix, producer) == ("claimpath", service)
        assert name.replace("-", "") == fact.__name__.lower()
        assert version[0] == "v"


@pytest.mark.parametrize("fact", BY_TYPE.values(), ids=lambda fact: fact.type)
def test_a_reader_of_today_ignores_what_a_later_producer_adds(fact: type[Fact]) -> None:
    assert fact.model_config["extra"] == "ignore"
    assert fact.model_config["frozen"] is True


PERSONAL = {"name", "email", "phone", "address", "account", "text", "comment", "note", "birth"}


@pytest.mark.parametrize("fact", BY_TYPE.values(), ids=lambda fact: fact.type)
def test_no_contract_has_a_field_for_personal_data(fact: type[Fact]) -> None:
    assert fields(json.loads(json.dumps(schema(fact)))) & PERSONAL == set()


def fields(node: object) -> set[str]:
    """The names of all properties, however deep."""
    if isinstance(node, list):
        return set().union(*(fields(part) for part in node)) if node else set()
    if not isinstance(node, dict):
        return set()
    return set(node.get("properties", {})) | set().union(*(fields(v) for v in node.values()), set())


@pytest.mark.parametrize("service", Service)
def test_the_asyncapi_document_refers_to_nothing_that_is_not_in_it(service: Service) -> None:
    document = asyncapi(service, f"claimpath.{service}")
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def references(node: object) -> list[str]:
    """Every `$ref` in the document."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    return [ref for part in node for ref in references(part)] if isinstance(node, list) else []
