"""When the benchmark refuses to report."""

from typing import Any

import pytest

from benchmarks.checks import Refused, all_said, balanced, once_each

ACCEPTED = b'"status": "accepted"'
LINE = b'{"line": 1, "status": "accepted", "claim": "CLM-1"}\n'


def ledger(**changed: Any) -> dict[str, Any]:
    usual = {"balanced": True, "debits": 5, "credits": 5, "settled": {"orders": 3}}
    return usual | changed


def test_a_bulk_answer_that_accepts_every_line_is_fine() -> None:
    all_said(ACCEPTED, LINE * 3, 3)


def test_a_line_that_is_refused_is_told_with_what_was_said() -> None:
    with pytest.raises(Refused, match=r"took 1 of 2 lines.*unknown-policy"):
        all_said(ACCEPTED, LINE + b'{"line": 2, "code": "unknown-policy"}\n', 2)


def test_an_answer_that_ends_early_is_refused() -> None:
    with pytest.raises(Refused, match="took 1 of 2 lines"):
        all_said(ACCEPTED, LINE, 2)


def test_as_many_facts_as_claims_are_wanted() -> None:
    once_each("SurveyInvited", 3, 3)
    for found in (2, 4):
        with pytest.raises(Refused, match=rf"{found} SurveyInvited for 3 claims"):
            once_each("SurveyInvited", found, 3)


def test_books_that_balance_with_a_payment_for_each_claim_are_fine() -> None:
    balanced(ledger(), 3)


def test_books_that_do_not_balance_are_refused() -> None:
    with pytest.raises(Refused, match="does not balance: debits 6, credits 5"):
        balanced(ledger(balanced=False, debits=6), 3)


@pytest.mark.parametrize("orders", [2, 4])
def test_a_payment_too_few_or_too_many_is_refused(orders: int) -> None:
    with pytest.raises(Refused, match=f"{orders} payments were settled for 3 claims"):
        balanced(ledger(settled={"orders": orders}), 3)
