"""A line that scrolled off, as a value: made of what a line or a published row held, and made into cells again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Row, Style
from rmosh.terminal.lines import Line
from rmosh.terminal.width import cells_of


@dataclass(frozen=True, slots=True)
class ScrolledLine:
    """One line of history: its text in runs of one style, blanks at its end left out unless they are coloured.

    Attributes:
        runs: texts with their styles, left to right; wide characters stand once.
        wrapped: the text goes on in the next line (a soft wrap), so its end is kept as it was.
    """

    runs: tuple[tuple[str, Style], ...]
    wrapped: bool = False

    @property
    def text(self) -> str:
        """The text without its styles."""
        return "".join([text for text, _ in self.runs])


EMPTY_LINE = ScrolledLine(())


def plain_line(text: str, *, wrapped: bool = False) -> ScrolledLine:
    """Return a text in the default style as a line."""
    text = text if wrapped else text.rstrip(" ")
    if not text and not wrapped:
        return EMPTY_LINE
    return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)


def scrolled_row(row: Row) -> ScrolledLine:
    """Return a published row as a line."""
    return _trimmed(_runs_of_cells(row.cells), wrapped=row.wrapped)


def scrolled_line(line: Line) -> ScrolledLine:
    """Return a line that will not change any more as a value."""
    if line.wrapped and line.has_gap:  # the blank stands for a wide character that is in the next line
        return ScrolledLine(tuple(_runs_of_cells(line.cells(line.length)[:-1])), wrapped=True)
    runs = None if line.is_read else _runs_as_written(line)
    if runs is None:
        runs = _runs_of_cells(line.cells(line.length))
    return _trimmed(runs, wrapped=line.wrapped)


def cells_of_line(line: ScrolledLine) -> list[Cell]:
    """Return the cells that a line fills, as many as its text has columns."""
    cells: list[Cell] = []
    for text, style in line.runs:
        cells += map(_cell, text if text.isascii() else cells_of(text), (style,) * (2 * len(text)))
    return cells


@lru_cache(maxsize=4096)
def _cell(text: str, style: Style) -> Cell:
    return Cell(text, style)


def _trimmed(runs: list[tuple[str, Style]], *, wrapped: bool) -> ScrolledLine:
    if runs and not wrapped and runs[-1][1] == DEFAULT_STYLE:
        text, style = runs.pop()
        if text := text.rstrip(" "):
            runs.append((text, style))
    return ScrolledLine(tuple(runs), wrapped)


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


def _runs_of_cells(cells: Sequence[Cell]) -> list[tuple[str, Style]]:
    runs = [("".join([cell.text for cell in run]), style) for style, run in groupby(cells, key=_style)]
    return [run for run in runs if run[0]]  # the right half of a wide character alone may have a style of its own


def _style(cell: Cell) -> Style:
    return cell.style
