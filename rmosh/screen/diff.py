"""Finding what changed from one frame to another.

The law: `apply(base, diff(base, target)) == target` for any two frames of any two sizes. Finding
the least change is no part of it: rows and cells are compared by identity first (a terminal shares
what did not change), then by equality where that is cheap, and what was missed is only sent again.
Knows nothing of bytes or of the network.

Cells are compared only with those that the same line of the terminal showed before (`Row.origin`), rows otherwise only
as a whole: what a program prints on a new line or on one that it cleared must not be the shorter the more of it agrees
with something else on the screen, or whoever chooses that text could guess the rest letter by letter from sizes. As
HPACK, which asks for whole values (RFC 7541 section 7.1).
"""

import re
from collections.abc import Iterator, Sequence
from operator import is_not
from typing import Final, TypeVar

from rmosh.screen.change import CopyRows, Erase, FrameDiff, PatchRow, RowChange, Size, Write, fit_row
from rmosh.terminal.cells import Cell, Frame, Row, blank_cell, blank_row

#: Most blanks written at a row's end that are sent as written rather than erased. Unit: cells. Reason: a prompt ends in
#: one; an `Erase` costs two or three bytes, and that programs fill rows with blanks shows in copies only.
_MOST_WRITTEN_BLANKS: Final = 3

#: Runs of changed cells (1) in a row's map of changes, with at most four unchanged ones (0) between two. Reason: a new
#: run costs two bytes and breaks the text. Source: tests/benchmarks/chosen_numbers.py, gap-between-runs: on redraws of
#: less, vim and htop anything from none to 8 is within 1.5 % of this.
_CHANGED_RUN: Final = re.compile(rb"\x01+(?:\x00{1,4}\x01+)*")

#: Every how many columns a row is sampled to find it elsewhere in the base. Unit: columns. Reason: two rows that differ
#: mostly do so in a sampled column, and if not, one of them is only sent again.
_SAMPLE_STRIDE: Final = 7

_Value = TypeVar("_Value")


def diff(base: Frame, target: Frame) -> FrameDiff:
    """Return what makes `target` out of `base`."""
    base_size = Size(len(base.rows), base.columns)
    target_size = Size(len(target.rows), target.columns)
    rows = () if base.rows is target.rows else tuple(_row_changes(base, target))
    return FrameDiff(
        size=_changed(base_size, target_size),
        rows=rows,
        cursor=_changed(base.cursor, target.cursor),
        modes=_changed(base.modes, target.modes),
        title=_changed(base.title, target.title),
        icon_name=_changed(base.icon_name, target.icon_name),
        working_directory=_changed(base.working_directory, target.working_directory),
        bells=target.bells - base.bells,
        history=target.history - base.history,
        clipboard=_changed(base.clipboard, target.clipboard),
        line_discipline=_changed(base.line_discipline, target.line_discipline),
        notification=_changed(base.notification, target.notification),
        prompt=_changed(base.prompt, target.prompt),
        is_titled=_changed(base.is_titled, target.is_titled),
        colours=_changed(base.colours, target.colours),
        pointer=_changed(base.pointer, target.pointer),
        progress=_changed(base.progress, target.progress),
        marks=_changed(base.marks, target.marks),
        notification_details=_changed(base.notification_details, target.notification_details),
        tabs=tuple(_tabs(rows, target)),
    )


def _changed(old: _Value, new: _Value) -> _Value | None:
    return None if old is new or old == new else new


def _same(row: Row, other: Row) -> bool:
    return row is other or row == other


class _Source:
    """The base's rows at the target's width: where does a target row come from?"""

    def __init__(self, base: Frame, columns: int) -> None:
        fits = base.columns == columns
        self.rows = base.rows if fits else tuple(fit_row(row, columns) for row in base.rows)
        self.blank = blank_row(columns)
        self._by_identity: dict[int, int] = {}
        self._by_sample: dict[str, int] = {}
        self._by_origin: dict[object, int] = {row.origin: number for number, row in enumerate(self.rows)}

    def in_place(self, number: int) -> Row:
        """Return what stands in a row that no change names."""
        return self.rows[number] if number < len(self.rows) else self.blank

    def find(self, row: Row, guesses: Sequence[int]) -> CopyRows | None:
        """Return the copy that makes this row, if there is one; the guesses are tried first."""
        for guess in guesses:
            if _same(self.rows[guess], row):
                return CopyRows(guess, 1)
        if _same(self.blank, row):
            return CopyRows(None, 1)
        if not self._by_identity:
            self._index()
        found = self._by_identity.get(id(row))
        if found is None:
            found = self._by_sample.get(_sample(row))
        return CopyRows(found, 1) if found is not None and _same(self.rows[found], row) else None

    def _index(self) -> None:
        for number, row in enumerate(self.rows):
            self._by_identity[id(row)] = number
            self._by_sample[_sample(row)] = number

    def patch(self, row: Row, guesses: Sequence[int]) -> PatchRow:
        """Return the patch that makes this row out of what its line was, or of a blank row, whichever has more of it.

        Where the row's line is not known, out of a guess whose line is not known either.
        """
        if row.origin is not None:
            was = self._by_origin.get(row.origin)
            guesses = () if was is None else (was,)
        else:
            guesses = [guess for guess in guesses if self.rows[guess].origin is None]
        best, changes = None, _changes(self.blank, row)
        for guess in guesses:
            candidate = _changes(self.rows[guess], row)
            if _cost(candidate) <= _cost(changes):
                best, changes = guess, candidate
        old = self.blank if best is None else self.rows[best]
        writes, erase = _edits(old, row, changes)
        return PatchRow(best, row.wrapped, tuple(writes), erase)


