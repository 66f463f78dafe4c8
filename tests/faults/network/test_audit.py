"""The audit finds nothing in what is sound, and every invariant finds what is planted for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.network.audit import INVARIANTS, audited, ends, letters, money, path, written
from tests.faults.network.evidence import Evidence, Parked
from tests.faults.network.hand_made import (
    AMOUNT,
    ORDER,
    PAID,
    WAITS,
    also,
    changed,
    lost,
    sound,
    stored,
    without,
)

LESS = {"minor": 199_99, "currency": "CNY"}
OTHER = {"approval": 1, "amount": LESS, "order_id": ORDER}
TRANSFER = {"remittance": PAID, "end_to_end_id": ORDER, "amount": AMOUNT}


def entry(debit: str, credit: str, minor: int) -> dict[str, Any]:
    return {"debit": debit, "credit": credit, "amount": {"minor": minor, "currency": "CNY"}}


def with_letters(*fates: Mapping[str, Any]) -> Evidence:
    """The paid claim's letters with these fates."""
    known = sound().stores["notifications.correspondence"][PAID]["state"]["letters"]
    changed_ = [letter | {"fate": fate} for letter, fate in zip(known, fates, strict=False)]
    kept = [*changed_, *known[len(changed_) :]]
    return stored(sound(), "notifications.correspondence", PAID, letters=kept)


def parked(subject: str, reason: str) -> Evidence:
    return replace(sound(), parked=[Parked("claims", subject, reason, behind=False)])


Planted = tuple[Callable[[Evidence], Any], Evidence, str]

