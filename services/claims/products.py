"""Products and their coverages, as the files in `products/` state them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from services.claims.datafiles import BadDataFile, read
from shared.contracts.base import KindOfLoss
from shared.money import Money

FOLDER = Path(__file__).parent / "products"
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Kinds = Annotated[tuple[KindOfLoss, ...], Field(min_length=1)]


class Strict(BaseModel):
    """A part of a data file: a name that is not known in it is a slip, and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Coverage(Strict):
    """What is insured for one sort of loss, up to what, and what the customer bears.

    `insurer_share` is the insurer's part of co-insurance (共同保险) in percent. A loss within
    `waiting_days` after the start of the insurance (等待期) is not covered. `third_party` narrows
    the coverage to losses with (true) or without (false) a third party.
    """

    code: Code
    zh: Text
    en: Text
    kinds: Kinds
    third_party: bool | None = None
    limit: Money
    deductible: Money
    insurer_share: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]
    waiting_days: Annotated[int, Field(ge=0, le=365)] = 0

    def unsound(self) -> str | None:
        """What is wrong with the terms taken together, if anything.

        No validator: coverages are read from the store far more often than they are written.
        """
        if self.limit.currency != self.deductible.currency:
            return f"{self.code}: limit and deductible are in different currencies"
        if self.limit.minor <= 0:
            return f"{self.code}: the limit is not more than 0"
        if not 0 <= self.deductible.minor < self.limit.minor:
            return f"{self.code}: the deductible is not from 0 to below the limit"
        return None


class Product(Strict):
    """What can be sold: the kinds of loss it answers for, and its coverages."""

    code: Code
    zh: Text
    en: Text
    kinds: Kinds
    coverages: Annotated[tuple[Coverage, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        codes = Counter(coverage.code for coverage in self.coverages)
        twice = [code for code, times in codes.items() if times > 1]
        if twice:
            raise ValueError(f"coverage {twice[0]} is listed twice")
        answered = {kind for coverage in self.coverages for kind in coverage.kinds}
        if odd := answered ^ set(self.kinds):
            raise ValueError(f"kinds and coverages do not agree about {', '.join(sorted(odd))}")
        if len({coverage.limit.currency for coverage in self.coverages}) > 1:
            raise ValueError("the coverages are in different currencies")
        for coverage in self.coverages:
            if unsound := coverage.unsound():
                raise ValueError(unsound)
        return self


Products = Mapping[str, Product]


def load_products(folder: Path = FOLDER) -> Products:
    """Every product of the folder by its code. Raises `BadDataFile` with file and reason."""
    kind = TypeAdapter(Product)
    products: dict[str, Product] = {}
    for file in sorted(folder.glob("*.yaml")):
        product = read(file, kind)
        if product.code != file.stem:
            raise BadDataFile(file, f"code: {product.code} is not the name of the file")
        products[product.code] = product
    if not products:
        raise BadDataFile(folder, "there is no product file in this folder")
    return MappingProxyType(products)
