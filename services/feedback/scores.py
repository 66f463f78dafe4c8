"""Survey results by month of invitation, asked of MongoDB.

SERVPERF measures performance alone, without expectations: its score is the plain mean of the
ratings (Cronin & Taylor 1992, Measuring Service Quality).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.feedback.state import Ratings

DIMENSIONS = tuple(Ratings.model_fields)


def scores_pipeline(first: str, last: str, time_zone: str) -> Sequence[Mapping[str, Any]]:
    """One row per month (YYYY-MM in that time zone) from `first` to `last`, both included."""
    invited_at = {"$dateFromString": {"dateString": "$state.invited_at"}}
    month = {"$dateToString": {"date": invited_at, "format": "%Y-%m", "timezone": time_zone}}
    answered = {"$cond": [{"$eq": ["$state.stage", "answered"]}, 1, 0]}
    means = {name: {"$avg": f"$state.ratings.{name}"} for name in DIMENSIONS}
    return [
        {"$match": {"state.stage": {"$in": ["invited", "answered"]}}},
        {"$set": {"month": month}},
        {"$match": {"month": {"$gte": first, "$lte": last}}},
        {
            "$group": {
                "_id": "$month",
                "invited": {"$sum": 1},
                "answered": {"$sum": answered},
                **means,
            }
        },
        {"$sort": {"_id": 1}},
    ]


def month_score(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is shown: rate from 0 to 1, means from 1 to 5, null where nobody answered."""
    means = {name: row[name] for name in DIMENSIONS}
    return {
        "month": row["_id"],
        "invited": row["invited"],
        "answered": row["answered"],
        "response_rate": round(row["answered"] / row["invited"], 4),
        "means": {name: _rounded(mean) for name, mean in means.items()},
        "servperf": _rounded(sum(means.values()) / len(means)) if row["answered"] else None,
    }


def _rounded(mean: float | None) -> float | None:
    return None if mean is None else round(mean, 3)
