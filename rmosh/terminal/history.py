"""Lines that scrolled off the top: counted exactly, the newest of them kept.

Lines arrive at flood speed, so light ones are kept as they come, as plain text or as lines nobody has read, and made
into values only when somebody takes them. Heavy ones, and those whose cells were made anyway, become values at once.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Style
from rmosh.terminal.lines import Line

#: Lines kept until they are taken. Reason: bounds memory, under 2 MB of coloured text; older ones are only counted.
#: Source: our own choice.
MAX_LINES: Final = 2000


#: Lines that may be kept beyond that for a while. Reason: dropping many at once is cheaper than one by one.
_SLACK: Final = 200


#: Most texts with a style kept in all. Reason: bounds memory to a few MB where every character has its own colour.
MAX_WEIGHT: Final = 1 << 14

#: Most writes of a line that is kept as it came. Reason: coloured logs have fewer; more are better made into a value.
_LIGHT: Final = 24


@dataclass(frozen=True, slots=True)
class ScrolledLine:
    """One line of history: its text in runs of one style, blanks at its end left out unless they are coloured.

    Attributes:
        runs: texts with their styles, left to right; wide characters stand once.
        wrapped: the text goes on in the next line (a soft wrap), so its end is kept as it was.
    """

    runs: tuple[tuple[str, Style], ...]
    wrapped: bool = False


class Paragraph(NamedTuple):
    """A plain text in the default style that fills more than one line of so many columns."""

    text: str
    columns: int


#: One thing that scrolled off, as it is kept.
Entry: TypeAlias = "str | Paragraph | Line | ScrolledLine"


class History:
    """The newest lines that scrolled off, and how many there ever were.

    Attributes:
        count: lines that scrolled off since the session began.
    """

    def __init__(self) -> None:
        self.count = 0
        self._kept = 0
        self._weight = 0
        self._entries: deque[Entry] = deque()

    def push(self, line: Line) -> None:
        """Take a line that scrolled off; it must not be changed any more."""
        entry: Entry = line
        weight = len(line.runs)
        if weight > _LIGHT or line.has_clusters or line.is_read:
            entry, weight = _lightest(line)
        self.count += 1
        self._kept += 1
        self._weight += weight
        self._entries.append(entry)
        if self._kept > MAX_LINES + _SLACK or self._weight > MAX_WEIGHT:
            self._trim()

    def push_plain(self, texts: Sequence[str], columns: int) -> None:
        """Take lines of printable ASCII in the default style, each wrapped at so many columns."""
        if max(map(len, texts)) <= columns:
            count = len(texts)
            self._entries.extend(texts[-MAX_LINES:])
            self._kept += min(count, MAX_LINES)
        else:
            entries = [Paragraph(text, columns) if len(text) > columns else text for text in texts]
            count = sum(map(_height, entries))
            self._entries.extend(entries)
            self._kept += count
        self.count += count
        self._trim()

    def _trim(self) -> None:
        """Drop the oldest entries that are not needed to have MAX_LINES lines, and some more if they are heavy."""
        entries = self._entries
        while entries:
            height, weight = _height(entries[0]), _weight(entries[0])
            if self._kept - height < MAX_LINES and self._weight <= MAX_WEIGHT:
                return
            del entries[0]
            self._kept -= height
            self._weight -= weight

    def forget(self) -> None:
        """Drop the lines kept; the count stays, because lines are known by their number."""
        self._entries.clear()
        self._kept = self._weight = 0

    def take(self) -> list[ScrolledLine]:
        """Return the lines kept since the last time, oldest first; the last one has number `count` (1-based)."""
        taken = [line for entry in self._entries for line in _lines_of(entry)]
        self.forget()
        return taken[-MAX_LINES:]


def _height(entry: Entry) -> int:
    """Return how many lines an entry is."""
    return -(-len(entry.text) // entry.columns) if type(entry) is Paragraph else 1


def _weight(entry: Entry) -> int:
    """Return how many texts with a style an entry holds, beside its plain text."""
    return len(entry.runs) if isinstance(entry, (Line, ScrolledLine)) else 0


def _lightest(line: Line) -> tuple[Entry, int]:
    """Return a line as the entry that takes the least memory, and its weight."""
    clusters = sum([len(texts) for _, _, texts, _ in line.runs if type(texts) is tuple])
    if not line.is_read and len(line.runs) + clusters <= _LIGHT:
        return line, len(line.runs)
    scrolled = _scrolled(line)
    return scrolled, len(scrolled.runs)


def _lines_of(entry: Entry) -> list[ScrolledLine]:
    if isinstance(entry, ScrolledLine):
        return [entry]
    if isinstance(entry, Line):
        return [_scrolled(entry)]
    if isinstance(entry, str):
        return [_plain(entry, wrapped=False)]
    text, columns = entry
    return [
        _plain(text[start : start + columns], wrapped=start + columns < len(text))
        for start in range(0, len(text), columns)
    ]


def _plain(text: str, *, wrapped: bool) -> ScrolledLine:
    text = text if wrapped else text.rstrip(" ")
    return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)


def _scrolled(line: Line) -> ScrolledLine:
    cells = line.cells(line.length)
    end = len(cells)
    if not line.wrapped:
        while end and cells[end - 1].text == " " and cells[end - 1].style == DEFAULT_STYLE:
            end -= 1
    runs = [("".join([cell.text for cell in run]), style) for style, run in groupby(cells[:end], key=_style)]
    return ScrolledLine(tuple(runs), line.wrapped)


def _style(cell: Cell) -> Style:
    return cell.style
