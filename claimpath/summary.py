"""Counts what came of the claims handed in. Pure.

accepted = closed + denied + waiting + withdrawn + lost
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimpath.handing_in import Refusal
from claimpath.lookup import ENDS, WAITING

ONCE = {"ClaimReported", "ClaimSubmitted", "ClaimClosed"}
ONCE_PER_APPROVAL = {"PaymentOrdered", "PaymentSettled"}

Path = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What `claimpath submit --wait` tells.

    `lost` are claims that were accepted and, when time ran out, were neither at an end nor with
    a person; `parked` are those of them that a service has set aside. `duplicates` counts facts
    that must be once in a claim's path and are there again. `seconds` is from the first request
    to the last outcome.
    """

    submitted: int
    closed: int
    denied: int
    waiting: int
    withdrawn: int
    parked: int
    lost: int
    duplicates: int
    seconds: float
    refused: Mapping[str, Any]
    incomplete_paths: int
    unreadable: int

    @property
    def sound(self) -> bool:
        """Whether nothing was lost or done twice, and every path is whole."""
        return not (self.lost or self.duplicates or self.incomplete_paths)


def lost(stages: Mapping[str, str]) -> list[str]:
    """The claims that are neither at an end nor with a person."""
    return [claim for claim, stage in stages.items() if stage not in ENDS | {WAITING}]


def duplicates(path: Path) -> int:
    """How many facts of this path say again what may be said only once."""
    said = Counter(named for fact in path["facts"] if (named := _once(fact)))
    return sum(times - 1 for times in said.values())


def refusals(refused: Iterable[Refusal]) -> dict[str, Any]:
    """How many lines the network refused, in all and by reason."""
    reasons = Counter(refusal.code for refusal in refused)
    return {"lines": reasons.total(), "reasons": dict(reasons.most_common())}


def summed_up(
    stages: Mapping[str, str],
    paths: Sequence[Path],
    parked: Iterable[str],
    refused: Iterable[Refusal],
    unreadable: int,
    seconds: float,
) -> Summary:
    """The summary of one run."""
    ended = Counter(stages.values())
    return Summary(
        submitted=len(stages),
        closed=ended["closed"],
        denied=ended["denied"],
        waiting=ended[WAITING],
        withdrawn=ended["withdrawn"],
        parked=len(set(parked)),
        lost=len(lost(stages)),
        duplicates=sum(map(duplicates, paths)),
        seconds=round(seconds, 2),
        refused=refusals(refused),
        incomplete_paths=sum(not path["complete"] for path in paths),
        unreadable=unreadable,
    )


def _once(fact: Mapping[str, Any]) -> tuple[str, int] | None:
    """What may be said once only: a name, and the approval where it is once for each."""
    if fact["fact"] in ONCE:
        return fact["fact"], 0
    if fact["fact"] in ONCE_PER_APPROVAL:
        return fact["fact"], fact["data"]["approval"]
    return None
