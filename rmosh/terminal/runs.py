"""What was written on a line, made into strings, or into cells that can be changed.

A line's strings have a character for each column, as a row's; in addition a tab stands for itself in the first of the
blanks that it moved over, and the style of what selective erase passes over is marked as protected.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from operator import mul, sub
from typing import Final, TypeAlias

from rmosh.terminal.pens import (
    DEFAULT_PEN,
    Pen,
    blank_of,
    is_protected,
    style_of,
    with_protection,
    with_style,
)
from rmosh.terminal.rows import RIGHT_HALF, Clusters, Row, blank_row, signs_of, tab_stop
from rmosh.terminal.style_table import PackedStyle, StyleTable, current_table
from rmosh.terminal.styles import Cell, blank_cell

#: The texts of one write: one character a column, or one in two columns; texts of cells; or a number of blanks.
Texts: TypeAlias = "str | tuple[str, ...] | int"

#: One write: first column, column after the last, texts, pen.
Run: TypeAlias = tuple[int, int, Texts, Pen]

#: The sign of a column in which a tab begins.
TAB: Final = "\t"

#: The signs that are shown as blanks.
_BLANKS: Final = " " + TAB


class ProtectedCell(Cell):
    """A cell that selective erase passes over (DECSCA); never leaves the emulator."""

    __slots__ = ()


class TabCell(Cell):
    """A blank cell in which a tab begins; never leaves the emulator."""

    __slots__ = ()


# --- strings ---------------------------------------------------------------------------------------------------------


def written_over(row: Row | None, runs: Sequence[Run], columns: int) -> Row:
    """Return what writes make of a line's strings, of `columns` blanks if it has none yet.

    Args:
        runs: at least one, oldest first.
    """
    table = current_table()
    row = row or blank_row(columns)
    first = 0
    for place in range(1, len(runs) + 1):
        if place == len(runs) or runs[place][0] != runs[place - 1][1]:
            row = _with_stretch(row, runs[first:place] if place - first < len(runs) else runs, table)
            first = place
    return row


def _with_stretch(row: Row, runs: Sequence[Run], table: StyleTable) -> Row:
    """Return a row with writes over it of which each begins where the one before ends."""
    starts, ends, texts, pens = zip(*runs, strict=True)
    start, end = starts[0], ends[-1]
    clusters: Clusters = ()
    try:
        signs = "".join(texts)
    except TypeError:
        signs = ""
    if len(signs) != end - start:
        signs, clusters = _signs_of_runs(runs)
    styles = "".join(map(mul, map(table.characters.__getitem__, pens), map(sub, ends, starts)))
    if start == 0 and end >= row.columns:
        return Row.of_strings(signs, styles, table, clusters=clusters)
    row = row.in_table(table)
    if start and row.signs[start : start + 1] == RIGHT_HALF:
        row = _with_blank(row, start - 1)
    if row.signs[end : end + 1] == RIGHT_HALF:
        row = _with_blank(row, end)
    if row.clusters:
        left = [each for each in row.clusters if each[0] < start]
        clusters = (*left, *clusters, *[each for each in row.clusters if each[0] >= end])
    signs = row.signs[:start] + signs + row.signs[end:]
    return Row.of_strings(signs, row.styles[:start] + styles + row.styles[end:], table, clusters=clusters)


def _with_blank(row: Row, column: int) -> Row:
    """Return a row with a blank, which nothing protects, for half of a wide character that is cut."""
    table, after = row.table, column + 1
    character = table.characters[_unprotected(table, row.styles[column])]
    return Row.of_strings(
        row.signs[:column] + " " + row.signs[after:],
        row.styles[:column] + character + row.styles[after:],
        table,
        clusters=tuple([each for each in row.clusters if each[0] != column]),
    )


def _signs_of_runs(runs: Sequence[Run]) -> tuple[str, Clusters]:
    pieces: list[str] = []
    clusters: list[tuple[int, str]] = []
    for start, end, texts, _ in runs:
        if type(texts) is int:
            pieces.append(" " * texts)
        elif type(texts) is str:
            pieces.append(texts if len(texts) == end - start else RIGHT_HALF.join(texts) + RIGHT_HALF)
        else:
            signs, found = signs_of(texts)  # type: ignore[arg-type]
            pieces.append(signs)
            clusters += [(start + column, text) for column, text in found]
    return "".join(pieces), tuple(clusters)


def published(row: Row) -> Row:
    """Return a line's strings without what only the emulator is to know of them, tabs told apart from blanks."""
    signs, styles, table = row.signs, row.styles, row.table
    tabs = [
        column
        for column, sign in enumerate(signs)
        if sign == TAB and not signs[column : tab_stop(column, len(signs))].strip(_BLANKS)
    ]
    protected = {ord(each): table.characters[_unprotected(table, each)] for each in set(styles)}
    return Row.of_strings(
        signs.replace(TAB, " "), styles.translate(protected), table, clusters=row.clusters, tabs=tuple(tabs)
    )


