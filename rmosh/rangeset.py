"""A set of whole numbers kept as ranges: of packets and bytes that arrived, of lines that are here."""

from bisect import bisect_left, bisect_right
from typing import Final

#: Most ranges kept where nobody says how many; far more than the 33 an ACK tells, so that gaps filled late still merge.
#: 256 are 4 kB.
DEFAULT_MAX_RANGES: Final = 256


class RangeSet:
    """Whole numbers as half-open ranges; where they are too many, the oldest (lowest) are forgotten."""

    __slots__ = ("_max_ranges", "_starts", "_stops")

    def __init__(self, max_ranges: int = DEFAULT_MAX_RANGES) -> None:
        self._max_ranges = max_ranges
        self._starts: list[int] = []
        self._stops: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __len__(self) -> int:
        """Return how many ranges there are, not how many numbers."""
        return len(self._starts)

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number < self._stops[index]

    def __repr__(self) -> str:
        return f"RangeSet({', '.join(f'{start}..{stop - 1}' for start, stop in self.newest_first())})"

    @property
    def largest(self) -> int | None:
        """The highest number in the set."""
        return self._stops[-1] - 1 if self._stops else None

    @property
    def lowest(self) -> tuple[int, int] | None:
        """The range of the lowest numbers as (start, stop), half open."""
        return (self._starts[0], self._stops[0]) if self._starts else None

    def newest_first(self, limit: int | None = None) -> tuple[tuple[int, int], ...]:
        """Return the ranges as (start, stop), half open, highest first; at most `limit` of them."""
        count = len(self._starts) if limit is None else min(limit, len(self._starts))
        lowest = len(self._starts) - count
        return tuple(zip(reversed(self._starts[lowest:]), reversed(self._stops[lowest:]), strict=True))

    def add(self, start: int, stop: int | None = None) -> None:
        """Add the numbers from `start` up to, not including, `stop`; one number where `stop` is not given."""
        stop = start + 1 if stop is None else stop
        if stop <= start:
            return
        if self._stops and start == self._stops[-1]:
            self._stops[-1] = stop
            return
        self._merge(start, stop)
        if len(self._starts) > self._max_ranges:
            del self._starts[0], self._stops[0]

    def forget_below(self, number: int) -> None:
        """Take every number lower than `number` out of the set."""
        index = bisect_right(self._stops, number)
        del self._starts[:index], self._stops[:index]
        if self._starts and self._starts[0] < number:
            self._starts[0] = number

    def remove(self, start: int, stop: int) -> None:
        """Take the numbers from `start` up to, not including, `stop` out of the set."""
        first, last = bisect_right(self._stops, start), bisect_left(self._starts, stop)
        if start >= stop or first >= last:
            return
        left, right = (self._starts[first], start), (stop, self._stops[last - 1])
        rest = [part for part in (left, right) if part[0] < part[1]]
        self._starts[first:last] = [part[0] for part in rest]
        self._stops[first:last] = [part[1] for part in rest]

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the first range between two numbers that is not in the set; None if all is."""
        place = bisect_right(self._stops, start)
        if place < len(self._starts) and self._starts[place] <= start:
            start = self._stops[place]
            place += 1
        if start >= stop:
            return None
        return start, min(stop, self._starts[place]) if place < len(self._starts) else stop

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest range that holds all between two numbers that is not in the set; None if all is."""
        gap = self.missing(start, stop)
        if gap is None:
            return None
        last = bisect_left(self._starts, stop) - 1
        reaches_to_stop = last >= 0 and self._stops[last] >= stop
        return gap[0], self._starts[last] if reaches_to_stop else stop

    def _merge(self, start: int, stop: int) -> None:
        first = bisect_left(self._stops, start)
        last = bisect_right(self._starts, stop)
        if first < last:
            start = min(start, self._starts[first])
            stop = max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]
