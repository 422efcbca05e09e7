"""Which part of the transcript is in view, and which of its lines are marked. Knows no keys.

A page keeps its place while lines come and go, or follows the newest.
"""

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.layout import LaidRow, LineLayout, LineRow
from rmosh_client.viewing.transcript import Transcript


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row of the page in view.

    Attributes:
        number: the line's number.
        laid: the row; None where its line is not here.
    """

    number: int
    laid: LaidRow | None


class Page:
    """A page of so many rows over the transcript.

    At the end of the transcript it follows what comes, until it is told to hold or scrolled away.
    """

    def __init__(self, transcript: Transcript, *, height: int, columns: int) -> None:
        self._transcript = transcript
        self._layout = LineLayout(transcript, columns=columns)
        self._top: LineRow | None = None
        self.height = height

    def resize(self, *, height: int, columns: int) -> None:
        """Take another size; what stood at the top stays there."""
        if self._top is not None:
            row = self._top.row * self._layout.columns // columns
            self._top = LineRow(self._top.line, row)
        self._layout = LineLayout(self._transcript, columns=columns)
        self.height = height

    @property
    def top(self) -> LineRow:
        """The page's first row."""
        lowest = self._lowest()
        return lowest if self._top is None else min(self._layout.clamped(self._top), lowest)

    @property
    def is_at_end(self) -> bool:
        """Whether the newest line is in view."""
        return self.top == self._lowest()

    @property
    def in_view(self) -> range:
        """The numbers of the lines that the page shows, wholly or in part."""
        first, last = self.top, self._bottom()
        return range(first.line, min(last.line + 1, self._transcript.end))

    def rows(self) -> list[PageRow]:
        """Return the page's rows, fewer than its height where there are no more."""
        top = self.top
        stop = min(top.line + self.height, self._transcript.end)
        rows: list[PageRow] = []
        for number, line in enumerate(self._transcript.lines(top.line, stop), start=top.line):
            rows += self._rows_of(number, line)[top.row if number == top.line else 0 :]
            if len(rows) >= self.height:
                break
        return rows[: self.height]

    def scroll(self, rows: int) -> None:
        """Move down by so many rows, up where negative; moved to the end, it follows."""
        top = self.top
        self._go(self._layout.below(top, rows) if rows >= 0 else self._layout.above(top, -rows))

    def to_oldest(self) -> None:
        """Show the oldest line there is."""
        self._go(LineRow(self._transcript.oldest))

    def to_newest(self) -> None:
        """Show the newest line, and follow."""
        self._top = None

    def hold(self) -> None:
        """Stay where it is though new lines come."""
        self._top = self.top

    def reveal(self, line: int, *, offset: int = 0, context: int = 0) -> None:
        """Bring a line's character into view if it is not, with so many rows between it and the edge."""
        place = LineRow(line)
        shown = self._transcript.lines(line, line + 1)[0]
        if shown is not None:
            place = LineRow(line, self._layout.row_at(line, shown, offset))
        if place < self.top:
            self._go(self._layout.above(place, context))
        elif place > self._bottom():
            self._go(self._layout.above(place, max(self.height - 1 - context, 0)))

    def _go(self, place: LineRow) -> None:
        self._top = place if place < self._lowest() else None

    def _lowest(self) -> LineRow:
        """Return the top of the last page."""
        return self._layout.above(self._layout.last(), self.height - 1)

    def _bottom(self) -> LineRow:
        return self._layout.below(self.top, self.height - 1)

    def _rows_of(self, number: int, line: ScrolledLine | None) -> list[PageRow]:
        if line is None:
            return [PageRow(number, None)]
        return [PageRow(number, laid) for laid in self._layout.rows_of(number, line)]


@dataclass(frozen=True, slots=True)
class MarkedLines:
    """Marked lines, both ends included.

    Attributes:
        anchor: the end that stays.
        moving: the end that the keys move.
        growing: the keys move it; else they scroll.
    """

    anchor: int
    moving: int
    growing: bool = True

    @property
    def lines(self) -> range:
        """The marked lines' numbers."""
        return range(min(self.anchor, self.moving), max(self.anchor, self.moving) + 1)


class Marking:
    """MarkedLines lines, and keeps the moving end in view."""

    def __init__(self, transcript: Transcript, page: Page) -> None:
        self._transcript = transcript
        self._page = page
        self._marks: MarkedLines | None = None

    @property
    def marks(self) -> MarkedLines | None:
        """The marks, cut down to the lines there are now."""
        oldest, end = self._transcript.oldest, self._transcript.end
        if self._marks is None or oldest >= end:
            return None
        anchor, moving = (min(max(line, oldest), end - 1) for line in (self._marks.anchor, self._marks.moving))
        return replace(self._marks, anchor=anchor, moving=moving)

    @property
    def is_growing(self) -> bool:
        """Whether keys move an end of the marks, and do not scroll."""
        return self.marks is not None and self._marks is not None and self._marks.growing

    def start_or_stop(self, *, near: int | None) -> None:
        """Start marking at a line if that is in view; let marks that grow stay as they are.

        Without such a line it starts where the user looks: at the newest line, or at the top after scrolling.
        """
        marks, in_view = self.marks, self._page.in_view
        if marks is not None and marks.growing:
            self._marks = replace(marks, growing=False)
        elif in_view:
            looked_at = in_view[-1] if self._page.is_at_end else in_view.start
            start = near if near is not None and near in in_view else looked_at
            self._marks = MarkedLines(start, start)

    def turn(self) -> None:
        """Let the other end be the one that moves."""
        if (marks := self.marks) is not None:
            self._marks = MarkedLines(marks.moving, marks.anchor)
            self._page.reveal(self._marks.moving)

    def move(self, lines: int) -> None:
        """Move the end that moves by so many lines, to older ones where negative."""
        if (marks := self.marks) is not None:
            self.move_to(min(max(marks.moving + lines, self._transcript.oldest), self._transcript.end - 1))

    def move_to(self, line: int) -> None:
        """Move the end that moves to a line."""
        if self._marks is not None:
            self._marks = replace(self._marks, moving=line)
            self._page.reveal(line)

    def drop(self) -> bool:
        """Take the marks away; tell whether there were any."""
        dropped, self._marks = self._marks is not None, None
        return dropped
