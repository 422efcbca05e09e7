"""The shortest sequence that moves a cursor from one cell to another. Rows and columns are 0-based.

Needs a target on the screen. No line feed is a movement here: a terminal may take it for the end of a line that it had
wrapped itself, and copy two where there was one (xterm.js).
"""

from functools import lru_cache
from typing import Final

#: Most movements within a row that are remembered. Reason: a screen of text has some hundred; each takes 0.2 kB.
_MOST_REMEMBERED: Final = 4096


def motion(*, row: int, column: int, to_row: int, to_column: int) -> bytes:
    """Return the shortest movement from a known place."""
    if row == to_row:
        return _along_row(column, to_column)
    vertical = _along_column(row, to_row)
    ways = [absolute(row=to_row, column=to_column), vertical + _along_row(column, to_column)]
    if to_column < column:
        ways.append(_to_row_start(row, to_row) + _rightward(to_column))
    return min(ways, key=len)


def absolute(*, row: int, column: int) -> bytes:
    """Return CUP, parameters left out where they are 1."""
    if column:
        return b"\x1b[%d;%dH" % (row + 1, column + 1)
    return b"\x1b[%dH" % (row + 1) if row else b"\x1b[H"


def within_row(column: int) -> bytes:
    """Return the shortest movement to a column of the present row from nobody knows where in it."""
    return b"\x1b[%dG" % (column + 1) if column else b"\r"


@lru_cache(maxsize=_MOST_REMEMBERED)
def _along_row(column: int, to_column: int) -> bytes:
    if to_column == column:
        return b""
    if to_column > column:
        return min(_rightward(to_column - column), within_row(to_column), key=len)
    back = column - to_column
    ways = (b"\b" * back, b"\x1b[%dD" % back, within_row(to_column), b"\r" + _rightward(to_column))
    return min(ways, key=len)


def _rightward(count: int) -> bytes:
    if count == 0:
        return b""
    return b"\x1b[C" if count == 1 else b"\x1b[%dC" % count


def _along_column(row: int, to_row: int) -> bytes:
    count = abs(to_row - row)
    if to_row < row and count == 1:
        return b"\x1bM"
    final = b"B" if to_row > row else b"A"
    return b"\x1b[" + (b"" if count == 1 else b"%d" % count) + final


def _to_row_start(row: int, to_row: int) -> bytes:
    if to_row == row + 1:
        return b"\x1b[E"
    return _along_column(row, to_row) + b"\r"
