"""Which part of the terminal's window shows the session, and where a frame of another size stands in it.

Above a line of rmosh's own, the demo's meter, the session has a row less. A frame of another size is on its way to the
new one for a moment after a resize; one that stays so has the size of another client's window.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from rmosh.lazy_dataclass import replace
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Cursor, Frame, blank_frame
from rmosh.terminal_input import InputToken
from rmosh_client.painting.fitting import fit, letterbox, margins
from rmosh_client.showing.overlays import add_row
from rmosh_client.typing.mouse import displaced

#: How long after a resize a frame of another size is on its way to the new one, in seconds. Reason: a round trip of
#: the slowest link and the program's own redraw.
RESIZE_GRACE: Final = 2.0

#: Fewest rows of a terminal that one of them is taken from. Reason: a prompt, a command and two lines of its output.
_LEAST_ROWS: Final = 5


class Footer(Protocol):
    """What says the line below."""

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        """Return what it says now, no longer than so many columns."""


def rows_above_footer(rows: int) -> int:
    """Return how many of a terminal's rows a footer leaves to the session."""
    return rows if rows < _LEAST_ROWS else rows - 1


def rows_for_session(rows: int, footer: Footer | None) -> int:
    """Return how many of a terminal's rows show the session."""
    return rows if footer is None else rows_above_footer(rows)


def is_before_the_first(frame: Frame) -> bool:
    """Tell whether the host has shown nothing yet: its first frame has the window's size."""
    return (len(frame.rows), frame.columns) == (1, 1)


class SessionWindow:
    """The part of the window that shows the session.

    Attributes:
        rows, columns: its size.
        of_terminal: rows and columns of the whole, as the terminal told them last.
    """

    def __init__(self, size: tuple[int, int], footer: Footer | None) -> None:
        self._footer = footer
        self.resize(size, now=0.0)

    def resize(self, size: tuple[int, int], *, now: float) -> None:
        """Take note of the terminal's rows and columns."""
        self.of_terminal = size
        self.rows, self.columns = rows_for_session(size[0], self._footer), size[1]
        self._settles_at = now + RESIZE_GRACE

    @property
    def size(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self.rows, self.columns

    def fits(self, frame: Frame) -> bool:
        """Tell whether a frame has this size."""
        return (len(frame.rows), frame.columns) == self.size

    def place(self, frame: Frame, *, now: float) -> Frame:
        """Return a frame of the session in this size: in the middle where its own size will stay another."""
        place = letterbox if not self.fits(frame) and self._is_letterboxed(frame, now=now) else fit
        return place(frame, rows=self.rows, columns=self.columns)

    def fit(self, frame: Frame) -> Frame:
        """Return a frame in this size, everything where it was."""
        return fit(frame, rows=self.rows, columns=self.columns)

    def room_for_notices(self) -> Frame:
        """Return a blank screen for what is said before there is one, the cursor below what a notice takes."""
        return replace(blank_frame(rows=self.rows, columns=self.columns), cursor=Cursor(min(1, self.rows - 1), 0))

    def with_footer(self, laid: Frame, status: LinkStatus, prediction: PredictionStatistics, *, now: float) -> Frame:
        """Return a frame of this size with the line below it, where there is one."""
        if self._footer is None or self.rows == self.of_terminal[0]:
            return laid
        return add_row(laid, self._footer.line(status, prediction, columns=self.columns, now=now))

    def moves_at(self, frame: Frame, *, now: float) -> float | None:
        """Return when a frame that is shown moves into the middle; None where it does not."""
        return self._settles_at if now < self._settles_at and self._is_foreign(frame) else None

    def displaced(self, typed: Sequence[InputToken], frame: Frame, *, now: float) -> list[InputToken]:
        """Return what was typed with mouse reports counted from where a frame is shown."""
        if not self._is_letterboxed(frame, now=now):
            return list(typed)
        top, left = margins(frame, rows=self.rows, columns=self.columns)
        return displaced(typed, top=top, left=left, rows=len(frame.rows), columns=frame.columns)

    def _is_letterboxed(self, frame: Frame, *, now: float) -> bool:
        return now >= self._settles_at and self._is_foreign(frame)

    def _is_foreign(self, frame: Frame) -> bool:
        """Tell whether a frame has another size; the one before the first frame has none."""
        return not self.fits(frame) and not is_before_the_first(frame)
