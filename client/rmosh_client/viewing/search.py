"""One search through the transcript, slice by slice, so that no step takes long; waits where lines are not here."""

from collections.abc import Sequence
from enum import Enum, auto
from itertools import takewhile
from typing import Final

from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.passage import Passage, Pattern, Spot
from rmosh_client.viewing.transcript import Transcript

#: Lines looked at in one step. Reason: well below 5 ms even for lines of 1000 columns. Source: measured, 2026.
_SLICE: Final = 256

#: Lines asked for at once where a search waits. Reason: few round trips, and still an answer within a second or so.
_STRETCH: Final = 2000


class Direction(Enum):
    """Which way a search goes."""

    OLDER = -1
    NEWER = 1

    @property
    def other(self) -> "Direction":
        """The opposite way."""
        return Direction(-self.value)


class Progress(Enum):
    """How far a search is."""

    RUNNING = auto()
    WAITING = auto()
    FOUND = auto()
    NOT_FOUND = auto()


class Search:
    """Looks for the nearest match beyond a spot.

    Attributes:
        progress: RUNNING while a further step finds lines to look at.
        line: the line it has come to; where it is WAITING, the one that is not here.
        found: the match, once FOUND.
    """

    def __init__(self, transcript: Transcript, pattern: Pattern, direction: Direction, *, start: Spot) -> None:
        self._transcript = transcript
        self._pattern = pattern
        self._start = start
        self.direction = direction
        self.progress = Progress.RUNNING
        # Where the next slice begins: a line further up than the one not here, if a soft wrap leads from it to that.
        self._next = start.line if direction is Direction.NEWER or start.offset > 0 else start.line - 1
        self.line = self._next
        self.found: Spot | None = None

    def step(self) -> Progress:
        """Look at the next slice of lines."""
        if self.progress in (Progress.RUNNING, Progress.WAITING):
            self.progress = self._to_newer() if self.direction is Direction.NEWER else self._to_older()
        return self.progress

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The lines to fetch so that it can go on; None unless it waits."""
        if self.progress is not Progress.WAITING:
            return None
        if self.direction is Direction.NEWER:
            return self.line, self.line + _STRETCH
        return self.line + 1 - _STRETCH, self.line + 1

    def _to_newer(self) -> Progress:
        end = self._transcript.end
        first = max(self._next, self._transcript.oldest)
        if first >= end:
            return Progress.NOT_FOUND
        lines = self._transcript.lines(first, min(first + _SLICE + len(self._pattern), end))
        here = _here(lines)
        # A line whose soft wrap leads to one that is not here may hold the beginning of a match: it must wait too.
        whole = here if here == len(lines) else here - _wrapped_at_end(lines[:here])
        stop = first + min(whole, _SLICE)
        if stop <= first:
            self.line = first + here
            return Progress.WAITING
        passage = Passage(lines[:here], first=first)
        self.found = passage.first_match(self._pattern, after=self._start, stop=stop)
        self.line = self._next = stop
        return Progress.FOUND if self.found else Progress.RUNNING

    def _to_older(self) -> Progress:
        oldest, end = self._transcript.oldest, self._transcript.end
        stop = min(self._next + 1, end)
        if stop <= oldest:
            return Progress.NOT_FOUND
        lines = self._transcript.lines(max(stop - _SLICE, oldest), stop)
        here = _here(lines[::-1])
        if not here:
            self.line = self._next = stop - 1
            return Progress.WAITING
        first = stop - here
        tail = self._transcript.lines(stop, min(stop + len(self._pattern), end))
        passage = Passage([*lines[-here:], *tail], first=first)
        self.found = passage.last_match(self._pattern, before=self._start, stop=stop)
        self.line = self._next = first - 1
        return Progress.FOUND if self.found else Progress.RUNNING


def _here(lines: Sequence[ScrolledLine | None]) -> int:
    """Return how many lines there are before the first one that is not here."""
    return next((place for place, line in enumerate(lines) if line is None), len(lines))


def _wrapped_at_end(lines: Sequence[ScrolledLine | None]) -> int:
    return sum(1 for _ in takewhile(lambda line: line is not None and line.wrapped, reversed(lines)))
