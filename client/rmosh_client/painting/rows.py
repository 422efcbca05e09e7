"""Paint one row: which columns differ, and how to change them with few bytes."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from operator import or_
from typing import Final

from rmosh.terminal.cells import Cell, Row, Style
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.tabs import tabs_over_blanks
from rmosh_client.painting.units import Layout, Unit

#: Longest run of unchanged cells written again rather than skipped, in cells: a skip costs CSI n C, 4 bytes.
_BRIDGE: Final = 4

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
    cells = new.cells
    layout = pen.layouts.of(cells).with_tabs(tabs)
    tail = max(_written_end(pen, new, with_gap=with_gap), *tabs.values(), 0)
    painted = 0
    if wraps_into:
        tail = max(tail, 1)  # erasing a whole row makes some terminals forget that the one above goes on in it
    shown = layout if old is None else pen.layouts.of(old.cells)
    tied = _either(layout.tied, shown.tied)
    moved = _units_unlike(shown, layout)
    for start, stop in _spans(old, new, tied, tail=tail, tabs=tabs, moved=moved, with_first=wraps is Wrap.NEW):
        if tail < stop:
            written = _write(pen, place, cells, layout, max(start, painted), tail, wraps=wraps_into)
            _erase_end(pen, place, max(start, tail, written), cells)
            return
        painted = _write(pen, place, cells, layout, max(start, painted), stop, wraps=wraps_into)


def looks_alike(old: Row | None, new: Row) -> bool:
    """Tell whether a terminal that shows one row shows the other already, and copies it too."""
    if old is new:
        return True
    return (
        old is not None
        and old.cells == new.cells
        and new.written in (0, old.written)
        and (not new.tabs or new.tabs == old.tabs)
    )


def wants_clean_row(old: Row | None, new: Row, *, with_gap: bool) -> bool:
    """Tell whether a row is to be erased whole before it is painted.

    A terminal keeps a tab only where nothing is, and tmux (3.3a) copies a blank from a gap where something ever was. It
    need not be where the same line only grew.
    """
    if not with_gap and (not new.tabs or (old is not None and old.tabs == new.tabs)):
        return False
    if old is None:
        return True
    columns = len(new.cells)
    clean = min([columns - with_gap, *set(new.tabs).difference(old.tabs)])
    grew = old.written <= clean and old.cells[: old.written] == new.cells[: old.written]
    return not grew or any(cell.text != " " for cell in old.cells[clean:])


def drawn_column(pen: PaintPen, row: Row, column: int) -> int:
    """Return where the terminal draws what a program has in a column."""
    if not (pen.layouts.drawing.wider or pen.layouts.drawing.absorbed):
        return column
    for unit in pen.layouts.of(row.cells).units.values():
        if unit.shifts and unit.start < column and (column <= unit.stop or unit.ends_row):
            shifted = column + sum([by for place, by in unit.shifts if place < column])
            return min(shifted, len(row.cells) - 1)
    return column


def approach_wrap(pen: PaintPen, place: int, row: Row, *, over_gap: bool) -> None:
    """Bring the pen to a row's end, so that what is written next wraps from there."""
    if pen.wrap_pending and pen.row == place:
        return
    cells = row.cells
    if over_gap:
        pen.move(row=place, column=len(cells) - 1)
        pen.await_wide()
        return
    layout = pen.layouts.of(cells)
    start, stop = _whole(layout.tied, len(cells) - 1, len(cells))
    _write(pen, place, cells, layout, start, stop, wraps=False)


def _either(one: bytes, other: bytes) -> bytes:
    return bytes(map(or_, one, other)) if 1 in other else one


def _units_unlike(old: Layout, new: Layout) -> list[Unit]:
    """Return the units of two layouts that only one of them has: what they hold may stand elsewhere on the terminal."""
    if not old.units and not new.units:
        return []
    return [
        unit
        for one, other in ((old.units, new.units), (new.units, old.units))
        for start, unit in one.items()
        if other.get(start) != unit
    ]


def leaves_gap(pen: PaintPen, row: Row, below: Sequence[Row | None]) -> bool:
    """Tell whether a row's last column is empty only because the wide character that it goes on with did not fit."""
    if not below or below[0] is None or len(row.cells) < 2 or row.written == len(row.cells):
        return False
    last = row.cells[-1]
    return last.text == " " and below[0].cells[1].text == "" and pen.can_erase_with(last.style)


