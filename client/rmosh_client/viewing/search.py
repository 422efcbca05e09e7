"""What is looked for: patterns in joined lines, one search slice by slice, and the searches of a user. Knows no keys.

No step takes long; a search waits where lines are not here.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import takewhile
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.transcript import Transcript

#: Lines looked at in one step. Reason: well below 5 ms even for lines of 1000 columns. Source:
#: tests/benchmarks/chosen_numbers.py, search-slice.
_SLICE: Final = 256

#: Lines asked for at once where a search waits. Reason: few round trips, and still an answer within a second or so.
_STRETCH: Final = 2000


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


class SearchDirection(Enum):
    """Which way a search goes."""

    OLDER = -1
    NEWER = 1

    @property
    def other(self) -> "SearchDirection":
        """The opposite way."""
        return SearchDirection(-self.value)


class SearchProgress(Enum):
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

    def __init__(self, transcript: Transcript, pattern: Pattern, direction: SearchDirection, *, start: Spot) -> None:
        self._transcript = transcript
        self._pattern = pattern
        self._start = start
        self.direction = direction
        self.progress = SearchProgress.RUNNING
        # Where the next slice begins: a line further up than the one not here, if a soft wrap leads from it to that.
        self._next = start.line if direction is SearchDirection.NEWER or start.offset > 0 else start.line - 1
        self.line = self._next
        self.found: Spot | None = None

    def step(self) -> SearchProgress:
        """Look at the next slice of lines."""
        if self.progress is SearchProgress.RUNNING or (self.progress is SearchProgress.WAITING and self._line_is_here):
            self.progress = self._to_newer() if self.direction is SearchDirection.NEWER else self._to_older()
        return self.progress

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The lines to fetch so that it can go on; None unless it waits."""
        if self.progress is not SearchProgress.WAITING:
            return None
        if self.direction is SearchDirection.NEWER:
            return self.line, self.line + _STRETCH
        return self.line + 1 - _STRETCH, self.line + 1

    @property
    def _line_is_here(self) -> bool:
        return self._transcript.missing_within(self.line, self.line + 1) is None

    def _to_newer(self) -> SearchProgress:
        end = self._transcript.end
        first = max(self._next, self._transcript.oldest)
        if first >= end:
            return SearchProgress.NOT_FOUND
        lines = self._transcript.lines(first, min(first + _SLICE + len(self._pattern), end))
        here = _here(lines)
        # A line whose soft wrap leads to one that is not here may hold the beginning of a match: it must wait too.
        whole = here if here == len(lines) else here - _wrapped_at_end(lines[:here])
        stop = first + min(whole, _SLICE)
        if stop <= first:
            self.line = first + here
            return SearchProgress.WAITING
        passage = Passage(lines[:here], first=first)
        self.found = passage.first_match(self._pattern, after=self._start, stop=stop)
        self.line = self._next = stop
        return SearchProgress.FOUND if self.found else SearchProgress.RUNNING

    def _to_older(self) -> SearchProgress:
        oldest, end = self._transcript.oldest, self._transcript.end
        stop = min(self._next + 1, end)
        if stop <= oldest:
            return SearchProgress.NOT_FOUND
        lines = self._transcript.lines(max(stop - _SLICE, oldest), stop)
        here = _here(lines[::-1])
        if not here:
            self.line = self._next = stop - 1
            return SearchProgress.WAITING
        first = stop - here
        tail = self._transcript.lines(stop, min(stop + len(self._pattern), end))
        passage = Passage([*lines[-here:], *tail], first=first)
        self.found = passage.last_match(self._pattern, before=self._start, stop=stop)
        self.line = self._next = first - 1
        return SearchProgress.FOUND if self.found else SearchProgress.RUNNING


def _here(lines: Sequence[ScrolledLine | None]) -> int:
    """Return how many lines there are before the first one that is not here."""
    return next((place for place, line in enumerate(lines) if line is None), len(lines))


def _wrapped_at_end(lines: Sequence[ScrolledLine | None]) -> int:
    return sum(1 for _ in takewhile(lambda line: line is not None and line.wrapped, reversed(lines)))


class Seeker:
    """Starts searches from where the user is, and remembers what they found.

    Attributes:
        pattern: what is highlighted; None where nothing is.
        current: the match found last; None until there is one.
        search: the search under way; None where there is none.
        went: which way the last search went.
        wrapped: it came to that end and went on from the other.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._last: Pattern | None = None
        self._direction = self.went = SearchDirection.OLDER
        self.pattern: Pattern | None = None
        self.current: Spot | None = None
        self.search: Search | None = None
        self.wrapped = False

    def look_for(self, text: str, direction: SearchDirection, *, in_view: range) -> bool:
        """Start a search for a new text, or for the last one if it is empty; tell whether there is any."""
        if text:
            self._last = Pattern(text)
            self.current = None
        self._direction = direction
        return self.look_again(in_view=in_view)

    def look_again(self, *, in_view: range, other_way: bool = False) -> bool:
        """Start a search from the current match, or from the view where that is not in it; tell whether it did."""
        if self._last is None:
            return False
        direction = self._direction.other if other_way else self._direction
        if self.current is not None and self.current.line in in_view:
            start = self.current
        elif direction is SearchDirection.NEWER:
            start = Spot(in_view.start, -1)
        else:
            start = Spot(in_view.stop, 0)
        self.pattern, self.went, self.wrapped = self._last, direction, False
        self.search = Search(self._transcript, self.pattern, direction, start=start)
        return True

    def go_on(self) -> SearchProgress | None:
        """Look a step further; None where no search is under way."""
        if self.search is None:
            return None
        progress = self.search.step()
        if progress is SearchProgress.NOT_FOUND and not self.wrapped and self._last is not None:
            self.wrapped = True
            self.search = Search(self._transcript, self._last, self.went, start=self._other_end())
            return SearchProgress.RUNNING
        if progress is SearchProgress.FOUND:
            self.current = self.search.found
        if progress in (SearchProgress.FOUND, SearchProgress.NOT_FOUND):
            self.search = None
        return progress

    def _other_end(self) -> Spot:
        if self.went is SearchDirection.NEWER:
            return Spot(self._transcript.oldest, -1)
        return Spot(self._transcript.end, 0)

    def give_up(self) -> bool:
        """Stop the search under way; tell whether there was one."""
        stopped, self.search = self.search is not None, None
        return stopped

    def hide(self) -> bool:
        """Take the highlights away, keeping the pattern for the next time; tell whether there were any."""
        hidden, self.pattern = self.pattern is not None, None
        return hidden
