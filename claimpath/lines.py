"""One line of our NDJSON: a claim, with the policy it needs where the network may not know it.

    {"key": "...", "kind": "motor", "policy_number": "...", "loss_at": "2026-03-01T09:30:00+08:00",
     "claimed": {"minor": 250000, "currency": "CNY"}, "payee": {...}, ...,
     "policy": {"policy_number": "...", "product": "motor", "customer": "...",
                "starts": "2026-01-01", "ends": "2026-12-31"},
     "withdraw": "before-documents"}

`policy` is registered first, `withdraw` says when the customer takes the claim back; both are for
the command line and do not go to intake. An unknown field is a slip, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.contracts.base import KindOfLoss, Language
from shared.contracts.intake import Channel, Circumstances, DocumentRef
from shared.money import Money


class Strict(BaseModel):
    """What a person wrote: a field that is not known in it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Override(Strict):
    """Terms of one coverage that a policy has instead of its product's."""

    coverage: str
    limit: Money | None = None
    deductible: Money | None = None


class PolicyLine(Strict):
    """A policy to register. `starts` and `ends` are its first and its last day."""

    policy_number: str
    product: str
    customer: str
    starts: date
    ends: date
    effective: date | None = None
    coverages: tuple[Override, ...] = ()

    def row(self) -> dict[str, Any]:
        """As the claims service takes it."""
        return self.model_dump(mode="json", exclude_none=True)


class Contact(Strict):
    """How to reach the customer."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None


class Payee(Strict):
    """The account to pay to."""

    account: str
    name: str


class Withdrawal(StrEnum):
    """When the customer takes the claim back."""

    BEFORE_DOCUMENTS = "before-documents"
    AFTER_DOCUMENTS = "after-documents"


class ClaimLine(Strict):
    """A first notice of loss (报案). `key` names it: sent again, it is the same claim."""

    key: str
    kind: KindOfLoss
    policy_number: str
    customer: str | None = None
    loss_at: AwareDatetime
    claimed: Money
    channel: Channel = Channel.WEB
    language: Language = Language.CHINESE
    circumstances: Circumstances = Circumstances()
    contact: Contact | None = None
    payee: Payee | None = None
    documents: tuple[DocumentRef, ...] = ()
    policy: PolicyLine | None = None
    withdraw: Withdrawal | None = None

    def row(self) -> dict[str, Any]:
        """As intake takes it."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"policy", "withdraw"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A claim to be handed in. `payee_later` is named only when intake asks for it."""

    claim: ClaimLine
    payee_later: Payee | None = None

    @property
    def policy(self) -> PolicyLine | None:
        """The policy to register first, if any."""
        return self.claim.policy


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no claim, and why. Lines count from 1."""

    line: int
    reason: str


def read_ndjson(lines: Iterable[str]) -> Iterator[Wish | Unreadable]:
    """A wish, or the reason why not, for every line that is not empty."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _read(number, line)


def _read(number: int, line: str) -> Wish | Unreadable:
    try:
        return Wish(ClaimLine.model_validate_json(line))
    except ValidationError as error:
        return Unreadable(number, in_short(error))


def in_short(error: ValidationError) -> str:
    """What is wrong, field by field, on one line."""
    return "; ".join(
        f"{'.'.join(map(str, part['loc'])) or 'line'}: {part['msg']}" for part in error.errors()[:5]
    )
