"""Which attempt fails, and in which way."""

import asyncio
import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sandboxes.bank.model import Settings
from sandboxes.chance import draw, strikes

Mode = Literal["errors", "lost_before", "lost_after"]

LONGEST_DELAY = 10
"""No drawn latency is longer than this many times the mean."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One arrival of an order: its key, and how often the key has arrived before."""

    settings: Settings
    key: str
    number: int

    def meets(self, mode: Mode) -> bool:
        """Whether this attempt fails in this way."""
        share: float = getattr(self.settings, mode)
        return strikes(share, self.settings.seed, mode, self.key, self.number)

    async def delay(self) -> None:
        """Wait as long as this attempt's latency."""
        if self.settings.delay_ms:
            await asyncio.sleep(self._latency_ms() / 1000)

    async def hang(self) -> None:
        """Keep the answer back."""
        if self.settings.hang_s:
            await asyncio.sleep(self.settings.hang_s)

    def _latency_ms(self) -> float:
        drawn = draw(self.settings.seed, "delay", self.key, self.number)
        return self.settings.delay_ms * min(-math.log1p(-drawn), LONGEST_DELAY)


class Weather:
    """The settings in force and the attempts made under them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._attempts: Counter[str] = Counter()

    def attempt(self, key: str) -> Attempt:
        """The next attempt with this key. Attempts are numbered only where a number matters."""
        if self.settings == Settings():
            return Attempt(self.settings, key, 0)
        self._attempts[key] += 1
        return Attempt(self.settings, key, self._attempts[key])
