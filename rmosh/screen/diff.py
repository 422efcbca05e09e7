"""Finding what changed from one frame to another.

The law: `apply(base, diff(base, target)) == target` for any two frames of any two sizes. Finding
the least change is no part of it: what was missed is only sent again. Rows are compared by identity first: a terminal
shares those that did not change.
Knows nothing of bytes or of the network.

Cells are compared only with those that the same line of the terminal showed before (`Row.origin`), rows otherwise only
as a whole: what a program prints on a new line or on one that it cleared must not be the shorter the more of it agrees
with something else on the screen, or whoever chooses that text could guess the rest letter by letter from sizes. As
HPACK, which asks for whole values (RFC 7541 section 7.1).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Final, TypeVar

from rmosh.screen.change import CopyRows, Erase, FrameDiff, PatchRow, RowChange, Size, Write, fit_row
from rmosh.terminal.cells import Frame, Row, blank_row
from rmosh.terminal.differences import row_differences
from rmosh.terminal.rows import signs_of_rows
from rmosh.terminal.style_table import DEFAULT

#: Most blanks written at a row's end that are sent as written rather than erased. Unit: cells. Reason: a prompt ends in
#: one; an `Erase` costs two or three bytes, and that programs fill rows with blanks shows in copies only.
_MOST_WRITTEN_BLANKS: Final = 3

#: Runs of changed cells (1) in a row's map of changes, with at most four unchanged ones (0) between two. Reason: a new
#: run costs two bytes and breaks the text. Source: tests/benchmarks/chosen_numbers.py, gap-between-runs: on redraws of
#: less, vim and htop anything from none to 8 is within 1.5 % of this.
_CHANGED_RUN: Final = re.compile(rb"\x01+(?:\x00{1,4}\x01+)*")

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
        self._by_signs: dict[str, int] = {}
        self._by_origin: dict[object, int] = {}

    def in_place(self, number: int) -> Row:
        """Return what stands in a row that no change names."""
        return self.rows[number] if number < len(self.rows) else self.blank

    def copy(self, rows: Sequence[Row], number: int, *, end: int, due: int) -> CopyRows | None:
        """Return the copy that makes rows from a number on, if there is one.

        Args:
            end: the row below the last that may be made.
            due: the base's row that is tried first, and then as many that follow as there are.
        """
        same = 0
        for row, other in zip(islice(rows, number, end), islice(self.rows, due, None), strict=False):
            if row is not other and row != other:
                break
            same += 1
        if same:
            return CopyRows(due, same)
        row = rows[number]
        if number < len(self.rows) and _same(self.rows[number], row):
            return CopyRows(number, 1)
        return CopyRows(None, 1) if _same(self.blank, row) else self._found(row)

    def _found(self, row: Row) -> CopyRows | None:
        """Return the copy of a row that stands anywhere in the base."""
        if not self._by_identity:
            self._index()
        found = self._by_identity.get(id(row))
        if found is None:
            found = self._by_signs.get(row.signs)
        return CopyRows(found, 1) if found is not None and _same(self.rows[found], row) else None

    def _index(self) -> None:
        self._by_identity = dict(zip(map(id, self.rows), count()))
        self._by_signs = dict(zip(signs_of_rows(self.rows), count()))

    def patch(self, row: Row, guesses: Sequence[int]) -> PatchRow:
        """Return the patch that makes this row out of what its line was, or of a blank row, whichever has more of it.

        Where the row's line is not known, out of a guess whose line is not known either.
        """
        guesses = [guess for guess in dict.fromkeys(guesses) if guess < len(self.rows)]
        if row.origin is not None:
            guesses = self._of_line(row.origin, guesses)
        else:
            guesses = [guess for guess in guesses if self.rows[guess].origin is None]
        best: int | None = None
        changes, cost = b"", 0
        for guess in guesses:
            candidate = row_differences(self.rows[guess], row)
            if best is None or _cost(candidate) <= cost:
                best, changes, cost = guess, candidate, _cost(candidate)
        if best is None or (self.rows[best] is not self.blank and cost > _least_over_blank(row)):
            candidate = row_differences(self.blank, row)
            if best is None or _cost(candidate) < cost:
                best, changes = None, candidate
        was_written = 0 if best is None else self.rows[best].written
        writes, erase = _edits(row, changes, was_written=was_written)
        return PatchRow(best, row.wrapped, tuple(writes), erase)

    def _of_line(self, origin: object, guesses: Sequence[int]) -> list[int]:
        """Return where the base has a line, which is mostly one of the guesses; nothing where it has it not."""
        for guess in guesses:
            if self.rows[guess].origin == origin:
                return [guess]
        if not self._by_origin:
            self._by_origin = {row.origin: number for number, row in enumerate(self.rows)}
        return [self._by_origin[origin]] if origin in self._by_origin else []


def _cost(changes: bytes) -> int:
    """Return about how many bytes it takes to send these cells: one each, and two a run."""
    return changes.count(1) + 2 * (changes.count(b"\x00\x01") + changes.startswith(b"\x01"))


def _least_over_blank(row: Row) -> int:
    """Return what it costs at least to send a row that is not blank over a blank one: all that is, in one run."""
    return row.columns - min(row.signs.count(" "), row.styles.count(DEFAULT)) + 2


def _row_changes(base: Frame, target: Frame) -> list[RowChange]:
    source = _Source(base, target.columns)
    rows = target.rows
    end = len(rows)
    while end and _same(source.in_place(end - 1), rows[end - 1]):
        end -= 1
    changes: list[RowChange] = []
    due = 0  # the base row that goes on where the change before stopped
    number = 0
    while number < end:
        change = source.copy(rows, number, end=end, due=due) or source.patch(rows[number], (due, number))
        number += change.count if isinstance(change, CopyRows) else 1
        if change.source is not None:
            due = change.source + (change.count if isinstance(change, CopyRows) else 1)
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


def _edits(row: Row, changes: bytes, *, was_written: int) -> tuple[list[Write], Erase | None]:
    """Return what to write and to erase of a row.

    Args:
        was_written: up to which column the row was written that it is made of.
    """
    signs = row.signs
    end_of_writing: int | None = None  # looked for only where a run may go beyond it
    writes: list[Write] = []
    for run in _CHANGED_RUN.finditer(changes):
        start, end = run.span()
        if signs[end - 1] == " ":
            end_of_writing = _end_of_writing(row) if end_of_writing is None else end_of_writing
            if end > end_of_writing:
                column = max(start, end_of_writing)
                if start < column:
                    writes.append(Write(start, row.part(start, column)))
                return writes, Erase(column, row.table.style(row.styles[-1]))
        writes.append(Write(start, row.part(start, end)))
    if writes and was_written < row.written == _end_of_writing(row):
        writes[-1] = _up_to_written(writes[-1], row)
    return writes, None


def _end_of_writing(row: Row) -> int:
    """Return the column from which a row is blank in one style, behind blanks that were written if they are few."""
    blank_from = max(len(row.signs.rstrip(" ")), len(row.styles.rstrip(row.styles[-1])))
    return row.written if blank_from < row.written <= blank_from + _MOST_WRITTEN_BLANKS else blank_from


def _up_to_written(write: Write, row: Row) -> Write:
    """Return a write that goes on over the blanks behind the text, if it wrote the end of that: a copy has them."""
    if row.signs[write.end : row.written].strip(" "):
        return write
    return Write(write.column, row.part(write.column, row.written))