PLANTED: Mapping[str, Planted] = {
    "an acknowledged claim is nowhere": (
        ends.every_accepted_claim_is_stored,
        lost(sound(), "intake.claim", PAID),
        PAID,
    ),
    "an acknowledged claim was kept and never told": (
        ends.every_accepted_claim_is_stored,
        without(sound(), "w-reported"),
        WAITS,
    ),
    "a claim stops in the middle": (
        ends.every_claim_has_one_end_or_waits_for_a_person,
        stored(without(sound(), "closed"), "claims.claim", PAID, stage="approved"),
        PAID,
    ),
    "a claim never comes to claims": (
        ends.every_claim_has_one_end_or_waits_for_a_person,
        lost(sound(), "claims.claim", WAITS),
        WAITS,
    ),
    "a claim ends twice": (
        ends.every_claim_has_one_end_or_waits_for_a_person,
        also(sound(), "closed", "closed-2"),
        PAID,
    ),
    "a person's decision that nobody heard of": (
        ends.every_decision_that_was_taken_was_said,
        without(sound(), "approved"),
        PAID,
    ),
    "a person's decision that became another": (
        ends.every_decision_that_was_taken_was_said,
        replace(sound(), decided_by_hand={PAID: "deny"}),
        PAID,
    ),
    "a closed claim was told to nobody": (
        ends.the_stores_agree_with_the_wire,
        without(sound(), "closed"),
        PAID,
    ),
    "an end that was told is not in the store": (
        ends.the_stores_agree_with_the_wire,
        stored(sound(), "claims.claim", PAID, stage="waiting"),
        PAID,
    ),
    "something sound is parked": (
        ends.parked_only_where_harm_was_planted,
        parked(PAID, "UnknownType: no contract"),
        PAID,
    ),
    "poison is parked without a reason": (
        ends.parked_only_where_harm_was_planted,
        replace(parked("ODD", ""), planted=frozenset({"ODD"})),
        "ODD",
    ),
    "an order nobody approved": (
        money.no_order_without_approval,
        without(sound(), "approved"),
        PAID,
    ),
    "a settlement one cent below the approval": (
        money.no_order_without_approval,
        changed(sound(), "settled", data=OTHER),
        PAID,
    ),
    "an approval nobody ordered": (
        money.every_approval_has_one_outcome,
        without(sound(), "ordered"),
        PAID,
    ),
    "an order without an outcome": (
        money.every_approval_has_one_outcome,
        without(sound(), "settled"),
        PAID,
    ),
    "an approval settled twice": (
        money.every_approval_has_one_outcome,
        also(sound(), "settled", "settled-2"),
        PAID,
    ),
    "a transfer nobody knows of": (
        money.the_bank_moved_it_exactly_once,
        replace(sound(), transfers=[TRANSFER, TRANSFER | {"remittance": WAITS}]),
        WAITS,
    ),
    "a claim paid twice": (
        money.the_bank_moved_it_exactly_once,
        replace(sound(), transfers=[TRANSFER, TRANSFER | {"end_to_end_id": "order-2"}]),
        PAID,
    ),
    "a settlement the bank never made": (
        money.the_bank_moved_it_exactly_once,
        replace(sound(), transfers=[]),
        PAID,
    ),
    "a bank that moved another amount": (
        money.the_bank_moved_it_exactly_once,
        replace(sound(), transfers=[TRANSFER | {"amount": LESS}]),
        PAID,
    ),
    "a book with something still payable": (
        money.every_book_balances_to_the_cent,
        stored(sound(), "payments.book", PAID, entries=[entry("reserve", "payable", 1)]),
        PAID,
    ),
    "a book that says other than the bank": (
        money.every_book_balances_to_the_cent,
        stored(sound(), "payments.book", WAITS, entries=[entry("loss-expense", "bank", 5)]),
        WAITS,
    ),
    "money moved without a book": (
        money.every_book_balances_to_the_cent,
        lost(sound(), "payments.book", PAID),
        PAID,
    ),
    "a reserve for a closed claim": (
        money.a_claim_that_ended_holds_no_reserve,
        stored(sound(), "payments.book", PAID, entries=[entry("loss-expense", "reserve", 1)]),
        PAID,
    ),
    "a fact under two ids": (
        path.every_fact_is_said_once,
        also(sound(), "covered", "covered-2"),
        PAID,
    ),
    "an order under two ids": (
        path.every_fact_is_said_once,
        also(sound(), "ordered", "ordered-2"),
        PAID,
    ),
    "a copy with other content": (
        path.said_again_is_the_same_to_the_byte,
        also(sound(), "settled", "settled", data=OTHER),
        PAID,
    ),
    "a decided fact that nobody heard": (
        path.everything_decided_is_on_the_wire,
        without(sound(), "w-referred"),
        WAITS,
    ),
    "a closing before its approval": (
        path.nothing_overtakes_an_older_fact_of_its_document,
        changed(sound(), "closed", offset=0),
        PAID,
    ),
    "an effect without its cause": (
        path.every_cause_is_known_and_came_before,
        without(sound(), "submitted"),
        PAID,
    ),
    "an effect before its cause": (
        path.every_cause_is_known_and_came_before,
        changed(sound(), "settled", at_ms=0),
        PAID,
    ),
    "a path with a gap": (
        path.the_path_is_what_was_on_the_wire,
        lost(sound(), "intake.path", "settled"),
        PAID,
    ),
    "a path that tells of more than was said": (
        path.the_path_is_what_was_on_the_wire,
        without(sound(), "invited"),
        PAID,
    ),
    "a fact that the customer is not told": (
        letters.one_letter_for_each_cause,
        stored(sound(), "notifications.correspondence", WAITS, letters=[]),
        WAITS,
    ),
    "a letter about nothing": (
        letters.one_letter_for_each_cause,
        without(sound(), "closed"),
        PAID,
    ),
    "a letter that is still being mailed": (
        letters.every_letter_has_reached_its_end,
        with_letters({"status": "posted"}),
        PAID,
    ),
    "a delivery that is not told": (
        letters.every_letter_has_reached_its_end,
        without(sound(), "m-settled"),
        PAID,
    ),
    "a delivered letter that no mailbox has": (
        letters.every_letter_has_reached_its_end,
        replace(sound(), mails={}),
        PAID,
    ),
    "a letter mailed twice": (
        letters.no_letter_is_mailed_again_without_need,
        replace(sound(), mails={"letter-reported": 2}),
        PAID,
    ),
    "a letter mailed three times, with one answer lost": (
        letters.no_letter_is_mailed_again_without_need,
        replace(sound(), mails={"letter-reported": 3}, answers_lost=1),
        PAID,
    ),
    "two writers of one version": (
        written.no_two_writers_succeed_on_one_version,
        replace(sound(), written={f"claims.claim/{PAID}": [1, 2, 2, 3]}),
        f"claims.claim/{PAID}",
    ),
    "a version that nobody wrote": (
        written.no_two_writers_succeed_on_one_version,
        replace(sound(), written={f"claims.claim/{PAID}": [1, 3]}),
        f"claims.claim/{PAID}",
    ),
}


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert audited(sound()) == []


@pytest.mark.parametrize("what", PLANTED)
def test_the_audit_names_the_claim_of_what_is_planted(what: str) -> None:
    invariant, evidence, claim = PLANTED[what]
    assert claim in {finding.claim for finding in invariant(evidence)}


def test_something_is_planted_for_every_invariant() -> None:
    assert {invariant for invariant, _, _ in PLANTED.values()} == set(INVARIANTS)


def test_a_second_copy_of_a_letter_is_allowed_where_the_carriers_answer_was_lost() -> None:
    twice = sound().mails | {"letter-reported": 2}
    assert audited(replace(sound(), mails=twice, answers_lost=1)) == []


def test_what_is_said_twice_with_one_id_is_counted_and_no_finding() -> None:
    again = also(sound(), "settled", "settled")
    assert again.duplicates == 1
    assert audited(again) == []


def test_a_poisoned_claim_is_looked_for_where_it_is_parked() -> None:
    poisoned = replace(parked(WAITS, "Unreadable: ..."), planted=frozenset({WAITS}))
    assert audited(lost(poisoned, "claims.claim", WAITS)) == []