def _unprotected(table: StyleTable, character: str) -> PackedStyle:
    return with_protection(table.packed[ord(character)], False)


# --- cells -----------------------------------------------------------------------------------------------------------

_TAB_CELL: Final = TabCell(" ")


def opened(row: Row) -> list[Cell]:
    """Return cells to change of a line's strings."""
    cells = list(row.cells)
    table = row.table
    for column, (sign, character) in enumerate(zip(row.signs, row.styles, strict=True)):
        if sign == TAB:
            cells[column] = TabCell(" ", cells[column].style)
        elif is_protected(table.packed[ord(character)]):
            cells[column] = ProtectedCell(cells[column].text, cells[column].style)
    return cells


def closed(cells: Sequence[Cell]) -> Row:
    """Return the strings of cells."""
    table = current_table()
    signs, clusters = signs_of([TAB if type(cell) is TabCell and cell.text == " " else cell.text for cell in cells])
    pens = [with_protection(with_style(DEFAULT_PEN, cell.style), type(cell) is ProtectedCell) for cell in cells]
    return Row.of_strings(signs, "".join(map(table.characters.__getitem__, pens)), table, clusters=clusters)


def write_cells(cells: list[Cell], runs: Sequence[Run], *, has_wide: bool) -> None:
    """Write over cells, blanking the halves of wide characters that are cut where there may be such."""
    for run in runs:
        start, end, _, _ = run
        if has_wide:
            clear_halves(cells, start, end)
        cells[start:end] = cells_of_run(run)


def cells_of_run(run: Run) -> Iterable[Cell]:
    """Return the cells of one write, in order."""
    start, end, texts, pen = run
    if isinstance(texts, int):
        return [blank_of(pen)] * texts
    if texts[0] == TAB:
        return [_TAB_CELL, *[blank_cell()] * (end - start - 1)]
    if len(texts) != end - start:
        texts = tuple(chain.from_iterable(zip(texts, repeat(""))))
    if is_protected(pen):
        return [ProtectedCell(text, style_of(pen)) for text in texts]
    table = current_table()
    return map(table.cells.__getitem__, map(table.characters[pen].__add__, texts))


def clear_halves(cells: list[Cell], start: int, end: int) -> None:
    """Blank the outer halves of wide characters that a write from start up to end is about to cut."""
    if 0 < start < len(cells) and cells[start].text == "":
        cells[start - 1] = blank_cell(cells[start - 1].style)
    if end < len(cells) and cells[end].text == "":
        cells[end] = blank_cell(cells[end].style)


def cut_out(cells: list[Cell], start: int, end: int) -> list[Cell]:
    """Return the cells from start up to end, blanks for halves of wide characters whose other half is outside."""
    cut = cells[start:end]
    if cut and cut[0].text == "":
        cut[0] = blank_cell(cut[0].style)
    if cut and end < len(cells) and cells[end].text == "":
        cut[-1] = blank_cell(cut[-1].style)
    return cut
