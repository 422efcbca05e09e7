"""What a client has for a screen before the host has shown one."""

from dataclasses import replace

from rmosh.terminal.cells import Cursor, Frame, blank_frame


def is_before_the_first(frame: Frame) -> bool:
    """Tell whether the host has shown nothing yet: its first frame has the window's size."""
    return (len(frame.rows), frame.columns) == (1, 1)


def room_for_notices(rows: int, columns: int) -> Frame:
    """Return a blank screen of the terminal's own size, with the cursor below what a notice takes."""
    return replace(blank_frame(rows=rows, columns=columns), cursor=Cursor(min(1, rows - 1), 0))
