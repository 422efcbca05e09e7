"""What a resize did to the user's terminal: how many rows it took into its scrollback, or brought back from there.

Terminals differ, and none of them tells; but the cursor stays with its text, so where it went does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rmosh.terminal.cells import Row


@dataclass(frozen=True, slots=True)
class Shift:
    """What happened at the top of the screen.

    Attributes:
        pushed: rows that went into the scrollback.
        pulled: rows that came back from it, and are shown above the others now.
        cut: column in the last of those rows from which it shows what stood below the scrollback before; 0 for none.
        beyond: columns in the scrollback of a line that goes on in the screen's first row, once the rows are back.
    """

    pushed: int = 0
    pulled: int = 0
    cut: int = 0
    beyond: int = 0


def shift_of(
    known: Sequence[Row | None],
    cursor: tuple[int, int],
    *,
    columns: int,
    cursor_row_now: int,
    columns_now: int,
    beyond: int = 0,
) -> Shift:
    """Return what a resize did.

    Args:
        known: the rows before; None where one is not known.
        cursor: row and column before.
        columns: of the terminal before.
        cursor_row_now: where the cursor is after it.
        beyond: columns in the scrollback, before, of a line that went on in the screen's first row.
    """
    rows = known[: cursor[0]]
    if columns_now == columns:
        whole, rest = beyond // columns, 0
        above = [True] * whole + [row is not None and row.wrapped for row in rows]
    elif None in known[: cursor[0] + 1]:
        return Shift(beyond=beyond)
    else:
        whole, rest = divmod(beyond, columns_now)
        above = _wrapped_again([row for row in rows if row is not None], cursor[1], columns_now, beyond)
    first = len(above) - cursor_row_now
    if first > whole:
        pushed = first - whole - (1 if rest else 0)
        return Shift(pushed=pushed, beyond=_going_on(above[:first]) * columns_now)
    pulled = whole - first + (1 if rest else 0)
    return Shift(pulled=pulled, cut=rest, beyond=0 if rest else beyond)


def _going_on(rows: Sequence[bool]) -> int:
    """Return how many of the last rows are one line that goes on after them."""
    count = 0
    while count < len(rows) and rows[-1 - count]:
        count += 1
    return count


def _wrapped_again(rows: Sequence[Row], cursor_column: int, columns: int, beyond: int) -> list[bool]:
    """Return the rows above the cursor's, wrapped for another width: whether each goes on in the next.

    They begin with those of the scrollback, of the line that went on in the first row.
    """
    again: list[bool] = []
    length = beyond
    for row in rows:
        if row.wrapped:
            length += len(row.cells)
            continue
        length += _used(row)
        again += [True] * (max(1, -(-length // columns)) - 1) + [False]
        length = 0
    return again + [True] * ((length + cursor_column) // columns)


def _used(row: Row) -> int:
    """Return how many columns of a row are in use, from the left."""
    used = len(row.cells)
    while used and row.cells[used - 1].text == " ":
        used -= 1
    return used
