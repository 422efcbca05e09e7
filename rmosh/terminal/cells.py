"""What a terminal shows, as immutable values: styles, cells, rows, frames.

A published `Frame` never changes. Rows that did not change are the same objects in the next
frame, and equal cells are usually the same object (see `blank_cell`), so comparing two frames
is mostly comparing identities. This file knows nothing of escape sequences or of the network.
"""

from enum import Enum, IntEnum
from typing import Final, TypeAlias

from rmosh.lazy_dataclass import dataclass, field
from rmosh.terminal.rows import TAB_WIDTH, Row, blank_row, tab_stop
from rmosh.terminal.styles import (
    DEFAULT_STYLE,
    INDEXED,
    TRUECOLOR,
    Attribute,
    Cell,
    Style,
    Underline,
    blank_cell,
)

__all__ = [
    "COLOUR_PLACES",
    "DEFAULT_STYLE",
    "DYNAMIC_COLOURS",
    "FIRST_DYNAMIC",
    "INDEXED",
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "TAB_WIDTH",
    "TRUECOLOR",
    "Attribute",
    "Cell",
    "Clipboard",
    "ColoursSet",
    "Cursor",
    "Frame",
    "LineDiscipline",
    "Mark",
    "MarkKind",
    "Modes",
    "Notification",
    "NotificationDetails",
    "Progress",
    "ProgressState",
    "Prompt",
    "Row",
    "Style",
    "Underline",
    "blank_cell",
    "blank_frame",
    "blank_row",
    "tab_stop",
]

#: Colours that programs set: (place, 0xRRGGBB), places ascending: 0-255 the palette's, then those of OSC 10
#: (foreground), 11 (background), 12 (cursor) and so on to 19.
ColoursSet: TypeAlias = tuple[tuple[int, int], ...]
FIRST_DYNAMIC: Final = 256
DYNAMIC_COLOURS: Final = 10
COLOUR_PLACES: Final = FIRST_DYNAMIC + DYNAMIC_COLOURS

#: Most rows and columns a screen may have, in cells. Reason: bounds what a peer can make us allocate, and
#: 1000x400 windows must work. Source: our own choice.
MAX_ROWS: Final = 1000
MAX_COLUMNS: Final = 1000


#: Most cells that a session's screen may have in all: a larger window is shown a part. Reason: each takes its client up
#: to 140 bytes, and no screen in use has a third of this. Source: our own choice.
MAX_CELLS: Final = 400_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next character goes: row and column, 0-based.

    Attributes:
        column: may equal the last column with a wrap pending; never the number of columns.
        shape: DECSCUSR parameter, 0-6; 0 is the terminal's default.
    """

    row: int = 0
    column: int = 0
    visible: bool = True
    shape: int = 0


@dataclass(frozen=True, slots=True)
class Modes:
    """Modes of the remote terminal that the user's own terminal must be in as well.

    Attributes:
        mouse: 0 off, else the private mode that asks for reports: 9, 1000, 1001, 1002 or 1003.
        mouse_encoding: 0 default, else 1005, 1006, 1015 or 1016.
        keyboard_flags: kitty keyboard protocol flags in force, 0-31.
        modify_other_keys: xterm's modifyOtherKeys level, 0-2.
        alternate_scroll: what a program said of the wheel in the alternate screen (1007): 0 nothing, 1 on, 2 off.
    """

    alternate_screen: bool = False
    application_cursor: bool = False
    application_keypad: bool = False
    bracketed_paste: bool = False
    focus_events: bool = False
    reverse_screen: bool = False
    mouse: int = 0
    mouse_encoding: int = 0
    keyboard_flags: int = 0
    modify_other_keys: int = 0
    alternate_scroll: int = 0


@dataclass(frozen=True, slots=True)
class LineDiscipline:
    """What the PTY tells of a typed character: the termios flags that say what the kernel does, and who reads it.

    Attributes:
        reader: the process group in the foreground: 0 is the session's first program, the others are numbered by the
            order in which they first came there.
        switches: how often the foreground changed hands.
    """

    echo: bool = False
    canonical: bool = False
    reader: int = 0
    switches: int = 0


@dataclass(frozen=True, slots=True)
class Clipboard:
    """The last OSC 52 copy.

    Attributes:
        serial: how many copies there were; a new serial is a new copy even of the same text.
        selection: the OSC 52 selection letters, "" for the default.
        content: what was copied, decoded.
    """

    serial: int = 0
    selection: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Notification:
    """The last desktop notification (OSC 9, OSC 777).

    Attributes:
        serial: how many there were; a new serial is a new one even with the same words.
        title: "" where only a body was given.
    """

    serial: int = 0
    title: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Where the last shell prompt began (OSC 133 A).

    Attributes:
        serial: how many prompts there were.
        line: its line, counted from the first line of the session: a frame's `history` more than its row then.
    """

    serial: int = 0
    line: int = 0


