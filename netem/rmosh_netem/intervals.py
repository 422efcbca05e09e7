"""From several runs' values to one: the median, and the interval that other such runs may as well have given."""

import random
import statistics
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Runs from which on an interval says something; fewer only show that they differ.
_ENOUGH: Final = 3

#: Resamples; the ends of an interval then move by about 1 % of its width from seed to seed.
_RESAMPLES: Final = 2000

#: Share of the resamples outside of the interval, half at each end. Source: Efron and Tibshirani, 1993, chapter 13.
_OUTSIDE: Final = 0.05


class Interval(NamedTuple):
    """Both ends, in the unit of the values."""

    low: float
    high: float

    def overlaps(self, other: "Interval") -> bool:
        """Say whether both hold a value in common: they are then no proof of a difference."""
        return self.low <= other.high and other.low <= self.high


def bootstrap_interval(values: Sequence[float], *, seed: int = 1) -> Interval | None:
    """Return the 95 % bootstrap interval of the median; None for fewer than three values."""
    if len(values) < _ENOUGH:
        return None
    chance = random.Random(seed)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    at_each_end = round(_RESAMPLES * _OUTSIDE / 2)
    return Interval(medians[at_each_end], medians[-1 - at_each_end])
