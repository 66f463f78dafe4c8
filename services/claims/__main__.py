"""Starts the claims service."""

from __future__ import annotations

import sys

from services.claims.api import claim_routes
from services.claims.decide import claim_decider
from services.claims.lookup import policy_lookup
from services.claims.policies import import_routes, policy_routes
from services.claims.policy import policy_decider
from services.claims.products import load_products
from services.claims.rulebook import load_rulebook
from shared.contracts.base import Service
from shared.contracts.intake import ClaimSubmitted, WithdrawalRequested
from shared.contracts.payments import PaymentFailed, PaymentSettled
from shared.ndjson import MOST_BODY
from shared.service import Process
from shared.settings import Settings


def main() -> int:
    """Runs until told to stop; returns the exit code."""
    process = Process(Service.CLAIMS, Settings())
    products = load_products()
    book = load_rulebook(process.settings.time_zone)
    policy_door, policies = process.door(policy_decider(products))
    claim_door, claims = process.door(
        claim_decider(book),
        indexes=["state.stage", "state.referral.decide_by"],
        lookup=policy_lookup(policies),
    )
    heard = (ClaimSubmitted, WithdrawalRequested, PaymentSettled, PaymentFailed)
    process.hear([Service.INTAKE, Service.PAYMENTS], {fact: [claim_door] for fact in heard})
    app = process.app(
        policy_routes(process.commands, policy_door, policies, products),
        import_routes(process.commands, policy_door, products),
        claim_routes(process.commands, claim_door, claims, policies),
        longer={"/policies/bulk": MOST_BODY, "/policies/import": MOST_BODY},
    )
    return process.serve(app)


if __name__ == "__main__":
    sys.exit(main())
