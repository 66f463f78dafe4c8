"""Failures that repeat: a hash decides what fails, not the order in which things arrive."""

import hashlib
from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
"""A share of all attempts, 0 (never) to 1 (always)."""

Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
"""The same seed chooses the same failures again."""


def draw(seed: int, mode: str, key: str, attempt: int = 0) -> float:
    """A number in [0, 1) that depends on the four arguments and on nothing else."""
    text = f"{seed}|{mode}|{attempt}|{key}".encode(errors="backslashreplace")
    number = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
    return (number >> 11) / 2**53


def strikes(share: float, seed: int, mode: str, key: str, attempt: int = 0) -> bool:
    """Whether this attempt belongs to the share that fails in this mode."""
    return share > 0 and draw(seed, mode, key, attempt) < share
