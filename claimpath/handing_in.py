"""Handing claims in: policies first, then reports, documents, accounts and withdrawals.

Every step can be repeated: policies by their number, reports and withdrawals by their key,
documents by their content. So what was interrupted is simply done again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from claimpath.client import Declined, Gateway, each, new_trace
from claimpath.lines import PolicyLine, Wish, Withdrawal
from claimpath.lookup import LACKING, stages_of
from claimpath.stand_ins import document, payee
from claimpath.steps import Steps
from deploy.local.trouble import Trouble

LINES = 500
"""Lines of one request. Long requests could stop each other: the network answers while it reads."""
REQUESTS = 4
PATIENCE_S = 30.0
"""How long a policy just registered may need to become known to intake, for one."""
PAUSE_S = 0.5
TOO_EARLY = {"unknown-policy", "held", "away"}
PAYEE = "payee"
ALREADY = {"already-submitted", "not-collecting", "withdrawn"}
"""The network has what we bring: an earlier run handed it in."""

Item = TypeVar("Item")
Left = tuple[Item, "Refusal"]
"""What could not be handed in yet, and why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that the network did not take."""

    key: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A claim that the network took, and the checklist items it asked for."""

    claim: str
    wish: Wish
    missing: tuple[str, ...]
    trace: str = field(default_factory=new_trace)

    @property
    def taken_back(self) -> bool:
        """Whether the customer is to withdraw it."""
        return self.wish.claim.withdraw is not None

    @property
    def headers(self) -> dict[str, str]:
        """They put all steps of this claim into one trace."""
        return {"traceparent": self.trace}


@dataclass(slots=True)
class HandedIn:
    """What became of the lines. `hitches` are single claims' steps that went wrong, and why."""

    accepted: dict[str, Accepted] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    hitches: list[str] = field(default_factory=list)


async def hand_in(gateway: Gateway, wishes: Sequence[Wish], steps: Steps) -> HandedIn:
    """Everything up to the point where the network works alone. Raises `Trouble`."""
    result = HandedIn()
    unusable = await _register(gateway, wishes, steps)
    result.refused += [unusable[w.policy] for w in wishes if w.policy in unusable]
    await _report(gateway, [w for w in wishes if w.policy not in unusable], steps, result)
    await _complete(gateway, result, steps)
    await _withdraw(gateway, result, steps)
    return result


async def _register(
    gateway: Gateway, wishes: Sequence[Wish], steps: Steps
) -> Mapping[PolicyLine | None, Refusal]:
    """Registers the policies; the ones refused, each with the reason."""
    policies = list(dict.fromkeys(wish.policy for wish in wishes if wish.policy is not None))
    refused: dict[PolicyLine | None, Refusal] = {}
    with steps.step("policies", len(policies)) as advance:

        async def register(some: Sequence[PolicyLine]) -> list[Left[PolicyLine]]:
            rows = [policy.row() for policy in some]
            answers = await gateway.post_lines("/claims/policies/bulk", rows)
            told = [(p, _refusal(p.policy_number, a)) for p, a in zip(some, answers, strict=True)]
            refused.update(each for each in told if each[1].code == "policy-refused")
            failed = [each for each in told if each[1].code == "policy-failed"]
            advance(len(some) - len(failed))
            return failed

        failed = await _again(policies, register)
        refused.update(failed)
    return refused


async def _report(gateway: Gateway, wishes: Sequence[Wish], steps: Steps, result: HandedIn) -> None:
    """Reports the claims; lines that are only too early are sent again for a while."""
    with steps.step("claims", len(wishes)) as advance:

        async def report(some: Sequence[Wish]) -> list[Left[Wish]]:
            rows = [wish.claim.row() for wish in some]
            answers = await gateway.post_lines("/intake/claims/bulk", rows)
            told = list(zip(some, answers, strict=True))
            for wish, answer in told:
                if answer.get("code") not in TOO_EARLY:
                    _note(result, wish, answer)
            left = [(w, _refusal(w.claim.key, a)) for w, a in told if a.get("code") in TOO_EARLY]
            advance(len(some) - len(left))
            return left

        result.refused += [refusal for _, refusal in await _again(wishes, report)]


