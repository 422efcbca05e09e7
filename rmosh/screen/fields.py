"""The flags that a screen message begins with: which fields it holds."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from rmosh.lazy_dataclass import dataclass
from rmosh.wire import Reader


class Field(IntEnum):
    """One flag a field; the first six, which fit in one byte, are those of a typed key or a scrolled line.

    Those from FIRST_OPTIONAL on are sent to peers only that said that they read them (READS).
    """

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
    TITLED = 1 << 16
    COLOURS = 1 << 17
    POINTER = 1 << 18
    PROGRESS = 1 << 19
    MARKS = 1 << 20
    NOTIFICATION_DETAILS = 1 << 21
    TABS = 1 << 22


#: Bit of the first optional field. Source: PROTOCOL.md, "The screen message".
FIRST_OPTIONAL = 16


@dataclass(frozen=True, slots=True)
class FieldCodec:
    """How one field of a `FrameDiff` is announced, written and read."""

    flag: Field
    name: str
    append: Callable[[bytearray, Any], None]
    read: Callable[[Reader], Any]
