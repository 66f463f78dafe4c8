"""Whether the policy answers: days as the insurer counts them, waiting periods, coverages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.claims.cover import Cover, cover_for
from shared.contracts.claims import CoverDeclined

from .claims_examples import SHANGHAI, asked, policy, submitted


def looked_at(product: str, kind: str, loss_at: datetime, **rest: Any) -> Cover | CoverDeclined:
    happened = rest.pop("circumstances", {})
    submission = submitted(kind, loss_at=loss_at, **happened)
    return cover_for(submission, policy(asked(product, **rest)), SHANGHAI)


def code(found: Cover | CoverDeclined) -> str:
    return found.coverage.code if isinstance(found, Cover) else found.reasons[0].code


@pytest.mark.parametrize(
    ("loss_at", "expected"),
    [
        (datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC), "policy-not-in-force"),
        (datetime(2024, 12, 31, 16, 0, tzinfo=UTC), "own-damage"),
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "own-damage"),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "policy-not-in-force"),
        (datetime(2025, 1, 1, 0, 0, tzinfo=SHANGHAI), "own-damage"),
    ],
)
def test_cover_begins_and_ends_at_midnight_in_shanghai(loss_at: datetime, expected: str) -> None:
    assert code(looked_at("motor", "motor", loss_at)) == expected


@pytest.mark.parametrize(
    ("product", "day", "expected"),
    [
        ("health", (2025, 1, 30), "waiting-period"),
        ("health", (2025, 1, 31), "medical-expenses"),
        ("critical-illness", (2025, 3, 31), "waiting-period"),
        ("critical-illness", (2025, 4, 1), "illness-benefit"),
        ("accident", (2025, 1, 1), "accident-medical"),
    ],
)
def test_the_waiting_period_counts_days_from_the_start_of_the_insurance(
    product: str, day: tuple[int, int, int], expected: str
) -> None:
    noon = datetime(*day, 12, tzinfo=SHANGHAI)
    assert code(looked_at(product, product, noon)) == expected


def test_a_waiting_period_ends_at_midnight_in_shanghai() -> None:
    last = datetime(2025, 1, 30, 15, 59, 59, tzinfo=UTC)
    first = datetime(2025, 1, 30, 16, 0, tzinfo=UTC)
    assert code(looked_at("health", "health", last)) == "waiting-period"
    assert code(looked_at("health", "health", first)) == "medical-expenses"


def test_an_endorsement_starts_no_new_waiting_period() -> None:
    endorsed = asked("health", effective="2026-03-01", customer="CUS-2")
    known = policy(asked("health"), endorsed)
    found = cover_for(submitted("health"), known, SHANGHAI)
    assert isinstance(found, Cover)
    assert found.confirmed().policy_version == 2


def test_the_terms_are_those_of_the_version_on_the_day_of_loss() -> None:
    richer = [{"coverage": "own-damage", "limit": {"minor": 900_000_00}}]
    known = policy(asked(), asked(effective="2026-03-09", coverages=richer))
    before = cover_for(submitted(), known, SHANGHAI)
    after = cover_for(
        submitted(loss_at=datetime(2026, 3, 9, 0, 0, tzinfo=SHANGHAI)), known, SHANGHAI
    )
    assert isinstance(before, Cover)
    assert isinstance(after, Cover)
    assert (before.version_number, before.coverage.limit.minor) == (1, 200_000_00)
    assert (after.version_number, after.coverage.limit.minor) == (2, 900_000_00)


@pytest.mark.parametrize(
    ("product", "third_party", "expected"),
    [
        ("motor", False, "own-damage"),
        ("motor", True, "third-party"),
        ("home", False, "building-and-contents"),
        ("home", True, "home-liability"),
        ("accident", True, "accident-medical"),
    ],
)
def test_a_third_party_decides_between_own_damage_and_liability(
    product: str, third_party: bool, expected: str
) -> None:
    noon = datetime(2026, 3, 8, 12, tzinfo=SHANGHAI)
    found = looked_at(product, product, noon, circumstances={"third_party": third_party})
    assert code(found) == expected


def test_a_loss_that_the_product_does_not_insure_is_declined() -> None:
    noon = datetime(2026, 3, 8, 12, tzinfo=SHANGHAI)
    assert code(looked_at("home", "health", noon)) == "kind-not-insured"
