"""CoDel: drops from a queue that stays long, at a rate that rises until it is short. Sans-IO.

It looks at each datagram when its turn comes. One difference from the RFC: the least backlog, below which nothing
is dropped, is what was ahead of the datagram when it came, not what is behind it when it goes, since a `Link`
decides at once; in a queue that stands, both are the same.

Source: RFC 8289, section 5, whose names are kept.
"""

import math
from typing import Final

#: Seconds that a datagram may wait for ever. Source: RFC 8289, section 4.2.
TARGET: Final = 0.005

#: Seconds within which the wait must once have been below `TARGET`. Source: RFC 8289, section 4.3.
INTERVAL: Final = 0.1

#: Bytes of the largest packet: a shorter queue is none. Source: RFC 8289, section 5.1, MAXPACKET.
MAXPACKET: Final = 1500

#: Intervals after which an earlier spell of dropping is forgotten. Source: RFC 8289, section 5.6.
_MEMORY: Final = 16


class CoDel:
    """The state of one queue's control."""

    def __init__(self) -> None:
        self._first_above: float | None = None
        self._dropping = False
        self._spared = False
        self._drop_next = -math.inf
        self._count = 0
        self._last_count = 0

    def drops(self, *, came: float, turn: float, ahead: int) -> bool:
        """Say whether the datagram that came at `came` with `ahead` bytes before it is dropped at its `turn`.

        Datagrams must be asked about in the order in which they came.
        """
        may_drop = self._stays_long(wait=turn - came, turn=turn, ahead=ahead)
        if self._spared:  # the one after the first of a spell goes whatever its wait
            self._spared = False
            return False
        if not self._dropping:
            if may_drop:
                self._begin(turn)
            return may_drop
        if not may_drop:
            self._dropping = False
            return False
        if turn < self._drop_next:
            return False
        self._count += 1
        self._drop_next = self._after(self._drop_next)
        return True

    def _stays_long(self, *, wait: float, turn: float, ahead: int) -> bool:
        """Say whether waits have been above `TARGET` for an interval."""
        if wait < TARGET or ahead <= MAXPACKET:
            self._first_above = None
            return False
        if self._first_above is None:
            self._first_above = turn + INTERVAL
            return False
        return turn >= self._first_above

    def _begin(self, turn: float) -> None:
        """Begin a spell, at the last one's rate where that is not long ago."""
        delta = self._count - self._last_count
        recent = turn - self._drop_next < _MEMORY * INTERVAL
        self._count = delta if delta > 1 and recent else 1
        self._last_count = self._count
        self._drop_next = self._after(turn)
        self._dropping = self._spared = True

    def _after(self, time: float) -> float:
        return time + INTERVAL / math.sqrt(self._count)
