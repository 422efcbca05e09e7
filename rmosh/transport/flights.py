"""Whether a path passes the beginnings of flights and swallows their ends, as a policer without a queue does.

A flight is what leaves at one moment. What leaves first, or alone, is lost by chance only; so a run of losses behind it
that this loss makes next to impossible has another reason. A spell that loses whole flights is no such reason.
"""

import math
from collections import deque

from rmosh.transport.loss import LossEstimator
from rmosh.transport.policy import LEAST_USUAL_LOSS, MOST_USUAL_LOSS, SWALLOWED_CHANCE

#: Most flights whose first packet's fate is waited for.
_MOST_FLIGHTS = 64


class Flights:
    """What became of flights' first packets, and of those behind them.

    Attributes:
        lose_ends: whether so many of one were lost in a row behind its first that it was not by chance.
    """

    def __init__(self) -> None:
        self._first: deque[int] = deque(maxlen=_MOST_FLIGHTS)
        self._left_at = -math.inf
        self._newest = self._counted_after = -1
        self._loss = LossEstimator()
        self._lost_up_to = -1
        self._lost_in_a_row = 0.0
        self.lose_ends = False

    def sent(self, number: int, sent_at: float) -> None:
        """Take note of a packet."""
        if sent_at != self._left_at:
            self._first.append(number)
        self._left_at, self._newest = sent_at, number

    def acknowledged(self, number: int) -> None:
        """Count a packet that arrived."""
        if number in self._first:
            self._loss.acknowledged()

    def lost(self, number: int) -> None:
        """Count a packet that is lost; they are told of in the order in which they left."""
        if number in self._first:
            self._loss.lost()
            self._lost_in_a_row = -math.inf
        else:
            self._lost_in_a_row = self._lost_in_a_row + 1 if number == self._lost_up_to + 1 else 1
        self._lost_up_to = number
        if number <= self._counted_after:
            return
        self.lose_ends = self.lose_ends or self._lost_in_a_row >= more_than_chance(self._loss.rate)

    def begin_again(self) -> None:
        """Hold nothing against the path any more that was sent before."""
        self._counted_after = self._newest
        self.lose_ends = False


def more_than_chance(loss: float) -> int:
    """Return how many lost in a row are more than chance at a loss of 0 to 1."""
    loss = min(MOST_USUAL_LOSS, max(LEAST_USUAL_LOSS, loss))
    return math.ceil(math.log(SWALLOWED_CHANCE) / math.log(loss))
