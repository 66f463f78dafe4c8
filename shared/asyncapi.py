"""AsyncAPI 3 from the contracts: one document per service, with headers, keys and schemas.

FastStream could write one from its subscribers, but ours read raw bytes in batches; the contracts
say more than they do.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts import BY_PRODUCER
from shared.contracts.base import Fact, Service

HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "the same for every delivery of the event"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_subject": {"type": "string", "description": "claim or policy; also the record's key"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_causationid": {"type": "string", "description": "id of what caused the event"},
        "ce_sequence": {"type": "string", "description": "position in its decision, from 0"},
        "ce_insurer": {"type": "string", "description": "the tenant"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
}


def asyncapi(service: Service, topic: str) -> dict[str, Any]:
    """The AsyncAPI 3 document of what `service` publishes to `topic`."""
    facts = BY_PRODUCER[service]
    _, schemas = models_json_schema(
        [(fact, "serialization") for fact in facts], ref_template="#/components/schemas/{model}"
    )
    names = [fact.__name__ for fact in facts]
    channel = {"$ref": f"#/channels/{service}"}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Claimpath {service} events", "version": "0.1.0"},
        "defaultContentType": "application/json",
        "channels": {
            str(service): {
                "address": topic,
                "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in names},
            }
        },
        "operations": {f"publish-{service}": {"action": "send", "channel": channel}},
        "components": {
            "messages": {fact.__name__: _message(fact) for fact in facts},
            "schemas": schemas["$defs"] | {"EventHeaders": HEADERS},
        },
    }


def _message(fact: type[Fact]) -> dict[str, Any]:
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": (fact.__doc__ or "").strip().split("\n")[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/EventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{fact.__name__}"},
    }
