"""A line that scrolled off, as a value: made of what a line or a published row held, and made into cells again."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Row, Style
from rmosh.terminal.lines import Line, tabs_in
from rmosh.terminal.width import cells_of


@dataclass(frozen=True, slots=True)
class ScrolledLine:
    """One line of history: its text in runs of one style, blanks at its end left out unless they are coloured.

    Attributes:
        runs: texts with their styles, left to right; wide characters stand once. A tab stands for the first of the
            blanks that it moved over.
        wrapped: the text goes on in the next line (a soft wrap), so its end is kept as it was.
    """

    runs: tuple[tuple[str, Style], ...]
    wrapped: bool = False

    @property
    def text(self) -> str:
        """The text without its styles and tabs."""
        return self.text_with_tabs.replace("\t", " ")

    @property
    def text_with_tabs(self) -> str:
        """The text without its styles."""
        return "".join([text for text, _ in self.runs])


EMPTY_LINE = ScrolledLine(())

#: Stands for a blank in which a tab begins.
_TAB = Cell("\t")


def _cells_with_tabs(line: Line) -> Sequence[Cell]:
    # Of a line that the screen may show still, and that needs as many cells as the screen has columns, a copy is read.
    cells = (line if line.is_read else copy(line)).cells(line.length)
    return _with_tabs(cells, tabs_in(cells)) if line.has_tabs else cells


def _with_tabs(cells: Sequence[Cell], tabs: Sequence[int]) -> Sequence[Cell]:
    """Return cells with tabs in some columns."""
    if not tabs:
        return cells
    with_tabs = list(cells)
    for column in tabs:
        with_tabs[column] = _TAB
    return with_tabs


def plain_line(text: str, *, wrapped: bool = False) -> ScrolledLine:
    """Return a text in the default style as a line."""
    text = text if wrapped else text.rstrip(" ")
    if not text and not wrapped:
        return EMPTY_LINE
    return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)


def scrolled_row(row: Row) -> ScrolledLine:
    """Return a published row as a line."""
    return _trimmed(_runs_of_cells(_with_tabs(row.cells, row.tabs)), wrapped=row.wrapped)


def scrolled_line(line: Line) -> ScrolledLine:
    """Return a line as a value, whether it may still change or not."""
    if line.wrapped and line.has_gap:  # the blank stands for a wide character that is in the next line
        return ScrolledLine(tuple(_runs_of_cells(_cells_with_tabs(line)[:-1])), wrapped=True)
    runs = None if line.is_read else _runs_as_written(line)
    if runs is None:
        runs = _runs_of_cells(_cells_with_tabs(line))
    return _trimmed(runs, wrapped=line.wrapped)


def without_tabs(line: ScrolledLine) -> ScrolledLine:
    """Return a line with blanks instead of tabs, for whoever does not know them."""
    if not any("\t" in text for text, _ in line.runs):
        return line
    return _trimmed([(text.replace("\t", " "), style) for text, style in line.runs], wrapped=line.wrapped)


def tabs_of_line(line: ScrolledLine) -> tuple[int, ...]:
    """Return the columns in which tabs begin."""
    text = line.text_with_tabs
    if "\t" not in text:
        return ()
    cells = text if text.isascii() else _cells_of(text)
    return tuple([column for column, cell in enumerate(cells) if cell == "\t"])


def _cells_of(text: str) -> list[str]:
    """Return texts of cells where some may be tabs."""
    parts = text.split("\t")
    return [cell for part in parts for cell in ("\t", *cells_of(part))][1:]


def cells_of_line(line: ScrolledLine) -> list[Cell]:
    """Return the cells that a line fills, as many as its text has columns."""
    cells: list[Cell] = []
    for run, style in line.runs:
        text = run.replace("\t", " ")
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
