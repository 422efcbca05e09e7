"""What the user sees: the newest frame under predictions and our own words, painted as the terminal takes it.

A slow terminal is never given more than one update at a time; what changed meanwhile is one update again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame, blank_frame, blank_row
from rmosh.terminal_input import InputToken
from rmosh_client.painting.feeding import Feed
from rmosh_client.painting.fitting import fit, letterbox, margins
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.resizing import pieces_of
from rmosh_client.showing.first_frame import is_before_the_first, room_for_notices
from rmosh_client.showing.footer import Footer, rows_for_session
from rmosh_client.showing.notice import NOTICE_AFTER, Notices
from rmosh_client.showing.overlays import add_row
from rmosh_client.showing.scrollback import RESIZE_TOLD_WITHIN, Scrollback
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.mouse import displaced

#: Seconds that a terminal may take for the last bytes of a session. Reason: an exit must not hang on Ctrl-S.
_LAST_WORDS_PATIENCE: Final = 1.0

#: Most feeds for lines that are here when the terminal is given back. Reason: 2,000 lines to a slow terminal, and to a
#: fast one all that a flood leaves.
_MOST_LAST_FEEDS: Final = 40

#: How long after a resize a frame of another size is on its way to the new one, in seconds. Reason: a round trip of
#: the slowest link and the program's own redraw; a frame that stays so has the size of another client's window.
RESIZE_GRACE: Final = 2.0


class Screen(Protocol):
    """The terminal as this file needs it."""

    def size(self) -> tuple[int, int]:
        """Return rows and columns."""

    def write(self, data: bytes) -> int:
        """Write what the terminal takes now; return how many bytes that was."""

    def write_all(self, data: bytes, *, patience: float) -> None:
        """Write everything within `patience` seconds."""


class Overlay(Protocol):
    """The predictor as this file needs it."""

    def overlay(self, frame: Frame | None = None) -> Frame:
        """Return the frame with predictions laid over it."""


class InsteadOfSession(Protocol):
    """The history viewer as this file needs it: what is shown instead of the session while it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it is."""

    def frame(self, *, reachable: bool) -> Frame | None:
        """Return what to show; None while it is closed."""

    def resize(self, *, rows: int, columns: int) -> None:
        """Take note of the window's new size."""

    def close(self) -> None:
        """Show the session again."""


