"""The history and the live screen as one run of numbered lines; knows nothing of how they are shown or fetched."""

from collections.abc import Sequence
from typing import Protocol

from rmosh.terminal.cells import Frame, Row
from rmosh.terminal.scrolled import ScrolledLine, scrolled_row


class Lines(Protocol):
    """History as the viewer needs it. Line numbers count from 0 since the session began."""

    @property
    def oldest(self) -> int:
        """First line that is here or that the server still keeps."""

    @property
    def end(self) -> int:
        """Number after the newest line of history."""

    def lines(self, start: int, stop: int) -> Sequence[ScrolledLine | None]:
        """Return the lines of a range, None for each that was not received yet; len == stop - start."""

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest range that holds all lines of a range that are not here; None where all are.

        It is asked at each turn, about all that a search or a copy waits for: it reads no line.
        """


class Transcript:
    """All lines there are: those of the history, then the rows of the main screen."""

    def __init__(self, history: Lines) -> None:
        self._history = history
        self._rows: tuple[Row, ...] = ()
        self._screen: tuple[ScrolledLine, ...] = ()

    def screen_changed(self, frame: Frame) -> None:
        """Take the live screen; an alternate screen has no lines of its own here.

        Blank rows at its end are left out: they are room for output, not output.
        """
        rows = () if frame.modes.alternate_screen else frame.rows
        known = {id(row): line for row, line in zip(self._rows, self._screen, strict=False)}
        lines = [known.get(id(row)) or scrolled_row(row) for row in rows]
        while lines and not lines[-1].runs:
            lines.pop()
        self._rows = rows
        self._screen = tuple(lines)

    @property
    def oldest(self) -> int:
        """First line that can be had at all; equal to `end` where there is none."""
        return min(self._history.oldest, self._history.end)

    @property
    def history_end(self) -> int:
        """Number of the screen's first row."""
        return self._history.end

    @property
    def end(self) -> int:
        """Number after the last line, the screen's included."""
        return self._history.end + len(self._screen)

    def lines(self, start: int, stop: int) -> list[ScrolledLine | None]:
        """Return the lines of a range within `oldest` and `end`, None for each not received yet."""
        border = self._history.end
        found: list[ScrolledLine | None] = []
        if start < border:
            found += self._history.lines(start, min(stop, border))
        if stop > border:
            found += self._screen[max(start - border, 0) : stop - border]
        return found

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest range that holds all lines of a range that are not here; None where all are."""
        start, stop = max(start, self.oldest), min(stop, self.history_end)
        return self._history.missing_within(start, stop) if start < stop else None
