"""Inserting, deleting and erasing: characters, lines, the screen.

Operations have pyte's names and take the parameters of their control sequence; rows and columns are 0-based.
"""

from collections.abc import Sequence

from rmosh.terminal.clears import Clear
from rmosh.terminal.effort import JUDGED
from rmosh.terminal.grid import Grid
from rmosh.terminal.pens import Pen, blank_of, eraser_of
from rmosh.terminal.runs import ProtectedCell, clear_halves
from rmosh.terminal.styles import Cell


def erase_cells(grid: Grid, row: int, start: int, end: int, *, selective: bool) -> None:
    """Blank the columns of a row from start up to end, if it is selective but for protected cells."""
    line = grid.lines[row]
    if selective and line.has_protected:
        _erase_unprotected(line.cells_to_change(grid.columns), start, end, eraser_of(grid.pen))
    elif end == grid.columns:
        line.erase_end(start, end, eraser_of(grid.pen))
    else:
        line.erase(start, end, eraser_of(grid.pen))


def _erase_unprotected(cells: list[Cell], start: int, end: int, eraser: Pen) -> None:
    clear_halves(cells, start, end)
    blank = blank_of(eraser)
    for column in range(start, end):
        if not isinstance(cells[column], ProtectedCell):
            cells[column] = blank


def insert_cells(grid: Grid, row: int, column: int, limit: int, count: int) -> None:
    """Shift a row's cells from a column up to a limit right by count."""
    line = grid.lines[row]
    line.set_wrapped(False)
    line.insert(column, limit, count, eraser_of(grid.pen), grid.columns)


def delete_cells(grid: Grid, row: int, column: int, limit: int, count: int) -> None:
    """Shift a row's cells from a column up to a limit left by count."""
    line = grid.lines[row]
    line.set_wrapped(False)
    line.delete(column, limit, count, eraser_of(grid.pen), grid.columns)


def insert_characters(grid: Grid, params: Sequence[int]) -> None:
    """ICH: shift the rest of the line right."""
    grid.wrap_pending = False
    if grid.is_between_side_margins:
        insert_cells(grid, grid.row, grid.column, grid.limit, params[0] or 1)


def delete_characters(grid: Grid, params: Sequence[int]) -> None:
    """DCH: shift the rest of the line left."""
    grid.wrap_pending = False
    if grid.is_between_side_margins:
        delete_cells(grid, grid.row, grid.column, grid.limit, params[0] or 1)


def erase_characters(grid: Grid, params: Sequence[int]) -> None:
    """ECH: blank characters from the cursor on, whatever the margins."""
    grid.wrap_pending = False
    end = min(grid.columns, grid.column + (params[0] or 1))
    erase_cells(grid, grid.row, grid.column, end, selective=grid.guards_areas)


def insert_lines(grid: Grid, params: Sequence[int]) -> None:
    """IL: shift this line and those below it down, inside the margins, and go to the left margin."""
    if grid.is_inside_margins:
        grid.add_lines(grid.row, params[0] or 1, eraser_of(grid.pen))
        grid.carriage_return(())


def delete_lines(grid: Grid, params: Sequence[int]) -> None:
    """DL: shift the lines below up, inside the margins, and go to the left margin."""
    if grid.is_inside_margins:
        grid.remove_lines(grid.row, params[0] or 1, eraser_of(grid.pen))
        grid.carriage_return(())


def erase_in_line(grid: Grid, params: Sequence[int], *, selective: bool = False) -> None:
    """EL, DECSEL: blank the line from the cursor on (0), up to it (1) or whole (2)."""
    grid.wrap_pending = False
    selective = selective != grid.guards_areas
    if params[0] == 0 and not selective:
        grid.lines[grid.row].erase_end(grid.column, grid.columns, eraser_of(grid.pen))
        return
    ends = {0: (grid.column, grid.columns), 1: (0, grid.column + 1), 2: (0, grid.columns)}.get(params[0])
    if ends is not None:
        erase_cells(grid, grid.row, *ends, selective=selective)


def erase_in_display(grid: Grid, params: Sequence[int], *, selective: bool = False) -> None:
    """ED, DECSED: blank from the cursor on (0), up to it (1), all (2), or the lines that scrolled off (3)."""
    grid.wrap_pending = False
    if params[0] == 3:
        grid.history.forget()
        grid.clears.drop()
        return
    rows = {0: range(grid.row + 1, grid.rows), 1: range(grid.row), 2: range(grid.rows)}.get(params[0])
    spares = selective != grid.guards_areas
    cell = JUDGED * grid.columns if spares else 1
    if rows is None or not grid.effort.pay(len(rows), cell=cell, columns=1):
        return
    if grid.keeps_history and not spares and _is_cleared_by(grid, params[0]):
        grid.lines = grid.clears.cleared(grid.lines, Clear(params[0]))
    if spares:
        for row in rows:
            erase_cells(grid, row, 0, grid.columns, selective=True)
    else:
        _clear_lines(grid, rows)
    if params[0] != 2:
        erase_in_line(grid, params, selective=selective)


def _is_cleared_by(grid: Grid, how: int) -> bool:
    """Whether ED with this parameter erases everything."""
    if how == Clear.ALL:
        return True
    corner = (0, 0) if how == Clear.FROM_HOME else (grid.rows - 1, grid.columns - 1)
    return (grid.row, grid.column) == corner


def blank(grid: Grid) -> None:
    """Blank everything and leave the cursor as it is, as switching to the alternate screen does."""
    if not grid.effort.pay(grid.rows):
        return
    _clear_lines(grid, range(grid.rows))


def _clear_lines(grid: Grid, rows: range) -> None:
    eraser = eraser_of(grid.pen)
    for line in grid.lines[rows.start : rows.stop]:
        line.clear(grid.columns, eraser)