class Display:
    """Paints on demand.

    Attributes:
        abandoned: the terminal is gone, nothing more is painted.
        is_started: the terminal's screen is ours.
        is_over: the session has ended; what is shown is what will be left on the terminal.
        on_stuck: called with True when the terminal takes no more, with False when all was written.
        on_first_start: called before the terminal's screen is ours for the first time; returns what it is asked then.
    """

    def __init__(
        self,
        painter: Painter,
        terminal: Screen,
        predictor: Overlay,
        notices: Notices,
        scrollback: Scrollback,
        reader: InsteadOfSession,
        answers: CursorAnswers,
        footer: Footer | None = None,
    ) -> None:
        self._painter = painter
        self._terminal = terminal
        self._predictor = predictor
        self._notices = notices
        self._scrollback = scrollback
        self._reader = reader
        self._answers = answers
        self._footer = footer
        self.on_stuck: Callable[[bool], None] = _ignore
        self.on_first_start: Callable[[], bytes] = _nothing_to_ask
        self.is_started = False
        self._told_to_wait = False
        self._unwritten = b""
        self._bare: Frame | None = None
        self._main: Frame | None = None
        self._left: Frame | None = None
        self._wants_more = False
        self._was_stuck = False
        self._has_painted = False
        self._has_footer = False
        self._measure()
        self._resized_at = 0.0
        self._missed = False
        self._feeds_from = 0.0
        self.abandoned = False
        self.is_over = False

    def start(self, *, now: float) -> None:
        """Make room on the terminal; what it shows is left alone until then."""
        self.is_started = True
        rows, columns = self._measure()
        self._resized_at = now
        if self._left is not None:  # it scrolls up
            self._scrollback.taken(pieces_of(self._left.rows), self._left)
        on_first_start, self.on_first_start = self.on_first_start, _nothing_to_ask
        questions = on_first_start()
        self._put(self._painter.start(rows=rows, columns=columns))
        if questions:
            self.ask(questions)

    def taken_away(self) -> None:
        """Take note that somebody else has had the terminal: room is made anew with the next screen."""
        self.is_started = False

    def _start_when_due(self, frame: Frame, status: LinkStatus, *, now: float) -> bool:
        """Make room once there is something to show on it; before that a line below the login's tells what is awaited.

        Returns:
            whether there is.
        """
        if self.is_started or not is_before_the_first(frame) or self._notices.has_box or self._reader.is_open:
            if not self.is_started:
                self.start(now=now)
            return True
        awaited = self._notices.awaited(status, now=now)
        if awaited and not self._told_to_wait:
            self._told_to_wait = True
            self._put(f"{awaited}\r\n".encode())
        return False

    def _measure(self) -> tuple[int, int]:
        """Return the terminal's rows and columns, and take note of how many are the session's."""
        rows, columns = self._terminal.size()
        self._told = rows, columns
        self._size = rows_for_session(rows, self._footer), columns
        self._has_footer = self._size[0] < rows
        return rows, columns

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the terminal that show the session."""
        return self._size

    @property
    def has_another_size(self) -> bool:
        """Whether the terminal has another size than the last that was taken note of."""
        return self._terminal.size() != self._told

    def ask(self, questions: bytes) -> None:
        """Ask the terminal about itself; nothing of it is shown, and its answers come from the keyboard."""
        self._put(self._painter.watch_colours() + questions)

    def resize(self, *, now: float) -> None:
        """Take note of the terminal's new size; what it did with the screen is asked before anything is painted."""
        rows, columns = self._measure()
        self._resized_at = now
        self._answers.held_until = now + self._painter.size_told_within  # it may have another size by then
        if not self.is_started:
            return
        self._painter.resize(rows=rows, columns=columns)
        self._reader.resize(rows=self._size[0], columns=columns)
        self._scrollback.resized(now=now)
        self._feeds_from = now + RESIZE_TOLD_WITHIN  # another resize may follow
        if self._painter.shows_alternate:
            return
        if self._unwritten or self.abandoned:  # the answer would be of a screen that is still being painted
            self._painter.settle(None)
            return
        self._put(self._answers.ask(now=now))

    def invalidate(self) -> None:
        """Take note that others may have written on the terminal."""
        self._painter.invalidate()

    def start_over(self, *, deep: bool) -> None:
        """Go on after a fault: paint everything anew.

        Args:
            deep: without the history viewer, the boxes and the lines that the scrollback lacks.
        """
        self._painter.invalidate()
        self._wants_more = False
        if deep:
            self._reader.close()
            self._notices.close_all()
            self._scrollback.start_over(self._bare)

    def show(
        self,
        frame: Frame,
        status: LinkStatus,
        prediction: PredictionStatistics,
        *,
        now: float,
        hurried: bool = False,
    ) -> None:
        """Bring the terminal to a frame with all that lies over it, unless it is still busy with the last one.

        Args:
            hurried: a key or a datagram waits to be shown: lines for the scrollback come after it, unless none waited
                before and the frame itself scrolled them off.

        Raises:
            HungUp: the terminal is gone.
        """
        if self._unwritten or self.abandoned or not self._start_when_due(frame, status, now=now):
            return
        if not self._is_settled(now):
            return
        self._scrollback.swallowed(at_once=not self._was_stuck, now=now)
        if self.is_over:
            frame = self._at_rest(frame)
        scrolled = not self._wants_more and (self._bare is None or frame.history > self._bare.history)
        self._bare = frame
        read = self._reader.frame(reachable=max(status.silence, status.unheard) < NOTICE_AFTER)
        laid = self._notices.lay_over(self._placed(frame, read, status, now), status, prediction, now=now)
        if self._footer is not None and self._has_footer and not is_before_the_first(frame):
            laid = add_row(laid, self._footer.line(status, prediction, columns=self._size[1], now=now))
        self._painter.now = now
        if self._painter.is_unsettled_by(laid):
            self._put(self._painter.show_main())
            self._put(self._answers.ask(now=now))
            return
        rows, columns = self._size
        feeds = read is None and now >= self._feeds_from and (scrolled or not hurried)
        painted = self._painter.paint(laid, self._next_feed(frame, now) if feeds else None)
        self._was_stuck = False
        self._has_painted = bool(painted)
        self._put(painted)
        if not self._painter.shows_alternate:
            self._missed |= self._has_painted and self._terminal.size() != self._told
            self._main = None if laid.modes.alternate_screen else frame
        self._wants_more = read is None and self._scrollback.lacks(frame, rows=rows, columns=columns)

    def _placed(self, frame: Frame, read: Frame | None, status: LinkStatus, now: float) -> Frame:
        """Return what fills the window: a frame with guesses, the history that is read instead, or room for notices."""
        rows, columns = self._size
        if read is not None:
            return fit(read, rows=rows, columns=columns)
        if is_before_the_first(frame):
            return room_for_notices(rows, columns) if self._notices.has_words(status, now=now) else frame
        place = letterbox if self._is_letterboxed(frame, now=now) else fit
        return place(self._predictor.overlay(frame), rows=rows, columns=columns)

    def _next_feed(self, frame: Frame, now: float) -> Feed | None:
        rows, columns = self._size
        return self._scrollback.next_feed(frame, rows=rows, columns=columns, now=now)

    def _is_settled(self, now: float) -> bool:
        """Tell whether it is known what the last resize did; nothing is painted before, but not for long."""
        self._put(self._answers.ask_what_waits(now=now))
        if self._answers.is_worth_waiting(now=now):
            return False
        if self._answers.due_at is not None:
            cursor_row = self._answers.give_up()
            settled = self._painter.settle(None if self._missed else cursor_row)
            if self._missed:  # rows that came back from the scrollback may be gone
                self._scrollback.painted_over(self._told[0])
            self._missed = False
            self._put(settled.painted)
            if self._main is not None:
                self._scrollback.lost(settled.destroyed)
                self._scrollback.taken(settled.taken, self._main)
        return not self._unwritten

    def copy(self, text: str) -> str | None:
        """Put a text on the user's clipboard; return why that cannot be done, or None."""
        if not self._painter.may_copy:
            return "not copied: this terminal takes no copies, or --no-clipboard forbids it; save it to a file with s"
        copied = self._painter.copy(text)
        if not copied:
            return "not copied: more than the terminal's clipboard takes; save it to a file with s"
        self._put(copied)
        return None

    @property
    def may_feed_at_once(self) -> bool:
        """Whether lines wait for the scrollback, and nothing that was to be shown before them."""
        return self._wants_more and not self._has_painted

    @property
    def lines_lacking(self) -> int:
        """How many lines the terminal's scrollback lacks, those that are not here yet counted."""
        return 0 if self._bare is None else self._scrollback.lacking(self._bare)

    @property
    def is_complete(self) -> bool:
        """Whether the terminal's scrollback has all lines that are here."""
        return (not self._wants_more and self._answers.due_at is None) or self.abandoned

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when the frame shown should be painted again though nothing has changed; None for never."""
        if self._answers.due_at is not None:
            return self._answers.due_at
        if self._wants_more and not self._unwritten:
            return max(now, self._feeds_from)
        if self._unwritten or self.abandoned or self._bare is None:
            return None
        due_at = self._resized_at + RESIZE_GRACE
        boxed_at = due_at if now < due_at and self._is_foreign(self._bare) else None
        return min((moment for moment in (boxed_at, self._painter.alert_at) if moment is not None), default=None)

    def displaced(self, typed: Sequence[InputToken], *, now: float) -> list[InputToken]:
        """Return what was typed with mouse reports counted from where the screen is shown."""
        frame = self._bare
        if frame is None or not self._is_letterboxed(frame, now=now):
            return list(typed)
        rows, columns = self._size
        top, left = margins(frame, rows=rows, columns=columns)
        return displaced(typed, top=top, left=left, rows=len(frame.rows), columns=frame.columns)

    def _is_letterboxed(self, frame: Frame, *, now: float) -> bool:
        return now >= self._resized_at + RESIZE_GRACE and self._is_foreign(frame)

    def _is_foreign(self, frame: Frame) -> bool:
        """Tell whether a frame has another size than the terminal; the one before the first frame has none."""
        size = len(frame.rows), frame.columns
        return size != self._size and not is_before_the_first(frame)

    def write_rest(self) -> None:
        """Go on writing what the terminal did not take.

        Raises:
            HungUp: the terminal is gone.
        """
        rest, self._unwritten = self._unwritten, b""
        self._put(rest)
        if not self._unwritten:
            self.on_stuck(False)

    def abandon(self) -> None:
        """Paint no more."""
        self.abandoned = True

    def finish(self, *, now: float) -> None:
        """Give the terminal back, the last screen left on it without our own words; never takes long."""
        if self.abandoned:
            return
        rest, self._unwritten = self._unwritten, b""
        if self.is_started:
            rest += b"".join(self._last_pictures(now)) + self._painter.finish()
        self.is_started = False
        self._terminal.write_all(rest, patience=_LAST_WORDS_PATIENCE)

    def _last_pictures(self, now: float) -> Iterator[bytes]:
        """Yield what brings the main screen to its last state, with lines that waited under a full-screen program."""
        self._left = None
        if self._bare is None or self._painter.is_unsettled_by(frame := self._at_rest(self._bare)):
            return
        self._scrollback.keep_newest(frame)
        rows, columns = self._size
        for _ in range(_MOST_LAST_FEEDS):
            yield self._painter.paint(frame, self._next_feed(frame, now))
            if not self._scrollback.lacks(frame, rows=rows, columns=columns):
                break
        if (len(frame.rows), frame.columns) == self._size:
            self._left = replace(frame, rows=frame.rows[: self._painter.rows_in_use])
            yield self._painter.paint(_scrolled_up(frame, self._scrollback.covered(self._left)))

    def _at_rest(self, frame: Frame) -> Frame:
        """Return the main screen, as far as it is known where a full-screen program hides it."""
        if not (frame.modes.alternate_screen and self._painter.has_alternate):
            return frame
        main = self._main or blank_frame(rows=len(frame.rows), columns=frame.columns)
        gone = min(max(0, frame.history - main.history), len(main.rows))
        main = _scrolled_up(main, gone)
        return replace(frame, rows=main.rows, columns=main.columns, cursor=main.cursor, modes=main.modes)

    def _put(self, data: bytes) -> None:
        if not data:
            return
        if self._unwritten:
            self._unwritten += data
            return
        written = self._terminal.write(data)
        if written < len(data):
            self._unwritten = data[written:]
            self._was_stuck = True
            self.on_stuck(True)


def _scrolled_up(frame: Frame, count: int) -> Frame:
    """Return a frame without its first rows, as many blank ones below the others, the cursor where it was in them."""
    rows = (*frame.rows[count:], *[blank_row(frame.columns)] * count)
    row, column = frame.cursor.row - count, frame.cursor.column
    cursor = replace(frame.cursor, row=max(0, row), column=column if row >= 0 else 0)
    return replace(frame, rows=rows, cursor=cursor)


def _ignore(_stuck: bool) -> None:
    pass


def _nothing_to_ask() -> bytes:
    return b""
