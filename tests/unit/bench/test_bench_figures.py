"""The arithmetic of the benchmark."""

import pytest

from benchmarks.figures import AtLeast, Below, Figure, medians, missed, percentile, ratio
from benchmarks.report import against, of_straight
from tests.unit.bench.stories import a_round


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert Figure("f", "u", (9.0, 1.0, 2.0)).value == 2.0
    assert Figure("f", "u", (1.0, 2.0)).value == 1.5


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ((5.0,), 50, 5.0),
        ((5.0,), 99, 5.0),
        ((4.0, 1.0, 3.0, 2.0), 50, 2.0),
        (tuple(range(1, 101)), 99, 99),
        (tuple(range(1, 102)), 99, 100),
        ((1.0, 2.0), 0, 1.0),
        ((1.0, 2.0), 100, 2.0),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(
    values: tuple[float, ...], percent: float, expected: float
) -> None:
    assert percentile(values, percent) == expected


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile((), 50)


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio(3.0, 2.0) == 1.5
    with pytest.raises(ValueError, match="nothing"):
        ratio(1.0, 0.0)


def test_a_process_that_was_in_some_rounds_only_has_the_median_of_those() -> None:
    rounds: list[dict[str, float]] = [{"a": 1.0, "b": 5.0}, {"a": 3.0}]
    assert medians(rounds) == {"a": 2.0, "b": 5.0}


@pytest.mark.parametrize(
    ("value", "target", "reached"),
    [
        (300.0, AtLeast(300), True),
        (299.9, AtLeast(300), False),
        (199.9, Below(200), True),
        (200.0, Below(200), False),
        (1.0, None, None),
    ],
)
def test_a_target_is_reached_or_missed_at_its_edge(
    value: float, target: AtLeast | Below | None, reached: bool | None
) -> None:
    figure = Figure("f", "u", (value,), target)
    assert figure.reached is reached
    assert missed([figure]) == ([figure] if reached is False else [])


def test_a_round_knows_rates_and_the_cpu_time_of_a_claim() -> None:
    told = a_round(rate=50.0, cpu_s=2.0)
    assert told.rate == pytest.approx(50.0)
    assert told.rate_with_letters == pytest.approx(25.0)
    assert told.cpu_ms_per_claim["intake"] == pytest.approx(20.0)


def test_straight_through_sums_cpu_time_over_processes_and_takes_the_largest_service() -> None:
    figures = {figure.name: figure for figure in of_straight([a_round(310.0)])}
    assert figures["straight through"].reached is True
    assert figures["CPU time of a claim, all processes"].value == pytest.approx(50.0)
    assert figures["memory of the largest service"].value == 120.0


def test_against_another_the_median_rates_are_compared_and_cpu_time_is_noted() -> None:
    ours = [a_round(90.0, 2.0), a_round(100.0, 2.0), a_round(500.0, 2.0)]
    figure = against("us against them", ours, [a_round(200.0, 1.0)], 0.5)
    assert figure.value == pytest.approx(0.5)
    assert figure.reached is True
    assert figure.note == "by CPU time 0.50"


def test_json_tells_the_target_and_whether_it_is_reached() -> None:
    told = Figure("f", "ms", (2.0, 4.0), Below(3)).json()
    assert (told["value"], told["below"], told["at_least"]) == (3.0, 3, None)
    assert told["reached"] is False
