"""Paint one row: how to change the columns that differ with few bytes."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from rmosh.terminal.differences import either
from rmosh.terminal.rows import CLUSTER, RIGHT_HALF, Row
from rmosh.terminal.style_table import PackedStyle
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.layouts import Layout
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.spans import (
    blank_tail,
    has_same_cells,
    spans,
    units_unlike,
    whole,
    whole_stop,
)
from rmosh_client.painting.tabs import tabs_over_blanks
from rmosh_client.painting.units import Unit, styled_columns

#: Fewest blanks inside a row that are erased rather than written: ECH and a movement cost 8-10 bytes.
_LONG_BLANK: Final = " " * 12


class Wrap(Enum):
    """Whether the row above goes on in a row: not, as the terminal knows already, or as it is to learn now."""

    NONE = "none"
    OLD = "old"
    NEW = "new"


def paint_row(pen: PaintPen, place: int, old: Row | None, new: Row, *, wraps: Wrap, with_gap: bool = False) -> None:
    """Change row number `place` on the terminal from old (None: unknown) to new.

    Rows end by erasing and not by blanks, unless these were written: a terminal copies them then.

    Args:
        wraps: for a new wrap the pen comes from the end of the row above, and the first cell is written in any case.
        with_gap: its last column stays empty, because the wide character that it goes on with does not fit there.
    """
    wraps_into = wraps is not Wrap.NONE
    tabs = tabs_over_blanks(old, new, from_column=1 if wraps_into else 0)
    layout = pen.layouts.of(new).with_tabs(tabs)
    writer = _RowWriter(pen, place, new, layout, wraps=wraps_into)
    tail = max(_written_end(pen, new, with_gap=with_gap), *tabs.values(), 0)
    painted = 0
    if wraps_into:
        tail = max(tail, 1)  # erasing a whole row makes some terminals forget that the one above goes on in it
    shown = layout if old is None else pen.layouts.of(old)
    tied = layout.tied if shown is layout else either(layout.tied, shown.tied)
    moved = units_unlike(shown, layout)
    for start, stop in spans(old, new, tied, tail=tail, tabs=tabs, moved=moved, with_first=wraps is Wrap.NEW):
        if tail < stop:
            written = writer.write(max(start, painted), tail)
            writer.erase_end(max(start, tail, written))
            return
        painted = writer.write(max(start, painted), stop)


def wants_clean_row(old: Row | None, new: Row, *, with_gap: bool) -> bool:
    """Tell whether a row is to be erased whole before it is painted.

    A terminal keeps a tab only where nothing is, and tmux (3.3a) copies a blank from a gap where something ever was. It
    need not be where the same line only grew.
    """
    if not with_gap and (not new.tabs or (old is not None and old.tabs == new.tabs)):
        return False
    if old is None:
        return True
    clean = min([new.columns - with_gap, *set(new.tabs).difference(old.tabs)])
    grew = old.written <= clean and has_same_cells(old.part(0, old.written), new.part(0, old.written))
    return not grew or old.signs[clean:].strip(" ") != ""


def drawn_column(pen: PaintPen, row: Row, column: int) -> int:
    """Return where the terminal draws what a program has in a column."""
    if not (pen.layouts.drawing.wider or pen.layouts.drawing.absorbed):
        return column
    for unit in pen.layouts.of(row).units.values():
        if unit.shifts and unit.start < column and (column <= unit.stop or unit.ends_row):
            shifted = column + sum([by for place, by in unit.shifts if place < column])
            return min(shifted, row.columns - 1)
    return column


def approach_wrap(pen: PaintPen, place: int, row: Row, *, over_gap: bool) -> None:
    """Bring the pen to a row's end, so that what is written next wraps from there."""
    if pen.wrap_pending and pen.row == place:
        return
    columns = row.columns
    if over_gap:
        pen.move(row=place, column=columns - 1)
        pen.await_wide()
        return
    layout = pen.layouts.of(row)
    start, stop = whole(layout.tied, columns - 1, columns)
    _RowWriter(pen, place, row, layout, wraps=False).write(start, stop)


def leaves_gap(pen: PaintPen, row: Row, below: Sequence[Row | None]) -> bool:
    """Tell whether a row's last column is empty only because the wide character that it goes on with did not fit."""
    if not below or below[0] is None or row.columns < 2 or row.written == row.columns:
        return False
    is_empty = row.signs[-1] == " " and below[0].signs[1] == RIGHT_HALF
    return is_empty and pen.can_erase_with(_style_at(row, -1))


def _style_at(row: Row, column: int) -> PackedStyle:
    return row.table.packed[ord(row.styles[column])]


def _written_end(pen: PaintPen, row: Row, *, with_gap: bool) -> int:
    """Return the column from which a row is erased."""
    if row.wrapped:  # an erased end goes on nowhere
        return row.columns - with_gap
    return max(blank_tail(row), row.written) if pen.can_erase_with(_style_at(row, -1)) else row.columns