async def _again(
    items: Sequence[Item], send: Callable[[Sequence[Item]], Awaitable[list[Left[Item]]]]
) -> list[Left[Item]]:
    """Sends all, and what is left over again and again; what is left when patience ends."""
    until = time.monotonic() + PATIENCE_S
    left: list[Left[Item]] = []

    async def portion(some: Sequence[Item]) -> None:
        left.extend(await send(some))

    while True:
        left.clear()
        await each(_portions(items), portion, REQUESTS)
        if not left or time.monotonic() > until:
            return left
        items = [item for item, _ in left]
        await asyncio.sleep(PAUSE_S)


def _note(result: HandedIn, wish: Wish, answer: Mapping[str, Any]) -> None:
    if answer["status"] == "accepted":
        asked = tuple(item["code"] for item in answer["missing"])
        result.accepted[answer["claim"]] = Accepted(answer["claim"], wish, asked)
    else:
        result.refused.append(_refusal(wish.claim.key, answer))


async def _complete(gateway: Gateway, result: HandedIn, steps: Steps) -> None:
    """Uploads what is missing, except for claims that are withdrawn before."""
    lacking = await _lacking(gateway, result)
    with steps.step("documents", sum(len(accepted.missing) for accepted in lacking)) as advance:

        async def complete(accepted: Accepted) -> None:
            try:
                for item in accepted.missing:
                    await _bring(gateway, accepted, item)
                    advance(1)
            except Trouble as trouble:
                _hitch(result, accepted, trouble)

        await each(lacking, complete)


async def _lacking(gateway: Gateway, result: HandedIn) -> list[Accepted]:
    """The claims to bring documents for; an earlier run may have done so for some."""
    asked = [
        accepted
        for accepted in result.accepted.values()
        if accepted.missing and accepted.wish.claim.withdraw is not Withdrawal.BEFORE_DOCUMENTS
    ]
    stages = await stages_of(gateway, [accepted.claim for accepted in asked])
    return [accepted for accepted in asked if stages[accepted.claim] == LACKING]


async def _bring(gateway: Gateway, accepted: Accepted, item: str) -> None:
    claim = accepted.wish.claim
    where = f"/intake/claims/{accepted.claim}"
    if item == PAYEE:
        account = accepted.wish.payee_later or claim.payee or payee(claim)
        await gateway.put(f"{where}/payee", account.model_dump(), accepted.headers)
        return
    file = document(claim.key, item)
    headers = accepted.headers | {"Content-Type": file.media_type}
    await gateway.put(f"{where}/documents/{item}", file.content, headers)


async def _withdraw(gateway: Gateway, result: HandedIn, steps: Steps) -> None:
    leaving = [accepted for accepted in result.accepted.values() if accepted.taken_back]
    with steps.step("withdrawals", len(leaving)) as advance:

        async def withdraw(accepted: Accepted) -> None:
            headers = accepted.headers | {"Idempotency-Key": f"{accepted.wish.claim.key}-withdraw"}
            try:
                await gateway.post(f"/intake/claims/{accepted.claim}/withdrawal", None, **headers)
            except Trouble as trouble:
                _hitch(result, accepted, trouble)
            advance(1)

        await each(leaving, withdraw)


def _hitch(result: HandedIn, accepted: Accepted, trouble: Trouble) -> None:
    """One claim's trouble stops that claim only; it will be seen that it reaches no end."""
    if not (isinstance(trouble, Declined) and trouble.code in ALREADY):
        result.hitches.append(f"{accepted.claim}: {trouble}")


def _refusal(key: str, answer: Mapping[str, Any]) -> Refusal:
    """Intake names a code; of a policy we know only whether it was refused, or failed for now."""
    said = [f"{error['field']}: {error['message']}" for error in answer.get("errors") or ()]
    detail = str(answer.get("detail") or "; ".join(said))
    return Refusal(key, str(answer.get("code") or f"policy-{answer['status']}"), detail)


def _portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), LINES):
        yield items[first : first + LINES]
