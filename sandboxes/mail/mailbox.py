"""What was accepted, newest kept, and what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sandboxes.mail.model import Totals

REMEMBERED_IDS = 1_000_000
"""How many Message-IDs are remembered to recognise duplicates; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One accepted message as it came over the wire."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: datetime

    def is_for(self, address: str) -> bool:
        """Whether the address is among the recipients, whatever its case."""
        return address.lower() in (recipient.lower() for recipient in self.recipients)


class Mailbox:
    """The newest deliveries, in memory, for all recipients together."""

    def __init__(self, keep: int) -> None:
        """Keep at most this many deliveries."""
        self._keep = keep
        self._next = 1
        self.clear()

    def clear(self) -> None:
        """Forget every delivery and every count; numbers are not used again."""
        self.totals = Totals()
        self._deliveries: dict[int, Delivery] = {}
        self._message_ids: dict[str, None] = {}

    def accept(
        self, sender: str, recipients: Sequence[str], raw: bytes, message_id: str | None
    ) -> None:
        """Keep a message, and forget the oldest if there are too many."""
        delivery = Delivery(self._next, sender, tuple(recipients), raw, datetime.now(UTC))
        self._deliveries[self._next] = delivery
        self._next += 1
        _shorten(self._deliveries, self._keep)
        self.totals.accepted += 1
        self.totals.kept = len(self._deliveries)
        self._recognise(message_id)

    def newest(self, to: str | None, limit: int, before: int | None = None) -> list[Delivery]:
        """Up to `limit` deliveries, newest first: to one address, and older, if that is asked."""
        newest_first = reversed(self._deliveries.values())
        older = (d for d in newest_first if before is None or d.number < before)
        return list(islice((d for d in older if to is None or d.is_for(to)), limit))

    def find(self, number: int) -> Delivery | None:
        """The delivery with this number, or None if it is not kept."""
        return self._deliveries.get(number)

    def _recognise(self, message_id: str | None) -> None:
        if message_id is None:
            return
        self.totals.duplicates += message_id in self._message_ids
        self._message_ids[message_id] = None
        _shorten(self._message_ids, REMEMBERED_IDS)


def _shorten(oldest_first: dict[Any, Any], length: int) -> None:
    while len(oldest_first) > length:
        del oldest_first[next(iter(oldest_first))]
