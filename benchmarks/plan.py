"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.local.broker import BrokerKind

PARTS = ("latency", "relay", "usual", "intake", "spans", "stored", "twins")
"""What can be left out. Claims straight through are always measured: all else is set beside it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes and parts of a run. `claims` in a round; the first, of `warm_up`, does not count."""

    claims: int = 2_000
    rounds: int = 3
    warm_up: int = 500
    reports: int = 3_000
    usual_claims: int = 100
    idle_claims: int = 20
    stored: int = 20_000
    load_seconds: float = 15.0
    broker: BrokerKind = "auto"
    parts: tuple[str, ...] = PARTS
    plot: bool = False


QUICK = Plan(
    claims=300,
    rounds=1,
    warm_up=100,
    reports=300,
    usual_claims=20,
    idle_claims=5,
    stored=2_000,
    load_seconds=4.0,
)