class MarkKind(Enum):
    """What a shell or a program marked: the letters of OSC 133, and OSC 1337's SetMark."""

    PROMPT = "A"
    TYPED = "B"
    OUTPUT = "C"
    ENDED = "D"
    INTEREST = "M"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that was marked.

    Attributes:
        serial: how many marks of any kind there were.
        line: counted from the first line of the session, as a prompt's.
        status: what a command ended with, 0-255; None where that was not said.
    """

    kind: MarkKind
    serial: int
    line: int
    column: int
    status: int | None = None


class ProgressState(IntEnum):
    """How a task is getting on, numbered as OSC 9;4 numbers it."""

    NONE = 0
    NORMAL = 1
    ERROR = 2
    UNKNOWN = 3
    PAUSED = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """What a program tells of a task (OSC 9;4); `percent` is 0 to 100."""

    state: ProgressState = ProgressState.NONE
    percent: int = 0


@dataclass(frozen=True, slots=True)
class NotificationDetails:
    """What the last notification of OSC 99 said besides its words.

    Attributes:
        serial: of the `Notification` that it belongs to; 0 where there was none.
        identifier: one of the same identifier takes its place; "" where it has none.
        urgency: 0 low, 1 normal, 2 critical.
    """

    serial: int = 0
    identifier: str = ""
    urgency: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """All of one terminal's visible state at one moment: rows x columns, 0-based from the top left.

    Attributes:
        rows: len(rows) x columns cells.
        bells: how many bells rang since the session began.
        history: how many lines scrolled off above the first row since the session began.
        line_discipline: of the PTY, not of the screen: prediction needs it in step with the screen.
        is_titled: a program set a title or an icon name, be it an empty one.
        colours: those that programs set, and that are not the terminal's own therefore.
        pointer: name of the mouse pointer's shape; "" as the terminal likes it.
        marks: the newest of each kind, by serial.
    """

    rows: tuple[Row, ...]
    columns: int
    cursor: Cursor = field(default_factory=Cursor)
    modes: Modes = field(default_factory=Modes)
    title: str = ""
    icon_name: str = ""
    working_directory: str = ""
    bells: int = 0
    history: int = 0
    clipboard: Clipboard = field(default_factory=Clipboard)
    line_discipline: LineDiscipline = field(default_factory=LineDiscipline)
    notification: Notification = field(default_factory=Notification)
    prompt: Prompt = field(default_factory=Prompt)
    is_titled: bool = False
    colours: ColoursSet = ()
    pointer: str = ""
    progress: Progress = field(default_factory=Progress)
    marks: tuple[Mark, ...] = ()
    notification_details: NotificationDetails = field(default_factory=NotificationDetails)


def blank_frame(*, rows: int, columns: int) -> Frame:
    """Return an empty frame: frame number 0 of every session is this on both sides."""
    return Frame((blank_row(columns),) * rows, columns)
