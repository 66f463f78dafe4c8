"""How a claim's path is drawn."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest
from rich.console import Console

from claimpath.figures import FIGURES, in_one_line
from claimpath.path import tree
from shared.contracts import BY_TYPE
from tests.unit.cli.stories import a_fact, a_path

AMOUNT = {"minor": 250_000, "currency": "CNY"}
REPORTED = a_fact("a", "ClaimReported", "http:1", kind="motor", claimed=AMOUNT, channel="app")
SUBMITTED = a_fact("b", "ClaimSubmitted", "http:1", documents=[{}, {}], claimed=AMOUNT)
TRIAGED = a_fact("c", "ClaimTriaged", "b", track="fast", reasons=[{"code": "small-claim"}])
SETTLED = a_fact("d", "PaymentSettled", "outcome:1", approval=1, amount=AMOUNT, transfer_id="BK1")
WITHOUT_FIGURES = {
    "WithdrawalRequested",
    "ClaimWithdrawn",
    "WithdrawalAccepted",
    "PolicyRegistered",
    "SurveyInvited",
    "SurveyAnswered",
}


def drawn(document: Mapping[str, Any]) -> list[str]:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(tree(document, UTC))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_effects_hang_below_their_cause_and_roots_are_what_came_from_outside() -> None:
    assert drawn(a_path(REPORTED, SUBMITTED, TRIAGED, SETTLED)) == [
        "CLM-1  4 facts, complete",
        "├── HTTP command  2026-11-22  trace 00000000000000000000000000000001",
        "│   ├── ClaimReported  intake  01:00:00.000  motor, 2,500.00 CNY claimed by app",
        "│   └── ClaimSubmitted  intake  01:00:01.000  2 documents, 2,500.00 CNY claimed",
        "│       └── ClaimTriaged  intake  01:00:02.000  +1.0 s  fast track (small-claim)",
        "└── outcome of an outside call  2026-11-22  trace 00000000000000000000000000000001",
        "    └── PaymentSettled  intake  01:00:03.000  +1.0 s"
        "  2,500.00 CNY, approval 1, transfer BK1",
    ]


def test_a_timer_is_a_root() -> None:
    assert drawn(a_path(TRIAGED | {"cause": "timer:1"}))[1].startswith("└── timer  2026-11-22")


def test_a_cause_that_the_path_lacks_is_named() -> None:
    lines = drawn(a_path(TRIAGED, complete=False) | {"missing": ["b"]})
    assert lines[0] == "CLM-1  1 facts, not complete, 1 causes are missing"
    assert lines[1].startswith("└── missing fact b")


def test_another_trace_is_shown_where_it_begins() -> None:
    other = "f" * 32
    lines = drawn(a_path(SUBMITTED, TRIAGED | {"trace": other}))
    assert lines[-1].endswith(f"trace {other}")
    assert not lines[-2].endswith("1")


def test_every_fact_has_figures_or_says_it_all_by_its_name() -> None:
    facts = {fact.__name__ for fact in BY_TYPE.values()}
    assert facts == set(FIGURES) | WITHOUT_FIGURES


@pytest.mark.parametrize("fact", sorted(WITHOUT_FIGURES))
def test_a_fact_that_needs_no_figures_has_none(fact: str) -> None:
    assert in_one_line(fact, {}) == ""
