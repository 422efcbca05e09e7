"""Which lines of history the user's own scrollback lacks, laid out for its width: what is fed to it before a frame.

Sans-IO. The scrollback and the screen below it always agree: no line is fed that the frame to be shown still shows,
and a line that never came is counted in a line of our own.
"""

from collections import deque
from collections.abc import Iterator, Sequence, Set
from typing import Final, Protocol

from rmosh.channels.history.frames import HistoryKept
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Frame, Row
from rmosh.terminal.clears import Clear
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.feeding import Feed, Laid, laid_out, rows_of
from rmosh_client.painting.resizing import Piece, pieces_of
from rmosh_client.showing.ahead import LinesAhead
from rmosh_client.showing.feed_pace import MOST_LINES, FeedPace
from rmosh_client.showing.overlays import own_row
from rmosh_client.words import lines_in_words

#: Feeds' worth of the newest lines that are fed in any case. Reason: some hundred lines; less than half a second.
_LAST_FEEDS: Final = 10

#: Seconds that a program may be told late that its terminal has another size. Reason: what is written meanwhile is for
#: rows that are elsewhere. Source: tmux, which tells a quarter of a second after the first of several resizes.
RESIZE_TOLD_WITHIN: Final = 0.3


class ReceivedHistory(Protocol):
    """`rmosh.channels.history.receiver.HistoryReceiver` as this file needs it."""

    archive: Archive
    recent: RecentRows
    cleared: ClearedLines
    kept: HistoryKept | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Lines to be fed next, by number.

    Attributes:
        lacking: the first that the scrollback lacks.
        first: the first to be fed; those before it never come.
        stop: after the last one to be fed.
        erased: the first that the program did not erase.
        erases: the scrollback is to be erased first.
        parts: it may end with lines that the session has on its screen still.
    """

    lacking: int
    first: int
    stop: int
    erased: int
    erases: bool
    parts: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return self.lacking == self.stop and not self.erases and not self.parts


class Scrollback:
    """Knows how far the user's scrollback has got."""

    def __init__(self, history: ReceivedHistory, *, viewer_key: str, keeps: Set[Clear] = frozenset()) -> None:
        """Begin with nothing fed.

        Args:
            keeps: of which clears the terminal itself would keep lines; those of others are left out.
            viewer_key: what to type for the lines that are not in the scrollback.
        """
        self._history = history
        self._pace = FeedPace()
        self._viewer_key = viewer_key
        self._keeps = keeps
        self._fed: int | None = None
        self._erased = 0
        self._lately: deque[tuple[float, int]] = deque()
        self._ahead = LinesAhead()
        self._parts = False
        self._given_up = 0
        self._ends_at: int | None = None

    def next_feed(self, frame: Frame, *, rows: int, columns: int, now: float) -> Feed | None:
        """Return what is to be fed before a frame is shown; None where nothing is, or nothing is here yet.

        Args:
            rows, columns: of the terminal.
        """
        plan = self._plan(frame, rows=rows, columns=columns)
        if plan is None:
            return None
        self._fed, self._erased = plan.stop, plan.erased
        if plan.is_empty:
            return None
        if plan.first > plan.lacking or plan.erases or self._would_tear(plan):
            self._ahead.forget()
        fed: list[Laid] = []
        if plan.first > plan.lacking:
            fed.append(own_row(self._skipped(plan.lacking, plan.first), columns))
        first = self._first_uncovered(plan.first, plan.stop)
        if first < plan.stop:
            self._note_fed(first, now)
            self._pace.begin(plan.stop - first, now=now)
            fed += self._laid_out(first, plan.stop, columns)
        broken_off = plan.first > plan.lacking or self._leaves_out(plan.first)
        parts = broken_off or (plan.parts and bool(self._ahead))
        self._parts = self._parts and not plan.parts
        if not (plan.erases or parts or fed):
            return None
        goes_on = fed and isinstance(fed[-1], Row) and fed[-1].wrapped
        return Feed(plan.erases, parts, fed, self._row_at(plan.stop, frame, columns) if goes_on else None)

    def _would_tear(self, plan: _Plan) -> bool:
        """Tell whether lines come after those ahead that begin what goes on in them: better twice than torn."""
        return bool(self._ahead) and plan.first < self._ahead.since and self._goes_on_in(self._ahead.since)

    def _first_uncovered(self, start: int, stop: int) -> int:
        """Return the first line of a range that is not in the scrollback already."""
        first = start
        while first < stop and self._ahead:
            (line,) = self._history.archive.lines(first, first + 1)
            if line is None or not self._ahead.take(line, first):
                break
            first += 1
        return first

    def swallowed(self, *, at_once: bool, now: float) -> None:
        """Take note that the terminal has taken what was fed: the next feed may be larger, or should be smaller."""
        self._pace.end(at_once=at_once, now=now)

    def _note_fed(self, first: int, now: float) -> None:
        while self._lately and self._lately[0][0] < now - RESIZE_TOLD_WITHIN:
            self._lately.popleft()
        self._lately.append((now, first))

    def start_over(self, frame: Frame | None) -> None:
        """Go on with the lines that scroll off a frame from now on."""
        self._lately.clear()
        self._ahead.forget()
        if frame is not None:
            self._fed = frame.history

    def resized(self, *, now: float, is_stuck: bool) -> None:
        """Feed again what was fed lately: it may have met rows of the new size, better twice than torn.

        Args:
            is_stuck: the terminal has not taken the newest feed whole.
        """
        lately = [first for at, first in self._lately if at >= now - RESIZE_TOLD_WITHIN]
        if is_stuck and self._lately:
            lately.append(self._lately[-1][1])
        self._lately.clear()
        if lately and self._fed is not None:
            self._fed = min(self._fed, *lately)

    def lacks(self, frame: Frame, *, rows: int, columns: int) -> bool:
        """Tell whether `next_feed` has something at once."""
        plan = self._plan(frame, rows=rows, columns=columns)
        return plan is not None and not plan.is_empty

    def lacking(self, frame: Frame) -> int:
        """Return how many lines before a frame the scrollback lacks, those that are not here yet counted."""
        kept = self._history.kept
        if kept is None or frame.modes.alternate_screen:
            return 0
        return max(0, frame.history - max(kept.began if self._fed is None else self._fed, kept.erased))

    def keep_newest(self, frame: Frame) -> None:
        """Feed no more than the newest lines that are here, and soon taken; the others are counted."""
        end = frame.history
        start = max(0, end - _LAST_FEEDS * self._pace.lines)
        while (gap := self._history.archive.missing(start, end)) is not None:
            _, start = gap
        self._given_up, self._ends_at = start, end

    def _plan(self, frame: Frame, *, rows: int, columns: int) -> _Plan | None:
        """Return which lines come next; None while that is not known, or the scrollback is not to be touched."""
        kept = self._history.kept
        if kept is None or frame.modes.alternate_screen:
            return None
        fed, erased = (kept.began, kept.erased) if self._fed is None else (self._fed, self._erased)
        parts = self._parts and (len(frame.rows), frame.columns) == (rows, columns)
        lacking = max(fed, kept.erased) if kept.erased > erased else fed
        settled = min(max(kept.following, kept.erased), frame.history)
        first = max(self._first_here(lacking, settled), self._given_up)
        stop = max(first, self._whole_paragraphs(first, frame, columns, settled=settled))
        if self._ahead and first < self._ahead.since < stop:
            stop = self._ahead.since
        return _Plan(lacking, first, stop, kept.erased, erases=kept.erased > erased, parts=parts)

    def _row_at(self, number: int, frame: Frame, columns: int) -> Row | None:
        """Return the first row of a line, if it is here; the line after the newest is the screen's first row."""
        if number == frame.history:
            return frame.rows[0] if frame.columns == columns else None
        (line,) = self._history.archive.lines(number, number + 1)
        return None if line is None else rows_of([line], columns)[0]

    def covered(self, frame: Frame) -> int:
        """Return how many of the first rows of a frame are in the scrollback already."""
        return self._ahead.covered(pieces_of(frame.rows), following=frame.history)

    def lost(self, count: int) -> None:
        """Take note that the terminal lost the last lines that it was fed; they are fed again."""
        kept = self._history.kept
        if count and self._fed is not None and kept is not None:
            first = max(kept.began, kept.erased)
            self._fed = min(self._fed, max(first, self._fed - count))
            self._ahead.forget()

    def painted_over(self, rows: int) -> None:
        """Take note that as many rows may have come back from the scrollback and been painted over: feed them again."""
        kept = self._history.kept
        if self._fed is None or kept is None:
            return
        first, floor = self._fed, max(kept.began, kept.erased)
        while first > floor and (rows > 0 or self._goes_on_in(first)):
            first -= 1
            rows -= 0 if self._goes_on_in(first) else 1  # a line that was wrapped may be one row now
        self._fed = first
        self._ahead.forget()

    def pushed(self, pieces: Sequence[Piece], frame: Frame) -> None:
        """Take note that the first rows of a frame got into the scrollback without being fed."""
        if not pieces or self._fed is None:
            return
        self._parts = True
        self._ahead.add(pieces, screen=pieces_of(frame.rows), following=frame.history)

    def _first_here(self, start: int, settled: int) -> int:
        """Return the first line that can be fed: of those before `settled` some never come."""
        if start >= settled:
            return start
        gap = self._history.archive.missing(start, settled)
        if gap is None or gap[0] > start:
            return start
        return gap[1]

    def _skipped(self, start: int, stop: int) -> str:
        lines = lines_in_words(stop - start)
        if stop <= self._given_up:
            return f"rmosh: {lines} skipped here, as you ended the wait"
        if self._history.kept is not None and start >= self._history.kept.oldest:
            return f"rmosh: {lines} skipped here; {self._viewer_key} shows them"
        return f"rmosh: {lines} skipped here, too many to follow; {self._viewer_key} shows what the host keeps"

    def _whole_paragraphs(self, start: int, frame: Frame, columns: int, *, settled: int) -> int:
        """Return up to where lines are here, without the beginning of a wrapped line whose end is still to come.

        Its end may be the screen's first row, unless the window has another width than the session.

        Args:
            settled: of the lines before this number none comes that is not here.
        """
        limit = min(frame.history, start + MOST_LINES)
        gap = self._history.archive.missing(start, limit)
        here = limit if gap is None else gap[0]
        stop = min(here, start + self._pace.lines)
        same_width = frame.columns == columns
        nothing_follows = stop == self._ends_at or stop == here < settled
        if nothing_follows or (stop == frame.history and same_width):
            return stop
        whole = stop
        while whole > start and self._goes_on_in(whole):
            whole -= 1
        if whole > start or stop < start + self._pace.lines:
            return whole
        if same_width:
            return stop
        while stop < here and self._goes_on_in(stop):
            stop += 1  # where its pieces end, rows of another width do not
        return start if stop < limit and self._goes_on_in(stop) else stop

    def _laid_out(self, start: int, stop: int, columns: int) -> list[Laid]:
        return laid_out(self._lines(start, stop, columns), columns, goes_on=self._goes_on_in(start))

    def _lines(self, start: int, stop: int, columns: int) -> Iterator[tuple[ScrolledLine, Row | None]]:
        """Yield lines but for those left out, each with the row of this width that it was, where that is known."""
        for number, line in enumerate(self._history.archive.lines(start, stop), start):
            assert line is not None
            row = self._history.recent.get(number)
            if self._leaves_out(number):
                continue
            if line.wrapped and self._leaves_out(number + 1):
                line, row = replace(line, wrapped=False), None
            yield line, row if row is not None and row.columns == columns else None

    def _leaves_out(self, number: int) -> bool:
        """Tell whether a line was cleared in a way of which the terminal itself would keep nothing."""
        how = self._history.cleared.how(number)
        return how is not None and how not in self._keeps

    def _goes_on_in(self, number: int) -> bool:
        """Tell whether the line before this one goes on in it, as far as it is here."""
        if self._leaves_out(number):
            return False
        before = self._history.archive.lines(number - 1, number)
        return any(line is not None and line.wrapped for line in before)
