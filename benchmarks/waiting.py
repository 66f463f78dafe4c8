"""Waiting for a condition, with a deadline and a sentence of what was awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from benchmarks.checks import Refused


async def until(
    question: Callable[[], Awaitable[bool]], awaited: str, seconds: float = 120.0
) -> None:
    """Asks until the answer is yes. Raises `Refused` when time is up."""
    deadline = time.monotonic() + seconds
    while not await question():
        if time.monotonic() > deadline:
            raise Refused(f"After {seconds:.0f} s it still was not so that {awaited}.")
        await asyncio.sleep(0.1)
