"""What the tests of claims talk about: one policy per product, and submissions under them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.claims.decide import claim_decider
from services.claims.policy import Policy, RegisterPolicy, evolve, policy_decider, register
from services.claims.products import load_products
from services.claims.rulebook import load_rulebook
from shared.contracts.base import KindOfLoss
from shared.contracts.intake import Channel, Circumstances, ClaimSubmitted
from shared.money import Money

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRODUCTS = load_products()
BOOK = load_rulebook("Asia/Shanghai")
CLAIM = claim_decider(BOOK)
POLICIES = policy_decider(PRODUCTS)
LOSS = datetime(2026, 3, 8, 4, 0, tzinfo=UTC)


def yuan(amount: float, currency: str = "CNY") -> Money:
    """Whole and broken yuan as money."""
    return Money(minor=round(amount * 100), currency=currency)


def asked(product: str = "motor", **terms: Any) -> RegisterPolicy:
    """A policy over the year 2025 and 2026."""
    given: dict[str, Any] = {
        "policy_number": "POL-1",
        "product": product,
        "customer": "CUS-1",
        "starts": date(2025, 1, 1),
        "ends": date(2026, 12, 31),
    }
    return RegisterPolicy.model_validate(given | terms)


def policy(*commands: RegisterPolicy) -> Policy:
    """The policy after these registrations, one after the other."""
    known = Policy()
    for command in commands:
        for fact in register(PRODUCTS, command, known):
            known = evolve(known, fact)
    return known


def submitted(
    kind: str = "motor",
    claimed: Money | None = None,
    *,
    loss_at: datetime = LOSS,
    reported_at: datetime | None = None,
    channel: Channel = Channel.APP,
    customer: str = "CUS-1",
    **circumstances: Any,
) -> ClaimSubmitted:
    """A claim of 4,000 yuan for a scratched car, reported the moment it happened."""
    return ClaimSubmitted(
        kind=KindOfLoss(kind),
        policy_number="POL-1",
        customer=customer,
        loss_at=loss_at,
        reported_at=reported_at or loss_at,
        claimed=claimed or yuan(4000),
        channel=channel,
        circumstances=Circumstances(**circumstances),
        documents=(),
        payee="sealed",
    )
