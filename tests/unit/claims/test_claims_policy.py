"""Policies: registering them, their versions, and which version holds on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.claims.policy import (
    POLICY,
    Policy,
    RegisterPolicy,
    VersionKept,
    faults,
    in_force,
    insured_since,
)
from shared.contracts.base import KindOfLoss
from shared.contracts.claims import PolicyRegistered
from shared.contracts.intake import WithdrawalRequested
from shared.testing.spec import Given, given

from .claims_examples import POLICIES, PRODUCTS, asked, policy, yuan

ENDORSED = asked(effective="2026-02-01", customer="CUS-2")


def known(*commands: RegisterPolicy) -> Given[Policy]:
    return Given(POLICIES, policy(*commands))


def number_on(day: str, *commands: RegisterPolicy) -> int | None:
    found = in_force(policy(*commands), date.fromisoformat(day))
    return found and found[0]


def test_a_new_policy_is_registered_as_version_one() -> None:
    outcome = given(POLICIES).when(asked())
    _, registered = outcome.only(VersionKept, PolicyRegistered)
    assert registered == PolicyRegistered(
        policy_number="POL-1",
        version=1,
        product="motor",
        customer="CUS-1",
        kinds=(KindOfLoss.MOTOR,),
        starts=date(2025, 1, 1),
        ends=date(2026, 12, 31),
    )


def test_the_same_content_again_changes_nothing() -> None:
    known(asked()).when(asked()).then_nothing()
    known(asked()).when(asked(effective="2025-01-01")).then_nothing()


def test_an_older_version_sent_again_changes_nothing() -> None:
    known(asked(), ENDORSED).when(asked()).then_nothing()


def test_another_content_with_a_later_effective_date_is_the_next_version() -> None:
    outcome = known(asked()).when(ENDORSED)
    _, registered = outcome.only(VersionKept, PolicyRegistered)
    assert (registered.version, registered.customer) == (2, "CUS-2")
    assert len(outcome.state.versions) == 2


@pytest.mark.parametrize("effective", ["2026-02-01", "2026-01-31"])
def test_another_content_must_take_effect_later(effective: str) -> None:
    changed = asked(effective=effective, customer="CUS-3")
    known(asked(), ENDORSED).when(changed).then_refused("not-later")


def test_coverages_are_kept_as_sold_with_the_terms_of_this_policy() -> None:
    own = [{"coverage": "own-damage", "limit": {"minor": 300_000_00}}]
    sold = {c.code: c for c in policy(asked(coverages=own)).versions[0].coverages}
    assert sold["own-damage"].limit == yuan(300_000)
    assert sold["own-damage"].deductible == yuan(500)
    assert sold["third-party"] == PRODUCTS["motor"].coverages[1]


def test_a_policy_comes_back_from_the_store_as_it_was() -> None:
    both = policy(asked(), ENDORSED)
    assert POLICY.validate_python(POLICY.dump_python(both, mode="json")) == both


def test_what_policies_do_not_hear_is_a_bug_and_not_overlooked() -> None:
    with pytest.raises(TypeError, match="WithdrawalRequested"):
        given(POLICIES).when(WithdrawalRequested())


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"product": "boat"}, "product"),
        ({"ends": "2024-12-31"}, "ends"),
        ({"effective": "2024-12-31"}, "effective"),
        ({"effective": "2027-01-01"}, "effective"),
        ({"coverages": [{"coverage": "hull"}]}, "coverages.0.coverage"),
        ({"coverages": [{"coverage": "own-damage"}] * 2}, "coverages.1.coverage"),
        ({"coverages": [{"coverage": "own-damage", "limit": {"minor": 0}}]}, "coverages.0"),
        (
            {
                "coverages": [
                    {"coverage": "own-damage", "limit": {"minor": 10**6, "currency": "USD"}}
                ]
            },
            "coverages.0",
        ),
        ({"coverages": [{"coverage": "own-damage", "deductible": {"minor": -1}}]}, "coverages.0"),
        (
            {"coverages": [{"coverage": "own-damage", "deductible": {"minor": 200_000_00}}]},
            "coverages.0",
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_by_field(terms: dict[str, Any], field: str) -> None:
    assert [name for name, _ in faults(PRODUCTS, asked(**terms))] == [field]


def test_a_sound_policy_has_no_faults() -> None:
    free = [{"coverage": "own-damage", "deductible": {"minor": 0}}]
    assert faults(PRODUCTS, asked(coverages=free)) == []


@pytest.mark.parametrize(
    "terms",
    [
        {"policy_number": ""},
        {"policy_number": "a/b"},
        {"customer": ""},
        {"starts": "2025-02-30"},
        {"effectiv": "2025-03-01"},
    ],
)
def test_what_is_not_a_policy_at_all_is_not_a_command(terms: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**terms)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        ("2024-12-31", None),
        ("2025-01-01", 1),
        ("2026-01-31", 1),
        ("2026-02-01", 2),
        ("2026-12-31", 2),
        ("2027-01-01", None),
    ],
)
def test_the_version_that_was_effective_on_the_day_holds(day: str, number: int | None) -> None:
    assert number_on(day, asked(), ENDORSED) == number


def test_a_version_that_ends_the_policy_earlier_ends_it() -> None:
    cancelled = asked(effective="2026-02-01", ends="2026-03-01")
    assert number_on("2026-03-01", asked(), cancelled) == 2
    assert number_on("2026-03-02", asked(), cancelled) is None


def test_no_version_holds_of_an_unknown_policy() -> None:
    assert number_on("2026-01-01") is None


@pytest.mark.parametrize(
    ("renewed", "since"), [("2027-01-01", date(2025, 1, 1)), ("2027-01-02", date(2027, 1, 2))]
)
def test_a_renewal_without_a_gap_starts_no_new_insurance(renewed: str, since: date) -> None:
    renewal = asked(starts=renewed, ends="2027-12-31")
    assert insured_since(policy(asked(), renewal), 2) == since
