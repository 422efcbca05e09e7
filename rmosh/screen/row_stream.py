"""The row changes of a screen message as bytes: the cells of all rows first, then what to do with them.

Operations stand last and reach to the message's end, so they need no count. A *due* row is kept on
both sides: the base row that goes on where the last operation stopped; most operations go on there.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.cell_stream import (
    append_cell_text,
    append_shapes,
    read_cell_text,
    read_shaped,
    read_styled,
)
from rmosh.screen.change import CopyRows, Erase, PatchRow, RowChange, Write
from rmosh.screen.fields import Field
from rmosh.screen.limits import MAX_INFLATED, MAX_STYLES, TooLarge
from rmosh.screen.styles import append_styles, read_styles
from rmosh.terminal.cells import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Row
from rmosh.terminal.differences import style_runs
from rmosh.terminal.rows import side_by_side
from rmosh.terminal.style_table import DEFAULT, StyleTable, current_table
from rmosh.wire import Reader, append_varint, append_varints

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
    patches = [change for change in rows if isinstance(change, PatchRow)]
    cells = side_by_side(*[write.part for patch in patches for write in patch.writes])
    table = cells.table
    numbers = {ord(DEFAULT): 0}
    operations = bytearray()
    due = 0
    for group in _groups(rows):
        due = _append_operation(operations, group, due)
        for patch in group:
            if isinstance(patch, PatchRow):
                _append_patch(operations, patch, table, numbers)
    flags = int(Field.ROWS)
    shapes = append_cell_text(content, cells)
    texts_end = len(content)
    if shapes:
        flags |= Field.SHAPES
        append_shapes(content, shapes)
    if len(numbers) > 1 or not cells.is_plain:
        flags |= Field.STYLES
        texts_end = _append_styles(content, cells.styles, table, list(numbers)) or texts_end
    content += operations
    return flags, texts_end


def _append_styles(content: bytearray, cell_styles: str, table: StyleTable, met: Sequence[int]) -> int | None:
    """Append styles and their runs; return where the former end if they hold text.

    Args:
        met: the places in their table of the styles that have numbers already, in the order of these.
    """
    places, lengths = style_runs(cell_styles)
    numbers = dict(zip(dict.fromkeys([*met, *places]), count(), strict=False))
    _, *styles = map(table.packed.__getitem__, numbers)
    if len(styles) > MAX_STYLES:
        raise TooLarge(f"a change has {len(styles)} styles, a message at most {MAX_STYLES}")
    have_links = append_styles(content, styles, limit=MAX_INFLATED)
    texts_end = len(content)
    append_varint(content, len(places))
    append_varints(content, map(numbers.__getitem__, places))
    append_varints(content, lengths)
    return texts_end if have_links else None


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


def _append_patch(operations: bytearray, patch: PatchRow, table: StyleTable, numbers: dict[int, int]) -> None:
    flags = (_WRAPPED if patch.wrapped else 0) | (_ERASE if patch.erase else 0)
    append_varint(operations, len(patch.writes) << 2 | flags)
    column = 0
    for write in patch.writes:
        append_varint(operations, write.column - column)
        append_varint(operations, write.part.columns)
        column = write.end
    if patch.erase:
        append_varint(operations, patch.erase.column - column)
        place = ord(table.character(patch.erase.style))
        append_varint(operations, numbers.setdefault(place, len(numbers)))


def read_rows(reader: Reader, flags: int) -> tuple[RowChange, ...]:
    """Take row changes, to the end of the bytes.

    Raises:
        Malformed: they do not follow the format, or make more rows or columns than a frame has.
    """
    text = read_cell_text(reader)
    signs, clusters = read_shaped(reader, text) if flags & Field.SHAPES else (text, ())
    if len(signs) > MAX_CELLS:
        raise Malformed(f"{len(signs)} cells are more than a frame has")
    table = current_table()
    if flags & Field.STYLES:
        characters = table.characters_of(read_styles(reader))
        styles = read_styled(reader, len(signs), characters)
    else:
        characters, styles = [DEFAULT], DEFAULT * len(signs)
    cells = Row.of_strings(signs, styles, table, clusters=clusters)
    return _RowsReader(reader, cells, characters).rows()


class _RowsReader:
    """Reads operations, handing out the cells that were read before."""

    def __init__(self, reader: Reader, cells: Row, characters: Sequence[str]) -> None:
        self._reader = reader
        self._cells = cells
        self._left = cells.columns
        self._characters = characters

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
        if self._left:
            raise Malformed(f"{self._cells.columns} cells were sent, {self._left} of them are written nowhere")
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
            character = self._characters[varint(limit=len(self._characters) - 1)]
            erase = Erase(column, self._cells.table.style(character))
        return PatchRow(source, bool(head & _WRAPPED), tuple(writes), erase)

    def _next_cells(self, count: int) -> Row:
        if not 0 < count <= self._left:
            raise Malformed(f"a write of {count} cells, {self._left} are left")
        start = self._cells.columns - self._left
        self._left -= count
        return self._cells.part(start, start + count)
