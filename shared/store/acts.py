"""The journal of what people did to parked messages. It is only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import BulkWriteError

from shared.store.journal import only_repeats
from shared.store.numbers import Numbers
from shared.store.parked import Parked, parked, raw_parked
from shared.store.weather import weather


class What(StrEnum):
    """What was asked for, and what became of each message."""

    RELEASE_ASKED = "release-asked"
    DISCARD_ASKED = "discard-asked"
    RELEASED = "released"
    FAILED_AGAIN = "failed-again"
    DISCARDED = "discarded"


ENDINGS = (What.RELEASED, What.DISCARDED)


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the journal: who did what, and why.

    `number` is its place; what was done on one request carries that request's number as `act`.
    `asked` says what the request named. `message` is the message it was done to, as it was then,
    and with its content if it was discarded.
    """

    number: int
    act: int
    what: What
    by: str
    why: str
    at: datetime
    asked: Mapping[str, Any] = field(default_factory=dict)
    message: Parked | None = None

    def ending(self) -> dict[str, Any]:
        """All but the message, to be kept on the message until it stands in the journal."""
        return {
            "number": self.number,
            "act": self.act,
            "what": str(self.what),
            "by": self.by,
            "why": self.why,
            "at": self.at,
        }


class Acts:
    """The acts of one service, in the order in which they were numbered."""

    def __init__(self, collection: AsyncIOMotorCollection[Any], numbers: Numbers) -> None:
        self._collection = collection
        self._numbers = numbers

    async def prepare(self) -> None:
        """Makes the indexes: by number, and by message."""
        with weather():
            await self._collection.create_index("number")
            await self._collection.create_index([("message._id", 1), ("number", 1)])

    async def draw(self) -> int:
        """The next number. Messages parked before it have lower ones."""
        return await self._numbers.draw()

    async def add(self, act: Act) -> None:
        """Writes it down. A message ends once: a second record of that changes nothing."""
        with weather():
            try:
                await self._collection.insert_many([_raw(act)], ordered=False)
            except BulkWriteError as error:
                only_repeats(error)

    async def page(self, after: int, limit: int, message: str | None = None) -> list[Act]:
        """Acts behind this number, on one message or on any; no content."""
        where: dict[str, Any] = {"number": {"$gt": after}}
        if message is not None:
            where["message._id"] = message
        shown = {"message.record": 0, "message.inner": 0}
        with weather():
            cursor = self._collection.find(where, shown).sort("number", 1).limit(limit)
            return [_act(raw) async for raw in cursor]

    async def find(self, number: int) -> Act | None:
        """One act, with the content of what was discarded."""
        with weather():
            raw = await self._collection.find_one({"number": number})
        return None if raw is None else _act(raw)


def done(ending: Mapping[str, Any], entry: Parked) -> Act:
    """The act that ended a message. What was released needs no content: it went its way."""
    what = What(ending["what"])
    kept = entry if what is What.DISCARDED else without_content(entry, entry.reason)
    return Act(**{**ending, "what": what, "message": kept})


def without_content(entry: Parked, reason: str) -> Parked:
    """What is said of a message where its content is not wanted, and this is why it failed."""
    return replace(entry, record=None, inner=None, reason=reason)


def _raw(act: Act) -> dict[str, Any]:
    raw = act.ending() | {"asked": dict(act.asked)}
    if act.message is None:
        return raw | {"_id": f"{act.number}"}
    raw["message"] = raw_parked(act.message) | {"_id": act.message.id}
    ending = act.what in ENDINGS
    return raw | {"_id": f"end:{act.message.order}" if ending else f"{act.number}"}


def _act(raw: Mapping[str, Any]) -> Act:
    message = raw.get("message")
    return Act(
        number=raw["number"],
        act=raw["act"],
        what=What(raw["what"]),
        by=raw["by"],
        why=raw["why"],
        at=raw["at"],
        asked=raw["asked"],
        message=message and parked(message),
    )
