"""The sentences that decisions give as their reasons, in Chinese and English."""

from __future__ import annotations

from datetime import date

from services.claims.products import Coverage
from shared.contracts.base import KindOfLoss, Reason
from shared.money import Money


def not_in_force(policy_number: str, day: date) -> Reason:
    """No version of the policy held on the day of loss."""
    return Reason(
        code="policy-not-in-force",
        zh=f"出险日 {day} 保单 {policy_number} 不在保险期间内。",
        en=f"Policy {policy_number} was not in force on {day}, the day of loss.",
    )


def not_insured(kind: KindOfLoss, product: str) -> Reason:
    """The product does not answer for such a loss."""
    return Reason(
        code="kind-not-insured",
        zh=f"产品 {product} 不承保此类损失({kind})。",
        en=f"The product {product} does not insure losses of this kind ({kind}).",
    )


def waiting_period(coverage: Coverage, day: date, ends: date) -> Reason:
    """The loss came before the waiting period was over; `ends` is the first covered day."""
    return Reason(
        code="waiting-period",
        zh=f"出险日 {day} 在{coverage.zh}的 {coverage.waiting_days} 天等待期内,{ends} 起方可赔付。",
        en=(
            f"The day of loss, {day}, lies within the waiting period of {coverage.waiting_days} "
            f"days of {coverage.en}; losses are covered from {ends} on."
        ),
    )


def below_deductible(deductible: Money) -> Reason:
    """Nothing is left to pay after the deductible."""
    return Reason(
        code="below-deductible",
        zh=f"核定损失未超过免赔额 {deductible},无应赔付金额。",
        en=f"The loss does not exceed the deductible of {deductible}: nothing is payable.",
    )


def policy_unknown(policy_number: str) -> Reason:
    """No such policy is registered. That may be our gap, so a person looks."""
    return Reason(
        code="policy-unknown",
        zh=f"系统中没有保单 {policy_number},须人工核实。",
        en=f"Policy {policy_number} is not registered here; a person looks into it.",
    )


def other_currency(claimed: Money, limit: Money) -> Reason:
    """The claim is in a currency that the policy does not pay in."""
    return Reason(
        code="other-currency",
        zh=f"索赔币种 {claimed.currency} 与保单币种 {limit.currency} 不同,须人工核定。",
        en=(
            f"The claim is in {claimed.currency} and the policy in {limit.currency}; "
            "a person measures the loss."
        ),
    )


def payment_failed(bank_reason: str) -> Reason:
    """The bank refused the payment; `bank_reason` is its ISO 20022 status reason."""
    return Reason(
        code="payment-failed",
        zh=f"付款失败,银行退回代码 {bank_reason},须人工重新决定。",
        en=f"The payment failed with the bank's code {bank_reason}; a person decides again.",
    )


def decided_already() -> Reason:
    """A withdrawal came after the decision."""
    return Reason(
        code="decided-already",
        zh="赔案已作出决定,不能撤回。",
        en="The claim has been decided already and can no longer be withdrawn.",
    )


def fast_lane(limit: Money) -> Reason:
    """A small claim at low risk."""
    return Reason(
        code="small-claim",
        zh=f"索赔金额不超过 {limit} 且风险低,适用快速理赔通道。",
        en=f"A claim of up to {limit} at low risk is decided in the fast lane.",
    )


def above_fast_lane(limit: Money) -> Reason:
    """More than the fast lane takes."""
    return Reason(
        code="above-fast-lane",
        zh=f"索赔金额超过快速理赔上限 {limit}。",
        en=f"The amount claimed is above {limit}, the most that the fast lane takes.",
    )


def large_claim(limit: Money) -> Reason:
    """So much is claimed that it takes the complex track."""
    return Reason(
        code="large-claim",
        zh=f"索赔金额超过 {limit}。",
        en=f"The amount claimed is above {limit}.",
    )


NO_FAST_LANE = Reason(
    code="no-fast-lane",
    zh="此类损失不适用快速理赔通道。",
    en="There is no fast lane for losses of this kind.",
)
THIRD_PARTY = Reason(
    code="third-party", zh="事故涉及第三者。", en="A third party is involved in the loss."
)
RISK_NOT_LOW = Reason(
    code="risk-not-low", zh="风险评分不属于低风险。", en="The risk was not scored as low."
)
HIGH_RISK = Reason(code="high-risk", zh="风险评分为高风险。", en="The risk was scored as high.")
CRITICAL_ILLNESS = Reason(
    code="critical-illness",
    zh="重大疾病赔案由医务人员审核。",
    en="A critical illness is always looked at by the medical board.",
)
INJURY = Reason(code="injury", zh="有人员受伤。", en="Somebody was injured.")
