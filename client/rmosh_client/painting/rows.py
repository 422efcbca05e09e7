"""Paint one row: which columns differ, and how to change them with few bytes."""

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise
from operator import and_
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


class Wrap(Enum):
    """Whether the row above goes on in a row: not, as the terminal knows already, or as it is to learn now."""

    NONE = "none"
    OLD = "old"
    NEW = "new"


def paint_row(pen: Pen, place: int, old: Row | None, new: Row, *, wraps: Wrap) -> None:
    """Change row number `place` on the terminal from old (None: unknown) to new.

    For a new wrap the pen comes from the end of the row above, and the first cell is written in any case.
    """
    cells = new.cells
    plain = _plain_columns(cells)
    erasable = not new.wrapped and pen.can_erase_with(cells[-1].style)  # an erased end goes on nowhere
    tail = _blank_tail(cells) if erasable else len(cells)
    wraps_into = wraps is not Wrap.NONE
    painted = 0
    if wraps_into:
        tail = max(tail, 1)  # erasing a whole row makes some terminals forget that the one above goes on in it
    for start, stop in _spans(old, cells, with_first=wraps is Wrap.NEW):
        if stop - max(start, tail) >= _ERASE_END or (old is None and tail < stop):
            written = _write(pen, place, cells, plain, max(start, painted), tail, wraps=wraps_into)
            _erase_end(pen, place, max(start, tail, written), cells)
            return
        painted = _write(pen, place, cells, plain, max(start, painted), stop, wraps=wraps_into)


def rewrite_last(pen: Pen, place: int, row: Row) -> None:
    """Write a row's last character again, so that the pen may wrap from it."""
    cells = row.cells
    start = len(cells) - (2 if cells[-1].text == "" and len(cells) > 1 else 1)
    _write(pen, place, cells, _plain_columns(cells), start, len(cells), wraps=False)


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


def _spans(old: Row | None, cells: Sequence[Cell], *, with_first: bool) -> Iterator[tuple[int, int]]:
    """Yield half-open column ranges to paint, left to right, never through the middle of a wide cell."""
    if old is None:
        yield 0, len(cells)
        return
    changes = _changes(old.cells, cells)
    if with_first:
        changes = b"\1" + changes[1:]
    start = changes.find(1)
    while start >= 0:
        stop = _end_of_changes(changes, start)
        following = changes.find(1, stop)
        while following >= 0 and _worth_bridging(cells, stop, following):
            stop = _end_of_changes(changes, following)
            following = changes.find(1, stop)
        yield _whole_cells(old.cells, cells, start, stop)
        start = following


def _changes(old: Sequence[Cell], new: Sequence[Cell]) -> bytes:
    """Return 1 for each column that changed and 0 for the others."""
    return bytes(
        [
            before is not after
            and (before.text != after.text or (before.style is not after.style and before.style != after.style))
            for before, after in zip(old, new, strict=True)
        ]
    )


def _end_of_changes(changes: bytes, start: int) -> int:
    stop = changes.find(0, start)
    return len(changes) if stop < 0 else stop


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


def _plain_columns(cells: Sequence[Cell]) -> bytes:
    """Return 1 for each column that every terminal draws alike, narrow printable ASCII, and 0 for the others."""
    texts = [cell.text for cell in cells]
    plain = bytes(map(_PLAIN.__contains__, texts))
    if "" not in texts:
        return plain
    return bytes(map(and_, plain, [*map(bool, texts[1:]), True]))  # what has a right half is none of them


def _write(pen: Pen, place: int, cells: Sequence[Cell], plain: bytes, start: int, stop: int, *, wraps: bool) -> int:
    """Write the cells of a range; return where that stopped, after `stop` where glyphs may have spilt."""
    column = start
    while column < stop:
        if plain[column]:
            end = plain.find(0, column, stop)
            for text, style in _runs(cells[column : stop if end < 0 else end]):
                _write_plain(pen, place, column, text, style, wraps=wraps)
                column += len(text)
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


def _runs(cells: Sequence[Cell]) -> Iterator[tuple[str, Style]]:
    """Yield the texts of cells of one column each, cut where the style changes."""
    text = "".join([cell.text for cell in cells])
    styles = [cell.style for cell in cells]
    first = 0
    for place in [place for place, (one, other) in enumerate(pairwise(styles), 1) if one is not other]:
        if styles[place] != styles[first]:
            yield text[first:place], styles[first]
            first = place
    yield text[first:], styles[first]


def _write_plain(pen: Pen, place: int, column: int, text: str, style: Style, *, wraps: bool) -> None:
    """Write a plain run, its long blanks erased where that leaves the same; only what is written wraps."""
    done = 0
    blanks = text.find(_LONG_BLANK, 1 if wraps and column == 0 else 0)
    if blanks >= 0 and not pen.can_erase_with(style):
        blanks = -1
    while blanks >= 0:
        if blanks > done:
            _write_text(pen, place, column + done, text[done:blanks], style, wraps=wraps)
        done = len(text) - len(text[blanks:].lstrip(" "))
        pen.move(row=place, column=column + blanks)
        pen.restyle(style)
        pen.erase(done - blanks)
        blanks = text.find(_LONG_BLANK, done)
    if done < len(text):
        _write_text(pen, place, column + done, text[done:], style, wraps=wraps)


def _write_text(pen: Pen, place: int, column: int, text: str, style: Style, *, wraps: bool) -> None:
    _place_pen(pen, place, column, wraps=wraps)
    pen.restyle(style)
    pen.write(text.encode("ascii"), columns=len(text))


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
