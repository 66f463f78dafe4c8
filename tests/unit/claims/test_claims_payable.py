"""The payable amount: a table over all products, and what holds for every amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.calculation import assess, payable_under, reductions
from services.claims.products import Coverage
from shared.money import Money

from .claims_examples import PRODUCTS, yuan

COVERAGES = {c.code: c for product in PRODUCTS.values() for c in product.coverages}

TABLE = [
    # coverage, claimed, payable (yuan)
    ("own-damage", 0, 0),
    ("own-damage", 0.01, 0),
    ("own-damage", 499.99, 0),
    ("own-damage", 500, 0),
    ("own-damage", 500.01, 0.01),
    ("own-damage", 4_000, 3_500),
    ("own-damage", 5_000, 4_500),
    ("own-damage", 200_000, 199_500),
    ("own-damage", 200_500, 200_000),
    ("own-damage", 200_500.01, 200_000),
    ("own-damage", 9_000_000, 200_000),
    ("third-party", 0.01, 0.01),
    ("third-party", 80_000, 80_000),
    ("third-party", 1_000_000, 1_000_000),
    ("third-party", 1_000_000.01, 1_000_000),
    ("building-and-contents", 500, 0),
    ("building-and-contents", 500.01, 0.01),
    ("building-and-contents", 500.05, 0.05),
    ("building-and-contents", 500.06, 0.05),
    ("building-and-contents", 10_500, 9_000),
    ("building-and-contents", 556_055.55, 500_000),
    ("building-and-contents", 600_000, 500_000),
    ("home-liability", 200, 0),
    ("home-liability", 1_200, 1_000),
    ("home-liability", 300_200, 300_000),
    ("home-liability", 400_000, 300_000),
    ("medical-expenses", 100, 0),
    ("medical-expenses", 100.01, 0.01),
    ("medical-expenses", 100.02, 0.02),
    ("medical-expenses", 100.03, 0.02),
    ("medical-expenses", 3_000, 2_320),
    ("medical-expenses", 125_100, 100_000),
    ("medical-expenses", 200_000, 100_000),
    ("accident-medical", 100, 0),
    ("accident-medical", 1_100, 900),
    ("accident-medical", 1_100.05, 900.05),
    ("accident-medical", 60_000, 50_000),
    ("illness-benefit", 300_000, 300_000),
    ("illness-benefit", 500_000, 500_000),
    ("illness-benefit", 800_000, 500_000),
]

amounts = st.integers(min_value=0, max_value=10**11).map(lambda minor: Money(minor=minor))
shares = st.integers(min_value=1, max_value=10_000).map(lambda n: Decimal(n) / 100)


@st.composite
def coverages(draw: st.DrawFn) -> Coverage:
    limit = draw(st.integers(min_value=1, max_value=10**10))
    deductible = draw(st.integers(min_value=0, max_value=limit - 1))
    terms = {
        "limit": Money(minor=limit),
        "deductible": Money(minor=deductible),
        "insurer_share": draw(shares),
    }
    return COVERAGES["own-damage"].model_copy(update=terms)


def payable(coverage: Coverage, claimed: Money) -> Money:
    return assess(coverage, claimed).payable


@pytest.mark.parametrize(("code", "claimed", "expected"), TABLE)
def test_the_payable_amount_follows_deductible_share_and_limit(
    code: str, claimed: float, expected: float
) -> None:
    assert payable(COVERAGES[code], yuan(claimed)) == yuan(expected)


def test_the_table_covers_every_coverage_that_is_sold() -> None:
    assert {code for code, _, _ in TABLE} == set(COVERAGES)


def test_every_step_is_explained_in_both_languages_in_this_order() -> None:
    lines = payable_under(COVERAGES["medical-expenses"], yuan(1_000))
    steps = [(line.step, line.amount) for line in lines]
    assert steps == [
        ("claimed", yuan(1_000)),
        ("recognised", yuan(1_000)),
        ("deductible", yuan(900)),
        ("share", yuan(720)),
        ("limit", yuan(720)),
        ("payable", yuan(720)),
    ]
    assert all(line.zh and line.en for line in lines)


def test_a_negative_claim_is_recognised_as_nothing() -> None:
    assert payable(COVERAGES["third-party"], yuan(-5)) == yuan(0)


def test_the_whole_payable_amount_is_reserved() -> None:
    loss = assess(COVERAGES["own-damage"], yuan(4_000))
    assert loss.reserve == loss.payable == yuan(3_500)


def test_reductions_name_the_steps_that_took_something_off_and_no_others() -> None:
    lines = payable_under(COVERAGES["medical-expenses"], yuan(200_000))
    assert [r.code for r in reductions(lines)] == ["deductible", "share", "limit"]
    assert reductions(payable_under(COVERAGES["third-party"], yuan(10))) == ()


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="cannot mix"):
        payable(COVERAGES["own-damage"], yuan(10, "USD"))


@given(coverages(), amounts)
def test_payable_is_never_negative_nor_above_loss_or_limit(
    coverage: Coverage, claimed: Money
) -> None:
    amount = payable(coverage, claimed)
    assert 0 <= amount.minor <= min(claimed.minor, coverage.limit.minor)


@given(coverages(), amounts, amounts)
def test_more_loss_never_pays_less(coverage: Coverage, one: Money, other: Money) -> None:
    less, more = sorted((one, other))
    assert payable(coverage, less) <= payable(coverage, more)


@given(coverages(), amounts)
def test_no_step_raises_the_amount(coverage: Coverage, claimed: Money) -> None:
    stood = [line.amount.minor for line in payable_under(coverage, claimed)]
    assert stood == sorted(stood, reverse=True)
