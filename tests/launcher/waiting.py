"""Waiting for what is to come, with a deadline and a sentence for when it does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool], sentence: str, seconds: float = 30.0) -> None:
    """Look until the condition holds; fails with the sentence after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {sentence}"
        await asyncio.sleep(0.05)


async def until_true(
    question: Callable[[], Awaitable[bool]], sentence: str, seconds: float = 30.0
) -> None:
    """The same for a question that has to be awaited."""
    deadline = time.monotonic() + seconds
    while not await question():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {sentence}"
        await asyncio.sleep(0.05)
