"""Lines that scrolled off the top or were cleared: counted exactly, and kept as they come until somebody takes them.

They arrive at flood speed, so nothing is made of them here; `rmosh.terminal.scrolled` makes values of them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from rmosh.terminal.cells import Row
from rmosh.terminal.lines import Line
from rmosh.terminal.pens import Pen
from rmosh.terminal.scrolled import ScrolledLine, plain_line, scrolled_line, scrolled_row

#: Lines kept until they are taken; older ones are only counted. Reason: bounds memory where nobody takes them; more
#: than one read of a PTY holds.
MAX_LINES_WAITING: Final = 1 << 16

#: Lines that may be kept beyond that for a while. Reason: dropping many at once is cheaper than one by one.
_SLACK: Final = 1 << 12

#: Most cells of lines that were published, or made cells for another reason, kept in all; the oldest are given up.
#: Reason: a resize can push a thousand rows of a thousand cells at once; 8 MB of them are enough.
MAX_HEAVY_CELLS: Final = 1 << 20


class UnseenLines(NamedTuple):
    """Lines that scrolled off as soon as they were printed, as the program wrote them.

    Attributes:
        content: whole lines.
        pen: what the first of them is written with.
        columns: those of the terminal.
        height: how many lines of history they are.
        execute: makes lines of them.
    """

    content: bytes
    pen: Pen
    columns: int
    height: int
    execute: "Callable[[UnseenLines], list[ScrolledLine]]"


class Unfinished(str):
    """A plain text that goes on in the next line."""

    __slots__ = ()


#: One thing that scrolled off, as it is kept: plain text, a line as it was written, the row that was published of it,
#: a value made of one of these, or what was never made lines.
Entry: TypeAlias = "str | Line | Row | ScrolledLine | UnseenLines"


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
        self._passed = 0

    def push(self, line: Line) -> None:
        """Take a line that scrolled off; it must not be changed any more."""
        self.count += 1
        if line.is_read:
            self._heavy_cells += line.length
        self._entries.append(line if line.runs or line.frozen is None or line.has_gap else line.frozen)
        if len(self._entries) > MAX_LINES_WAITING + _SLACK:
            self._keep_bound()
        if self._heavy_cells > MAX_HEAVY_CELLS:
            self._drop(len(self._entries) // 2)
            self._heavy_cells //= 2

    def push_unseen(self, lines: UnseenLines) -> None:
        """Take lines that nothing was made of."""
        self.count += lines.height
        self._passed += lines.height - 1
        self._entries.append(lines)
        self._keep_bound()

    def append(self, later: "ScrolledOff", *, but: int) -> None:
        """Take single lines that scrolled off into another one, but for its first ones, which nobody had written."""
        entries = later.take()
        lost = later.count - len(entries)
        if lost:
            self._drop(len(self._entries))
        self._entries += entries[max(0, but - lost) :]
        self.count += later.count - but

    def _keep_bound(self) -> None:
        """Give up the oldest entries where many more lines wait than may."""
        excess = len(self._entries) + self._passed - MAX_LINES_WAITING
        if excess > _SLACK:
            count = 0
            while (height := height_of(self._entries[count])) <= excess:
                excess -= height
                count += 1
            self._drop(count)

    def _drop(self, count: int) -> None:
        """Give up the oldest entries."""
        self._passed -= sum([entry.height - 1 for entry in self._entries[:count] if type(entry) is UnseenLines])
        del self._entries[:count]

    def forget(self) -> None:
        """Drop the lines kept; the count stays, because lines are known by their number."""
        self._entries.clear()
        self._heavy_cells = self._passed = 0
        self.erased = self.count

    def take(self) -> list[Entry]:
        """Return what scrolled off since the last time, oldest first; the last line of it has number `count` - 1."""
        taken, self._entries = self._entries, []
        self._heavy_cells = self._passed = 0
        return taken


def lines_of(entries: Iterable[Entry]) -> list[ScrolledLine]:
    """Return entries as lines."""
    return [line for entry in entries for line in _lines_of(entry)]


def height_of(entry: Entry) -> int:
    """Return how many lines an entry is."""
    return entry.height if isinstance(entry, UnseenLines) else 1


def _lines_of(entry: Entry) -> Sequence[ScrolledLine]:
    if isinstance(entry, ScrolledLine):
        return (entry,)
    if isinstance(entry, str):
        return (plain_line(str(entry), wrapped=type(entry) is Unfinished),)
    if isinstance(entry, Line):
        return (scrolled_line(entry),)
    if isinstance(entry, Row):
        return (scrolled_row(entry),)
    return entry.execute(entry)
