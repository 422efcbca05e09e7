"""How much of what we send is lost, and how many copies that calls for."""

import math
from functools import lru_cache

from rmosh.transport.policy import (
    ARRIVAL_GOAL,
    COPIES_ABOVE_LOSS,
    LOSS_MEMORY_PACKETS,
    MAX_COPIES,
)

#: First guess at a path, in packets and how many were lost: 6 %. Reason: of 60 keys at 29 % loss the slowest are those
#: typed before any loss was measured; this guess makes their p99 158 ms instead of 247 (RTT 100;
#: tests/benchmarks/chosen_numbers.py, first-guess). A clean path carries two copies of its first nine datagrams and
#: none after that; one stray loss is not 100 %.
_PRIOR_PACKETS = 4.0
_PRIOR_LOST = 0.25


class _Average:
    """An exponential average over the fates of the last `memory` packets."""

    def __init__(self, memory: int) -> None:
        self._decay = 1 - 1 / memory
        self._packets = _PRIOR_PACKETS
        self._lost = _PRIOR_LOST

    def remember(self, fate: float) -> None:
        self._packets = self._packets * self._decay + 1
        self._lost = self._lost * self._decay + fate

    def take_back(self) -> None:
        self._lost = max(0.0, self._lost - 1.0)

    @property
    def rate(self) -> float:
        return self._lost / self._packets


class LossEstimator:
    """The larger of a quick and a slow average over the fates of our packets.

    A packet that was counted as lost and then acknowledged after all (reordered, not lost) is counted back.
    """

    def __init__(self) -> None:
        self._quick, self._slow = self._averages = tuple(_Average(memory) for memory in LOSS_MEMORY_PACKETS)

    def acknowledged(self) -> None:
        """Count one packet that arrived."""
        for average in self._averages:
            average.remember(0.0)

    def lost(self) -> None:
        """Count one packet that seems not to have arrived."""
        for average in self._averages:
            average.remember(1.0)

    def late(self) -> None:
        """Take back one `lost`: its acknowledgement came after all."""
        for average in self._averages:
            average.take_back()

    @property
    def rate(self) -> float:
        """The share of packets lost lately, 0 to 1."""
        return max(self._quick.rate, self._slow.rate)


class NoLoss(LossEstimator):
    """A stream's: nothing in it is lost."""

    @property
    def rate(self) -> float:
        """The share of packets lost: none."""
        return 0.0


def copies_for(loss: float) -> int:
    """Return how many copies make one arrive with ARRIVAL_GOAL at a loss of 0 to 1; 1 on a clean path."""
    if loss <= COPIES_ABOVE_LOSS:
        return 1
    if loss >= 1:
        return MAX_COPIES
    return max(2, min(MAX_COPIES, math.ceil(math.log(1 - ARRIVAL_GOAL) / math.log(loss))))


def symbols_for(needed: int, *, loss: float, goal: float = ARRIVAL_GOAL) -> int:
    """Return how many symbols to send so that `needed` of them arrive with a probability of `goal`.

    At most three times as many as needed: beyond that bytes, of which others on the link want their share, buy little.
    """
    if loss <= COPIES_ABOVE_LOSS:
        return needed
    return _symbols_for(needed, math.ceil(100 * min(loss, 0.9)), goal)


@lru_cache(maxsize=256)
def _symbols_for(needed: int, loss_percent: int, goal: float) -> int:
    arrival = 1 - loss_percent / 100
    for count in range(needed, 3 * needed):
        if _at_least(needed, of=count, chance=arrival) >= goal:
            return count
    return 3 * needed


def _at_least(wanted: int, *, of: int, chance: float) -> float:
    """Return the binomial probability of `wanted` or more successes."""
    misses = sum(math.comb(of, hits) * chance**hits * (1 - chance) ** (of - hits) for hits in range(wanted))
    return 1 - misses
