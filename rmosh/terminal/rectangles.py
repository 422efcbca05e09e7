"""Rectangular area operations of the VT420: copy, fill, erase and change renditions of a block of cells.

Areas come as the parameters that programs send: top, left, bottom, right, 1-based and inclusive, 0 for the edge.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Attribute, Cell, Style
from rmosh.terminal.editing import delete_cells, erase_cells, insert_cells
from rmosh.terminal.effort import JUDGED, MADE
from rmosh.terminal.grid import Grid
from rmosh.terminal.pens import DEFAULT_PEN, eraser_of, is_protected
from rmosh.terminal.runs import cells_of_run, cut_out

#: Renditions that DECCARA and DECRARA know, by SGR number. Source: VT420 manual.
_RENDITIONS = {1: Attribute.BOLD.value, 5: Attribute.BLINK.value, 7: Attribute.REVERSE.value, 8: Attribute.HIDDEN.value}


class Area(NamedTuple):
    """A block of cells: first row and column, and the ones after the last."""

    top: int
    left: int
    bottom: int
    right: int


def _lines_of(screen: Grid, area: Area) -> list[Area]:
    """Return what DECCARA and DECRARA change: the rectangle, or a stream from its first character to its last."""
    if screen.attribute_extent == 2 or area.top + 1 == area.bottom:
        return [area]
    left, right = (screen.left, screen.right + 1) if screen.origin_mode else (0, screen.columns)
    first = Area(area.top, area.left, area.top + 1, right)
    middle = Area(area.top + 1, left, area.bottom - 1, right)
    return [first, middle, Area(area.bottom - 1, left, area.bottom, area.right)]


def area_of(screen: Grid, params: Sequence[int]) -> Area | None:
    """Return the area that four parameters name, clipped to the screen, or None if it is empty."""
    first_row, first_column, rows, columns = 0, 0, screen.rows, screen.columns
    if screen.origin_mode:
        first_row, first_column = screen.top, screen.left
        rows, columns = screen.bottom + 1, screen.right + 1
    top = first_row + max(params[0], 1) - 1
    left = first_column + max(params[1], 1) - 1
    bottom = min(rows, first_row + params[2] if params[2] else rows)
    right = min(columns, first_column + params[3] if params[3] else columns)
    return Area(top, left, bottom, right) if top < bottom and left < right else None


def _pay_for(screen: Grid, area: Area | None, *, cell: int = 1) -> bool:
    """Pay for an operation on an area; False for none, or where it is too much."""
    return area is not None and screen.effort.pay(area.bottom - area.top, area.right - area.left, cell=cell)


def cells_in(screen: Grid, area: Area) -> list[list[Cell]]:
    """Return the cells of an area, row by row."""
    return [screen.cells(row)[area.left : area.right] for row in range(area.top, area.bottom)]


def copy_rectangle(screen: Grid, params: Sequence[int]) -> None:
    """DECCRA: source area, source page, target top and left, target page."""
    area = area_of(screen, params)
    target = area_of(screen, (params[5], params[6], 0, 0))
    if area is None or target is None or not _pay_for(screen, area):
        return
    right = min(area.right, area.left + target.right - target.left)
    copied = [(cut_out(screen.cells(row), area.left, right), screen.lines[row]) for row in range(area.top, area.bottom)]
    for row, (cells, origin) in zip(range(target.top, target.bottom), copied, strict=False):
        screen.set_cells(row, target.left, cells, origin=origin)


def fill_rectangle(screen: Grid, params: Sequence[int]) -> None:
    """DECFRA: a character's code and an area to fill with it in the present rendition."""
    area = area_of(screen, params[1:])
    if area is None or not (0x20 <= params[0] <= 0x7E or 0xA0 <= params[0] <= 0xFF):
        return
    if not _pay_for(screen, area):
        return
    (cell,) = cells_of_run((0, 1, chr(params[0]), screen.pen))
    for row in range(area.top, area.bottom):
        line = screen.lines[row]
        line.has_protected = line.has_protected or is_protected(screen.pen)
        screen.set_cells(row, area.left, [cell] * (area.right - area.left))


def erase_rectangle(screen: Grid, params: Sequence[int], *, selective: bool = False) -> None:
    """DECERA, and DECSERA that leaves protected cells."""
    area = area_of(screen, params)
    selective = selective and not screen.guards_areas
    if area is None or not _pay_for(screen, area, cell=JUDGED if selective else 1):
        return
    for row in range(area.top, area.bottom):
        erase_cells(screen, row, area.left, area.right, selective=selective)


