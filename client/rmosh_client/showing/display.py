"""What the user sees: the newest frame under predictions and our own words, painted as the terminal takes it.

A slow terminal is never given more than one update at a time; what changed meanwhile is one update again. What may be
done with the terminal, its machine says (`display_machine`).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from rmosh.moments import earliest
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame
from rmosh.terminal_input import InputToken
from rmosh_client.painting.feeding import Feed
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.display_machine import DisplayEvent, DisplayMachine, DisplayState
from rmosh_client.showing.last_screen import LastScreen
from rmosh_client.showing.notice import NOTICE_AFTER, Notices
from rmosh_client.showing.outlet import Outlet, TerminalDevice
from rmosh_client.showing.scrollback import RESIZE_TOLD_WITHIN, Scrollback
from rmosh_client.showing.session_window import Footer, SessionWindow, is_before_the_first
from rmosh_client.typing.cursor_answers import CursorAnswers

#: Seconds that a terminal may take for the last bytes of a session. Reason: an exit must not hang on Ctrl-S.
_LAST_WORDS_PATIENCE: Final = 1.0


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


class LaidOnTop(Protocol):
    """A line of the user's that lies over everything while it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it is."""

    def lay_over(self, frame: Frame) -> Frame:
        """Return the frame with it; the frame itself while it is closed."""

    def close(self) -> None:
        """Take it away."""


