"""All data that the rules for claims work with, read once at the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter

from services.claims.datafiles import BadDataFile, read
from services.claims.promises import IsWorkingDay, promised, working_days_of
from services.claims.risk import Scorecard
from services.claims.triage import Desk, Triage, holding, owner, unattended
from shared.contracts.base import KindOfLoss, Reason
from shared.contracts.claims import ClaimReferred, Track

FOLDER = Path(__file__).parent
SCORECARD = TypeAdapter(Scorecard)
TRIAGE: TypeAdapter[tuple[Triage, ...]] = TypeAdapter(
    Annotated[tuple[Triage, ...], Field(min_length=1)]
)
DESKS: TypeAdapter[tuple[Desk, ...]] = TypeAdapter(tuple[Desk, ...])


@dataclass(frozen=True)
class Rulebook:
    """The scorecard, the limits and promises of the tracks by date, the desks, the calendar.

    `zone` decides the insurer's days.
    """

    scorecard: Scorecard
    triage: tuple[Triage, ...]
    desks: tuple[Desk, ...]
    is_working_day: IsWorkingDay
    zone: tzinfo

    def settings(self, now: datetime) -> Triage:
        """What holds on that day."""
        return holding(self.triage, now.astimezone(self.zone).date())

    def referral(
        self, claim: str, kind: KindOfLoss, track: Track, why: tuple[Reason, ...], now: datetime
    ) -> ClaimReferred:
        """The claim goes to its owner on that track, with the promise that holds today."""
        days = self.settings(now).promise(track)
        return ClaimReferred(
            track=track,
            owner=owner(self.desks, track, kind, claim),
            decide_by=promised(now, days, self.is_working_day, self.zone),
            reasons=why,
        )


def load_rulebook(time_zone: str, country: str = "CN", folder: Path = FOLDER) -> Rulebook:
    """The rulebook from its files. Raises `BadDataFile` with file and reason."""
    desks = read(folder / "desks.yaml", DESKS)
    if nobody := unattended(desks):
        raise BadDataFile(folder / "desks.yaml", f"no desk for {', '.join(nobody)}")
    return Rulebook(
        scorecard=read(folder / "scorecard.yaml", SCORECARD),
        triage=read(folder / "triage.yaml", TRIAGE),
        desks=desks,
        is_working_day=working_days_of(country),
        zone=ZoneInfo(time_zone),
    )