def change_renditions(screen: Grid, params: Sequence[int], *, reverse: bool) -> None:
    """DECCARA sets renditions of an area, DECRARA turns each of them over."""
    area = area_of(screen, params)
    if area is None:
        return
    codes = list(_given(params[4:]))
    for part in _lines_of(screen, area):
        _change_part(screen, part, codes, reverse=reverse)


def _change_part(screen: Grid, area: Area, codes: Sequence[int], *, reverse: bool) -> None:
    if not _pay_for(screen, area, cell=JUDGED):
        return
    before = cells_in(screen, area)
    different = {id(cell): cell for cells in before for cell in cells}
    if not screen.effort.pay_all(len(different) * MADE):
        return
    after = {
        key: type(cell)(cell.text, _changed(cell.style, codes, reverse=reverse)) for key, cell in different.items()
    }
    for row, cells in zip(range(area.top, area.bottom), before, strict=True):
        screen.lines[row].cells_to_change(screen.columns)[area.left : area.right] = [after[id(cell)] for cell in cells]


def _changed(style: Style, codes: Sequence[int], *, reverse: bool) -> Style:
    attributes, underline = style.attributes, style.underline
    for code in codes:
        flag = _RENDITIONS.get(code, 0)
        if reverse:
            attributes ^= flag
            underline = int(not underline) if code == 4 else underline
        elif code == 0:
            attributes, underline = attributes & ~sum(_RENDITIONS.values()), 0
        else:
            attributes |= flag
            underline = 1 if code == 4 else underline
    return replace(style, attributes=attributes, underline=underline)


def _given(codes: Sequence[int]) -> Iterator[int]:
    """Yield the codes, without the zeros that only fill the parameters up; no code at all is 0."""
    last = max([index for index, code in enumerate(codes) if code], default=0)
    yield from codes[: last + 1]


def insert_columns(screen: Grid, params: Sequence[int]) -> None:
    """DECIC: shift the columns from the cursor's on right, in every row inside the margins."""
    if screen.top <= screen.row <= screen.bottom and screen.left <= screen.column <= screen.right:
        shift_columns(screen, screen.column, params[0] or 1)


def delete_columns(screen: Grid, params: Sequence[int]) -> None:
    """DECDC: shift the columns right of the cursor left, in every row inside the margins."""
    if screen.top <= screen.row <= screen.bottom and screen.left <= screen.column <= screen.right:
        shift_columns(screen, screen.column, -(params[0] or 1))


def scroll_columns(screen: Grid, count: int) -> None:
    """SL and SR: scroll what is inside the margins sideways, right by `count` columns, with the cursor there."""
    if screen.is_inside_margins:
        shift_columns(screen, screen.left, count)


def shift_columns(screen: Grid, column: int, count: int) -> None:
    """Shift what is inside the margins from a column on right by `count`, left if negative."""
    if not screen.effort.pay(screen.bottom + 1 - screen.top, 2 * (screen.right + 1 - screen.left)):
        return
    for row in range(screen.top, screen.bottom + 1):
        if count > 0:
            insert_cells(screen, row, column, screen.right + 1, count)
        else:
            delete_cells(screen, row, column, screen.right + 1, -count)


def back_index(screen: Grid) -> None:
    """DECBI: left by one, scrolling right at the left margin."""
    if screen.column == screen.left:
        if screen.top <= screen.row <= screen.bottom:
            scroll_columns(screen, 1)
    else:
        screen.move_to(screen.row, screen.column - 1)


def forward_index(screen: Grid) -> None:
    """DECFI: right by one, scrolling left at the right margin."""
    if screen.column == screen.right:
        if screen.top <= screen.row <= screen.bottom:
            scroll_columns(screen, -1)
    else:
        screen.move_to(screen.row, screen.column + 1)


def alignment_display(screen: Grid) -> None:
    """DECALN: fill the screen with E, margins at the edges, cursor home."""
    screen.reset_margins()
    screen.move_to(0, 0)
    if not screen.effort.pay(screen.rows, screen.columns):
        return
    (cell,) = cells_of_run((0, 1, "E", DEFAULT_PEN))
    for line in screen.lines:
        line.clear(screen.columns, eraser_of(DEFAULT_PEN))
        line.set_cells(0, [cell] * screen.columns, screen.columns)
