"""What must be true of a quiet network, whatever was done to it: one small function for each.

Every function looks at the evidence and returns its findings, each with the claim it is about.
`tests/faults/network/test_audit.py` shows for each that it finds what was planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.faults.network.audit import ends, letters, money, path, written
from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import Evidence

INVARIANTS: Sequence[Callable[[Evidence], Iterable[Finding]]] = (
    ends.every_accepted_claim_is_stored,
    ends.every_claim_has_one_end_or_waits_for_a_person,
    ends.every_decision_that_was_taken_was_said,
    ends.the_stores_agree_with_the_wire,
    ends.parked_only_where_harm_was_planted,
    money.no_order_without_approval,
    money.every_approval_has_one_outcome,
    money.the_bank_moved_it_exactly_once,
    money.every_book_balances_to_the_cent,
    money.a_claim_that_ended_holds_no_reserve,
    path.every_fact_is_said_once,
    path.said_again_is_the_same_to_the_byte,
    path.everything_decided_is_on_the_wire,
    path.nothing_overtakes_an_older_fact_of_its_document,
    path.every_cause_is_known_and_came_before,
    path.the_path_is_what_was_on_the_wire,
    letters.one_letter_for_each_cause,
    letters.every_letter_has_reached_its_end,
    letters.no_letter_is_mailed_again_without_need,
    written.no_two_writers_succeed_on_one_version,
)


def audited(evidence: Evidence) -> list[Finding]:
    """All that is wrong; nothing, if all is well."""
    return [finding for invariant in INVARIANTS for finding in invariant(evidence)]


def summed_up(findings: Sequence[Finding], most: int = 20) -> str:
    """The findings as text, one a line, the first of many."""
    lines = [str(finding) for finding in findings[:most]]
    more = [f"... and {len(findings) - most} more"] if len(findings) > most else []
    return "\n".join([f"{len(findings)} findings:", *lines, *more])
