"""Parked messages over HTTP: list, look at, release and discard them, and who did so and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.event import YEARS
from shared.http import PAGE, Limit, Place
from shared.parked_views import MOST_SHOWN, came, history, listed, shown, told
from shared.problems import Problem, invalid, missing
from shared.releasing import Busy, Releasing
from shared.store import Act, Acts, Filter, Parked, Parking, What


def _countable(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"lies outside the years {YEARS.start} to {YEARS.stop - 1}")
    return moment


Words = StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)
Part = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"^[^\x00-\x1f]+$")]
Moment = Annotated[AwareDatetime, AfterValidator(_countable)]
Content = Annotated[
    int, Query(ge=0, le=4_000_000, description="most characters of the content to show")
]
Number = Annotated[int, Path(ge=0, lt=2**63)]
Message = Annotated[str | None, Query(max_length=1_000, description="only acts on this message")]


class Signed(BaseModel):
    """Every act has somebody who answers for it, and a reason."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[str, Words, Field(max_length=200, description="who does it")]
    why: Annotated[str, Words, Field(description="the reason, for whoever reads the record")]


class Which(BaseModel):
    """Which parked messages: those that fit in all that is said."""

    model_config = ConfigDict(extra="forbid")

    claim: Part | None = Field(None, description="the claim, exactly")
    type: Part | None = Field(None, description="the type as listed, exactly")
    error: Part | None = Field(None, description="the kind of error, the first word of the reason")
    reason: Part | None = Field(None, description="a piece of the reason")
    since: Moment | None = Field(None, description="parked at this time or later")
    until: Moment | None = Field(None, description="parked before this time")

    def filter(self) -> Filter:
        """The same, for the parking."""
        return Filter(**{name: getattr(self, name) for name in Filter.__slots__})

    def said(self) -> dict[str, Any]:
        """What was named, for the record."""
        named = {name: getattr(self, name) for name in Filter.__slots__}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in named.items()
            if value is not None
        }


class Listed(Which):
    """One page of them."""

    cursor: Place = 0
    limit: Limit = PAGE


class Many(Which, Signed):
    """An act on all messages that fit; `act` goes on with one that was not done."""

    all: bool = Field(False, description="needed where nothing else says which")
    act: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    most: Annotated[int, Field(ge=1, le=1_000, description="messages looked at, at most")] = 200


def parked_routes(parking: Parking, acts: Acts, releasing: Releasing) -> APIRouter:
    """List, look at, release and discard what this service could not process."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/parked")
    async def list_parked(which: Annotated[Listed, Query()]) -> dict[str, Any]:
        """Parked messages, oldest first, without their content."""
        found = await parking.page(which.cursor, which.limit, which.filter())
        following = str(found[-1].order) if len(found) == which.limit else None
        return {"items": [listed(entry) for entry in found], "next": following}

    @routes.post("/parked/release")
    async def release_many(many: Many) -> dict[str, Any]:
        """Processes the queues of the claims that fit, each in its order as far as it goes.

        Ask again with the `act` of the answer until nothing is left over.
        """
        act = await _begun(releasing, acts, What.RELEASE_ASKED, many)
        return came(await releasing.release_all(many.filter(), act, many.most), "released")

    @routes.post("/parked/discard")
    async def discard_many(many: Many) -> dict[str, Any]:
        """Takes out all that fit; the record keeps their content. Ask again as for a release."""
        act = await _begun(releasing, acts, What.DISCARD_ASKED, many)
        return came(await releasing.discard_all(many.filter(), act, many.most), "discarded")

    @routes.get("/parked/{id_:path}")
    async def show_parked(id_: str, content: Content = MOST_SHOWN) -> dict[str, Any]:
        """One parked message: its cause, its content and its history."""
        entry = await _found(parking, id_)
        past = await acts.page(0, 1_000, entry.id)
        return shown(entry, content) | {"history": history(entry, past)}

    @routes.post("/parked/{id_:path}/release")
    async def release(id_: str, signed: Signed) -> dict[str, Any]:
        """Processes the claim's queue in order up to this one, and what only waited behind it.

        409: it, or one before it, fails again (the answer says why); or somebody is at it.
        """
        entry = await _found(parking, id_)
        act = await releasing.begin(What.RELEASE_ASKED, signed.by, signed.why, {"id": id_})
        try:
            result = await releasing.release(entry, act)
        except Busy as busy:
            raise _busy(busy) from busy
        if result.reasons and await parking.find(id_) is not None:
            raise Problem(409, "still-failing", next(iter(result.reasons)))
        return came(result, "released")

    @routes.post("/parked/{id_:path}/discard")
    async def discard(id_: str, signed: Signed) -> dict[str, Any]:
        """Takes one message out for good; those behind it go on. The record keeps its content."""
        entry = await _found(parking, id_)
        act = await releasing.begin(What.DISCARD_ASKED, signed.by, signed.why, {"id": id_})
        try:
            if not await releasing.discard(entry, act):
                raise missing(f"parked message {id_}")
        except Busy as busy:
            raise _busy(busy) from busy
        return {"discarded": id_, "act": act.number}

    @routes.get("/parked-acts")
    async def list_acts(
        cursor: Place = 0, limit: Limit = PAGE, message: Message = None
    ) -> dict[str, Any]:
        """What was done to parked messages, oldest first, without their content."""
        found = await acts.page(cursor, limit, message)
        following = str(found[-1].number) if len(found) == limit else None
        return {"items": [told(act) for act in found], "next": following}

    @routes.get("/parked-acts/{number}")
    async def show_act(number: Number, content: Content = MOST_SHOWN) -> dict[str, Any]:
        """One act; of a discarded message with its content."""
        act = await acts.find(number)
        if act is None:
            raise missing(f"act {number}")
        message = act.message and {"message": shown(act.message, content)}
        return told(act) | (message or {})

    return routes


async def _found(parking: Parking, id_: str) -> Parked:
    entry = await parking.find(id_)
    if entry is None:
        raise missing(f"parked message {id_}")
    return entry


async def _begun(releasing: Releasing, acts: Acts, what: What, many: Many) -> Act:
    """The act asked for, new or to be gone on with; a wish that names nothing must say so."""
    said = many.said()
    if not said and not many.all:
        raise invalid("all", "name what is meant, or say that it is all")
    if many.act is None:
        return await releasing.begin(what, many.by, many.why, said)
    act = await acts.find(many.act)
    if act is None or (act.what, act.by, act.why, act.asked) != (what, many.by, many.why, said):
        raise invalid("act", "is not the number of such an act, by the same person for the same")
    return act


def _busy(busy: Busy) -> Problem:
    return Problem(409, "busy", f"Somebody else is at work on message {busy}; try again.")
