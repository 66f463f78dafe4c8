"""What was said: each fact once, everything, in order, and the path tells all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import CLAIM, Evidence, Told

OUTSIDE = ("http:", "timer:", "outcome:")
"""What the ids of causes from outside the network begin with."""
ONCE = {
    "claim-reported",
    "documents-requested",
    "claim-submitted",
    "cover-confirmed",
    "cover-declined",
    "loss-assessed",
    "risk-scored",
    "claim-triaged",
    "claim-denied",
    "claim-withdrawn",
    "withdrawal-accepted",
    "claim-closed",
    "survey-invited",
}
"""Facts that a claim has once at most."""
PART_OF = {
    "document-received": ("item", "sha256"),
    "claim-approved": ("approval",),
    "payment-ordered": ("approval",),
    "payment-settled": ("approval",),
    "payment-failed": ("approval",),
    "payment-unconfirmed": ("order_id", "attempt"),
    "message-delivered": ("cause",),
    "message-bounced": ("cause",),
}
"""Facts that a claim has once for each of something, and of what."""


def every_fact_is_said_once(evidence: Evidence) -> Iterator[Finding]:
    """The same thing is not said under two ids. Copies with one id are duplicates, not facts."""
    for claim, facts in evidence.claims.items():
        said = Counter(key for told in facts if (key := _once(told)) is not None)
        for key, times in said.items():
            if times > 1:
                yield Finding(claim, f"{'/'.join(map(str, key))} is said {times} times")


def said_again_is_the_same_to_the_byte(evidence: Evidence) -> Iterator[Finding]:
    """A copy differs from the first in its place only."""
    for told in evidence.told:
        if told.content != evidence.facts[told.id].content:
            yield Finding(told.subject, f"{told.fact} {told.id} was said again with other content")


def everything_decided_is_on_the_wire(evidence: Evidence) -> Iterator[Finding]:
    """Whatever a document remembers to have said was said."""
    for facts in evidence.decided():
        for fact in facts:
            if fact.id not in evidence.facts:
                yield Finding(fact.subject, f"{fact.type} of {fact.document} was never said")


def nothing_overtakes_an_older_fact_of_its_document(evidence: Evidence) -> Iterator[Finding]:
    """First copies stand on the wire in the order in which they were decided."""
    for facts in evidence.decided():
        told = [evidence.facts[fact.id] for fact in facts if fact.id in evidence.facts]
        for earlier, later in pairwise(told):
            if earlier.place == later.place and earlier.offset > later.offset:
                yield Finding(later.subject, f"{later.fact} overtook {earlier.fact}")


def every_cause_is_known_and_came_before(evidence: Evidence) -> Iterator[Finding]:
    """A fact's cause is a fact that was sent before it, or something from outside."""
    for told in evidence.facts.values():
        if told.cause.startswith(OUTSIDE):
            continue
        cause = evidence.facts.get(told.cause)
        if cause is None:
            yield Finding(told.subject, f"{told.fact} has a cause that nobody said: {told.cause}")
        elif cause.at_ms > told.at_ms:
            yield Finding(told.subject, f"{told.fact} was sent before its cause {cause.fact}")


def the_path_is_what_was_on_the_wire(evidence: Evidence) -> Iterator[Finding]:
    """The path of a claim has every fact that was said of it, and no other."""
    path = evidence.stores["intake.path"].items()
    kept = {(entry["claim"], id_) for id_, entry in path if entry["claim"].startswith(CLAIM)}
    said = {(told.subject, told.id) for told in evidence.facts.values() if _is_for_the_path(told)}
    for claim, id_ in said - kept:
        if claim not in evidence.held:
            yield Finding(claim, f"{evidence.facts[id_].fact} {id_} is not in its path")
    for claim, id_ in kept - said:
        yield Finding(claim, f"its path has {id_}, which nobody said")


def _once(told: Told) -> tuple[object, ...] | None:
    if told.fact in ONCE:
        return (told.fact,)
    if told.fact in PART_OF:
        return told.fact, *(told.data[name] for name in PART_OF[told.fact])
    return None


def _is_for_the_path(told: Told) -> bool:
    return told.fact != "policy-registered" and told.subject.startswith(CLAIM)
