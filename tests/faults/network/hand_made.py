"""Evidence made by hand: one claim that was paid as it should be, to be spoilt by the tests."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.faults.network.evidence import Evidence, Told

PAID, WAITS = "CLM-PAID", "CLM-WAITS"
ORDER = "order-1"
AMOUNT = {"minor": 200_00, "currency": "CNY"}
ROOT = "http:report"

FACTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("intake.claim-reported", "reported", ROOT, {}),
    ("intake.claim-submitted", "submitted", ROOT, {}),
    ("claims.cover-confirmed", "covered", "submitted", {}),
    (
        "claims.claim-approved",
        "approved",
        "submitted",
        {"approval": 1, "amount": AMOUNT, "decided_by": "Clerk"},
    ),
    (
        "payments.payment-ordered",
        "ordered",
        "approved",
        {"approval": 1, "amount": AMOUNT, "order_id": ORDER},
    ),
    (
        "payments.payment-settled",
        "settled",
        "ordered",
        {"approval": 1, "amount": AMOUNT, "order_id": ORDER},
    ),
    ("claims.claim-closed", "closed", "settled", {}),
    ("feedback.survey-invited", "invited", "closed", {}),
    ("notifications.message-delivered", "m-reported", "reported", {"cause": "reported"}),
    ("notifications.message-delivered", "m-approved", "approved", {"cause": "approved"}),
    ("notifications.message-delivered", "m-settled", "settled", {"cause": "settled"}),
    ("notifications.message-delivered", "m-closed", "closed", {"cause": "closed"}),
)
WITH_LETTERS = ("reported", "approved", "settled", "closed")


def sound() -> Evidence:
    """Two claims: one was paid, one waits for a person. Nothing is wrong with them."""
    told = [_told(n, PAID, *fact) for n, fact in enumerate(FACTS)]
    told.append(_told(50, WAITS, "intake.claim-reported", "w-reported", "http:other", {}))
    told.append(_told(51, WAITS, "claims.claim-referred", "w-referred", "w-reported", {}))
    said = {"cause": "w-reported"}, {"cause": "w-referred"}
    delivered = "notifications.message-delivered"
    told.append(_told(52, WAITS, delivered, "wm-1", "w-reported", said[0]))
    told.append(_told(53, WAITS, delivered, "wm-2", "w-referred", said[1]))
    letters = {PAID: WITH_LETTERS, WAITS: ("w-reported", "w-referred")}
    return Evidence(
        accepted=frozenset({PAID, WAITS}),
        decided_by_hand={PAID: "approve"},
        told=told,
        stores=_stores(told, letters),
        written={f"claims.claim/{PAID}": [1, 2, 3]},
        transfers=[{"remittance": PAID, "end_to_end_id": ORDER, "amount": AMOUNT}],
        mails={f"letter-{cause}": 1 for causes in letters.values() for cause in causes},
    )


def without(evidence: Evidence, *ids: str) -> Evidence:
    """As if these facts had never come to the wire."""
    return replace(evidence, told=[told for told in evidence.told if told.id not in ids])


def changed(evidence: Evidence, id_: str, **other: Any) -> Evidence:
    """As if this fact said something else."""
    said = [replace(told, **other) if told.id == id_ else told for told in evidence.told]
    return replace(evidence, told=said)


def also(evidence: Evidence, id_: str, new: str, **other: Any) -> Evidence:
    """As if a fact like this one had been said as well, at the end, under the id `new`."""
    copied = replace(evidence.facts[id_], **{"id": new, "offset": 99, **other})
    return replace(evidence, told=[*evidence.told, copied])


def stored(evidence: Evidence, collection: str, id_: str, **state: Any) -> Evidence:
    """As if the state of a stored document were another."""
    stores = copy.deepcopy({name: dict(documents) for name, documents in evidence.stores.items()})
    stores[collection].setdefault(id_, {"_id": id_, "state": {}, "seen": []})["state"] |= state
    return replace(evidence, stores=stores)


def lost(evidence: Evidence, collection: str, id_: str) -> Evidence:
    """As if a document were not stored."""
    stores = {name: dict(documents) for name, documents in evidence.stores.items()}
    del stores[collection][id_]
    return replace(evidence, stores=stores)


def _told(n: int, claim: str, type_: str, id_: str, cause: str, data: dict[str, Any]) -> Told:
    topic = type_.partition(".")[0]
    name = f"claimpath.{type_}.v1"
    return Told(f"{topic}/0", n, n, id_, name, claim, cause, 0, "2026-01-01T00:00:00Z", data)


def _stores(told: list[Told], letters: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, Any]]:
    return {
        "intake.claim": {c: _document(c, "submitted", told, "claim-reported") for c in letters},
        "intake.path": {each.id: {"claim": each.subject} for each in told},
        "claims.claim": {
            PAID: _document(PAID, "closed", told, "claim-approved", "claim-closed"),
            WAITS: _document(WAITS, "waiting", told, "claim-referred"),
        },
        "payments.book": {PAID: {"state": {"entries": _entries()}, "seen": []}},
        "notifications.correspondence": {
            claim: {"state": {"letters": [_letter(c) for c in causes]}, "seen": []}
            for claim, causes in letters.items()
        },
    }


def _document(claim: str, stage: str, told: list[Told], *facts: str) -> dict[str, Any]:
    mine = [t for t in told if t.subject == claim and t.fact in facts]
    remembered = [[t.id, t.type, t.time, t.cause, 0, "", t.subject, "{}"] for t in mine]
    return {"state": {"stage": stage}, "seen": [{"id": "input", "facts": remembered}]}


def _entries() -> list[dict[str, Any]]:
    moves = (("loss-expense", "reserve"), ("reserve", "payable"), ("payable", "bank"))
    return [{"debit": debit, "credit": credit, "amount": AMOUNT} for debit, credit in moves]


def _letter(cause: str) -> dict[str, Any]:
    fate = {"status": "delivered", "channel": "email"}
    return {"id": f"letter-{cause}", "cause": cause, "fate": fate}
