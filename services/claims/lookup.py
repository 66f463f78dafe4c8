"""Policies for the claims of a batch, in one find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.claims.policy import POLICY, Policy
from shared.contracts.intake import ClaimSubmitted
from shared.decider import Message
from shared.runtime import Lookup
from shared.store import Documents


def policy_lookup(policies: Documents) -> Lookup:
    """Puts `policy` into what a submitted claim's message knows: the policy, or None."""

    async def lookup(messages: Sequence[Message]) -> Mapping[str, Mapping[str, Any]]:
        named = {m.id: m.body.policy_number for m in messages if isinstance(m.body, ClaimSubmitted)}
        if not named:
            return {}
        found = await find(policies, set(named.values()))
        return {id_: {"policy": found.get(number)} for id_, number in named.items()}

    return lookup


async def find(policies: Documents, numbers: set[str]) -> dict[str, Policy]:
    """Those of the policies that are registered, by number. Raises `StoreDown`."""
    found = await policies.load(sorted(numbers))
    return {number: POLICY.validate_python(document.state) for number, document in found.items()}
