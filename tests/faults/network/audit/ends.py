"""Nothing accepted is lost: each claim has one end, waits for a person, or was set aside."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.network.audit.finding import Finding
from tests.faults.network.clerk import NAME as CLERK
from tests.faults.network.evidence import Evidence

ENDS = ("claim-closed", "claim-withdrawn", "withdrawal-accepted")
"""The facts that end a claim. A denial is followed by its closing."""
STAGE_OF = {
    "claim-closed": "closed",
    "withdrawal-accepted": "withdrawn",
    "claim-withdrawn": None,
}
"""The stage in the store of claims that goes with an end; None where it never came to claims."""

SAID_OF = {"approve": "claim-approved", "deny": "claim-denied"}
"""What is said of a person's decision."""


def every_accepted_claim_is_stored(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was told that a claim is taken finds it in intake's store, and reported."""
    stored = evidence.stores["intake.claim"]
    for claim in evidence.accepted:
        if claim not in stored:
            yield Finding(claim, "was acknowledged and is not in intake's store")
        elif not evidence.of(claim, "claim-reported"):
            yield Finding(claim, "was acknowledged and never reported to the others")


def every_claim_has_one_end_or_waits_for_a_person(evidence: Evidence) -> Iterator[Finding]:
    """One end for each claim; none only where a person is to decide."""
    waiting = evidence.stores["claims.claim"]
    for claim in evidence.accepted - evidence.held:
        ends = [told.fact for told in evidence.of(claim, *ENDS)]
        stage = waiting[claim]["state"]["stage"] if claim in waiting else "not with claims"
        if len(ends) > 1:
            yield Finding(claim, f"has {len(ends)} ends: {', '.join(ends)}")
        if not ends and stage != "waiting":
            yield Finding(claim, f"is lost: it has no end, and its stage is {stage!r}")


def every_decision_that_was_taken_was_said(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was told that a decision is taken finds it on the wire, once and under that name."""
    for claim, decision in evidence.decided_by_hand.items():
        said = [
            told.fact
            for told in evidence.of(claim, "claim-approved", "claim-denied")
            if told.data["decided_by"] == CLERK
        ]
        if said != [SAID_OF[decision]]:
            yield Finding(claim, f"was decided ({decision}), and what was said of it is {said}")


def the_stores_agree_with_the_wire(evidence: Evidence) -> Iterator[Finding]:
    """What claims stores of a claim is the end that everybody was told, and none other."""
    stored = evidence.stores["claims.claim"]
    for claim in evidence.accepted - evidence.held:
        stage = stored[claim]["state"]["stage"] if claim in stored else None
        said = [STAGE_OF[told.fact] for told in evidence.of(claim, *ENDS)]
        if stage in ("closed", "withdrawn") and stage not in said:
            yield Finding(claim, f"is {stage} in the store, and nobody was told")
        if said and stage != said[0]:
            yield Finding(claim, f"was said to be {said[0]}, and in the store it is {stage}")


def parked_only_where_harm_was_planted(evidence: Evidence) -> Iterator[Finding]:
    """Nothing is set aside but what was poisoned, and that with a reason."""
    for entry in evidence.parked:
        if entry.subject not in evidence.planted:
            yield Finding(entry.subject, f"is parked in {entry.service}: {entry.reason}")
        elif not entry.reason:
            yield Finding(entry.subject, f"is parked in {entry.service} without a reason")
