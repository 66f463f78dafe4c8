"""The complaints office as data: who answers, and within how many days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from shared.contracts.base import Value
from shared.contracts.feedback import ComplaintClass

HERE = Path(__file__).parent


class Period(Value):
    """So many calendar days, from a day on, and who says so."""

    since: Annotated[date, Field(alias="from")]
    days: Annotated[int, Field(ge=1)]
    source: str


class Office(Value):
    """Everything a decision about a complaint needs to know of the insurer."""

    handlers: Mapping[ComplaintClass, Annotated[Sequence[str], Field(min_length=1)]]
    answer: Annotated[Sequence[Period], Field(min_length=1)]
    time_zone: str


def read_office(time_zone: str) -> Office:
    """The office from the data files beside this one. Raises `ValidationError` if they are wrong.

    Every class must have a handler.
    """
    office = Office(
        handlers=yaml.safe_load((HERE / "handlers.yaml").read_text("utf-8")),
        answer=yaml.safe_load((HERE / "periods.yaml").read_text("utf-8"))["answer"],
        time_zone=time_zone,
    )
    if missing := set(ComplaintClass) - set(office.handlers):
        raise ValueError(f"handlers.yaml names nobody for {sorted(missing)}")
    return office
