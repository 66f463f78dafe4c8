"""`claimpath schemas`: the contracts as JSON Schema and AsyncAPI, from the code, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.asyncapi import asyncapi
from shared.contracts import BY_PRODUCER
from shared.contracts.base import Service
from shared.settings import Settings

Out = Annotated[
    Path | None, typer.Option("--out", file_okay=False, help="Write files there, don't print.")
]


def schemas(out: Out = None) -> None:
    """Print, or write to a folder, the JSON Schema of every fact and each service's AsyncAPI."""
    if out is None:
        print(json.dumps(dict(documents()), indent=2, ensure_ascii=False))
        return
    for name, document in documents():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
        print(file)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document under the name of its file: `intake/claim-reported.v1.json`, for one."""
    prefix = Settings().topics
    for service in Service:
        yield f"{service}/asyncapi.json", asyncapi(service, f"{prefix}.{service}")
        for fact in BY_PRODUCER[service]:
            name = fact.type.removeprefix(f"claimpath.{service}.")
            schema = fact.model_json_schema(mode="serialization")
            yield f"{service}/{name}.json", {"$id": f"urn:{fact.type.replace('.', ':')}"} | schema
