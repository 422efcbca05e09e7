"""Lines become screen rows: a long line takes several, a wide character is never cut. Knows no page and no marks."""

from collections.abc import Iterator, Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Cell, Style, blank_cell
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.width import cells_of, char_width
from rmosh_client.viewing.transcript import Transcript

#: How words stand where a line is not here yet.
PLACEHOLDER_STYLE: Final = Style(attributes=int(Attribute.DIM))

#: Stands for a wide character on a screen of one column. Source: Unicode, REPLACEMENT CHARACTER.
_TOO_WIDE: Final = "\ufffd"

#: Lines whose rows are remembered. Reason: more than a page of the tallest screen, and a few MB at most on usual ones.
_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True, order=True)
class LineRow:
    """One row of one line, 0-based: where a page begins."""

    line: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class LaidRow:
    """One screen row of a line.

    Attributes:
        cells: as many as the screen has columns.
        offsets: where each cell's text begins in the line's text; shorter than `cells` where blanks were added.
    """

    cells: tuple[Cell, ...]
    offsets: Sequence[int]


class LineLayout:
    """Lays lines out for one width, and walks over their rows."""

    def __init__(self, transcript: Transcript, *, columns: int) -> None:
        self._transcript = transcript
        self.columns = columns
        self._laid: dict[int, tuple[ScrolledLine, list[LaidRow]]] = {}

    def rows_of(self, number: int, line: ScrolledLine) -> list[LaidRow]:
        """Return a line's rows, at least one."""
        known = self._laid.get(number)
        if known is not None and known[0] == line:
            return known[1]
        if len(self._laid) >= _REMEMBERED:
            self._laid.clear()
        rows = _lay(line, self.columns)
        self._laid[number] = line, rows
        return rows

    def height(self, number: int, line: ScrolledLine | None) -> int:
        """Return how many rows a line takes; one that is not here takes one."""
        if line is None:
            return 1
        text = line.text
        if text.isascii() and text.isprintable():
            return max(-(-len(text) // self.columns), 1)
        return len(self.rows_of(number, line))

    def row_at(self, number: int, line: ScrolledLine, offset: int) -> int:
        """Return which row of a line shows the character at an offset of its text."""
        rows = self.rows_of(number, line)
        return max((place for place, row in enumerate(rows) if row.offsets and row.offsets[0] <= offset), default=0)

    def clamped(self, place: LineRow) -> LineRow:
        """Return the place itself, or the nearest one that there is."""
        oldest, last = self._transcript.oldest, self._transcript.end - 1
        if place.line < oldest or last < oldest:
            return LineRow(oldest)
        number = min(place.line, last)
        bottom = self.height(number, self._transcript.lines(number, number + 1)[0]) - 1
        return LineRow(number, bottom if place.line > last else min(place.row, bottom))

    def below(self, place: LineRow, rows: int) -> LineRow:
        """Return the place so many rows further down, or the last one there is."""
        left = place.row + rows
        stop = min(place.line + rows + 1, self._transcript.end)
        for number, line in enumerate(self._transcript.lines(place.line, stop), start=place.line):
            height = self.height(number, line)
            if left < height:
                return LineRow(number, left)
            left -= height
        return self.last()

    def above(self, place: LineRow, rows: int) -> LineRow:
        """Return the place so many rows further up, or the first one there is."""
        if rows <= place.row:
            return LineRow(place.line, place.row - rows)
        left = rows - place.row
        start = max(place.line - left, self._transcript.oldest)
        lines = self._transcript.lines(start, place.line)
        for number in range(place.line - 1, start - 1, -1):
            height = self.height(number, lines[number - start])
            if left <= height:
                return LineRow(number, height - left)
            left -= height
        return LineRow(self._transcript.oldest)

    def last(self) -> LineRow:
        """Return the last row of all."""
        return self.clamped(LineRow(self._transcript.end))


def fitted(text: str, style: Style, *, columns: int) -> tuple[Cell, ...]:
    """Return exactly so many cells of text, cut or filled up with blanks; a wide character is not cut in two."""
    shown = list(cells_of(text)[: columns + 1])
    if len(shown) > columns:
        cut = shown.pop()
        if cut == "":
            shown[-1] = " "
    return tuple([Cell(cell, style) for cell in shown] + [blank_cell(style)] * (columns - len(shown)))


def _lay(line: ScrolledLine, columns: int) -> list[LaidRow]:
    rows: list[LaidRow] = []
    cells: list[Cell] = []
    offsets: list[int] = []
    for cell, offset, width in _cells(line, columns):
        if len(cells) + width > columns:
            rows.append(_filled(cells, offsets, columns))
            cells, offsets = [], []
        cells.append(cell)
        offsets.append(offset)
        if width == 2:
            cells.append(Cell("", cell.style))
            offsets.append(offset)
    if cells or not rows:
        rows.append(_filled(cells, offsets, columns))
    return rows


def _filled(cells: list[Cell], offsets: list[int], columns: int) -> LaidRow:
    return LaidRow(tuple(cells + [blank_cell(DEFAULT_STYLE)] * (columns - len(cells))), offsets)


def _cells(line: ScrolledLine, columns: int) -> Iterator[tuple[Cell, int, int]]:
    """Yield each cell that holds text, with where that begins in the line and how many columns it takes."""
    before = 0
    for text, style in line.runs:
        made: dict[str, Cell] = {}
        offset = 0
        text = text.replace("\t", " ")
        for shown in text if text.isascii() and text.isprintable() else cells_of(text):
            if not shown:
                continue
            width = char_width(shown)
            cell = made.get(shown)
            if cell is None:
                cell = made[shown] = Cell(shown if width <= columns else _TOO_WIDE, style)
            # Text without a cell of its own, a stray mark or the end of an endless cluster, is stepped over.
            offset = text.find(shown, offset)
            yield cell, before + offset, min(width, columns)
            offset += len(shown)
        before += len(text)
