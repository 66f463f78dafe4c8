"""How much may be parked, and what waits in Kafka meanwhile.

Nothing may be lost, so what has no room is not taken: it stays where it is, on the topic. A claim
that has reached its limit stops the partitions that bring more of it; a parking that is full stops
all of them. Both go on by themselves when room is made.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Protocol


class Counted(Protocol):
    """What can be asked about a parking; see `shared.store.Parking`."""

    async def total(self) -> int: ...
    async def crowded(self, subjects: list[str], most: int) -> set[str]: ...


class Room:
    """The limits of one service's parking, in messages.

    They are looked at before a batch is taken, so one batch may go beyond them.
    """

    def __init__(self, parking: Counted, per_claim: int, most: int) -> None:
        self._parking = parking
        self._per_claim = per_claim
        self._most = most
        self._crowded: set[str] = set()
        self.full = False

    async def look(self) -> None:
        """Counts again: somebody may have made room, or taken it."""
        self.full = await self._parking.total() >= self._most
        if self._crowded:
            self._crowded = await self._parking.crowded(sorted(self._crowded), self._per_claim)

    async def crowded(self, held: AbstractSet[str]) -> set[str]:
        """Those of these claims that can take no more."""
        if not held:
            return set()
        found = await self._parking.crowded(sorted(held), self._per_claim)
        self._crowded = (self._crowded - held) | found
        return found

    def reason(self) -> str | None:
        """Why records are left waiting in Kafka; None if none are."""
        if self.full:
            return (
                f"{self._most:,} messages are parked, which is the limit: release or discard some."
            )
        if self._crowded:
            some = ", ".join(sorted(self._crowded)[:5])
            return (
                f"{len(self._crowded)} claims have reached the limit of {self._per_claim:,} parked "
                f"messages, and their partitions wait: {some}"
            )
        return None
