"""Lines for the scrollback, laid out for a width: as rows to be painted, or as lines to be printed one below the other.

Printing is the cheap way of many: only what every terminal draws alike is printed, so that nothing need be known of
single cells.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import DEFAULT_STYLE, Row, blank_row
from rmosh.terminal.rows import RIGHT_HALF, side_by_side
from rmosh.terminal.scrolled import ScrolledLine, row_of_line, tabs_of_line
from rmosh.terminal.width import char_width, clusters
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.tabs import with_tabs

#: What makes a terminal wrap into a row of nothing.
_BLANK: Final = ((" ", DEFAULT_STYLE),)


@dataclass(frozen=True, slots=True)
class Printable:
    """Whole lines, of which each piece that wrapped is a row: they need not be painted cell by cell."""

    lines: Sequence[ScrolledLine]

    def rows(self, columns: int) -> list[Row]:
        """Return them as rows after all."""
        return [_row_of(line, row_of_line(line), columns) for line in self.lines]


#: What is fed: a row, or many at once.
Laid: TypeAlias = Row | Printable


@dataclass(frozen=True, slots=True)
class Feed:
    """What the scrollback gets next.

    Attributes:
        erase: forget what is in the scrollback first, as the program asked.
        parts: what the scrollback ends with so far goes on neither in the rows nor on the screen.
        rows: to be scrolled off the top, of the terminal's width.
        following: what the last of them goes on in, where it does.
    """

    erase: bool = False
    parts: bool = False
    rows: Sequence[Laid] = ()
    following: Row | None = None


def laid_out(lines: Iterable[tuple[ScrolledLine, Row | None]], columns: int, *, goes_on: bool) -> list[Laid]:
    """Return lines in order, each with the row of this width that it was on the screen, where that is known.

    Args:
        goes_on: the first goes on from a line that is not among them.
    """
    laid: list[Laid] = []
    printable: list[ScrolledLine] = []
    paragraph: list[ScrolledLine] = []

    def lay(rows: Sequence[Row]) -> None:
        if printable:
            laid.append(Printable(tuple(printable)))
            printable.clear()
        laid.extend(rows)

    for line, row in lines:
        if row is not None and not paragraph:
            lay([row])
            goes_on = row.wrapped
            continue
        paragraph.append(line)
        if line.wrapped:
            continue
        if not goes_on and all(can_print(each, columns=columns) for each in paragraph):
            printable += paragraph
        else:
            lay(rows_of(paragraph, columns))
        paragraph, goes_on = [], False
    lay(rows_of(paragraph, columns) if paragraph else [])
    return laid


def rows_of(paragraph: Sequence[ScrolledLine], columns: int) -> list[Row]:
    """Return lines of which each goes on in the next as rows: as they were where the width is the same."""
    filled = [row_of_line(line) for line in paragraph]
    if all(columns - 1 <= each.columns <= columns for each in filled[:-1]) and filled[-1].columns <= columns:
        return [_row_of(line, each, columns) for line, each in zip(paragraph, filled, strict=True)]
    joined = side_by_side(*filled)
    if not paragraph[-1].wrapped:  # coloured to the end of the line, which is elsewhere here
        joined = joined.part(0, len(joined.signs.rstrip(" ")))
    return wrapped_rows(joined, columns, goes_on=paragraph[-1].wrapped)


def _row_of(line: ScrolledLine, filled: Row, columns: int) -> Row:
    row = _row(filled, columns, wrapped=line.wrapped)
    tabs = tabs_of_line(line)
    return row.replace(tabs=tabs) if tabs else row


def _row(filled: Row, columns: int, *, wrapped: bool) -> Row:
    # Where it is coloured to the end of the line, that was done by erasing as far as anybody knows.
    written = filled.columns if wrapped else len(filled.signs.rstrip(" "))
    rest = blank_row(columns).part(filled.columns, columns)
    return side_by_side(filled, rest).replace(wrapped=wrapped, written=written)


def wrapped_rows(filled: Row, columns: int, *, goes_on: bool = False) -> list[Row]:
    """Return columns as rows of a width, each going on in the next; one row where there are none.

    Args:
        goes_on: the last row goes on as well, if it is full.
    """
    rows: list[Row] = []
    start = 0
    while start < filled.columns or not rows:
        stop = min(start + columns, filled.columns)
        if filled.signs[stop : stop + 1] == RIGHT_HALF and columns > 1:
            stop -= 1
        wrapped = stop < filled.columns or (goes_on and stop - start == columns)
        rows.append(_row(filled.part(start, stop), columns, wrapped=wrapped))
        start = stop
    return rows


def can_print(line: ScrolledLine, *, columns: int) -> bool:
    """Tell whether a line fits a row of so many columns as it is, and every terminal draws it alike.

    Not where it ends in coloured blanks: whether those are written or erased is for whoever paints rows.
    """
    width = _sure_width(line.text)
    if width is None or width > columns:
        return False
    return width == columns if line.wrapped else not (line.runs and line.runs[-1][0].endswith(" "))


def _sure_width(text: str) -> int | None:
    """Return how many columns every terminal gives a text; None where that is in doubt."""
    if text.isascii():
        return len(text) if text.isprintable() else None
    found = clusters(text)
    if "".join(found) != text:  # more marks than a cell holds
        return None
    return sum(map(char_width, found)) if all(glyph(cluster).sure for cluster in found) else None


def print_lines(pen: PaintPen, lines: Sequence[ScrolledLine], *, rows: int, columns: int) -> None:
    """Print at least `rows` lines over a screen of so many rows, and scroll all of them off it: it is blank then.

    The first does not go on from the scrollback, and the last one ends.
    """
    pen.clear_screen()
    goes_on = False
    for line in lines:
        pen.print(with_tabs(line.runs, columns=columns) or (_BLANK if goes_on else ()))
        if goes_on and not line.wrapped and _sure_width(line.text) != columns:
            pen.clear_wrapped_end()
        goes_on = line.wrapped
        if not goes_on:
            pen.next_line()
    pen.feed_lines(rows - 1, last_row=rows - 1)
