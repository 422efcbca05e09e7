"""Lines that scrolled off the top: counted exactly, the newest of them kept.

Lines arrive at flood speed, so light ones are kept as they come, as plain text or as lines nobody has read, and made
into values only when somebody takes them. Heavy ones, and those whose cells were made anyway, become values at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Style
from rmosh.terminal.lines import Line

#: Lines kept until they are taken. Reason: bounds memory, about 1 MB of coloured text; older ones are only counted.
#: Source: our own choice.
MAX_LINES: Final = 1000

#: Lines that may be kept beyond that for a while. Reason: dropping many at once is cheaper than one by one.
_SLACK: Final = 500

#: Most writes of a line that is kept as it came; one with more is made into a value. Reason: coloured logs have fewer.
_LIGHT: Final = 16

#: Most runs of heavy lines kept in all. Reason: bounds memory to a few MB where every character has its own colour.
MAX_HEAVY_RUNS: Final = 1 << 14


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
        self._entries: list[Entry] = []
        self._heavy_runs = 0

    def push(self, line: Line) -> None:
        """Take a line that scrolled off; it must not be changed any more."""
        self.count += 1
        if len(line.runs) > _LIGHT or line.clusters > _LIGHT or line.is_read:
            self._push_heavy(line)
        else:
            self._entries.append(line)
        if len(self._entries) > MAX_LINES + _SLACK:
            del self._entries[:-MAX_LINES]

    def _push_heavy(self, line: Line) -> None:
        scrolled = _scrolled(line)
        self._entries.append(scrolled)
        self._heavy_runs += len(scrolled.runs)
        if self._heavy_runs > MAX_HEAVY_RUNS:
            kept = 0
            for start in range(len(self._entries) - 1, -1, -1):
                entry = self._entries[start]
                kept += len(entry.runs) if isinstance(entry, ScrolledLine) else 0
                if kept > MAX_HEAVY_RUNS // 2:
                    del self._entries[:start]
                    break
            self._heavy_runs = kept

    def push_plain(self, texts: Sequence[str], columns: int) -> None:
        """Take lines of printable ASCII in the default style, each wrapped at so many columns."""
        if max(map(len, texts)) <= columns:
            self.count += len(texts)
            self._entries += texts[-MAX_LINES:]
        else:
            entries = [Paragraph(text, columns) if len(text) > columns else text for text in texts]
            self.count += sum(map(_height, entries))
            self._entries += entries
            self._drop_paragraphs()
        del self._entries[:-MAX_LINES]

    def _drop_paragraphs(self) -> None:
        """Drop the entries before the newest MAX_LINES lines, counting a paragraph as the lines it is."""
        height = 0
        for start in range(len(self._entries) - 1, -1, -1):
            height += _height(self._entries[start])
            if height >= MAX_LINES:
                del self._entries[:start]
                return

    def forget(self) -> None:
        """Drop the lines kept; the count stays, because lines are known by their number."""
        self._entries.clear()
        self._heavy_runs = 0

    def take(self) -> list[ScrolledLine]:
        """Return the lines kept since the last time, oldest first; the last one has number `count` (1-based)."""
        taken = [line for entry in self._entries for line in _lines_of(entry)]
        self.forget()
        return taken[-MAX_LINES:]


def _height(entry: Entry) -> int:
    """Return how many lines an entry is."""
    return -(-len(entry.text) // entry.columns) if isinstance(entry, Paragraph) else 1


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
    runs = None if line.is_read else _runs_as_written(line)
    if runs is None:
        runs = _runs_of_cells(line)
    if runs and not line.wrapped and runs[-1][1] == DEFAULT_STYLE:
        text, style = runs.pop()
        if text := text.rstrip(" "):
            runs.append((text, style))
    return ScrolledLine(tuple(runs), line.wrapped)


def _runs_as_written(line: Line) -> list[tuple[str, Style]] | None:
    """Return the runs of a line that was written from left to right, as most are; None where it was not."""
    runs: list[tuple[str, Style]] = []
    column = 0
    for start, end, texts, brush in line.runs:
        if start < column:
            return None
        if start > column:
            _append(runs, " " * (start - column), DEFAULT_STYLE)
        if isinstance(texts, str):
            _append(runs, texts, brush.style)
        else:
            _append(runs, " " * texts if isinstance(texts, int) else "".join(texts), brush.style)
        column = end
    return runs


def _append(runs: list[tuple[str, Style]], text: str, style: Style) -> None:
    if runs and (runs[-1][1] is style or runs[-1][1] == style):
        runs[-1] = runs[-1][0] + text, style
    elif text:
        runs.append((text, style))


def _runs_of_cells(line: Line) -> list[tuple[str, Style]]:
    cells = line.cells(line.length)
    return [("".join([cell.text for cell in run]), style) for style, run in groupby(cells, key=_style)]


def _style(cell: Cell) -> Style:
    return cell.style
