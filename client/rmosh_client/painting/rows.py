"""Paint one row: which columns differ, and how to change them with few bytes."""

from collections.abc import Iterator, Sequence
from typing import Final

from rmosh.terminal.cells import Cell, Row, Style
from rmosh_client.painting.glyphs import BLANK_GLYPH, REPLACEMENT_GLYPH, Glyph, glyph
from rmosh_client.painting.pen import Pen

#: Longest run of unchanged cells written again rather than skipped, in cells: a skip costs CSI n C, 4 bytes.
_BRIDGE: Final = 4

#: Fewest changed blanks at a row's end that are erased rather than written, in cells: EL costs 3 bytes.
_ERASE_END: Final = 4

#: Fewest blanks inside a row that are erased rather than written: ECH and a movement cost 8-10 bytes.
_LONG_BLANK: Final = " " * 12

#: Cell texts that every terminal draws in one column.
_PLAIN: Final = frozenset(map(chr, range(0x20, 0x7F)))


def paint_row(pen: Pen, place: int, old: Row | None, new: Row, *, wraps_into: bool) -> None:
    """Change row number `place` on the terminal from old (None: unknown) to new.

    Args:
        wraps_into: the terminal's own wrap may carry the pen from the row above into this one.
    """
    cells = new.cells
    tail = _blank_tail(cells) if pen.can_erase_with(cells[-1].style) else len(cells)
    painted = 0
    for start, stop in _spans(old, cells):
        if stop - max(start, tail) >= _ERASE_END or (old is None and tail < stop):
            written = _write(pen, place, cells, max(start, painted), tail, wraps=wraps_into)
            _erase_end(pen, place, max(start, tail, written), cells)
            return
        painted = _write(pen, place, cells, max(start, painted), stop, wraps=wraps_into)


def rewrite_last(pen: Pen, place: int, row: Row) -> None:
    """Write a row's last character again, so that the pen may wrap from it."""
    start = len(row.cells) - (2 if row.cells[-1].text == "" and len(row.cells) > 1 else 1)
    _write(pen, place, row.cells, start, len(row.cells), wraps=False)


def _same(one: Cell, other: Cell) -> bool:
    if one is other:
        return True
    return one.text == other.text and (one.style is other.style or one.style == other.style)


def _blank_tail(cells: Sequence[Cell]) -> int:
    """Return where the run of equal blanks at the end starts; the number of columns where there is none."""
    last = cells[-1]
    tail = len(cells)
    if last.text != " ":
        return tail
    while tail and _same(cells[tail - 1], last):
        tail -= 1
    return tail


def _spans(old: Row | None, cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """Yield half-open column ranges to paint, left to right, never through the middle of a wide cell."""
    if old is None:
        yield 0, len(cells)
        return
    start = stop = -1
    for column, (before, after) in enumerate(zip(old.cells, cells, strict=True)):
        if _same(before, after):
            continue
        if stop != column and start >= 0 and not _worth_bridging(cells, stop, column):
            yield _whole_cells(old.cells, cells, start, stop)
            start = -1
        if start < 0:
            start = column
        stop = column + 1
    if start >= 0:
        yield _whole_cells(old.cells, cells, start, stop)


def _worth_bridging(cells: Sequence[Cell], stop: int, column: int) -> bool:
    """Tell whether writing the unchanged cells between two changed ones is cheaper than moving over them."""
    if column - stop > _BRIDGE:
        return False
    style = cells[stop - 1].style
    gap = cells[stop:column]
    return all(cell.text.isascii() and cell.style == style for cell in (*gap, cells[column]))


def _whole_cells(old: Sequence[Cell], new: Sequence[Cell], start: int, stop: int) -> tuple[int, int]:
    while start and (new[start].text == "" or old[start].text == ""):
        start -= 1
    while stop < len(new) and new[stop].text == "":
        stop += 1
    return start, stop


def _write(pen: Pen, place: int, cells: Sequence[Cell], start: int, stop: int, *, wraps: bool) -> int:
    """Write the cells of a range; return where that stopped, after `stop` where glyphs may have spilt."""
    column = start
    while column < stop:
        plain = _plain_run(cells, column, stop)
        if plain:
            column += _write_plain(pen, place, column, plain, cells[column].style, wraps=wraps)
            continue
        width = 2 if column + 1 < len(cells) and cells[column + 1].text == "" else 1
        drawn = _drawn(cells[column], width, last_column=column + 1 == len(cells))
        certain = drawn.sure and drawn.width == width
        _place_pen(pen, place, column, wraps=wraps and certain)
        pen.restyle(cells[column].style)
        if certain:
            pen.write(drawn.data, columns=width)
        else:
            pen.write_doubtful(drawn, columns=width)
            stop = _whole_stop(cells, max(stop, min(column + drawn.reach, len(cells))))
        column += width
    return column


def _plain_run(cells: Sequence[Cell], start: int, stop: int) -> str:
    """Return the text of the cells from `start` on that are narrow printable ASCII of one style."""
    style = cells[start].style
    texts: list[str] = []
    for cell in cells[start:stop]:
        text = cell.text
        if text not in _PLAIN or (cell.style is not style and cell.style != style):
            break
        texts.append(text)
    column = start + len(texts)
    if texts and column < len(cells) and cells[column].text == "":
        texts.pop()
    return "".join(texts)


def _write_plain(pen: Pen, place: int, column: int, text: str, style: Style, *, wraps: bool) -> int:
    """Write or erase a plain run up to where the other way is better; return how many columns."""
    blanks = text.find(_LONG_BLANK) if pen.can_erase_with(style) else -1
    if blanks == 0:
        count = len(text) - len(text.lstrip(" "))
        pen.move(row=place, column=column)
        pen.restyle(style)
        pen.erase(count)
        return count
    part = text if blanks < 0 else text[:blanks]
    _place_pen(pen, place, column, wraps=wraps)
    pen.restyle(style)
    pen.write(part.encode("ascii"), columns=len(part))
    return len(part)


def _drawn(cell: Cell, width: int, *, last_column: bool) -> Glyph:
    if cell.text == "":
        return BLANK_GLYPH
    drawn = glyph(cell.text)
    if width == 1 and last_column and drawn.reach > 1:
        return REPLACEMENT_GLYPH
    return drawn


def _place_pen(pen: Pen, place: int, column: int, *, wraps: bool) -> None:
    if pen.row == place and pen.column == column and not pen.wrap_pending:
        return
    if wraps and column == 0 and pen.wrap_pending and pen.row == place - 1:
        pen.wrap()
    else:
        pen.move(row=place, column=column)


def _whole_stop(cells: Sequence[Cell], stop: int) -> int:
    while stop < len(cells) and cells[stop].text == "":
        stop += 1
    return stop


def _erase_end(pen: Pen, place: int, column: int, cells: Sequence[Cell]) -> None:
    if column < len(cells):
        pen.move(row=place, column=column)
        pen.restyle(cells[-1].style)
        pen.erase_row_end()
