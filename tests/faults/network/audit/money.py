"""Money: approved, ordered, moved and settled are one amount, once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import Evidence, Told

PAYMENT_ENDS = ("payment-settled", "payment-failed")
OVER = ("closed", "withdrawn")


def no_order_without_approval(evidence: Evidence) -> Iterator[Finding]:
    """Every order, settlement and refusal names an approval of its claim, and its amount."""
    for claim in evidence.claims:
        approved = {t.data["approval"]: _minor(t) for t in evidence.of(claim, "claim-approved")}
        for told in evidence.of(claim, "payment-ordered", *PAYMENT_ENDS):
            number = told.data["approval"]
            if approved.get(number) != _minor(told):
                was = approved.get(number, "nothing")
                yield Finding(
                    claim,
                    f"{told.fact} of {_minor(told)} for approval {number}: approved was {was}",
                )


def every_approval_has_one_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Each approval is ordered once, and settled or refused once; settled at most one of them."""
    for claim in evidence.claims:
        if claim in evidence.held:
            continue
        ordered = _by_approval(evidence.of(claim, "payment-ordered"))
        ended = _by_approval(evidence.of(claim, *PAYMENT_ENDS))
        for told in evidence.of(claim, "claim-approved"):
            number = told.data["approval"]
            for what, found in (("ordered", ordered), ("settled or refused", ended)):
                if found[number] != 1:
                    yield Finding(claim, f"approval {number} is {what} {found[number]} times")
        if len(evidence.of(claim, "payment-settled")) > 1:
            yield Finding(claim, "is settled more than once")


def the_bank_moved_it_exactly_once(evidence: Evidence) -> Iterator[Finding]:
    """The bank's statement has one transfer for each settlement, of its amount, and no other."""
    moved: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for transfer in evidence.transfers:
        moved[transfer["remittance"]].append(transfer)
    for claim, transfers in moved.items():
        if len(transfers) > 1:
            yield Finding(claim, f"was paid {len(transfers)} times by the bank")
    for claim in moved.keys() | evidence.claims.keys():
        said = sorted(_order(t) for t in evidence.of(claim, "payment-settled"))
        bank = sorted((t["end_to_end_id"], t["amount"]["minor"]) for t in moved.get(claim, ()))
        if said != bank:
            yield Finding(claim, f"settled {said}, and the bank moved {bank}")


def every_book_balances_to_the_cent(evidence: Evidence) -> Iterator[Finding]:
    """No account is below nothing, nothing is payable any more, and paid is what the bank moved."""
    moved = Counter[str]()
    for transfer in evidence.transfers:
        moved[transfer["remittance"]] += transfer["amount"]["minor"]
    for claim, document in evidence.stores["payments.book"].items():
        book = _balances(document["state"]["entries"])
        if min(book["reserve"], book["payable"], book["bank"]) < 0:
            yield Finding(claim, f"has an account below nothing: {dict(book)}")
        if book["payable"] and claim not in evidence.held:
            yield Finding(claim, f"has {book['payable']} payable, and nobody pays it")
        if book["bank"] != moved[claim]:
            yield Finding(
                claim, f"has {book['bank']} booked as paid, the bank moved {moved[claim]}"
            )
    for claim in moved.keys() - evidence.stores["payments.book"].keys():
        yield Finding(claim, f"was paid {moved[claim]} and has no book")


def a_claim_that_ended_holds_no_reserve(evidence: Evidence) -> Iterator[Finding]:
    """Nothing is set by for a claim that is closed or withdrawn."""
    stored = evidence.stores["claims.claim"]
    for claim, document in evidence.stores["payments.book"].items():
        over = claim in stored and stored[claim]["state"]["stage"] in OVER
        reserve = _balances(document["state"]["entries"])["reserve"]
        if over and reserve and claim not in evidence.held:
            yield Finding(claim, f"is over, and {reserve} is still reserved for it")


def _by_approval(told: list[Told]) -> Counter[int]:
    return Counter(each.data["approval"] for each in told)


def _order(told: Told) -> tuple[str, int]:
    return told.data["order_id"], _minor(told)


def _minor(told: Told) -> int:
    minor: int = told.data["amount"]["minor"]
    return minor


def _balances(entries: list[Mapping[str, Any]]) -> Counter[str]:
    """What each account stands at, credits less debits."""
    book = Counter[str]()
    for entry in entries:
        book[entry["credit"]] += entry["amount"]["minor"]
        book[entry["debit"]] -= entry["amount"]["minor"]
    return book
