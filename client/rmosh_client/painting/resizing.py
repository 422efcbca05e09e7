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
    """

    pushed: int = 0
    pulled: int = 0


def shift_of(
    known: Sequence[Row | None], cursor: tuple[int, int], *, columns: int, cursor_row_now: int, columns_now: int
) -> Shift:
    """Return what a resize did.

    Args:
        known: the rows before; None where one is not known.
        cursor: row and column before.
        columns: of the terminal before.
        cursor_row_now: where the cursor is after it.
    """
    row = cursor[0] if columns_now == columns else _wrapped_again(known, cursor, columns_now)
    if row is None:
        return Shift()
    return Shift(pushed=max(0, row - cursor_row_now), pulled=max(0, cursor_row_now - row))


def _wrapped_again(known: Sequence[Row | None], cursor: tuple[int, int], columns: int) -> int | None:
    """Return the row that the cursor would be in with the rows above it wrapped for another width; None if unknown."""
    above = 0
    length = 0
    for place, row in enumerate(known[: cursor[0] + 1]):
        if row is None:
            return None
        if place == cursor[0]:
            break
        if row.wrapped:
            length += len(row.cells)
            continue
        length += _used(row)
        above += max(1, -(-length // columns))
        length = 0
    return above + (length + cursor[1]) // columns


def _used(row: Row) -> int:
    """Return how many columns of a row are in use, from the left."""
    used = len(row.cells)
    while used and row.cells[used - 1].text == " ":
        used -= 1
    return used
