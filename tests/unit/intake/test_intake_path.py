"""The claim path: causes before effects, gaps told; and the customer's view of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from services.intake.checklists import PAYEE
from services.intake.path import Entry, described, gaps, in_order
from services.intake.progress import Stage, load_promises, shown, standing
from services.intake.state import Claim, Collecting, Submitted, Unreported
from shared.testing.spec import NOON
from tests.unit.intake.mothers import reported

PROMISES = load_promises()
COLLECTING = Collecting(report=reported())


def entry(
    id_: str, fact: str, cause: str, minutes: float = 0, sequence: int = 0, **data: Any
) -> Entry:
    at = NOON + timedelta(minutes=minutes)
    type_ = f"claimpath.claims.{fact}.v1"
    return Entry(id_, "CLM-1", type_, "claims", at, cause, sequence, "ab" * 16, data)


def paid() -> list[Entry]:
    """A straight-through claim."""
    return [
        entry("r", "claim-reported", "http:1"),
        entry("s", "claim-submitted", "http:1", sequence=1),
        entry("a", "claim-approved", "s", 1, amount={"minor": 1}),
        entry("o", "payment-ordered", "a", 2),
        entry("p", "payment-settled", "o", 3),
        entry("c", "claim-closed", "p", 4, outcome="paid"),
    ]


def test_causes_come_before_effects_whatever_the_clocks_say() -> None:
    path = paid()
    behind = Entry(**{**vars_of(path[4]), "at": NOON - timedelta(hours=1)})
    ordered = in_order([*path[:4], behind, path[5]][::-1])
    assert [e.id for e in ordered] == ["r", "s", "a", "o", "p", "c"]


def vars_of(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


@forall(st.permutations(range(6)))
def test_the_order_does_not_depend_on_the_order_of_hearing(order: list[int]) -> None:
    path = paid()
    assert in_order([path[n] for n in order]) == path


def test_a_complete_path_has_no_gaps_and_outside_causes_are_none() -> None:
    assert gaps(paid()) == []
    assert described("CLM-1", paid())["complete"] is True


def test_a_fact_that_was_not_heard_is_told() -> None:
    assert gaps([e for e in paid() if e.id != "a"]) == ["a"]
    assert described("CLM-1", [])["complete"] is False


def test_a_hop_is_the_time_since_the_cause() -> None:
    lines = described("CLM-1", paid())["facts"]
    assert [line["hop_s"] for line in lines] == [None, None, 60.0, 60.0, 60.0, 60.0]
    assert lines[2]["fact"] == "ClaimApproved"


@pytest.mark.parametrize(
    ("facts", "state", "stage"),
    [
        (0, Unreported(), Stage.UNKNOWN),
        (0, COLLECTING, Stage.REPORTED),
        (0, Submitted(), Stage.SUBMITTED),
        (1, COLLECTING, Stage.REPORTED),
        (1, Submitted(), Stage.SUBMITTED),
        (2, Submitted(), Stage.SUBMITTED),
        (3, Submitted(), Stage.APPROVED),
        (5, Submitted(), Stage.PAID),
        (6, Submitted(), Stage.CLOSED),
    ],
)
def test_the_stage_follows_the_path(facts: int, state: Claim, stage: Stage) -> None:
    assert standing(state, paid()[:facts]).stage is stage


def test_while_a_claim_is_open_every_answer_has_owner_step_and_date() -> None:
    for length in range(1, 6):
        state = COLLECTING if length == 1 else Submitted()
        view = shown("CLM-1", state, paid()[:length], [PAYEE], PROMISES, NOON)
        assert view["owner"]["zh"]
        assert view["next_step"]["en"]
        assert datetime.fromisoformat(view["promised_by"]) > NOON
        assert view["final"] is False


def test_a_referred_claim_names_its_owner_and_the_promised_date() -> None:
    referred = entry("f", "claim-referred", "s", 1, owner="Desk", decide_by="2026-03-17T16:00Z")
    view = shown("CLM-1", Submitted(), [*paid()[:2], referred], [], PROMISES, NOON)
    assert view["stage"] == Stage.WAITING
    assert view["owner"]["en"] == "Desk"
    assert view["promised_by"] == "2026-03-17T16:00Z"


def test_a_denied_claim_gives_its_reasons_and_how_to_contest() -> None:
    reason = {"code": "not-in-force", "zh": "不在保险期间", "en": "not in force"}
    denied = entry("d", "claim-denied", "s", 1, reasons=[reason])
    closed = entry("c", "claim-closed", "s", 1, sequence=1, outcome="denied")
    view = shown("CLM-1", Submitted(), [*paid()[:2], denied, closed], [], PROMISES, NOON)
    assert (view["stage"], view["final"]) == (Stage.DENIED, True)
    assert view["reasons"] == [reason]
    assert "complain" in view["you_can"]


def test_a_failed_payment_brings_the_claim_back_to_a_person() -> None:
    again = entry("f2", "claim-referred", "x", 5, owner="Desk", decide_by="2026-03-17T16:00Z")
    failed = entry("x", "payment-failed", "o", 4)
    path = [*paid()[:4], failed, again]
    assert standing(Submitted(), path).stage is Stage.WAITING
