"""What intake knows of a claim, and of a policy.

    Unreported --ClaimReported--> Collecting --ClaimSubmitted--> Submitted
                                      |                              |
                              ClaimWithdrawn                WithdrawalRequested
                                      v                              v
                                  Withdrawn                      Submitted (asked = True)

A reported claim that lacks nothing is submitted in the same decision.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from shared.contracts.base import KindOfLoss, Value
from shared.contracts.intake import ClaimReported, DocumentRef, RequestedItem


class Unreported(Value):
    """Nothing is known of the claim."""

    stage: Literal["unreported"] = "unreported"


class Collecting(Value):
    """Reported; documents, or the account to pay to, are still missing."""

    stage: Literal["collecting"] = "collecting"
    report: ClaimReported
    documents: tuple[DocumentRef, ...] = ()
    requested: tuple[RequestedItem, ...] = ()
    payee: str | None = None


class Submitted(Value):
    """Whole, and with the claims service."""

    stage: Literal["submitted"] = "submitted"


class Withdrawn(Value):
    """Taken back by the customer before it was submitted."""

    stage: Literal["withdrawn"] = "withdrawn"


Claim = Unreported | Collecting | Submitted | Withdrawn
CLAIM_STATE: TypeAdapter[Claim] = TypeAdapter(Annotated[Claim, Field(discriminator="stage")])


class UnknownPolicy(Value):
    """No policy of this number was heard of."""

    stage: Literal["unknown"] = "unknown"


class KnownPolicy(Value):
    """A policy that claims has registered: enough to catch a slip at the first notice of loss."""

    stage: Literal["known"] = "known"
    version: int
    customer: str
    kinds: tuple[KindOfLoss, ...]
    starts: date
    ends: date


Policy = UnknownPolicy | KnownPolicy
POLICY_STATE: TypeAdapter[Policy] = TypeAdapter(Annotated[Policy, Field(discriminator="stage")])
