"""Which lines of history were cleared from the screen instead of scrolled off, by number."""

from bisect import bisect_right
from typing import Final

from rmosh.terminal.clears import Clear, Cleared

#: Most clears remembered; the oldest are forgotten. Reason: each is somebody's key, or comes from a stranger: 1 MB.
MAX_CLEARS: Final = 4096


class ClearedLines:
    """Remembers the newest clears."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._clears: list[Cleared] = []

    def add(self, cleared: Cleared) -> None:
        """Take lines that one clear erased; those that are known already change nothing."""
        place = bisect_right(self._starts, cleared.start)
        if place and self._starts[place - 1] == cleared.start:
            return
        self._starts.insert(place, cleared.start)
        self._clears.insert(place, cleared)
        self._drop(len(self._starts) - MAX_CLEARS)

    def forget_below(self, number: int) -> None:
        """Forget the clears that begin before a line."""
        self._drop(bisect_right(self._starts, number - 1))

    def _drop(self, count: int) -> None:
        if count > 0:
            del self._starts[:count], self._clears[:count]

    def clear_of(self, number: int) -> Cleared | None:
        """Return the clear that erased a line; None where it scrolled off, or that is not known any more."""
        place = bisect_right(self._starts, number) - 1
        if place < 0 or number >= self._starts[place] + self._clears[place].count:
            return None
        return self._clears[place]

    def how(self, number: int) -> Clear | None:
        """Return how a line was cleared; None where it scrolled off."""
        cleared = self.clear_of(number)
        return None if cleared is None else cleared.how

    def alike(self, lines: range) -> range:
        """Return the first of some lines that became history together: by one clear, or by none."""
        if not lines:
            return lines
        cleared = self.clear_of(lines.start)
        if cleared is not None:
            return range(lines.start, min(lines.stop, cleared.start + cleared.count))
        following = bisect_right(self._starts, lines.start)
        return range(lines.start, min([lines.stop, *self._starts[following : following + 1]]))
