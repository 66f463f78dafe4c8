"""What the mail sandbox shows of itself."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from sandboxes.chance import Seed, Share


class Settings(BaseModel):
    """How the provider fails; the table stands in the docstring of `sandboxes.mail`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reject: Share = 0
    defer: Share = 0
    lost_after: Share = 0
    seed: Seed = 0


class Message(BaseModel):
    """A kept message, decoded.

    `from` and `to` are the envelope's addresses. A header that stands several times has its
    values joined by newlines. `text` and `html` are the first bodies of their kind, or None.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    id: int
    sender: str = Field(serialization_alias="from")
    to: list[str]
    subject: str
    headers: dict[str, str]
    text: str | None
    html: str | None
    received_at: datetime


class Messages(BaseModel):
    """Kept messages, newest first."""

    messages: list[Message]


class Totals(BaseModel):
    """Counts since the start or the last DELETE.

    `accepted` counts every message that was kept at first, `duplicates` those of them whose
    Message-ID had been accepted before, `rejected` refused recipients (550, 452), `deferred`
    deliveries answered 451, `lost_after` accepted messages whose sender was hung up on.
    """

    accepted: int = 0
    kept: int = 0
    duplicates: int = 0
    rejected: int = 0
    deferred: int = 0
    lost_after: int = 0
