"""Whether the policy, as it stood on the day of loss, answers for the loss (核赔).

Only objective grounds decline here: not in force on that day, within the waiting period, kind of
loss not insured. Whatever takes judgement (exclusions, disclosure, late notice: Insurance Law
Art. 16, 17, 21) is left to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from services.claims import reasons
from services.claims.policy import Policy, Version, in_force, insured_since
from services.claims.products import Coverage
from shared.contracts.base import KindOfLoss, Reason
from shared.contracts.claims import CoverConfirmed, CoverDeclined
from shared.contracts.intake import ClaimSubmitted


@dataclass(frozen=True, slots=True)
class Cover:
    """The coverage that answers, in which version, and since when the customer is insured."""

    version_number: int
    version: Version
    coverage: Coverage
    insured_since: date

    def confirmed(self) -> CoverConfirmed:
        """The cover as a fact."""
        return CoverConfirmed(
            policy_number=self.version.asked.policy_number,
            policy_version=self.version_number,
            product=self.version.asked.product,
            coverage=self.coverage.code,
        )


def cover_for(submission: ClaimSubmitted, policy: Policy, zone: tzinfo) -> Cover | CoverDeclined:
    """The cover for this loss, or why there is none. Days are the insurer's, in `zone`."""
    day = local_day(submission.loss_at, zone)
    found = in_force(policy, day)
    if found is None:
        return _declined(reasons.not_in_force(submission.policy_number, day))
    number, version = found
    coverage = answering(version, submission.kind, submission.circumstances.third_party)
    if coverage is None:
        return _declined(reasons.not_insured(submission.kind, version.asked.product))
    since = insured_since(policy, number)
    if day < (ends := since + timedelta(days=coverage.waiting_days)):
        return _declined(reasons.waiting_period(coverage, day, ends))
    return Cover(number, version, coverage, since)


def answering(version: Version, kind: KindOfLoss, third_party: bool) -> Coverage | None:
    """The first coverage, in the order of the product, for such a loss."""
    return next(
        (
            coverage
            for coverage in version.coverages
            if kind in coverage.kinds and coverage.third_party in (None, third_party)
        ),
        None,
    )


def local_day(at: datetime, zone: tzinfo) -> date:
    """The day of the insurer's calendar that a moment belongs to."""
    return at.astimezone(zone).date()


def _declined(reason: Reason) -> CoverDeclined:
    return CoverDeclined(reasons=(reason,))
