"""Jitter that reorders nothing, drawn on absolute time: dense and sparse traffic meet the same delays. Sans-IO.

A draw for each datagram would have a late one hold back those behind it, and dense traffic would see the greatest of
many draws. Here the delay wanders up and down between nothing and the jitter, slower than time passes, so that nothing
can overtake; datagrams close together meet nearly the same delay, and at any moment all delays are as likely.
"""

import bisect
import random
from collections.abc import Hashable
from typing import Final

#: Seconds by which the delay changes in a second. Reason: below 1 nothing overtakes; a train of packets is stretched
#: or squeezed by half at most. The delay has then forgotten itself after some four times the jitter.
_SPEED: Final = 0.5

#: Least mean seconds between two turns, where the jitter is so small that nobody can tell.
_SHORTEST_LEG: Final = 0.001

#: Legs in a stretch, each of which has a seed of its own: any moment can be asked for at once.
_LEGS_IN_STRETCH: Final = 200


class OrderedJitter:
    """The delay beyond the least one, in seconds since its begin; same seed, same delays."""

    def __init__(self, jitter: float, *, seed: Hashable) -> None:
        """Wander between 0 and `jitter` seconds; draw nothing yet."""
        self._jitter = jitter
        self._seed = seed
        self._leg = max(jitter / _SPEED, _SHORTEST_LEG)
        self._length = self._leg * _LEGS_IN_STRETCH
        self._number: int | None = None
        self._first_way = 1
        self._turns: list[float] = []
        self._positions: list[float] = []

    def at(self, time: float) -> float:
        """Return the delay of what leaves at `time`."""
        number = int(time // self._length)
        if number != self._number:
            self._draw(number)
        within = time - number * self._length
        leg = bisect.bisect_right(self._turns, within) - 1
        position = self._positions[leg] + self._way(leg) * (within - self._turns[leg]) * _SPEED
        lap = position % (2 * self._jitter)  # there and back again: all delays stay as likely
        return min(lap, 2 * self._jitter - lap)

    def _draw(self, number: int) -> None:
        """Draw where a stretch begins, each place as likely, and when it turns."""
        chance = random.Random(f"{self._seed}/jitter/{number}")
        self._number = number
        self._first_way = chance.choice((1, -1))
        self._turns = [0.0]
        self._positions = [chance.uniform(0, 2 * self._jitter)]
        while self._turns[-1] < self._length:
            leg = chance.expovariate(1 / self._leg)
            self._positions.append(self._positions[-1] + self._way(len(self._turns) - 1) * leg * _SPEED)
            self._turns.append(self._turns[-1] + leg)

    def _way(self, leg: int) -> int:
        return self._first_way if leg % 2 == 0 else -self._first_way
