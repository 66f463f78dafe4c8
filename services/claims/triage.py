"""Which track a claim takes, who has it there and by when it is promised."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.claims import reasons
from services.claims.products import Kinds, Strict, Text
from shared.contracts.base import KindOfLoss, Reason
from shared.contracts.claims import ClaimTriaged, RiskBand, Track
from shared.contracts.intake import ClaimSubmitted
from shared.money import Money

Days = Annotated[int, Field(ge=1, le=250)]
PersonalTrack = Literal[Track.STANDARD, Track.COMPLEX]


class WorkingDays(Strict):
    """Promised working days from referral to decision."""

    standard: Days
    complex: Days


class Triage(Strict):
    """The limits of the tracks and the promises on them, from the day `since` on."""

    since: date
    fast_lane: Mapping[KindOfLoss, Money]
    complex_above: Money
    working_days: WorkingDays

    def promise(self, track: Track) -> int:
        """Working days that a person has on this track."""
        days = self.working_days
        return days.complex if track is Track.COMPLEX else days.standard


class Desk(Strict):
    """A desk, what it answers for, and the working names of who sits there."""

    desk: Text
    kinds: Kinds
    tracks: Annotated[tuple[PersonalTrack, ...], Field(min_length=1)]
    staff: Annotated[tuple[Text, ...], Field(min_length=1)]


def holding(settings: Sequence[Triage], day: date) -> Triage:
    """The settings that hold on a day: the latest begun by then, else the first."""
    begun = [s for s in settings if s.since <= day]
    return max(begun, key=_since) if begun else min(settings, key=_since)


def triage(settings: Triage, submission: ClaimSubmitted, band: RiskBand) -> ClaimTriaged:
    """Complex, if anything about it is; fast, if it is small, simple and safe; else standard."""
    if grave := _complex(settings, submission, band):
        return ClaimTriaged(track=Track.COMPLEX, reasons=grave)
    if slower := _not_fast(settings, submission, band):
        return ClaimTriaged(track=Track.STANDARD, reasons=slower)
    small = reasons.fast_lane(settings.fast_lane[submission.kind])
    return ClaimTriaged(track=Track.FAST, reasons=(small,))


def owner(desks: Sequence[Desk], track: Track, kind: KindOfLoss, claim: str) -> str:
    """Desk and person, always the same for a claim on a track (首问负责制)."""
    names = [
        f"{desk.desk}, {name}"
        for desk in desks
        if kind in desk.kinds and track in desk.tracks
        for name in desk.staff
    ]
    return names[zlib.crc32(claim.encode()) % len(names)]


def unattended(desks: Sequence[Desk]) -> list[str]:
    """Kinds of loss and tracks that no desk answers for."""
    return [
        f"{kind} on the {track} track"
        for kind in KindOfLoss
        for track in (Track.STANDARD, Track.COMPLEX)
        if not any(kind in desk.kinds and track in desk.tracks for desk in desks)
    ]


def _complex(settings: Triage, submission: ClaimSubmitted, band: RiskBand) -> tuple[Reason, ...]:
    grounds = (
        (band is RiskBand.HIGH, reasons.HIGH_RISK),
        (submission.kind is KindOfLoss.CRITICAL_ILLNESS, reasons.CRITICAL_ILLNESS),
        (submission.circumstances.injury, reasons.INJURY),
        (
            not _within(submission.claimed, settings.complex_above),
            reasons.large_claim(settings.complex_above),
        ),
    )
    return tuple(reason for holds, reason in grounds if holds)


def _not_fast(settings: Triage, submission: ClaimSubmitted, band: RiskBand) -> tuple[Reason, ...]:
    limit = settings.fast_lane.get(submission.kind)
    if limit is None:
        return (reasons.NO_FAST_LANE,)
    grounds = (
        (not _within(submission.claimed, limit), reasons.above_fast_lane(limit)),
        (submission.circumstances.third_party, reasons.THIRD_PARTY),
        (band is not RiskBand.LOW, reasons.RISK_NOT_LOW),
    )
    return tuple(reason for holds, reason in grounds if holds)


def _within(claimed: Money, limit: Money) -> bool:
    """A limit says nothing about amounts in another currency: they are not within it."""
    return claimed.currency == limit.currency and claimed <= limit


def _since(settings: Triage) -> date:
    return settings.since
