"""Several lines as one text, soft-wrapped ones joined, and the matches of a pattern in it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rmosh.terminal.scrolled import ScrolledLine


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One character: its line, and its offset in the line's text."""

    line: int
    offset: int


class Pattern:
    """Plain text to look for; case counts only if it has a capital letter.

    A match is exactly as long as the pattern, and reaches over no more lines than the pattern has characters.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        flags = 0 if any(map(str.isupper, text)) else re.IGNORECASE
        self.search = re.compile(re.escape(text), flags).search

    def __len__(self) -> int:
        return len(self.text)


class Passage:
    """Neighbouring lines; one that is not here ends the text before it, as a newline does."""

    def __init__(self, lines: Sequence[ScrolledLine | None], *, first: int) -> None:
        self._first = first
        self._starts: list[int] = []
        pieces = []
        length = 0
        for line in lines:
            piece = "\n" if line is None else line.text if line.wrapped else line.text + "\n"
            self._starts.append(length)
            pieces.append(piece)
            length += len(piece)
        self._starts.append(length)
        self._text = "".join(pieces)

    def first_match(self, pattern: Pattern, *, after: Spot, stop: int) -> Spot | None:
        """Return the first match that begins after a spot and before line `stop`."""
        start = 0 if after.line < self._first else self._starts[after.line - self._first] + after.offset + 1
        found = pattern.search(self._text, start)
        spot = self._spot(found.start()) if found else None
        return spot if spot is not None and spot.line < stop else None

    def last_match(self, pattern: Pattern, *, before: Spot, stop: int) -> Spot | None:
        """Return the last match that begins before a spot and before line `stop`."""
        if pattern.search(self._text) is None:
            return None
        for number in range(stop - 1, self._first - 1, -1):
            here = [spot for spot in self.matches(pattern, start=number, stop=number + 1) if spot < before]
            if here:
                return here[-1]
        return None

    def matches(self, pattern: Pattern, *, start: int, stop: int) -> Iterator[Spot]:
        """Yield all matches that begin in a range of lines, overlapping ones too, so that no cut changes them."""
        place, border = self._starts[start - self._first], self._starts[stop - self._first]
        end = border + len(pattern) - 1
        while (found := pattern.search(self._text, place, end)) is not None:
            yield self._spot(found.start())
            place = found.start() + 1

    def spans(self, spot: Spot, length: int) -> Iterator[tuple[int, int, int]]:
        """Yield (line, start, stop) for each line that a match lies in, start and stop being offsets in its text."""
        start = self._starts[spot.line - self._first] + spot.offset
        for place in range(spot.line - self._first, len(self._starts) - 1):
            line_start, line_stop = self._starts[place], self._starts[place + 1]
            if line_start >= start + length:
                return
            yield self._first + place, max(start - line_start, 0), min(start + length, line_stop) - line_start

    def _spot(self, position: int) -> Spot:
        place = min(bisect_right(self._starts, position), len(self._starts) - 1) - 1
        return Spot(self._first + place, position - self._starts[place])
