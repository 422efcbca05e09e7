"""What a resize did to the user's terminal: which rows it took into its scrollback, how many it brought back.

Terminals differ, and none of them tells; but in most the cursor stays with its text, so where it went does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import Row
from rmosh_client.painting.habits import Hidden, Lowered, ResizeHabits


class Piece(NamedTuple):
    """A row as text.

    Attributes:
        columns: the text of each.
        goes_on: the text goes on in the next row.
    """

    columns: Sequence[str]
    goes_on: bool


def pieces_of(rows: Sequence[Row]) -> list[Piece]:
    """Return rows as text."""
    return [Piece([cell.text for cell in row.cells], row.wrapped) for row in rows]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the main screen showed before a resize.

    Attributes:
        rows: from the top; None where one is not known.
        cursor: its row and column.
        columns: of the terminal.
        hidden: the alternate screen was shown instead.
        beyond: columns in the scrollback of a line that goes on in the first row.
    """

    rows: Sequence[Row | None]
    cursor: tuple[int, int]
    columns: int
    hidden: bool = False
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """What happened at the top of the screen.

    Attributes:
        pushed: rows that went into the scrollback; of one that was there in part, what was not.
        pulled: rows that came back from it, and are shown above the others now.
        cut: column in the last of those rows from which it shows what stood below the scrollback before; 0 for none.
        beyond: columns in the scrollback of a line that goes on in the screen's first row, once the rows are back.
        is_known: what happened could be told from where the cursor is.
    """

    pushed: Sequence[Piece] = ()
    pulled: int = 0
    cut: int = 0
    beyond: int = 0
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known once a resize is understood.

    Attributes:
        painted: what puts rows that it brought back where they were.
        pushed: rows that it took into the scrollback.
        destroyed: lines that the scrollback lost at its end.
        is_known: no other row came back from the scrollback, to be painted over now.
    """

    painted: bytes = b""
    pushed: Sequence[Piece] = ()
    destroyed: int = 0
    is_known: bool = True


def shift_of(
    before: Shown, *, cursor_row: int, rows: int, columns: int, lowest: int | None = None, habits: ResizeHabits
) -> Shift:
    """Return what a resize did.

    Args:
        cursor_row: where the cursor is after it.
        rows, columns: of the terminal after it.
        lowest: the fewest rows that the terminal had meanwhile.
    """
    if before.hidden and habits.hidden is Hidden.IN_PLACE:
        return Shift(beyond=before.beyond)
    wraps_again = columns != before.columns and habits.wraps_again is not False
    if wraps_again and None in before.rows[: before.cursor[0]]:
        return Shift(beyond=before.beyond, is_known=False)
    width = columns if wraps_again else before.columns
    whole, rest = divmod(before.beyond, width)
    pieces, cursor_at = _laid_out(before, width)
    first = cursor_at - cursor_row
    if habits.lowered is Lowered.NONE:
        first = max(first, len(pieces) - rows)
    elif habits.lowered is Lowered.UNUSED:
        used = _used(pieces, cursor_at)
        may_have_gone = cursor_at < len(pieces) - rows and used < len(pieces) and rows < len(before.rows)
        went = habits.says_last_row and cursor_row == rows - 1 and may_have_gone
        first = max(first, used - (0 if went else rows if habits.brings_back else lowest or rows))
    if first <= whole:
        return Shift(pulled=whole - first + (1 if rest else 0), cut=rest, beyond=0 if rest else whole * columns)
    if _is_doubtful(before, columns, habits):
        return Shift(beyond=before.beyond)
    return Shift(pushed=pieces[whole:first], beyond=_going_on(pieces[:first]) * columns)


def _is_doubtful(before: Shown, columns: int, habits: ResizeHabits) -> bool:
    """Tell whether rows only seem to be in the scrollback: better there twice than never."""
    return (before.hidden and habits.hidden is Hidden.UNKNOWN) or (
        columns != before.columns and habits.wraps_again is None
    )


def _laid_out(before: Shown, width: int) -> tuple[list[Piece], int]:
    """Return the screen's rows wrapped for a width, and which of them the cursor is in.

    They begin with those of the scrollback, of the line that goes on in the first row: that part of it has no text.
    """
    pieces: list[Piece] = []
    line = [""] * before.beyond
    cursor_at, cursor_column = 0, -1
    for number, row in enumerate(before.rows):
        if number == before.cursor[0]:
            cursor_at, cursor_column = len(pieces), len(line) + before.cursor[1]
        line += [cell.text for cell in row.cells] if row is not None else []
        goes_on = row is not None and row.wrapped
        if not goes_on or number + 1 == len(before.rows):
            text = line if goes_on else _trimmed(line)
            if cursor_column == len(text):  # at the end of a full row some put it there, some below: less is concluded
                cursor_column -= 1
            pieces += _wrapped(text, width, least=cursor_column, goes_on=goes_on)
            line = []
            cursor_at, cursor_column = cursor_at + max(0, cursor_column) // width, -1
    return pieces, cursor_at


def _trimmed(line: list[str]) -> list[str]:
    used = len(line)
    while used and line[used - 1] == " ":
        used -= 1
    return line[:used]


def _wrapped(text: Sequence[str], width: int, *, least: int, goes_on: bool) -> list[Piece]:
    """Return a line's text as rows of a width, at least as many as reach the column `least`."""
    starts = range(0, max(len(text), least + 1, 1), width)
    return [Piece(text[start : start + width], goes_on or start != starts[-1]) for start in starts]


def _used(pieces: Sequence[Piece], cursor_at: int) -> int:
    """Return how many rows from the top hold something, or the cursor."""
    used = len(pieces)
    while used > cursor_at + 1 and not pieces[used - 1].columns:
        used -= 1
    return used


def _going_on(pieces: Sequence[Piece]) -> int:
    """Return how many of the last rows are one line that goes on after them."""
    count = 0
    while count < len(pieces) and pieces[-1 - count].goes_on:
        count += 1
    return count
