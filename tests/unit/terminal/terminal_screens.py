"""A terminal to type bytes at and to read as text."""

from collections.abc import Mapping

from rmosh.terminal.cells import Cell, Frame
from rmosh.terminal.emulator import Emulator


def screen_after(stream: str | bytes, *, rows: int = 4, columns: int = 10) -> Frame:
    """Return what a terminal shows after a stream."""
    return terminal_after(stream, rows=rows, columns=columns).frame()


def terminal_after(stream: str | bytes, *, rows: int = 4, columns: int = 10) -> Emulator:
    """Return a terminal that was fed a stream."""
    emulator = Emulator(rows=rows, columns=columns, answers_checksums=True)
    emulator.feed(stream.encode() if isinstance(stream, str) else stream)
    return emulator


def replies_to(stream: str, *, told: Mapping[int, int] | None = None) -> str:
    """Return what a terminal answers to a stream, with what the user's own terminal told of its colours."""
    emulator = terminal_after("")
    emulator.use_colours(told or {})
    emulator.feed(stream.encode())
    return emulator.take_replies().decode()


def text_of(frame: Frame) -> list[str]:
    """Return the rows as text without the blanks at their ends, nor the blank rows at the end."""
    rows = ["".join(cell.text for cell in row.cells).rstrip() for row in frame.rows]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def cell_at(frame: Frame, row: int, column: int) -> Cell:
    """Return one cell."""
    return frame.rows[row].cells[column]


def position_of(frame: Frame) -> tuple[int, int]:
    """Return the cursor's row and column."""
    return frame.cursor.row, frame.cursor.column
