"""Money: integer minor units and an ISO 4217 code. No floats anywhere."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_MINOR = 10**15
"""Ten trillion yuan in fen. An amount above this is a slip of the keyboard, not a loss."""


class Money(BaseModel):
    """An amount in minor units (fen, cent) of one currency. Currencies are never mixed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minor: Annotated[int, Field(strict=True, ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"

    def __add__(self, other: Money) -> Money:
        return self._same(other, self.minor + other.minor)

    def __sub__(self, other: Money) -> Money:
        return self._same(other, self.minor - other.minor)

    def __lt__(self, other: Money) -> bool:
        return self._same(other, self.minor).minor < other.minor

    def __le__(self, other: Money) -> bool:
        return self._same(other, self.minor).minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{Decimal(self.minor) / 100:,.2f} {self.currency}"

    def share(self, percent: Decimal) -> Money:
        """`percent` of this amount, rounded half up to the minor unit."""
        exact = Decimal(self.minor) * percent / 100
        return Money(
            minor=int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency=self.currency
        )

    def _same(self, other: Money, minor: int) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return Money(minor=minor, currency=self.currency)


def zero(currency: str = "CNY") -> Money:
    """Nothing, in that currency."""
    return Money(minor=0, currency=currency)
