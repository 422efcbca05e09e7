"""Good and bad spells of a bursty link, drawn on absolute time: no traffic changes them. Sans-IO.

Time is cut into stretches, each with a seed of its own, so that any moment can be asked for at once and in any
order. Spells have no memory, so a stretch may begin in whichever state chance gives it.
"""

import bisect
import random
from collections.abc import Hashable
from typing import Final

from .link_model import Bursts

#: Mean cycles of a good and a bad spell in a stretch: cheap to draw, and few spells are cut at its ends.
_CYCLES_IN_STRETCH: Final = 200


class Spells:
    """When a link with these bursts is bad, in seconds since its begin; same seed, same spells."""

    def __init__(self, bursts: Bursts, seed: Hashable) -> None:
        """Draw nothing yet."""
        self._good = bursts.good
        self._bad = bursts.bad
        self._seed = seed
        self._length = _CYCLES_IN_STRETCH * (bursts.good + bursts.bad)
        self._number: int | None = None
        self._begins_bad = False
        self._turns: list[float] = []

    def is_bad(self, time: float) -> bool:
        """Say whether `time` is in a bad spell."""
        number = int(time // self._length)
        if number != self._number:
            self._draw(number)
        turns = bisect.bisect_right(self._turns, time - number * self._length)
        return self._begins_bad != bool(turns % 2)

    def _draw(self, number: int) -> None:
        chance = random.Random(f"{self._seed}/spells/{number}")
        self._number = number
        self._begins_bad = bad = chance.random() < self._bad / (self._good + self._bad)
        self._turns = []
        time = 0.0
        while time < self._length:
            time += chance.expovariate(1 / (self._bad if bad else self._good))
            self._turns.append(time)
            bad = not bad