def _written_end(pen: PaintPen, row: Row, *, with_gap: bool) -> int:
    """Return the column from which a row is erased."""
    cells = row.cells
    if row.wrapped:  # an erased end goes on nowhere
        return len(cells) - with_gap
    return max(_blank_tail(cells), row.written) if pen.can_erase_with(cells[-1].style) else len(cells)


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
    while tail and ((cell := cells[tail - 1]) is last or _same(cell, last)):
        tail -= 1
    return tail


def _spans(
    old: Row | None,
    new: Row,
    tied: bytes,
    *,
    tail: int,
    tabs: Mapping[int, int],
    moved: Sequence[Unit],
    with_first: bool,
) -> Iterator[tuple[int, int]]:
    """Yield half-open column ranges to paint, left to right, never through what is written at once.

    Args:
        tied: 1 for each column that belongs to the one to its left.
        tail: the column from which the new row is erased.
        tabs: those that can be printed.
        moved: what is to be written anew though its cells are the same.
    """
    cells = new.cells
    if old is None:
        yield 0, len(cells)
        return
    changes = _with_halves(_changes(old.cells, cells), tied)
    if with_first:
        changes = b"\1" + changes[1:]
    if moved:
        marked = bytearray(changes)
        for unit in moved:
            marked[unit.start : unit.end] = b"\1" * (unit.end - unit.start)
        changes = bytes(marked)
    for column in tabs:
        if column not in old.tabs:
            changes = _marked(changes, column, tabs[column])
    if new.written or tail == 0:
        for column in old.tabs:
            if column not in new.tabs:
                changes = _marked(changes, column, column + 1)
        if tail < old.written:
            changes = _marked(changes, tail, old.written)
    if old.written < tail <= new.written and cells[tail - 1].text == " ":
        changes = _marked(changes, min(max(old.written, _blank_tail(cells)), tail - 1), tail)
    start = changes.find(1)
    while start >= 0:
        stop = _end_of_changes(changes, start)
        following = changes.find(1, stop)
        while following >= 0 and _worth_bridging(cells, stop, following):
            stop = _end_of_changes(changes, following)
            following = changes.find(1, stop)
        yield _whole(tied, start, stop)
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


def _with_halves(changes: bytes, tied: bytes) -> bytes:
    """Mark the columns that belong to a changed one left of them, so that wide characters side by side are one run."""
    if 1 not in tied:
        return changes
    marked = int.from_bytes(changes, "little")
    marked |= marked << 8 & int.from_bytes(tied, "little")
    return marked.to_bytes(len(changes), "little")


def _marked(changes: bytes, start: int, stop: int) -> bytes:
    """Mark columns as changed: blanks that are erased now and are to be written, or what is to be written anew."""
    return changes[:start] + b"\1" * (stop - start) + changes[stop:]


def _end_of_changes(changes: bytes, start: int) -> int:
    stop = changes.find(0, start)
    return len(changes) if stop < 0 else stop


def _worth_bridging(cells: Sequence[Cell], stop: int, column: int) -> bool:
    """Tell whether writing the unchanged cells between two changed ones is cheaper than moving over them."""
    if column - stop > _BRIDGE:
        return False
    style = cells[stop - 1].style
    gap = cells[stop:column]
    return all(cell.text.isascii() and (cell.style is style or cell.style == style) for cell in (*gap, cells[column]))


def _whole(tied: bytes, start: int, stop: int) -> tuple[int, int]:
    while tied[start]:
        start -= 1
    return start, _whole_stop(tied, stop)


def _whole_stop(tied: bytes, stop: int) -> int:
    while stop < len(tied) and tied[stop]:
        stop += 1
    return stop