def _sample(row: Row) -> str:
    return "".join([cell.text for cell in row.cells[::_SAMPLE_STRIDE]])


def _changes(old: Row, new: Row) -> bytes:
    """Return a byte for each column: 1 where the cells are not the same object."""
    return bytes(map(is_not, old.cells, new.cells))


def _cost(changes: bytes) -> int:
    """Return about how many bytes it takes to send these cells: one each, and two a run."""
    return changes.count(1) + 2 * changes.count(b"\x00\x01")


def _row_changes(base: Frame, target: Frame) -> list[RowChange]:
    source = _Source(base, target.columns)
    rows = target.rows
    end = len(rows)
    while end and _same(source.in_place(end - 1), rows[end - 1]):
        end -= 1
    changes: list[RowChange] = []
    due = 0  # the base row that goes on where the change before stopped
    for number in range(end):
        row = rows[number]
        guesses = [guess for guess in dict.fromkeys((due, number)) if guess < len(source.rows)]
        change = source.find(row, guesses) or source.patch(row, guesses)
        if change.source is not None:
            due = change.source + 1
        if isinstance(change, CopyRows) and changes and (longer := _join(changes[-1], change)):
            changes[-1] = longer
        else:
            changes.append(change)
    return changes


def _tabs(changes: Sequence[RowChange], target: Frame) -> Iterator[tuple[int, int]]:
    """Yield row and column of the tabs in the rows that are patched."""
    number = 0
    for change in changes:
        if isinstance(change, CopyRows):
            number += change.count
            continue
        for column in target.rows[number].tabs:
            yield number, column
        number += 1


def _join(before: RowChange, copy: CopyRows) -> CopyRows | None:
    """Return one copy for two, if the second goes on where the first stops."""
    if not isinstance(before, CopyRows):
        return None
    follows = None if before.source is None else before.source + before.count
    return CopyRows(before.source, before.count + copy.count) if follows == copy.source else None


def _edits(old: Row, new: Row, changes: bytes) -> tuple[list[Write], Erase | None]:
    cells = new.cells
    end_of_writing: int | None = None  # looked for only where a run may go beyond it
    writes: list[Write] = []
    for run in _CHANGED_RUN.finditer(changes):
        start, end = _trimmed(old.cells, cells, run.start(), run.end())
        if start == end:
            continue
        if cells[end - 1].text == " ":
            end_of_writing = _end_of_writing(new) if end_of_writing is None else end_of_writing
            if end > end_of_writing:
                column = max(start, end_of_writing)
                if start < column:
                    writes.append(Write(start, cells[start:column]))
                return writes, Erase(column, cells[-1].style)
        writes.append(Write(start, cells[start:end]))
    if writes and old.written < new.written == _end_of_writing(new):
        writes[-1] = _up_to(new.written, writes[-1], cells)
    return writes, None


def _end_of_writing(row: Row) -> int:
    """Return the column from which a row is blank in one style, behind blanks that were written if they are few."""
    blank_from = _blank_from(row.cells, 0)
    return row.written if blank_from < row.written <= blank_from + _MOST_WRITTEN_BLANKS else blank_from


def _up_to(end: int, write: Write, cells: tuple[Cell, ...]) -> Write:
    """Return a write that goes on over the blanks behind the text, if it wrote the end of that: a copy has them."""
    if all(cell.text == " " for cell in cells[write.column + len(write.cells) : end]):
        return Write(write.column, cells[write.column : end])
    return write


def _trimmed(old: tuple[Cell, ...], new: tuple[Cell, ...], start: int, end: int) -> tuple[int, int]:
    """Return the run without the cells at its ends that are equal, though not the same objects."""
    while start < end and old[start] == new[start]:
        start += 1
    while start < end and old[end - 1] == new[end - 1]:
        end -= 1
    return start, end


def _blank_from(cells: tuple[Cell, ...], start: int) -> int:
    """Return the first column, `start` or later, from which all is blank in the style of the last cell."""
    blank = blank_cell(cells[-1].style)
    column = len(cells)
    while column > start and (cells[column - 1] is blank or cells[column - 1] == blank):
        column -= 1
    return column
