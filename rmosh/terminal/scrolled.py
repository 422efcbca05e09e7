"""A line that scrolled off, as a value: made of what a line or a published row held, and made into cells again."""

from collections.abc import Sequence
from functools import lru_cache

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.lines import Line
from rmosh.terminal.pens import style_of
from rmosh.terminal.rows import STYLE_RUN, Row, side_by_side, signs_of, texts_of
from rmosh.terminal.style_table import current_table
from rmosh.terminal.styles import DEFAULT_STYLE, Cell, Style
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


def plain_line(text: str, *, wrapped: bool = False) -> ScrolledLine:
    """Return a text in the default style as a line."""
    text = text if wrapped else text.rstrip(" ")
    if not text and not wrapped:
        return EMPTY_LINE
    return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)


def scrolled_row(row: Row) -> ScrolledLine:
    """Return a published row as a line."""
    return _trimmed(_runs_of(row), wrapped=row.wrapped)


def scrolled_line(line: Line) -> ScrolledLine:
    """Return a line as a value, whether it may still change or not."""
    has_gap = line.wrapped and line.has_gap
    runs = None if line.is_read or has_gap else _runs_as_written(line)
    if runs is None:
        from copy import copy  # 0.1 MB that most servers do without

        # Of a line that the screen may show still, and that needs as many columns as the screen has, a copy is read.
        row = (line if line.is_read else copy(line)).shown(line.length)
        runs = _runs_of(row, row.columns - has_gap)  # the blank there is for a wide character that is in the next line
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


def row_of_line(line: ScrolledLine) -> Row:
    """Return the columns that a line fills as a row, of as many columns as its text has; no cells are made."""
    table = current_table()
    parts: list[Row] = []
    for run, style in line.runs:
        text = run.replace("\t", " ")
        signs, clusters = (text, ()) if text.isascii() else signs_of(cells_of(text))
        parts.append(Row.of_strings(signs, table.character(style) * len(signs), table, clusters=clusters))
    return side_by_side(*parts)


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
    for start, end, texts, pen in line.runs:
        if start < column:
            return None
        if start > column:
            _append(runs, " " * (start - column), DEFAULT_STYLE)
        if isinstance(texts, str):
            _append(runs, texts, style_of(pen))
        else:
            _append(runs, " " * texts if isinstance(texts, int) else "".join(texts), style_of(pen))
        column = end
    return runs


def _append(runs: list[tuple[str, Style]], text: str, style: Style) -> None:
    if runs and (runs[-1][1] is style or runs[-1][1] == style):
        runs[-1] = runs[-1][0] + text, style
    elif text:
        runs.append((text, style))


def _runs_of(row: Row, columns: int | None = None) -> list[tuple[str, Style]]:
    """Return the texts of a published row, or of so many of its columns, in runs of one style, and its tabs."""
    texts: Sequence[str] = row.signs if row.is_narrow and not row.tabs else texts_of(row.signs, row.clusters)
    for column in row.tabs:
        texts[column] = "\t"  # type: ignore[index]
    styles = row.table.styles
    spans = [(*match.span(), styles[match[1]]) for match in STYLE_RUN.finditer(row.styles, 0, columns or row.columns)]
    runs = [("".join(texts[start:end]), style) for start, end, style in spans]
    return [run for run in runs if run[0]]  # the right half of a wide character alone may have a style of its own
