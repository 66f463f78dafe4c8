"""Writes the agreed schemas: `python -m tests.contracts.snapshot`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts import BY_TYPE
from shared.contracts.base import Fact

SCHEMAS = Path(__file__).parent / "schemas"


def schema(fact: type[Fact]) -> dict[str, Any]:
    """The JSON Schema of a contract as the code has it."""
    return fact.model_json_schema(mode="serialization")


def agreed(fact: type[Fact]) -> dict[str, Any]:
    """The JSON Schema of a contract as it was agreed."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{fact.type}.json").read_text("utf-8"))
    return found


def write() -> None:
    """Replaces the agreement with what the code has."""
    for path in SCHEMAS.glob("*.json"):
        path.unlink()
    for fact in BY_TYPE.values():
        content = json.dumps(schema(fact), indent=2, ensure_ascii=False, sort_keys=True)
        (SCHEMAS / f"{fact.type}.json").write_text(content + "\n", "utf-8")


if __name__ == "__main__":
    write()
