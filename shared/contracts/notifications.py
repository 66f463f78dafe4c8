"""What notifications says: a message reached its reader, or could not."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.base import Fact


class MessageDelivered(Fact):
    """A message was handed over: the carrier accepted it, or it stands in the inbox.

    `cause` is the id of the event that the message tells about; `attempts` counts the tries.
    """

    type: ClassVar[str] = "claimpath.notifications.message-delivered.v1"
    template: str
    channel: str
    cause: str
    attempts: int


class MessageBounced(Fact):
    """The carrier refused a message for good. It still stands in the in-app inbox."""

    type: ClassVar[str] = "claimpath.notifications.message-bounced.v1"
    template: str
    channel: str
    cause: str
    attempts: int
    reason: str


FACTS: tuple[type[Fact], ...] = (MessageDelivered, MessageBounced)
