"""The checklist of documents per kind of loss (理赔资料清单), kept as data files.

A file with a mistake is refused with its name and the reason; adding a kind touches no code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.base import KindOfLoss
from shared.contracts.intake import Circumstances, RequestedItem
from shared.errors import ClaimpathError

DIRECTORY = Path(__file__).parent / "checklists"

PAYEE = RequestedItem(code="payee", zh="收款账户", en="Account to pay to")
"""Not a document, but asked in the same one list (Insurance Law Art. 22)."""


class ChecklistItem(BaseModel):
    """One document, always wanted, or only `when` that circumstance is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    zh: str
    en: str
    when: str | None = None


class Checklist(BaseModel):
    """All documents that a kind of loss may want."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: KindOfLoss
    items: tuple[ChecklistItem, ...]

    def wanted(self, circumstances: Circumstances) -> list[RequestedItem]:
        """What this loss wants."""
        return [
            RequestedItem(code=item.code, zh=item.zh, en=item.en)
            for item in self.items
            if item.when is None or getattr(circumstances, item.when)
        ]

    def knows(self, code: str) -> bool:
        """Whether such a document is ever wanted for this kind of loss."""
        return any(item.code == code for item in self.items)


class ChecklistMistake(ClaimpathError):
    """A checklist file cannot be used."""


Checklists = Mapping[KindOfLoss, Checklist]


def load_checklists(directory: Path = DIRECTORY) -> Checklists:
    """All checklists. Raises `ChecklistMistake` for a wrong file, or a kind that has none."""
    found = [_read(path) for path in sorted(directory.glob("*.yaml"))]
    lists = {checklist.kind: checklist for checklist in found}
    if lacking := sorted(set(KindOfLoss) - set(lists)):
        raise ChecklistMistake(f"no checklist for {', '.join(lacking)} in {directory}")
    return lists


def missing(
    checklist: Checklist, circumstances: Circumstances, held: Collection[str], payee: bool
) -> tuple[RequestedItem, ...]:
    """What is still to be asked for: the whole list less what is held."""
    items = [item for item in checklist.wanted(circumstances) if item.code not in held]
    return tuple(items if payee else [*items, PAYEE])


def _read(path: Path) -> Checklist:
    try:
        checklist = Checklist.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ChecklistMistake(f"{path.name}: {error}") from error
    for item in checklist.items:
        if item.when is not None and item.when not in Circumstances.model_fields:
            raise ChecklistMistake(f"{path.name}: no circumstance is named {item.when!r}")
    return checklist
