"""Figures, what they are to reach, and the arithmetic behind them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A target that more is better than."""

    least: float

    def reached(self, value: float) -> bool:
        return value >= self.least


@dataclass(frozen=True, slots=True)
class Below:
    """A target that less is better than."""

    most: float

    def reached(self, value: float) -> bool:
        return value < self.most


Target = AtLeast | Below


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value: the median of `rounds`. `note` says what to know when reading it."""

    name: str
    unit: str
    rounds: tuple[float, ...]
    target: Target | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.target.reached(self.value)

    def json(self) -> dict[str, Any]:
        """For programs."""
        target = self.target
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "rounds": list(self.rounds),
            "at_least": target.least if isinstance(target, AtLeast) else None,
            "below": target.most if isinstance(target, Below) else None,
            "reached": self.reached,
            "note": self.note,
        }


def missed(figures: Iterable[Figure]) -> list[Figure]:
    """Those whose target is not met."""
    return [figure for figure in figures if figure.reached is False]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all are not above (nearest rank).

    Raises `ValueError` if there are no values.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    rank = max(1, math.ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]


def ratio(above: float, below: float) -> float:
    """One against the other. Raises `ValueError` where there is nothing to compare with."""
    if below <= 0:
        raise ValueError("there is no ratio to nothing")
    return above / below


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median by name, over those rounds that have the name."""
    names = dict.fromkeys(name for each in rounds for name in each)
    return {name: median(each[name] for each in rounds if name in each) for name in names}
