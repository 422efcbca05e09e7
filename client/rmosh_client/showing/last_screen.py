"""What is left on the terminal when it is given back: the main screen without our own words, its lines all above it."""

from collections.abc import Iterator
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Frame, blank_frame, blank_row
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.resizing import pieces_of
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.showing.session_window import SessionWindow

#: Most feeds for lines that are here when the terminal is given back. Reason: 2,000 lines to a slow terminal, and to a
#: fast one all that a flood leaves.
_MOST_LAST_FEEDS: Final = 40


class LastScreen:
    """The main screen as it is known, under whatever is shown.

    Attributes:
        main: the frame that it was painted with last; None where that is not known.
    """

    def __init__(self, painter: Painter, scrollback: Scrollback, window: SessionWindow) -> None:
        self._painter = painter
        self._scrollback = scrollback
        self._window = window
        self._left: Frame | None = None
        self.main: Frame | None = None

    def painted(self, frame: Frame) -> None:
        """Take note of what the main screen was painted with."""
        self.main = None if frame.modes.alternate_screen else frame

    def scrolls_up(self) -> None:
        """Take note that what was left on the terminal goes into its scrollback."""
        if self._left is not None:
            self._scrollback.pushed(pieces_of(self._left.rows), self._left)

    def at_rest(self, frame: Frame) -> Frame:
        """Return the main screen, as far as it is known where a full-screen program hides it."""
        if not (frame.modes.alternate_screen and self._painter.has_alternate):
            return frame
        main = self.main or blank_frame(rows=len(frame.rows), columns=frame.columns)
        gone = min(max(0, frame.history - main.history), len(main.rows))
        main = _scrolled_up(main, gone)
        return replace(frame, rows=main.rows, columns=main.columns, cursor=main.cursor, modes=main.modes)

    def pictures(self, newest: Frame | None, *, now: float) -> Iterator[bytes]:
        """Yield what brings the main screen to its last state, with lines that waited under a full-screen program.

        Args:
            newest: the last frame; None where it is not known what the main screen's rows are.
        """
        self._left = None
        if newest is None:
            return
        frame = self.at_rest(newest)
        self._scrollback.keep_newest(frame)
        rows, columns = self._window.size
        for _ in range(_MOST_LAST_FEEDS):
            feed = self._scrollback.next_feed(frame, rows=rows, columns=columns, now=now)
            yield self._painter.paint(frame, feed, now=now)
            if not self._scrollback.lacks(frame, rows=rows, columns=columns):
                break
        if self._window.fits(frame):
            self._left = replace(frame, rows=frame.rows[: self._painter.rows_in_use])
            yield self._painter.paint(_scrolled_up(frame, self._scrollback.covered(self._left)), now=now)


def _scrolled_up(frame: Frame, count: int) -> Frame:
    """Return a frame without its first rows, as many blank ones below the others, the cursor where it was in them."""
    rows = (*frame.rows[count:], *[blank_row(frame.columns)] * count)
    row, column = frame.cursor.row - count, frame.cursor.column
    cursor = replace(frame.cursor, row=max(0, row), column=column if row >= 0 else 0)
    return replace(frame, rows=rows, cursor=cursor)
