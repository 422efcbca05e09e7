"""Which lines are here: ranges of numbers, half open, in order and apart from each other."""

from bisect import bisect_left, bisect_right


class LinesHere:
    """Ranges that are looked up, and grow together, in steps that hardly depend on how many there are."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []

    def add(self, start: int, stop: int) -> None:
        """Take note of the lines from a number to before another."""
        if start >= stop:
            return
        first = bisect_left(self._stops, start)
        last = bisect_right(self._starts, stop)
        if first < last:  # ranges that these lines touch
            start, stop = min(start, self._starts[first]), max(stop, self._stops[last - 1])
        self._starts[first:last], self._stops[first:last] = [start], [stop]

    def forget_below(self, number: int) -> None:
        """Take note that all lines before a number are gone."""
        gone = bisect_right(self._stops, number)
        del self._starts[:gone], self._stops[:gone]
        if self._starts:
            self._starts[0] = max(self._starts[0], number)

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the first range between two numbers that is not here; None if all is."""
        place = bisect_right(self._stops, start)
        if place < len(self._starts) and self._starts[place] <= start:
            start = self._stops[place]
            place += 1
        if start >= stop:
            return None
        return start, min(stop, self._starts[place]) if place < len(self._starts) else stop
