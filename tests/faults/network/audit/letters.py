"""The customer hears of everything once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import Evidence

TOLD_TO_THE_CUSTOMER = {
    "claim-reported",
    "documents-requested",
    "claim-withdrawn",
    "claim-referred",
    "claim-approved",
    "claim-denied",
    "withdrawal-accepted",
    "withdrawal-refused",
    "payment-settled",
    "claim-closed",
}


def one_letter_for_each_cause(evidence: Evidence) -> Iterator[Finding]:
    """Whatever the customer must be told has one letter, and no letter tells anything else."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for claim, letter in evidence.letters():
        written[claim][letter["cause"]] += 1
    for claim, facts in evidence.claims.items():
        if claim in evidence.held:
            continue
        causes = Counter(t.id for t in facts if t.fact in TOLD_TO_THE_CUSTOMER)
        for cause in causes.keys() | written[claim].keys():
            if written[claim][cause] != causes[cause]:
                fact = evidence.facts[cause].fact if cause in evidence.facts else "nothing"
                times = written[claim][cause]
                yield Finding(claim, f"{times} letters tell of {fact} {cause}, not {causes[cause]}")


def every_letter_has_reached_its_end(evidence: Evidence) -> Iterator[Finding]:
    """Each is delivered or has bounced, says so once, and what was mailed is in the mailbox."""
    said = Counter(
        told.data["cause"]
        for told in evidence.facts.values()
        if told.fact in ("message-delivered", "message-bounced")
    )
    for claim, letter in evidence.letters():
        if claim in evidence.held:
            continue
        fate = letter["fate"]
        if fate["status"] not in ("delivered", "bounced"):
            yield Finding(claim, f"letter {letter['id']} is still {fate['status']}")
        elif said[letter["cause"]] != 1:
            yield Finding(claim, f"letter {letter['id']} was told {said[letter['cause']]} times")
        if fate.get("channel") == "email" and not evidence.mails.get(letter["id"]):
            yield Finding(claim, f"letter {letter['id']} is delivered, and in no mailbox")


def no_letter_is_mailed_again_without_need(evidence: Evidence) -> Iterator[Finding]:
    """Once each, and once more at most for each time that a carrier's answer may be lost."""
    claims = {letter["id"]: claim for claim, letter in evidence.letters()}
    most = 1 + evidence.answers_lost
    for id_, times in evidence.mails.items():
        if id_ not in claims:
            yield Finding(None, f"letter {id_} was mailed, and nobody wrote it")
        elif times > most:
            yield Finding(claims[id_], f"letter {id_} was mailed {times} times")
