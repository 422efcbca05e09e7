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

#: Most packets that were given up whose fate the next answer tells.
_MOST_GIVEN_UP = 64


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
        self._given_up: dict[int, bool] = {}
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
        self._given_up.pop(number, None)

    def given_up(self, number: int) -> None:
        """Take note of a packet that nothing was heard of."""
        self._given_up[number] = number in self._first  # which so many others may leave after that it is forgotten
        if len(self._given_up) > _MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]

    def answered(self, number: int) -> None:
        """Take note that all is told of what left before a packet: what was given up of that is lost indeed."""
        for earlier in [given_up for given_up in self._given_up if given_up < number]:
            self._lost(earlier, is_first=self._given_up.pop(earlier))

    def lost(self, number: int) -> None:
        """Count a packet that is lost; they are told of in the order in which they left."""
        self._lost(number, is_first=number in self._first)

    def _lost(self, number: int, *, is_first: bool) -> None:
        if is_first:
            self._loss.lost()
            self._lost_in_a_row = -math.inf
        else:
            self._lost_in_a_row = self._lost_in_a_row + 1 if number == self._lost_up_to + 1 else 1
        self._lost_up_to = number
        if number <= self._counted_after:
            return
        self.lose_ends = self.lose_ends or self._lost_in_a_row >= self.more_than_chance

    @property
    def more_than_chance(self) -> int:
        """How many of one lost in a row are more than chance."""
        return more_than_chance(self._loss.rate)

    def begin_again(self) -> None:
        """Hold nothing against the path any more that was sent before."""
        self._counted_after = self._newest
        self.lose_ends = False


def more_than_chance(loss: float) -> int:
    """Return how many lost in a row are more than chance at a loss of 0 to 1."""
    loss = min(MOST_USUAL_LOSS, max(LEAST_USUAL_LOSS, loss))
    return math.ceil(math.log(SWALLOWED_CHANCE) / math.log(loss))
