"""What a payer orders and what the bank says of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandboxes.chance import Seed, Share

MOST_MINOR = 100_000_000_000
"""The largest amount of one transfer, in fen (one billion yuan)."""

REASONS = {"0001": "AC04", "0002": "AC01", "0003": "AC06", "0004": "BE01", "0009": "AM09"}
"""The last four digits of an account, and the ISO 20022 reason for which it rejects."""

EndToEndId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
"""The payer's own name for a transfer, unique for ever."""


class Amount(BaseModel):
    """Money in fen."""

    model_config = ConfigDict(extra="forbid")

    minor: Annotated[int, Field(gt=0, le=MOST_MINOR, strict=True)]
    currency: Literal["CNY"]


class Order(BaseModel):
    """What the payer wants moved."""

    model_config = ConfigDict(extra="forbid")

    end_to_end_id: EndToEndId
    amount: Amount
    creditor_account: Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{1,40}$")]
    creditor_name: Annotated[str, Field(max_length=140)] | None = None
    remittance: Annotated[str, Field(max_length=140)]

    def reason(self) -> str | None:
        """The ISO 20022 reason for which the bank rejects this order, or None."""
        return REASONS.get(self.creditor_account[-4:])


class Receipt(BaseModel):
    """What became of a transfer; `settled_at` is UTC, `reason` an ISO 20022 code."""

    transfer_id: str
    end_to_end_id: str
    status: Literal["settled", "rejected"]
    settled_at: str | None
    reason: str | None


class Entry(Receipt):
    """One line of the statement; `position` is a cursor to read on from."""

    position: int
    amount: Amount
    creditor_account: str
    creditor_name: str | None
    remittance: str


class Statement(BaseModel):
    """A page of settled transfers, oldest first; `next_cursor` is None on the last page."""

    transfers: list[Entry]
    next_cursor: int | None


class Total(BaseModel):
    """A sum in fen, which may be zero."""

    minor: int
    currency: Literal["CNY"] = "CNY"


class Totals(BaseModel):
    """All money moved, and how often a transfer already settled was ordered again in vain."""

    transfers: int
    amount: Total
    duplicates_refused: int


class Settings(BaseModel):
    """How the bank fails; the table stands in the docstring of `sandboxes.bank`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: Annotated[float, Field(ge=0, le=60_000, strict=True, allow_inf_nan=False)] = 0
    errors: Share = 0
    lost_before: Share = 0
    lost_after: Share = 0
    away: Annotated[bool, Field(strict=True)] = False
    hang_s: Annotated[float, Field(ge=0, le=600, strict=True, allow_inf_nan=False)] = 0
    seed: Seed = 0
