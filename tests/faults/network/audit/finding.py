"""One thing that is not as it must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`claim` is the claim (or document, or fact) it is about, `what` a sentence."""

    claim: str | None
    what: str

    def __str__(self) -> str:
        return f"{self.claim}: {self.what}"
