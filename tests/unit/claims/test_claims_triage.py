"""Risk, tracks, owners and promised dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.cover import Cover, cover_for
from services.claims.promises import promised, working_days_of
from services.claims.risk import score
from services.claims.triage import Triage, holding, owner, triage
from shared.contracts.base import KindOfLoss
from shared.contracts.claims import ClaimTriaged, RiskBand, RiskScored, Track
from shared.contracts.intake import Channel, ClaimSubmitted
from shared.testing.spec import NOON

from .claims_examples import BOOK, LOSS, SHANGHAI, asked, policy, submitted, yuan

SETTINGS = BOOK.settings(NOON)
IS_WORKING_DAY = working_days_of("CN")


def scored(submission: ClaimSubmitted, **terms: Any) -> RiskScored:
    product = str(submission.kind)
    cover = cover_for(submission, policy(asked(product, **terms)), SHANGHAI)
    assert isinstance(cover, Cover)
    return score(BOOK.scorecard, submission, cover, SHANGHAI)


def put(submission: ClaimSubmitted, band: RiskBand = RiskBand.LOW) -> tuple[Track, list[str]]:
    triaged: ClaimTriaged = triage(SETTINGS, submission, band)
    return triaged.track, [reason.code for reason in triaged.reasons]


# -- risk


def test_an_unremarkable_claim_scores_nothing() -> None:
    assert scored(submitted()) == RiskScored(score=0, band=RiskBand.LOW, reasons=())


@pytest.mark.parametrize(
    ("submission", "terms", "codes", "points"),
    [
        (submitted(), {"starts": "2026-02-06"}, ["early-loss"], 25),
        (submitted(), {"starts": "2026-02-05"}, [], 0),
        (submitted(reported_at=LOSS + timedelta(days=7)), {}, [], 0),
        (submitted(reported_at=LOSS + timedelta(days=8)), {}, ["late-report"], 15),
        (
            submitted(reported_at=LOSS + timedelta(days=61)),
            {},
            ["late-report", "very-late-report"],
            35,
        ),
        (submitted("health", yuan(49_999.99)), {}, [], 0),
        (submitted("health", yuan(50_000)), {}, ["large-amount"], 15),
        (submitted("health", yuan(80_000)), {}, ["near-limit", "large-amount"], 35),
        (submitted(third_party=True, police_report=True), {}, [], 0),
        (submitted(third_party=True), {}, ["no-police-report"], 25),
        (submitted("home", third_party=True), {}, [], 0),
        (submitted(injury=True), {}, ["injury"], 15),
        (submitted(channel=Channel.PARTNER), {}, ["partner-channel"], 10),
        (submitted(customer="CUS-9"), {}, ["other-claimant"], 30),
    ],
)
def test_every_feature_adds_its_points_with_its_reason(
    submission: ClaimSubmitted, terms: dict[str, Any], codes: list[str], points: int
) -> None:
    found = scored(submission, **terms)
    assert [reason.code for reason in found.reasons] == codes
    assert found.score == points
    assert all(reason.zh and reason.en for reason in found.reasons)


def test_the_score_is_capped_at_one_hundred() -> None:
    worst = submitted(
        claimed=yuan(2_000_000),
        reported_at=LOSS + timedelta(days=90),
        channel=Channel.PARTNER,
        customer="CUS-9",
        third_party=True,
        injury=True,
    )
    found = scored(worst, starts="2026-03-01")
    assert (found.score, found.band) == (100, RiskBand.HIGH)


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (0, RiskBand.LOW),
        (29, RiskBand.LOW),
        (30, RiskBand.MEDIUM),
        (59, RiskBand.MEDIUM),
        (60, RiskBand.HIGH),
        (100, RiskBand.HIGH),
    ],
)
def test_a_score_falls_into_one_band(points: int, band: RiskBand) -> None:
    assert BOOK.scorecard.band(points) is band


# -- tracks


@pytest.mark.parametrize(
    ("submission", "track", "codes"),
    [
        (submitted(claimed=yuan(5_000)), Track.FAST, ["small-claim"]),
        (submitted(claimed=yuan(5_000.01)), Track.STANDARD, ["above-fast-lane"]),
        (submitted("health", yuan(3_000)), Track.FAST, ["small-claim"]),
        (submitted("health", yuan(3_000.01)), Track.STANDARD, ["above-fast-lane"]),
        (submitted(third_party=True), Track.STANDARD, ["third-party"]),
        (submitted(injury=True), Track.COMPLEX, ["injury"]),
        (submitted("home", yuan(100)), Track.STANDARD, ["no-fast-lane"]),
        (submitted("accident", yuan(100)), Track.STANDARD, ["no-fast-lane"]),
        (submitted("critical-illness", yuan(100)), Track.COMPLEX, ["critical-illness"]),
        (submitted("home", yuan(200_000)), Track.STANDARD, ["no-fast-lane"]),
        (submitted("home", yuan(200_000.01)), Track.COMPLEX, ["large-claim"]),
    ],
)
def test_the_track_follows_kind_amount_and_circumstances(
    submission: ClaimSubmitted, track: Track, codes: list[str]
) -> None:
    assert put(submission) == (track, codes)


def test_the_fast_lane_is_for_low_risk_only() -> None:
    assert put(submitted(), RiskBand.MEDIUM) == (Track.STANDARD, ["risk-not-low"])
    assert put(submitted(), RiskBand.HIGH) == (Track.COMPLEX, ["high-risk"])


def test_every_ground_for_the_complex_track_is_named() -> None:
    grave = submitted("critical-illness", yuan(300_000), injury=True)
    expected = ["high-risk", "critical-illness", "injury", "large-claim"]
    assert put(grave, RiskBand.HIGH) == (Track.COMPLEX, expected)


@given(st.integers(min_value=1, max_value=10**9), st.sampled_from(KindOfLoss))
def test_nothing_above_the_small_claim_limit_is_decided_without_a_person(
    minor: int, kind: KindOfLoss
) -> None:
    limit = SETTINGS.fast_lane.get(kind)
    track, _ = put(submitted(str(kind), yuan(minor / 100)))
    assert (track is Track.FAST) == (limit is not None and minor <= limit.minor)


def test_settings_hold_from_their_day_until_later_ones() -> None:
    later = SETTINGS.model_copy(update={"since": date(2026, 4, 1)})
    both: list[Triage] = [SETTINGS, later]
    assert holding(both, date(2026, 3, 31)) is SETTINGS
    assert holding(both, date(2026, 4, 1)) is later
    assert holding(both, date(2000, 1, 1)) is SETTINGS


# -- owners


def test_a_claim_keeps_its_owner_and_every_owner_gets_claims() -> None:
    names = {
        owner(BOOK.desks, Track.STANDARD, KindOfLoss.MOTOR, f"CLM-{n}"): None for n in range(100)
    }
    assert set(names) == {
        "Motor desk, Chen Jing",
        "Motor desk, Liu Yang",
        "Motor desk, Zhao Lei",
    }
    again = owner(BOOK.desks, Track.STANDARD, KindOfLoss.MOTOR, "CLM-1")
    assert again == owner(BOOK.desks, Track.STANDARD, KindOfLoss.MOTOR, "CLM-1")


@pytest.mark.parametrize("kind", KindOfLoss)
@pytest.mark.parametrize("track", [Track.STANDARD, Track.COMPLEX])
def test_there_is_an_owner_for_every_kind_of_loss_on_every_track(
    kind: KindOfLoss, track: Track
) -> None:
    assert ", " in owner(BOOK.desks, track, kind, "CLM-1")


# -- promises


@pytest.mark.parametrize(
    ("now", "days", "ends"),
    [
        # Tuesday; five working days later is the next Tuesday, which ends at midnight.
        (datetime(2026, 3, 10, 12, tzinfo=SHANGHAI), 5, datetime(2026, 3, 18)),
        (datetime(2026, 3, 10, 23, 59, 59, tzinfo=SHANGHAI), 1, datetime(2026, 3, 12)),
        # Still the 10th in London, already the 11th in Shanghai.
        (datetime(2026, 3, 10, 16, 0, tzinfo=UTC), 1, datetime(2026, 3, 13)),
        # Over a weekend.
        (datetime(2026, 3, 13, 9, tzinfo=SHANGHAI), 1, datetime(2026, 3, 17)),
        # Over the Spring Festival of 2026, with the Saturday of 14 February worked before it.
        (datetime(2026, 2, 13, 9, tzinfo=SHANGHAI), 1, datetime(2026, 2, 15)),
        (datetime(2026, 2, 14, 9, tzinfo=SHANGHAI), 1, datetime(2026, 2, 25)),
    ],
)
def test_a_promise_ends_at_midnight_after_the_last_working_day(
    now: datetime, days: int, ends: datetime
) -> None:
    assert promised(now, days, IS_WORKING_DAY, SHANGHAI) == ends.replace(tzinfo=SHANGHAI)


@given(
    st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2026, 12, 1)),
    st.integers(min_value=1, max_value=20),
)
def test_a_promise_leaves_at_least_the_working_days_it_names(now: datetime, days: int) -> None:
    start = now.replace(tzinfo=UTC)
    ends = promised(start, days, IS_WORKING_DAY, SHANGHAI)
    assert ends - start > timedelta(days=days)
    assert ends.astimezone(SHANGHAI).time() == datetime.min.time()
    assert promised(start, days + 1, IS_WORKING_DAY, SHANGHAI) > ends
