"""What is payable, and every step on the way to it (赔付计算依据, DOMAIN row 24).

The order is part of the cover and never changes:

    claimed -> recognised loss -> minus deductible (免赔额) -> times the insurer's share (赔付比例)
      -> at most the limit (保险金额) -> payable

A step never raises the amount. Rounding is half up, to the minor unit, once: at the share.
"""

from __future__ import annotations

from itertools import pairwise

from services.claims.products import Coverage
from shared.contracts.base import Reason
from shared.contracts.claims import Line, LossAssessed
from shared.money import Money, zero


def payable_under(coverage: Coverage, claimed: Money) -> tuple[Line, ...]:
    """The steps from claimed to payable. Raises `ValueError` if the currencies differ.

    The last line's amount is what is payable: never negative, never above loss or limit.
    """
    recognised = max(claimed, zero(claimed.currency))
    borne = max(recognised - coverage.deductible, zero(claimed.currency))
    shared = borne.share(coverage.insurer_share)
    capped = min(shared, coverage.limit)
    return (
        Line(step="claimed", zh="索赔金额", en="Amount claimed", amount=claimed),
        Line(step="recognised", zh="核定损失", en="Loss recognised", amount=recognised),
        Line(
            step="deductible",
            zh=f"扣除免赔额 {coverage.deductible}",
            en=f"Less the deductible of {coverage.deductible}",
            amount=borne,
        ),
        Line(
            step="share",
            zh=f"按赔付比例 {coverage.insurer_share}% 计算",
            en=f"The insurer's share of {coverage.insurer_share} %",
            amount=shared,
        ),
        Line(
            step="limit",
            zh=f"以保险金额 {coverage.limit} 为限",
            en=f"At most the limit of {coverage.limit}",
            amount=capped,
        ),
        Line(step="payable", zh="应赔付金额", en="Payable", amount=capped),
    )


def assess(coverage: Coverage, claimed: Money) -> LossAssessed:
    """The loss measured against the coverage; all that is payable is reserved (准备金)."""
    lines = payable_under(coverage, claimed)
    payable = lines[-1].amount
    return LossAssessed(claimed=claimed, payable=payable, reserve=payable, lines=lines)


def reductions(lines: tuple[Line, ...]) -> tuple[Reason, ...]:
    """Why less is payable than was claimed: the steps that took something off."""
    return tuple(
        Reason(code=after.step, zh=after.zh, en=after.en)
        for before, after in pairwise(lines)
        if after.amount < before.amount
    )
