"""What one claim costs in hops, bytes and writes: measured on the product, for others to copy.

The relay and the usual way do the same work by this recipe, without knowing what it is about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

REPORT = "report"
"""What the first facts of a claim are caused by."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact on the wire: its type, and the bytes of value, key and headers together."""

    type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a service says because of one cause: a type of fact, or the report itself."""

    service: str
    cause: str
    says: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Stores:
    """What a service writes for one claim: documents replaced, records added, their bytes."""

    replaced: float
    replaced_bytes: int
    added: float
    added_bytes: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """All steps of a claim; which services each service hears; what each one writes."""

    steps: tuple[Step, ...]
    hears: Mapping[str, tuple[str, ...]]
    stores: Mapping[str, Stores]
    report_bytes: int

    def of(self, service: str) -> dict[str, Step]:
        """The steps of a service, by their cause."""
        return {step.cause: step for step in self.steps if step.service == service}

    def totals(self) -> dict[str, float]:
        """The work of one claim in few numbers."""
        heard = {type_: step.service for step in self.steps for type_ in _types(step)}
        per_service = [sum(s in self.hears[name] for s in heard.values()) for name in self.hears]
        written = self.stores.values()
        return {
            "facts": len(heard),
            "hops": sum(per_service),
            "kafka_bytes": sum(said.bytes for step in self.steps for said in step.says),
            "writes": sum(s.replaced + s.added for s in written),
            "written_bytes": sum(
                s.replaced * s.replaced_bytes + s.added * s.added_bytes for s in written
            ),
        }

    def save(self, file: Path) -> None:
        """Stores it as JSON."""
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")


def read(file: Path) -> Recipe:
    """A recipe that was stored."""
    raw: dict[str, Any] = json.loads(file.read_text())
    return Recipe(
        steps=tuple(_step(**step) for step in raw["steps"]),
        hears={name: tuple(services) for name, services in raw["hears"].items()},
        stores={name: Stores(**stores) for name, stores in raw["stores"].items()},
        report_bytes=raw["report_bytes"],
    )


def _step(service: str, cause: str, says: Sequence[Mapping[str, Any]]) -> Step:
    return Step(service, cause, tuple(Said(**said) for said in says))


def _types(step: Step) -> list[str]:
    return [f"{step.cause}>{said.type}" for said in step.says]
