"""What the summary of a run counts."""

import pytest

from claimpath.handing_in import Refusal
from claimpath.summary import Summary, duplicates, lost, summed_up
from tests.unit.cli.stories import a_fact, a_path

SOUND = {"c-1": "closed", "c-2": "denied", "c-3": "waiting", "c-4": "withdrawn"}


def summary(
    stages: dict[str, str] | None = None,
    paths: tuple[dict[str, object], ...] = (),
    parked: tuple[str, ...] = (),
    refused: tuple[Refusal, ...] = (),
) -> Summary:
    return summed_up(stages or SOUND, paths, parked, refused, 0, 1.234)


def test_each_end_is_counted_once() -> None:
    told = summary()
    assert (told.submitted, told.closed, told.denied) == (4, 1, 1)
    assert (told.waiting, told.withdrawn, told.lost) == (1, 1, 0)
    assert told.sound


@pytest.mark.parametrize("stage", ["reported", "submitted", "approved", "paid", "unknown"])
def test_a_claim_on_its_way_when_time_ran_out_is_lost(stage: str) -> None:
    assert lost(SOUND | {"c-5": stage}) == ["c-5"]
    assert not summary(SOUND | {"c-5": stage}).sound


def test_a_lost_claim_that_is_parked_is_both() -> None:
    told = summary({"c-1": "submitted"}, parked=("c-1",))
    assert (told.lost, told.parked) == (1, 1)


def test_refused_lines_are_counted_by_reason_and_are_not_lost() -> None:
    told = summary(refused=(Refusal("k", "invalid", ""), Refusal("l", "invalid", "")))
    assert told.refused == {"lines": 2, "reasons": {"invalid": 2}}
    assert told.sound


@pytest.mark.parametrize("fact", ["ClaimReported", "ClaimSubmitted", "ClaimClosed"])
def test_a_fact_that_must_be_once_and_is_three_times_counts_two(fact: str) -> None:
    assert duplicates(a_path(*(a_fact(id_, fact, "http:1") for id_ in "abc"))) == 2


@pytest.mark.parametrize("fact", ["PaymentOrdered", "PaymentSettled"])
def test_a_payment_may_be_once_for_each_approval(fact: str) -> None:
    first, second = a_fact("a", fact, "x", approval=1), a_fact("b", fact, "x", approval=2)
    again = a_fact("c", fact, "x", approval=2)
    assert duplicates(a_path(first, second)) == 0
    assert duplicates(a_path(first, second, again)) == 1


def test_letters_may_be_many() -> None:
    letters = (a_fact(id_, "MessageDelivered", "x") for id_ in "abc")
    assert duplicates(a_path(*letters)) == 0


def test_a_run_with_a_duplicate_is_not_sound() -> None:
    twice = a_path(a_fact("a", "ClaimClosed", "x"), a_fact("b", "ClaimClosed", "y"))
    assert summary(paths=(twice,)).duplicates == 1
    assert not summary(paths=(twice,)).sound


def test_a_path_with_a_gap_is_not_sound() -> None:
    told = summary(paths=(a_path(), a_path(complete=False)))
    assert told.incomplete_paths == 1
    assert not told.sound


def test_seconds_are_rounded_to_hundredths() -> None:
    assert summary().seconds == 1.23
