"""The printed seed repeats a run's choices and moments."""

from __future__ import annotations

from random import Random

from tests.faults.network.deaths import planned
from tests.faults.network.dying import GAPS
from tests.faults.network.experiment import moments


def test_the_same_seed_gives_the_same_moments_of_harm() -> None:
    first, again = (moments(Random("7/kills"), 60, 1, 2) for _ in range(2))
    assert first == again
    assert moments(Random("8/kills"), 60, 1, 2) != first
    assert sum(first) >= 60
    assert all(1 <= pause <= 2 for pause in first)


def test_the_same_seed_gives_the_same_deaths_in_the_same_gaps() -> None:
    first, again = (planned(Random("7/deaths"), GAPS, each=20, most=6) for _ in range(2))
    assert first == again
    assert sorted(gap for gap, _ in first) == sorted(GAPS * 20)
    assert {passings for _, passings in first} == {1, 2, 3}
