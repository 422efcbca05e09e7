"""Tabs that programs printed, printed as tabs again: many terminals copy them so.

A terminal remembers a tab where nothing was written before, and goes to its own next stop. So the cells under a tab are
blank already when one is printed here, and the column behind it is told to the terminal all the same.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from rmosh.terminal.cells import Style
from rmosh.terminal.rows import Row, tab_stop
from rmosh.terminal.style_table import DEFAULT
from rmosh.terminal.width import cells_of

#: Texts with their styles, left to right.
Runs: TypeAlias = Sequence[tuple[str, Style]]


def tabs_over_blanks(old: Row | None, new: Row, *, from_column: int = 0) -> Mapping[int, int]:
    """Return the first column of each tab that can be printed in a row, and the one behind it."""
    if not new.tabs or old is None:
        return {}
    columns = new.columns
    stops = {column: tab_stop(column, columns) for column in new.tabs if from_column <= column < columns - 1}
    return {
        column: stop for column, stop in stops.items() if _is_blank(old, column, stop) and _is_blank(new, column, stop)
    }


def _is_blank(row: Row, start: int, stop: int) -> bool:
    return not (row.signs[start:stop].strip(" ") or row.styles[start:stop].strip(DEFAULT))


def with_tabs(runs: Runs, *, columns: int) -> Runs:
    """Return what prints the text of a line, which may hold tabs, in a blank row of so many columns."""
    if not any("\t" in text for text, _ in runs):
        return runs
    printed: list[tuple[str, Style]] = []
    column = 0
    for place, (text, style) in enumerate(runs):
        first, *behind_tabs = text.split("\t")
        pieces = [first]
        column += len(cells_of(first))
        for number, piece in enumerate(behind_tabs):
            ends = place == len(runs) - 1 and number == len(behind_tabs) - 1
            stop = tab_stop(column, columns)
            rest = piece.removeprefix(" " * (stop - column - 1))
            if rest == piece and piece and stop - column > 1:
                pieces.append(f" {piece}")  # something was written over it
                column += 1 + len(cells_of(piece))
                continue
            pieces.append("\t" if ends and not rest else f"\t\x1b[{stop + 1}G{rest}")
            column = stop + len(cells_of(rest))
        printed.append(("".join(pieces), style))
    return printed
