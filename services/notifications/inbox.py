"""All messages to one customer, over all claims, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.notifications.state import ClaimFile, Letter
from shared.store import Documents

CUSTOMER = "state.file.customer"
"""The path of the customer in a stored correspondence; indexed."""
AT, ID = "state.letters.at", "state.letters.id"


class Inbox:
    """Reads messages out of the correspondences; nothing is stored twice."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def page(
        self, customer: str, after: tuple[str, str] | None, limit: int
    ) -> list[tuple[ClaimFile, Letter]]:
        """Up to `limit` messages older than the one with that time and id."""
        found = await self._documents.sums(_query(customer, after, limit))
        return [_read(raw["state"]) for raw in found]


def _query(customer: str, after: tuple[str, str] | None, limit: int) -> Sequence[Mapping[str, Any]]:
    stages: list[Mapping[str, Any]] = [
        {"$match": {CUSTOMER: customer}},
        {"$project": {"state": 1}},
        {"$unwind": "$state.letters"},
    ]
    if after is not None:
        stages.append({"$match": _older(*after)})
    return [*stages, {"$sort": {AT: -1, ID: -1}}, {"$limit": limit}]


def _older(at: str, id_: str) -> Mapping[str, Any]:
    return {"$or": [{AT: {"$lt": at}}, {AT: at, ID: {"$lt": id_}}]}


def _read(state: Mapping[str, Any]) -> tuple[ClaimFile, Letter]:
    return ClaimFile.model_validate(state["file"]), Letter.model_validate(state["letters"])
