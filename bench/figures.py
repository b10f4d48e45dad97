"""Medians and their like. Pure."""

from collections.abc import Sequence
from math import ceil
from statistics import median


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def median_of_medians(rounds: Sequence[Sequence[float]]) -> float:
    """One slow round moves it less than it moves the median of everything."""
    return median(median(values) for values in rounds)


def pooled(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [value for values in rounds for value in values]
