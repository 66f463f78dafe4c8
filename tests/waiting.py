"""Waiting for a condition, with a deadline and a sentence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

LONGEST_S = 300.0


async def until(
    question: Callable[[], Awaitable[Any]], awaited: str, seconds: float = LONGEST_S
) -> Any:
    """Asks until the answer is true, and returns it; fails with the sentence when time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := await question()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s, still waiting until {awaited}"
        await asyncio.sleep(0.1)
    return answer
