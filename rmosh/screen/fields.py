"""The flags that a screen message begins with: which fields it holds."""

from enum import IntEnum


class Field(IntEnum):
    """One flag a field; the first six, which fit in one byte, are those of a typed key or a scrolled line."""

    DEFLATED = 1 << 0
    ROWS = 1 << 1
    CURSOR = 1 << 2
    STYLES = 1 << 3
    HISTORY = 1 << 4
    SHAPES = 1 << 5
    LINE_DISCIPLINE = 1 << 6
    MODES = 1 << 7
    TITLE = 1 << 8
    BELLS = 1 << 9
    SIZE = 1 << 10
    ICON_NAME = 1 << 11
    WORKING_DIRECTORY = 1 << 12
    CLIPBOARD = 1 << 13
    NOTIFICATION = 1 << 14
    PROMPT = 1 << 15
