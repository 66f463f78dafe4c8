"""The first risk scorecard: measures of a claim, and the points that `scorecard.yaml` gives.

days-insured                 days from the start of the insurance to the loss
days-to-report               days from the loss to the report
percent-of-limit             amount claimed in percent of the limit, rounded down
claimed                      amount claimed, in minor units
injury                       1 if somebody was injured
third-party-without-police   1 if a motor loss with a third party has no police report
partner-channel              1 if a partner reported it
other-claimant               1 if the claimant is not the policy's customer
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.claims.cover import Cover, local_day
from services.claims.products import Code, Strict, Text
from shared.contracts.base import KindOfLoss, Reason
from shared.contracts.claims import RiskBand, RiskScored
from shared.contracts.intake import Channel, ClaimSubmitted

MOST = 100


class Measure(StrEnum):
    """What the scorecard can look at."""

    DAYS_INSURED = "days-insured"
    DAYS_TO_REPORT = "days-to-report"
    PERCENT_OF_LIMIT = "percent-of-limit"
    CLAIMED = "claimed"
    INJURY = "injury"
    THIRD_PARTY_WITHOUT_POLICE = "third-party-without-police"
    PARTNER_CHANNEL = "partner-channel"
    OTHER_CLAIMANT = "other-claimant"


class Feature(Strict):
    """Points for a measure within bounds (both included), and the reason that is then given."""

    code: Code
    measure: Measure
    at_least: int | None = None
    at_most: int | None = None
    points: Annotated[int, Field(ge=1, le=MOST)]
    zh: Text
    en: Text

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("neither at_least nor at_most is given")
        return self

    def applies(self, measures: Mapping[Measure, int]) -> bool:
        """Whether the claim's measure is within the bounds."""
        value = measures[self.measure]
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


class Scorecard(Strict):
    """All features, and where the bands begin: low below `low_below`, high from `high_from`."""

    low_below: Annotated[int, Field(ge=1, le=MOST)]
    high_from: Annotated[int, Field(ge=1, le=MOST)]
    features: tuple[Feature, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high_from <= self.low_below:
            raise ValueError("high_from is not above low_below")
        return self

    def band(self, score: int) -> RiskBand:
        """The tier (风险分级) of a score."""
        if score < self.low_below:
            return RiskBand.LOW
        return RiskBand.HIGH if score >= self.high_from else RiskBand.MEDIUM


def score(
    scorecard: Scorecard, submission: ClaimSubmitted, cover: Cover, zone: tzinfo
) -> RiskScored:
    """Points and reasons of every feature that applies, capped at 100."""
    measures = measured(submission, cover, zone)
    applying = [feature for feature in scorecard.features if feature.applies(measures)]
    points = min(sum(feature.points for feature in applying), MOST)
    return RiskScored(
        score=points,
        band=scorecard.band(points),
        reasons=tuple(Reason(code=f.code, zh=f.zh, en=f.en) for f in applying),
    )


def measured(submission: ClaimSubmitted, cover: Cover, zone: tzinfo) -> dict[Measure, int]:
    """Every measure of this claim. Claimed and limit are in one currency."""
    loss = local_day(submission.loss_at, zone)
    seen = submission.circumstances
    unattended = submission.kind is KindOfLoss.MOTOR and seen.third_party
    return {
        Measure.DAYS_INSURED: (loss - cover.insured_since).days,
        Measure.DAYS_TO_REPORT: (local_day(submission.reported_at, zone) - loss).days,
        Measure.PERCENT_OF_LIMIT: submission.claimed.minor * 100 // cover.coverage.limit.minor,
        Measure.CLAIMED: submission.claimed.minor,
        Measure.INJURY: int(seen.injury),
        Measure.THIRD_PARTY_WITHOUT_POLICE: int(unattended and not seen.police_report),
        Measure.PARTNER_CHANNEL: int(submission.channel is Channel.PARTNER),
        Measure.OTHER_CLAIMANT: int(submission.customer != cover.version.asked.customer),
    }