def _write(
    pen: PaintPen, place: int, cells: Sequence[Cell], layout: Layout, start: int, stop: int, *, wraps: bool
) -> int:
    """Write the cells of a range; return where that stopped, after `stop` where a terminal may have drawn on."""
    column = start
    while column < stop:
        if layout.sure[column]:
            end = layout.sure.find(0, column, stop)
            run = cells[column : stop if end < 0 else end]
            _write_sure(pen, place, column, run, wraps=wraps)
            column += len(run)
            continue
        unit = layout.units.get(column)
        if column in layout.tabs:
            _place_pen(pen, place, column, wraps=False)
            pen.tab()
            column = layout.tabs[column]
        elif unit is None:
            _place_pen(pen, place, column, wraps=wraps)
            stop_of_cell = _whole_stop(layout.tied, column + 1)
            pen.restyle(cells[column].style)
            pen.write(glyph(cells[column].text).data, columns=stop_of_cell - column)
            column = stop_of_cell
        elif unit.sure:
            _place_pen(pen, place, column, wraps=wraps)
            pen.write_parts(unit.parts, columns=unit.stop - column)
            column = unit.stop
        else:
            _write_doubtful(pen, place, unit, edge=len(cells), wraps=wraps)
            stop = _whole_stop(layout.tied, max(stop, unit.reach))
            column = unit.end
    return column


def _write_doubtful(pen: PaintPen, place: int, unit: Unit, *, edge: int, wraps: bool) -> None:
    """Write a unit over blanks, in its own columns and in those that a terminal may draw it over.

    Args:
        edge: the column behind the row's last.
    """
    over_wide = pen.awaits_wide
    _place_pen(pen, place, unit.start, wraps=wraps)
    for style, count in unit.under:
        pen.restyle(style)
        pen.write_blanks(count, over_wide=over_wide)
        over_wide = False
    pen.move(row=place, column=unit.start)
    pen.write_doubtful(unit.parts, crosses_edge=unit.reach >= edge)


def _write_sure(pen: PaintPen, place: int, column: int, cells: Sequence[Cell], *, wraps: bool) -> None:
    """Write cells that are drawn alike everywhere, in runs of one style."""
    texts = [cell.text for cell in cells]
    for start, stop, style in _runs(cells):
        text = "".join(texts[start:stop])
        if _LONG_BLANK in text and pen.can_erase_with(style):
            _write_gaps(pen, place, column + start, texts[start:stop], style, wraps=wraps)
        else:
            _write_text(pen, place, column + start, text, style, columns=stop - start, wraps=wraps)


def _runs(cells: Sequence[Cell]) -> Iterator[tuple[int, int, Style]]:
    """Yield where cells of one style begin and end, half-open, and the style."""
    styles = [cell.style for cell in cells]
    first = 0
    for place in [place for place, (one, other) in enumerate(pairwise(styles), 1) if one is not other]:
        if styles[place] != styles[first]:
            yield first, place, styles[first]
            first = place
    yield first, len(styles), styles[first]


def _write_gaps(pen: PaintPen, place: int, column: int, texts: Sequence[str], style: Style, *, wraps: bool) -> None:
    """Write texts with their long blanks erased, which leaves the same; only what is written wraps."""
    signs = "".join([text[:1] or "\0" for text in texts])  # one a column
    done = 0
    blanks = signs.find(_LONG_BLANK, 1 if wraps and column == 0 else 0)
    while blanks >= 0:
        if blanks > done:
            text = "".join(texts[done:blanks])
            _write_text(pen, place, column + done, text, style, columns=blanks - done, wraps=wraps)
        following = len(signs) - len(signs[blanks:].lstrip(" "))
        done = min(following, len(signs) - 1)  # the row may end here, in a blank that was written
        pen.move(row=place, column=column + blanks)
        pen.restyle(style)
        pen.erase(done - blanks)
        blanks = signs.find(_LONG_BLANK, done)
    if done < len(signs):
        text = "".join(texts[done:])
        _write_text(pen, place, column + done, text, style, columns=len(texts) - done, wraps=wraps)


def _write_text(pen: PaintPen, place: int, column: int, text: str, style: Style, *, columns: int, wraps: bool) -> None:
    _place_pen(pen, place, column, wraps=wraps)
    pen.restyle(style)
    pen.write(text.encode(), columns=columns)


def _place_pen(pen: PaintPen, place: int, column: int, *, wraps: bool) -> None:
    if pen.row == place and pen.column == column and not pen.wrap_pending:
        return
    if wraps and column == 0 and pen.wrap_pending and pen.row == place - 1:
        pen.wrap()
    else:
        pen.move(row=place, column=column)


def _erase_end(pen: PaintPen, place: int, column: int, cells: Sequence[Cell]) -> None:
    if column < len(cells):
        pen.move(row=place, column=column)
        pen.restyle(cells[-1].style)
        pen.erase_row_end()