class Display:
    """Paints on demand.

    Attributes:
        is_over: the session has ended; what is shown is what will be left on the terminal.
        on_stuck: called with True when the terminal takes no more, with False when all was written.
        on_first_start: called before the terminal's screen is ours for the first time; returns what it is asked then.
    """

    def __init__(
        self,
        painter: Painter,
        terminal: TerminalDevice,
        predictor: Overlay,
        notices: Notices,
        scrollback: Scrollback,
        reader: InsteadOfSession,
        answers: CursorAnswers,
        footer: Footer | None = None,
        line: LaidOnTop | None = None,
    ) -> None:
        self._painter = painter
        self._terminal = terminal
        self._predictor = predictor
        self._notices = notices
        self._scrollback = scrollback
        self._reader = reader
        self._answers = answers
        self._line = line
        self._machine = DisplayMachine()
        self._outlet = Outlet(terminal, on_stuck=lambda stuck: self.on_stuck(stuck))
        self._window = SessionWindow(terminal.size(), footer)
        self._last = LastScreen(painter, scrollback, self._window)
        self.on_stuck: Callable[[bool], None] = _ignore
        self.on_first_start: Callable[[], bytes] = _nothing_to_ask
        self.is_over = False
        self._said_what_is_awaited = False
        self._newest: Frame | None = None
        self._lacks_lines = False
        self._has_painted = False
        self._feeds_from = 0.0
        self._is_unknown = False

    # --- whose the terminal is ---------------------------------------------------------------------------------

    @property
    def is_started(self) -> bool:
        """Whether the terminal's screen is ours."""
        return self._machine.is_ours

    @property
    def is_abandoned(self) -> bool:
        """Whether the terminal is gone, and nothing more is painted."""
        return self._machine.state is DisplayState.GONE

    def start(self, *, now: float) -> None:
        """Make room on the terminal; what it shows is left alone until then."""
        if self.is_abandoned:
            return
        self._leave_unsettled()
        self._machine.take(DisplayEvent.STARTED)
        self._window.resize(self._terminal.size(), now=now)
        self._last.scrolls_up()
        on_first_start, self.on_first_start = self.on_first_start, _nothing_to_ask
        questions = on_first_start()
        rows, columns = self._window.of_terminal
        self._outlet.put(self._painter.start(rows=rows, columns=columns))
        if questions:
            self.ask(questions)

    def give_back(self) -> None:
        """Take note that somebody else has had the terminal: room is made anew with the next screen."""
        self._leave_unsettled()
        self._machine.take(DisplayEvent.GIVEN_BACK)

    def abandon(self) -> None:
        """Paint no more: the terminal is gone."""
        self._machine.take(DisplayEvent.HUNG_UP)

    @property
    def is_stuck(self) -> bool:
        """Whether the terminal has not taken yet what it was given."""
        return self._outlet.is_stuck

    def finish(self, *, now: float) -> None:
        """Give the terminal back, the last screen left on it without our own words; never takes long."""
        if self.is_abandoned:
            return
        last = b""
        if self.is_started:
            is_known = self._machine.state is not DisplayState.RESIZED_BELOW
            last = b"".join(self._last.pictures(self._newest if is_known else None, now=now)) + self._painter.finish()
        self.give_back()
        self._outlet.finish(last, patience=_LAST_WORDS_PATIENCE)

    def start_over(self, *, deep: bool) -> None:
        """Go on after a fault: paint everything anew.

        Args:
            deep: without the history viewer, the boxes and the lines that the scrollback lacks.
        """
        self._painter.invalidate()
        self._lacks_lines = False
        if deep:
            self._reader.close()
            self._notices.close_all()
            if self._line is not None:
                self._line.close()
            self._scrollback.start_over(self._newest)

    def invalidate(self) -> None:
        """Take note that others may have written on the terminal."""
        self._painter.invalidate()

    # --- its size ----------------------------------------------------------------------------------------------

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the terminal that show the session."""
        return self._window.size

    @property
    def has_another_size(self) -> bool:
        """Whether the terminal has another size than the last that was taken note of."""
        return self._terminal.size() != self._window.of_terminal

    def resize(self, *, now: float) -> None:
        """Take note of the terminal's new size; what it did with the screen is asked before anything is painted."""
        self._window.resize(self._terminal.size(), now=now)
        self._answers.held_until = now + self._painter.size_told_within  # it may have another size by then
        if not self.is_started:
            return
        rows, columns = self._window.of_terminal
        self._painter.resize(rows=rows, columns=columns)
        self._reader.resize(rows=self._window.rows, columns=columns)
        self._scrollback.resized(now=now, is_stuck=self._outlet.is_stuck)
        self._is_unknown |= self._outlet.is_stuck  # what it was told to show, it may not have shown yet
        self._feeds_from = now + RESIZE_TOLD_WITHIN  # another resize may follow
        self._machine.take(DisplayEvent.RESIZED)
        if self._machine.state is DisplayState.AWAITED:
            self._ask_for_cursor(now=now)

    def _ask_for_cursor(self, *, now: float) -> None:
        """Ask what the resize did, unless the terminal would answer too late, and for a screen still being painted."""
        if not self._outlet.is_stuck:
            self._outlet.put(self._answers.ask(now=now))
        self._is_unknown |= self._outlet.is_stuck

    def _settle_when_told(self, *, now: float) -> None:
        """Go on once the terminal has told what the last resize did; it is waited for, but not for long."""
        self._outlet.put(self._answers.ask_what_waits(now=now))
        self._is_unknown |= self._outlet.is_stuck
        if not self._answers.is_worth_waiting(now=now):
            self._settle(self._answers.give_up())

    def _settle(self, cursor_row: int | None) -> None:
        """Take the rows for where the cursor tells that they are, or for unknown where it was not told."""
        self._machine.take(DisplayEvent.UNDERSTOOD)
        settled = self._painter.settle(None if self._is_unknown else cursor_row)
        if self._is_unknown or not settled.is_known:  # rows that came back from the scrollback may be painted over
            self._scrollback.painted_over(self._window.of_terminal[0])
        self._is_unknown = False
        self._outlet.put(settled.painted)
        if self._last.main is not None:
            self._scrollback.lost(settled.destroyed)
            self._scrollback.pushed(settled.pushed, self._last.main)

    def _leave_unsettled(self) -> None:
        if self._machine.state is DisplayState.AWAITED:
            self._answers.give_up()
            self._settle(None)

    # --- what it shows -----------------------------------------------------------------------------------------

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
        if self._outlet.is_stuck:
            return
        if self._machine.state is DisplayState.AWAY:
            self._start_when_due(frame, status, now=now)
        if self._machine.state is DisplayState.AWAITED:
            self._settle_when_told(now=now)
        if not self._machine.may_paint or self._outlet.is_stuck:
            return
        self._scrollback.swallowed(at_once=not self._outlet.was_stuck, now=now)
        if self.is_over:
            frame = self._last.at_rest(frame)
        scrolled = not self._lacks_lines and (self._newest is None or frame.history > self._newest.history)
        self._newest = frame
        read = self._reader.frame(reachable=max(status.silence, status.unheard) < NOTICE_AFTER)
        laid = self._laid(frame, read, status, prediction, now)
        alternate = laid.modes.alternate_screen and self._painter.has_alternate
        self._machine.take(DisplayEvent.SHOWS_ALTERNATE if alternate else DisplayEvent.SHOWS_MAIN)
        if self._machine.state is DisplayState.AWAITED:
            self._outlet.put(self._painter.show_main())
            self._ask_for_cursor(now=now)
            return
        feeds = read is None and now >= self._feeds_from and (scrolled or not hurried)
        self._paint(laid, self._next_feed(frame, now) if feeds else None, now=now)
        if self._machine.shows_main:
            self._is_unknown |= self._has_painted and self.has_another_size
            self._last.painted(frame)
        rows, columns = self._window.size
        self._lacks_lines = read is None and self._scrollback.lacks(frame, rows=rows, columns=columns)

    def _start_when_due(self, frame: Frame, status: LinkStatus, *, now: float) -> None:
        """Make room once there is something to show; before that a line below the login's tells what is awaited."""
        is_asked_for = self._notices.has_box or self._reader.is_open or self._has_line
        if is_asked_for or not is_before_the_first(frame):
            self.start(now=now)
            return
        awaited = self._notices.awaited(status, now=now)
        if awaited and not self._said_what_is_awaited:
            self._said_what_is_awaited = True
            self._outlet.put(f"{awaited}\r\n".encode())

    def _laid(
        self, frame: Frame, read: Frame | None, status: LinkStatus, prediction: PredictionStatistics, now: float
    ) -> Frame:
        """Return what fills the terminal: a frame with guesses, or the history that is read; and our own words."""
        if read is not None:
            placed = self._window.fit(read)
        elif not is_before_the_first(frame):
            placed = self._window.place(self._predictor.overlay(frame), now=now)
        else:
            has_words = self._notices.has_words(status, now=now) or self._has_line
            placed = self._window.room_for_notices() if has_words else frame
        laid = self._notices.lay_over(placed, status, prediction, now=now)
        laid = laid if self._line is None else self._line.lay_over(laid)
        return laid if is_before_the_first(frame) else self._window.with_footer(laid, status, prediction, now=now)

    @property
    def _has_line(self) -> bool:
        return self._line is not None and self._line.is_open

    def _paint(self, laid: Frame, feed: Feed | None, *, now: float) -> None:
        self._outlet.was_stuck = self._has_painted = False
        if rest := self._painter.paint(laid, feed, now=now, give_ahead=self._give):
            self._give(rest)

    def _give(self, painted: bytes) -> None:
        self._has_painted = True
        self._outlet.put(painted)

    def _next_feed(self, frame: Frame, now: float) -> Feed | None:
        rows, columns = self._window.size
        return self._scrollback.next_feed(frame, rows=rows, columns=columns, now=now)

    # --- what else it is told and asked ------------------------------------------------------------------------

    def ask(self, questions: bytes) -> None:
        """Ask the terminal about itself; nothing of it is shown, and its answers come from the keyboard."""
        self._outlet.put(self._painter.watch_colours() + questions)

    def copy(self, text: str) -> str | None:
        """Put a text on the user's clipboard; return why that cannot be done, or None."""
        if not self._painter.may_copy:
            return (
                "not copied: this terminal accepts no copies, or --no-clipboard forbids them; save it to a file with s"
            )
        copied = self._painter.copy(text)
        if not copied:
            return "not copied: too long for the terminal's clipboard; save it to a file with s"
        self._outlet.put(copied)
        return None

    @property
    def may_feed_at_once(self) -> bool:
        """Whether lines wait for the scrollback, and nothing that was to be shown before them."""
        return self._lacks_lines and not self._has_painted

    @property
    def lines_lacking(self) -> int:
        """How many lines the terminal's scrollback lacks, those that are not here yet counted."""
        return 0 if self._newest is None else self._scrollback.lacking(self._newest)

    @property
    def is_complete(self) -> bool:
        """Whether the terminal's scrollback has all lines that are here."""
        waits = self._lacks_lines or self._machine.state is DisplayState.AWAITED
        return self.is_abandoned or not waits

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when the frame shown should be painted again though nothing has changed; None for never."""
        if self._outlet.is_stuck or self.is_abandoned:
            return None
        if self._machine.state is DisplayState.AWAITED:
            return now if self._answers.due_at is None else self._answers.due_at
        if self._lacks_lines:
            return max(now, self._feeds_from)
        if self._newest is None:
            return None
        moments = (self._window.moves_at(self._newest, now=now), self._painter.alert_at)
        return earliest(moments)

    def displaced(self, typed: Sequence[InputToken], *, now: float) -> list[InputToken]:
        """Return what was typed with mouse reports counted from where the screen is shown."""
        return list(typed) if self._newest is None else self._window.displaced(typed, self._newest, now=now)

    def write_rest(self) -> None:
        """Go on writing what the terminal did not take.

        Raises:
            HungUp: the terminal is gone.
        """
        self._outlet.write_rest()


def _ignore(_stuck: bool) -> None:
    pass


def _nothing_to_ask() -> bytes:
    return b""
