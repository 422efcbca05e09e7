"""Make a frame of one size fit a terminal of another, for the moments after a resize when they differ."""

from dataclasses import replace

from rmosh.terminal.cells import Cell, Cursor, Frame, Row, blank_cell, blank_row


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


def _with_cursor_inside(frame: Frame) -> Frame:
    cursor = frame.cursor
    row, column = min(cursor.row, len(frame.rows) - 1), min(cursor.column, frame.columns - 1)
    if (row, column) == (cursor.row, cursor.column):
        return frame
    return replace(frame, cursor=Cursor(row, column, cursor.visible, cursor.shape))


def _fit_row(row: Row, columns: int) -> Row:
    width = len(row.cells)
    if width == columns:
        return row
    if width < columns:
        return Row(row.cells + (blank_cell(),) * (columns - width))
    cells = row.cells[:columns]
    if row.cells[columns].text == "":
        cells = (*cells[:-1], Cell(" ", cells[-1].style))
    return Row(cells)