class _RowWriter:
    """Writes columns of one row.

    Args:
        wraps: the row above goes on in it.
    """

    __slots__ = ("_clusters", "_layout", "_packed", "_pen", "_place", "_row", "_signs", "_styles", "_wraps")

    def __init__(self, pen: PaintPen, place: int, row: Row, layout: Layout, *, wraps: bool) -> None:
        self._pen, self._place, self._row, self._layout, self._wraps = pen, place, row, layout, wraps
        self._signs, self._styles, self._packed = row.signs, row.styles, row.table.packed
        self._clusters = dict(row.clusters)

    def _style_at(self, column: int) -> PackedStyle:
        return self._packed[ord(self._styles[column])]

    def write(self, start: int, stop: int) -> int:
        """Write the columns of a range; return where that stopped, after `stop` where a terminal may have drawn on."""
        layout, column = self._layout, start
        while column < stop:
            if layout.sure[column]:
                end = layout.sure.find(0, column, stop)
                end = stop if end < 0 else end
                self._write_sure(column, end)
                column = end
                continue
            unit = layout.units.get(column)
            if column in layout.tabs:
                self._approach(column, wraps=False)
                self._pen.tab()
                column = layout.tabs[column]
            elif unit is None:
                column = self._write_cell(column)
            elif unit.sure:
                self._approach(column)
                self._pen.write_parts(unit.parts, columns=unit.stop - column)
                column = unit.stop
            else:
                self._write_doubtful(unit)
                stop = whole_stop(layout.tied, max(stop, unit.reach))
                column = unit.end
        return column

    def _write_cell(self, column: int) -> int:
        """Write one cell by itself; return the column behind it."""
        self._approach(column)
        stop = whole_stop(self._layout.tied, column + 1)
        self._pen.restyle(self._style_at(column))
        self._pen.write(glyph(self._text_of(column)).data, columns=stop - column)
        return stop

    def _text_of(self, column: int) -> str:
        sign = self._signs[column]
        if sign == CLUSTER:
            return self._clusters[column]
        return "" if sign == RIGHT_HALF else sign

    def _write_doubtful(self, unit: Unit) -> None:
        """Write a unit over blanks, in its own columns and in those that a terminal may draw it over."""
        pen, start = self._pen, unit.start
        over_wide = pen.awaits_wide
        self._approach(start)
        for style, count in unit.under:
            pen.restyle(style)
            pen.write_blanks(count, over_wide=over_wide)
            over_wide = False
        pen.move(row=self._place, column=start)
        pen.write_doubtful(unit.parts, crosses_edge=unit.reach >= len(self._signs))

    def _write_sure(self, start: int, stop: int) -> None:
        """Write columns that are drawn alike everywhere."""
        if _LONG_BLANK not in self._signs[start:stop]:
            self._write_signs(start, stop)
            return
        for style, first, end in styled_columns(self._row, start, stop):
            self._write_gaps(style, first, end)

    def _write_gaps(self, style: PackedStyle, start: int, stop: int) -> None:
        """Write columns of one style, long blanks erased, which leaves the same; only what is written wraps."""
        pen, signs, done = self._pen, self._signs, start
        can_erase = pen.can_erase_with(style)
        last = stop if signs[stop : stop + 1] == CLUSTER else stop - 1  # the row may end there, in a written blank
        blanks = signs.find(_LONG_BLANK, 1 if self._wraps and start == 0 else start, stop) if can_erase else -1
        while blanks >= 0:
            self._write_signs(done, blanks)
            following = stop - len(signs[blanks:stop].lstrip(" "))
            done = min(following, last)
            pen.move(row=self._place, column=blanks)
            pen.restyle(style)
            pen.erase(done - blanks)
            blanks = signs.find(_LONG_BLANK, done, stop)
        self._write_signs(done, stop)

    def _write_signs(self, start: int, stop: int) -> None:
        if start < stop:
            self._approach(start)
            self._pen.write_signs(self._signs[start:stop], self._styles[start:stop], self._packed)

    def _approach(self, column: int, *, wraps: bool = True) -> None:
        """Bring the pen to a column."""
        pen, place = self._pen, self._place
        if pen.row == place and pen.column == column and not pen.wrap_pending:
            return
        if wraps and self._wraps and column == 0 and pen.wrap_pending and pen.row == place - 1:
            pen.wrap()
        else:
            pen.move(row=place, column=column)

    def erase_end(self, column: int) -> None:
        """Erase the row from a column on."""
        if column < len(self._signs):
            self._pen.move(row=self._place, column=column)
            self._pen.restyle(self._style_at(-1))
            self._pen.erase_row_end()
