"""Lines that scrolled off the top or were cleared: counted exactly, and kept as they come until somebody takes them.

They arrive at flood speed, so nothing is made of them here; `rmosh.terminal.scrolled` makes values of them.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from rmosh.terminal.cells import Row
from rmosh.terminal.lines import Line
from rmosh.terminal.scrolled import ScrolledLine, plain_line, scrolled_line, scrolled_row

#: Lines kept until they are taken; older ones are only counted. Reason: bounds memory where nobody takes them; more
#: than one read of a PTY holds.
MAX_LINES_WAITING: Final = 1 << 16

#: Lines that may be kept beyond that for a while. Reason: dropping many at once is cheaper than one by one.
_SLACK: Final = 1 << 12

#: Most cells of lines that were published, or made cells for another reason, kept in all; the oldest are given up.
#: Reason: a resize can push a thousand rows of a thousand cells at once; 8 MB of them are enough.
MAX_HEAVY_CELLS: Final = 1 << 20


class Paragraph(NamedTuple):
    """A plain text in the default style that fills more than one line of so many columns."""

    text: str
    columns: int


class Unfinished(str):
    """A plain text that goes on in the next line."""

    __slots__ = ()


#: One thing that scrolled off, as it is kept: plain text, a line as it was written, the row that was published of it,
#: or a value made of one of these.
Entry: TypeAlias = "str | Paragraph | Line | Row | ScrolledLine"


class ScrolledOff:
    """The lines that scrolled off since they were taken, and how many there ever were.

    Attributes:
        count: lines that scrolled off or were cleared since the session began.
        erased: how many of them there were when the program last erased them (ED 3).
    """

    def __init__(self) -> None:
        self.count = 0
        self.erased = 0
        self._entries: list[Entry] = []
        self._heavy_cells = 0

    def push(self, line: Line) -> None:
        """Take a line that scrolled off; it must not be changed any more."""
        self.count += 1
        if line.is_read:
            self._heavy_cells += line.length
        self._entries.append(line if line.runs or line.frozen is None or line.has_gap else line.frozen)
        if len(self._entries) > MAX_LINES_WAITING + _SLACK:
            self._drop(len(self._entries) - MAX_LINES_WAITING)
        if self._heavy_cells > MAX_HEAVY_CELLS:
            self._drop(len(self._entries) // 2)
            self._heavy_cells //= 2

    def push_plain(self, texts: Sequence[str], columns: int) -> None:
        """Take lines of printable ASCII in the default style, each wrapped at so many columns."""
        if max(map(len, texts)) <= columns:
            self.count += len(texts)
            self._entries += texts
        else:
            entries = [Paragraph(text, columns) if len(text) > columns else text for text in texts]
            self.count += sum(map(height_of, entries))
            self._entries += entries
        if len(self._entries) > MAX_LINES_WAITING + _SLACK:
            self._drop(len(self._entries) - MAX_LINES_WAITING)

    def _drop(self, count: int) -> None:
        """Give up the oldest entries."""
        del self._entries[:count]

    def forget(self) -> None:
        """Drop the lines kept; the count stays, because lines are known by their number."""
        self._entries.clear()
        self._heavy_cells = 0
        self.erased = self.count

    def take(self) -> list[Entry]:
        """Return what scrolled off since the last time, oldest first; the last line of it has number `count` - 1."""
        taken, self._entries = self._entries, []
        self._heavy_cells = 0
        return taken


def lines_of(entries: Iterable[Entry]) -> list[ScrolledLine]:
    """Return entries as lines."""
    return [line for entry in entries for line in _lines_of(entry)]


def pieces_of(paragraph: Paragraph) -> list[str]:
    """Return the lines of a paragraph as plain texts."""
    text, columns = paragraph
    last = (len(text) - 1) // columns * columns
    return [*[Unfinished(text[start : start + columns]) for start in range(0, last, columns)], text[last:]]


def height_of(entry: Entry) -> int:
    """Return how many lines an entry is."""
    return -(-len(entry.text) // entry.columns) if isinstance(entry, Paragraph) else 1


def _lines_of(entry: Entry) -> Sequence[ScrolledLine]:
    if isinstance(entry, ScrolledLine):
        return (entry,)
    if isinstance(entry, str):
        return (plain_line(str(entry), wrapped=type(entry) is Unfinished),)
    if isinstance(entry, Line):
        return (scrolled_line(entry),)
    if isinstance(entry, Row):
        return (scrolled_row(entry),)
    return [plain_line(str(piece), wrapped=type(piece) is Unfinished) for piece in pieces_of(entry)]
