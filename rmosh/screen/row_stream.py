"""The row changes of a screen message as bytes: the cells of all rows first, then what to do with them.

Operations stand last and reach to the message's end, so they need no count. A *due* row is kept on
both sides: the base row that goes on where the last operation stopped; most operations go on there.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.cell_stream import (
    append_cell_text,
    append_shapes,
    append_style_runs,
    plain_cells,
    read_cell_text,
    read_shaped,
    read_styled,
)
from rmosh.screen.change import CopyRows, Erase, PatchRow, RowChange, Write
from rmosh.screen.fields import Field
from rmosh.screen.limits import MAX_INFLATED, MAX_STYLES, TooLarge
from rmosh.screen.styles import StyleTable, read_styles
from rmosh.terminal.cells import DEFAULT_STYLE, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Cell, Style
from rmosh.wire import Reader, append_varint

#: Flags in the two lowest bits of an operation's head, below its count of rows: it patches rows instead of
#: copying them; its base rows are not the due ones, their number follows.
_PATCH: Final = 1
_ELSEWHERE: Final = 2

#: Flags in the two lowest bits of a patched row's head, below its count of writes.
_WRAPPED: Final = 1
_ERASE: Final = 2

#: What stands for a blank base row; base row n is n + 1.
_BLANK: Final = 0


def append_rows(content: bytearray, rows: Sequence[RowChange]) -> tuple[int, int]:
    """Append row changes; return the flags of the parts that were needed, and how many bytes the last text ends after.

    Raises:
        TooLarge: they have more than MAX_STYLES styles, or those alone take more than MAX_INFLATED bytes.
    """
    operations = bytearray()
    runs = bytearray()
    cells: list[Cell] = []
    styles = StyleTable()
    due = 0
    for group in _groups(rows):
        due = _append_operation(operations, group, due)
        for patch in group:
            if isinstance(patch, PatchRow):
                _append_patch(operations, patch, cells, styles)
    flags = int(Field.ROWS)
    shapes = append_cell_text(content, cells)
    texts_end = len(content)
    if shapes:
        flags |= Field.SHAPES
        append_shapes(content, shapes)
    append_style_runs(runs, cells, styles)
    if len(styles) > MAX_STYLES:
        raise TooLarge(f"a change has {len(styles)} styles, a message at most {MAX_STYLES}")
    if len(styles):
        flags |= Field.STYLES
        styles.append_to(content, limit=MAX_INFLATED, indexed=True)
        if styles.have_links:
            texts_end = len(content)
        content += runs
    content += operations
    return flags, texts_end


def _groups(rows: Sequence[RowChange]) -> Iterator[list[RowChange]]:
    """Yield what makes one operation: a copy, or patches of base rows that follow one another."""
    group: list[RowChange] = []
    for change in rows:
        if group and not (
            isinstance(change, PatchRow)
            and isinstance(group[-1], PatchRow)
            and change.source == (None if group[-1].source is None else group[-1].source + 1)
        ):
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _append_operation(operations: bytearray, group: Sequence[RowChange], due: int) -> int:
    """Append an operation's head and return the row that is due after it."""
    first = group[0]
    count = first.count if isinstance(first, CopyRows) else len(group)
    flags = 0 if isinstance(first, CopyRows) else _PATCH
    if first.source == due:
        append_varint(operations, count << 2 | flags)
        return due + count
    append_varint(operations, count << 2 | flags | _ELSEWHERE)
    if first.source is None:
        append_varint(operations, _BLANK)
        return due
    append_varint(operations, first.source + 1)
    return first.source + count


def _append_patch(operations: bytearray, patch: PatchRow, cells: list[Cell], styles: StyleTable) -> None:
    flags = (_WRAPPED if patch.wrapped else 0) | (_ERASE if patch.erase else 0)
    append_varint(operations, len(patch.writes) << 2 | flags)
    column = 0
    for write in patch.writes:
        append_varint(operations, write.column - column)
        append_varint(operations, len(write.cells))
        column = write.column + len(write.cells)
        cells += write.cells
    if patch.erase:
        append_varint(operations, patch.erase.column - column)
        append_varint(operations, styles.number(patch.erase.style))


def read_rows(reader: Reader, flags: int) -> tuple[RowChange, ...]:
    """Take row changes, to the end of the bytes.

    Raises:
        Malformed: they do not follow the format, or make more rows or columns than a frame has.
    """
    text = read_cell_text(reader)
    texts: Sequence[str] = read_shaped(reader, text) if flags & Field.SHAPES else text
    if len(texts) > MAX_CELLS:
        raise Malformed(f"{len(texts)} cells are more than a frame has")
    if flags & Field.STYLES:
        styles = read_styles(reader)
        cells = read_styled(reader, texts, styles)
    else:
        styles = [DEFAULT_STYLE]
        cells = plain_cells(texts)
    return _RowsReader(reader, cells, styles).rows()


class _RowsReader:
    """Reads operations, handing out the cells that were read before."""

    def __init__(self, reader: Reader, cells: tuple[Cell, ...], styles: Sequence[Style]) -> None:
        self._reader = reader
        self._cells = cells
        self._styles = styles
        self._taken = 0

    def rows(self) -> tuple[RowChange, ...]:
        changes: list[RowChange] = []
        room = MAX_ROWS
        due = 0
        while self._reader.remaining:
            head = self._reader.varint(limit=room << 2 | 3)
            count = head >> 2
            if count == 0:
                raise Malformed("an operation makes no row")
            room -= count
            source: int | None = due
            if head & _ELSEWHERE:
                named = self._reader.varint(limit=MAX_ROWS)
                source = None if named == _BLANK else named - 1
            due = due if source is None else source + count
            changes += self._patches(source, count) if head & _PATCH else (CopyRows(source, count),)
        if self._taken != len(self._cells):
            raise Malformed(f"{len(self._cells)} cells were sent, {self._taken} are written")
        return tuple(changes)

    def _patches(self, source: int | None, count: int) -> Iterator[PatchRow]:
        for offset in range(count):
            yield self._patch(None if source is None else source + offset)

    def _patch(self, source: int | None) -> PatchRow:
        varint = self._reader.varint
        head = varint(limit=MAX_COLUMNS << 2 | 3)
        writes = []
        column = 0
        for _ in range(head >> 2):
            column += varint(limit=MAX_COLUMNS - 1 - column)
            count = varint(limit=MAX_COLUMNS - column)
            writes.append(Write(column, self._next_cells(count)))
            column += count
        erase = None
        if head & _ERASE:
            column += varint(limit=MAX_COLUMNS - 1 - column)
            erase = Erase(column, self._styles[varint(limit=len(self._styles) - 1)])
        return PatchRow(source, bool(head & _WRAPPED), tuple(writes), erase)

    def _next_cells(self, count: int) -> tuple[Cell, ...]:
        start = self._taken
        self._taken = start + count
        if count == 0 or self._taken > len(self._cells):
            raise Malformed(f"a write of {count} cells, {len(self._cells) - start} are left")
        return self._cells[start : self._taken]
