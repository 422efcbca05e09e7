"""What makes one frame out of another, as values: rows copied, rows patched, fields set.

Knows how to apply such a change, not how to find one (`rmosh.screen.diff`), and nothing of bytes
or of the network. A change may come from a stranger: one that does not fit its base is `Malformed`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias, TypeVar

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Clipboard,
    ColoursSet,
    Cursor,
    Frame,
    LineDiscipline,
    Mark,
    Modes,
    Notification,
    NotificationDetails,
    Progress,
    Prompt,
    Row,
    Style,
    blank_row,
)
from rmosh.terminal.rows import Clusters, renewed_rows, side_by_side
from rmosh.terminal.style_table import DEFAULT, StyleTable
from rmosh.wire import MAX_VARINT

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CopyRows:
    """The next `count` rows are the base's, from row `source` on; None: they are blank."""

    source: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Write:
    """The cells of this part of a row stand from this column on."""

    column: int
    part: Row

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.column + self.part.columns


@dataclass(frozen=True, slots=True)
class Erase:
    """From this column to the end of the row all is blank, in one style."""

    column: int
    style: Style


@dataclass(frozen=True, slots=True)
class PatchRow:
    """The next row is the base's row `source` (None: a blank one) with writes over it, then an erasure."""

    source: int | None
    wrapped: bool
    writes: tuple[Write, ...]
    erase: Erase | None = None


RowChange: TypeAlias = "CopyRows | PatchRow"


