"""Make a frame of one size fit a terminal of another: after a resize for a moment, or as long as another client leads.

`fit` leaves everything where it will be in a moment; `letterbox` is for a size that stays: centred, with a mark around.
"""

from functools import lru_cache
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Attribute, Cell, Cursor, Frame, Style
from rmosh.terminal.rows import RIGHT_HALF, Row, blank_row, side_by_side

#: What stands around a smaller screen.
_MARK: Final = Cell("\u00b7", Style(attributes=int(Attribute.DIM)))


def fit(frame: Frame, *, rows: int, columns: int) -> Frame:
    """Return the frame cut and padded to rows x columns; cut at the top where else the cursor were unseen."""
    if len(frame.rows) == rows and frame.columns == columns:
        return _with_cursor_inside(frame)
    cursor_row = min(frame.cursor.row, len(frame.rows) - 1)
    first = max(0, cursor_row - rows + 1)
    kept = tuple(_fit_row(row, columns) for row in frame.rows[first : first + rows])
    padded = kept + (blank_row(columns),) * (rows - len(kept))
    cursor = replace(frame.cursor, row=cursor_row - first, column=min(frame.cursor.column, columns - 1))
    return replace(frame, rows=padded, columns=columns, cursor=cursor)


def margins(frame: Frame, *, rows: int, columns: int) -> tuple[int, int]:
    """Return how many rows are above and how many columns left of a frame that `letterbox` placed."""
    return max(0, (rows - len(frame.rows)) // 2), max(0, (columns - frame.columns) // 2)


def letterbox(frame: Frame, *, rows: int, columns: int) -> Frame:
    """Return the frame in the middle of rows x columns, marks around it; what is too large is cut as by `fit`."""
    if len(frame.rows) == rows and frame.columns == columns:
        return _with_cursor_inside(frame)
    inner = fit(frame, rows=min(rows, len(frame.rows)), columns=min(columns, frame.columns))
    top, left = margins(inner, rows=rows, columns=columns)
    right = columns - left - inner.columns
    empty = _marked_row(columns)
    framed = [side_by_side(_marked_row(left), row, _marked_row(right)) for row in inner.rows]
    placed = ((empty,) * top + tuple(framed) + (empty,) * rows)[:rows]
    cursor = replace(inner.cursor, row=inner.cursor.row + top, column=inner.cursor.column + left)
    return replace(inner, rows=placed, columns=columns, cursor=cursor)


@lru_cache(maxsize=8)
def _marked_row(columns: int) -> Row:
    return Row((_MARK,) * columns)


def _with_cursor_inside(frame: Frame) -> Frame:
    cursor = frame.cursor
    row, column = min(cursor.row, len(frame.rows) - 1), min(cursor.column, frame.columns - 1)
    if (row, column) == (cursor.row, cursor.column):
        return frame
    return replace(frame, cursor=Cursor(row, column, cursor.visible, cursor.shape))


def _fit_row(row: Row, columns: int) -> Row:
    width = row.columns
    if width == columns:
        return row
    return cut(row, 0, columns) if columns < width else side_by_side(row, blank_row(columns - width))


def cut(row: Row, start: int, stop: int) -> Row:
    """Return columns of a row as a row of their own, blank where a wide character was cut in two."""
    if start == stop:
        return row.part(start, stop)
    if row.signs[start] == RIGHT_HALF:
        return side_by_side(_blank(row, start), cut(row, start + 1, stop))
    if row.signs[stop : stop + 1] == RIGHT_HALF:
        return side_by_side(row.part(start, stop - 1), _blank(row, stop - 1))
    return row.part(start, stop)


def _blank(row: Row, column: int) -> Row:
    return Row.of_strings(" ", row.styles[column], row.table)
