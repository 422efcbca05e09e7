"""Which part of the transcript is in view: keeps its place while lines come and go, or follows the newest."""

from dataclasses import dataclass

from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.layout import LaidRow, Layout, Place
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


class Window:
    """A page of so many rows over the transcript.

    At the end of the transcript it follows what comes, until it is told to hold or scrolled away.
    """

    def __init__(self, transcript: Transcript, *, height: int, columns: int) -> None:
        self._transcript = transcript
        self._layout = Layout(transcript, columns=columns)
        self._top: Place | None = None
        self.height = height

    def resize(self, *, height: int, columns: int) -> None:
        """Take another size; what stood at the top stays there."""
        if self._top is not None:
            row = self._top.row * self._layout.columns // columns
            self._top = Place(self._top.line, row)
        self._layout = Layout(self._transcript, columns=columns)
        self.height = height

    @property
    def top(self) -> Place:
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

    def page(self) -> list[PageRow]:
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
        self._go(Place(self._transcript.oldest))

    def to_newest(self) -> None:
        """Show the newest line, and follow."""
        self._top = None

    def hold(self) -> None:
        """Stay where it is though new lines come."""
        self._top = self.top

    def reveal(self, line: int, *, offset: int = 0, context: int = 0) -> None:
        """Bring a line's character into view if it is not, with so many rows between it and the edge."""
        place = Place(line)
        shown = self._transcript.lines(line, line + 1)[0]
        if shown is not None:
            place = Place(line, self._layout.row_at(line, shown, offset))
        if place < self.top:
            self._go(self._layout.above(place, context))
        elif place > self._bottom():
            self._go(self._layout.above(place, max(self.height - 1 - context, 0)))

    def _go(self, place: Place) -> None:
        self._top = place if place < self._lowest() else None

    def _lowest(self) -> Place:
        """Return the top of the last page."""
        return self._layout.above(self._layout.last(), self.height - 1)

    def _bottom(self) -> Place:
        return self._layout.below(self.top, self.height - 1)

    def _rows_of(self, number: int, line: ScrolledLine | None) -> list[PageRow]:
        if line is None:
            return [PageRow(number, None)]
        return [PageRow(number, laid) for laid in self._layout.rows_of(number, line)]