@dataclass(frozen=True, slots=True)
class Size:
    """Rows and columns of a frame."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class FrameDiff:
    """All that makes one frame out of another; a field that is None did not change.

    Attributes:
        rows: the target's rows from the top; the ones below are the base's of the same numbers,
            blank where it has none. A base row of another width is cut or padded with blanks.
        bells: how many more than in the base.
        history: how many more than in the base.
        tabs: row and column of each in the rows that are patched, ascending; what they had before is gone.
    """

    size: Size | None = None
    rows: tuple[RowChange, ...] = ()
    cursor: Cursor | None = None
    modes: Modes | None = None
    title: str | None = None
    icon_name: str | None = None
    working_directory: str | None = None
    bells: int = 0
    history: int = 0
    clipboard: Clipboard | None = None
    line_discipline: LineDiscipline | None = None
    notification: Notification | None = None
    prompt: Prompt | None = None
    is_titled: bool | None = None
    colours: ColoursSet | None = None
    pointer: str | None = None
    progress: Progress | None = None
    marks: tuple[Mark, ...] | None = None
    notification_details: NotificationDetails | None = None
    tabs: tuple[tuple[int, int], ...] = ()


def apply(base: Frame, change: FrameDiff) -> Frame:
    """Return the frame that `change` makes out of `base`; rows that were copied stay the same objects.

    Raises:
        Malformed: the change does not fit the base: rows or columns that it lacks, a cursor outside.
    """
    size = change.size or Size(len(base.rows), base.columns)
    _check_fit(base, change, size)
    return Frame(
        rows=_apply_rows(base, change, size) if change.rows or change.size else base.rows,
        columns=size.columns,
        cursor=_chosen(change.cursor, base.cursor),
        modes=_chosen(change.modes, base.modes),
        title=_chosen(change.title, base.title),
        icon_name=_chosen(change.icon_name, base.icon_name),
        working_directory=_chosen(change.working_directory, base.working_directory),
        bells=base.bells + change.bells,
        history=base.history + change.history,
        clipboard=_chosen(change.clipboard, base.clipboard),
        line_discipline=_chosen(change.line_discipline, base.line_discipline),
        notification=_chosen(change.notification, base.notification),
        prompt=_chosen(change.prompt, base.prompt),
        is_titled=_chosen(change.is_titled, base.is_titled),
        colours=_chosen(change.colours, base.colours),
        pointer=_chosen(change.pointer, base.pointer),
        progress=_chosen(change.progress, base.progress),
        marks=_chosen(change.marks, base.marks),
        notification_details=_chosen(change.notification_details, base.notification_details),
    )


def _chosen(new: _Value | None, old: _Value) -> _Value:
    return old if new is None else new


def fit_row(row: Row, columns: int) -> Row:
    """Return a row cut or padded with blanks to a width in columns; the same object if it has that width."""
    missing = columns - row.columns
    if missing == 0:
        return row
    if missing < 0:
        return row.part(0, columns).replace(wrapped=row.wrapped, written=min(row.written, columns))
    return side_by_side(row, blank_row(missing)).replace(wrapped=row.wrapped, written=row.written)


def _check_fit(base: Frame, change: FrameDiff, size: Size) -> None:
    if not (1 <= size.rows <= MAX_ROWS and 1 <= size.columns <= MAX_COLUMNS):
        raise Malformed(f"a frame of {size.rows}x{size.columns} cells is not between 1x1 and the largest")
    if size.rows * size.columns > MAX_CELLS:
        raise Malformed(f"a frame of {size.rows}x{size.columns} cells has more than {MAX_CELLS}")
    cursor = change.cursor or base.cursor
    if not (0 <= cursor.row < size.rows and 0 <= cursor.column < size.columns):
        where = f"row {cursor.row}, column {cursor.column}"
        raise Malformed(f"the cursor at {where} is outside the frame of {size.rows}x{size.columns}")
    for count in (base.bells + change.bells, base.history + change.history):
        if not 0 <= count <= MAX_VARINT:
            raise Malformed(f"bells or lines of history became {count}, which is no count")


def _apply_rows(base: Frame, diff: FrameDiff, size: Size) -> tuple[Row, ...]:
    columns = size.columns
    kept = base.rows if base.columns == columns else [fit_row(row, columns) for row in base.rows]
    rows: list[Row] = []
    tabs = _tabs_by_row(diff.tabs, size)
    for change in diff.rows:
        count = change.count if isinstance(change, CopyRows) else 1
        if not 0 < count <= size.rows - len(rows):
            raise Malformed(f"{count} rows after row {len(rows)} do not fit a frame of {size.rows}")
        made = _base_rows(kept, change.source, count=count, columns=columns)
        if isinstance(change, CopyRows):
            rows += made
        else:
            rows.append(_patched(made[0], change, columns, tabs=tuple(tabs.get(len(rows), ()))))
    rows += kept[len(rows) : size.rows]
    rows += (blank_row(columns),) * (size.rows - len(rows))
    return renewed_rows(rows, columns=columns)


def _tabs_by_row(tabs: Sequence[tuple[int, int]], size: Size) -> dict[int, list[int]]:
    by_row: dict[int, list[int]] = {}
    before = (0, -1)
    for tab in tabs:
        row, column = tab
        if not (0 <= row < size.rows and 0 <= column < size.columns):
            raise Malformed(f"a tab in row {row}, column {column} of a frame of {size.rows}x{size.columns}")
        if tab <= before:
            raise Malformed(f"a tab in row {row}, column {column} behind one in row {before[0]}, column {before[1]}")
        before = tab
        by_row.setdefault(row, []).append(column)
    return by_row


def _base_rows(rows: Sequence[Row], first: int | None, *, count: int, columns: int) -> Sequence[Row]:
    if first is None:
        return (blank_row(columns),) * count
    if not 0 <= first <= len(rows) - count:
        raise Malformed(f"a change takes {count} rows from row {first} of a frame of {len(rows)}")
    return rows[first : first + count]


def _patched(row: Row, patch: PatchRow, columns: int, *, tabs: tuple[int, ...]) -> Row:
    table: StyleTable | None
    table = patch.writes[0].part.table if patch.writes else row.table
    signs, styles, clusters, written = row.signs, _kept_styles(row, patch.writes, table), row.clusters, row.written
    for write in patch.writes:
        part, start = write.part.in_table(table), write.column
        end = start + len(part.signs)
        if start < 0 or end > columns:
            raise Malformed(f"a change writes columns {start} to {end - 1} of a row of {columns}")
        signs = signs[:start] + part.signs + signs[end:]
        styles = styles[:start] + part.styles + styles[end:]
        if clusters or part.clusters:
            clusters = _spliced(clusters, part.clusters, start, end)
        written = max(written, end)
    if patch.erase is not None:
        start, count = patch.erase.column, columns - patch.erase.column
        if not 0 <= start < columns:
            raise Malformed(f"a change erases from column {start} of a row of {columns}")
        signs = signs[:start] + " " * count
        styles = styles[:start] + table.character(patch.erase.style) * count
        clusters = _spliced(clusters, (), start, columns)
        written = min(written, start)
    if not styles.strip(DEFAULT):  # then no table need be kept for the row, and no string of its own
        table, styles = None, blank_row(columns).styles
    return Row.of_strings(signs, styles, table, clusters=clusters, wrapped=patch.wrapped, written=written, tabs=tabs)


def _kept_styles(row: Row, writes: Sequence[Write], table: StyleTable) -> str:
    """Return a row's styles in a table's characters; the table is spared those that are written over."""
    styles = row.styles
    if row.table is table or row.is_plain:
        return styles
    for write in writes:
        styles = styles[: write.column] + DEFAULT * write.part.columns + styles[write.end :]
    return table.translate(styles, row.table)


def _spliced(clusters: Clusters, written: Clusters, start: int, end: int) -> Clusters:
    """Return a row's clusters with those of what is written from column `start` up to `end` in the place of others."""
    before = clusters[: bisect_left(clusters, (start,))]
    return (*before, *[(start + column, text) for column, text in written], *clusters[bisect_left(clusters, (end,)) :])
