"""What the tests of the command line start from."""

from __future__ import annotations

from datetime import date
from typing import Any

from claimpath.sample import Sample
from services.intake.checklists import load_checklists

TODAY = date(2026, 11, 22)

CHECKLISTS = {
    str(kind): [item.model_dump() for item in checklist.items]
    for kind, checklist in load_checklists().items()
}


def a_sample(seed: int = 7, today: date = TODAY, every_upload: bool = False) -> Sample:
    """A sample for a network with our checklists."""
    return Sample(seed, today, CHECKLISTS, every_upload)


def a_fact(id_: str, fact: str, cause: str, **data: Any) -> dict[str, Any]:
    """A fact of a path; `a` is told on the hour, `b` a second later, and so on."""
    second = ord(id_) - ord("a")
    return {
        "id": id_,
        "fact": fact,
        "type": "not looked at",
        "service": "intake",
        "at": f"2026-11-22T01:00:{second:02d}+00:00",
        "cause": cause,
        "trace": "0" * 31 + "1",
        "hop_s": None if cause.startswith("http:") else 1.0,
        "data": data,
    }


def a_path(*facts: dict[str, Any], complete: bool = True) -> dict[str, Any]:
    """The path of one claim."""
    return {"claim": "CLM-1", "complete": complete, "missing": [], "facts": list(facts)}
