"""What people are shown."""

import pytest
from rich.console import Console

from benchmarks.figures import AtLeast, Figure
from benchmarks.table import number, shown, verdict
from tests.unit.bench.stories import a_report

REACHED = Figure("fast enough", "claims/s", (400.0,), AtLeast(300))
SLOW = Figure("too slow", "claims/s", (12.0, 13.0, 14.0), AtLeast(300))


def text(*figures: Figure) -> str:
    console = Console(width=160)
    with console.capture() as told:
        console.print(shown(a_report(*figures)))
    return told.get()


def test_each_figure_stands_with_its_target_and_whether_it_is_reached() -> None:
    lines = text(REACHED, SLOW).splitlines()
    reached = next(line for line in lines if "fast enough" in line)
    missed = next(line for line in lines if "too slow" in line)
    assert "at least 300" in reached
    assert "reached" in reached
    assert "MISSED" in missed
    assert "12.0 13.0 14.0" in missed


def test_a_note_stands_below_the_table_with_the_name_of_its_figure() -> None:
    noted = Figure("against a rival", "times", (0.3,), AtLeast(0.5), "by CPU time 0.40")
    assert "against a rival: by CPU time 0.40" in text(noted)


def test_the_last_line_names_what_is_missed() -> None:
    assert text(REACHED, SLOW).rstrip().endswith("MISSED: too slow.")
    assert verdict([REACHED]) == "Every target that was measured is reached."


def test_cpu_time_is_shown_by_process_and_in_all() -> None:
    lines = text(REACHED).splitlines()
    assert any("intake" in line and "10.00" in line and "120" in line for line in lines)
    assert any(line.split() == ["all", "50.00"] for line in lines)


@pytest.mark.parametrize(
    ("value", "told"), [(1234.5, "1,234"), (56.78, "56.8"), (0.8912, "0.89"), (0.0, "0.00")]
)
def test_numbers_have_about_three_digits(value: float, told: str) -> None:
    assert number(value) == told
