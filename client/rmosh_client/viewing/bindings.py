"""Which key does what in the viewer: two tables, and the box that tells of them."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.viewing.keys import Typed, ViewerKey


class Stride(Enum):
    """How far a key moves."""

    ROW = auto()
    HALF_PAGE = auto()
    PAGE = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Motion:
    """A move through the transcript.

    Attributes:
        sign: 1 towards newer lines, -1 towards older ones.
    """

    stride: Stride
    sign: int


class Action(Enum):
    """What a key does besides moving."""

    SEARCH_NEWER = auto()
    SEARCH_OLDER = auto()
    SEARCH_AGAIN = auto()
    SEARCH_OTHER_WAY = auto()
    MARK = auto()
    TURN_MARKS = auto()
    COPY = auto()
    COPY_MARKED = auto()
    SAVE = auto()
    HELP = auto()
    STEP_BACK = auto()
    LEAVE = auto()


_UP: Final = Motion(Stride.ROW, -1)
_DOWN: Final = Motion(Stride.ROW, 1)
_PAGE_UP: Final = Motion(Stride.PAGE, -1)
_PAGE_DOWN: Final = Motion(Stride.PAGE, 1)
_HALF_UP: Final = Motion(Stride.HALF_PAGE, -1)
_HALF_DOWN: Final = Motion(Stride.HALF_PAGE, 1)
_OLDEST: Final = Motion(Stride.ALL, -1)
_NEWEST: Final = Motion(Stride.ALL, 1)

#: Source: what less and vi have in common. None of "[", "O", digits and "~" may be here: they would be left over
#: from an escape sequence that came in two pieces, the first one ESC alone.
MOTIONS: Final[Mapping[Typed, Motion]] = {
    ViewerKey.UP: _UP,
    "k": _UP,
    ViewerKey.DOWN: _DOWN,
    "j": _DOWN,
    ViewerKey.PAGE_UP: _PAGE_UP,
    "b": _PAGE_UP,
    "\x02": _PAGE_UP,
    ViewerKey.PAGE_DOWN: _PAGE_DOWN,
    " ": _PAGE_DOWN,
    "f": _PAGE_DOWN,
    "\x06": _PAGE_DOWN,
    "u": _HALF_UP,
    "\x15": _HALF_UP,
    "d": _HALF_DOWN,
    "\x04": _HALF_DOWN,
    ViewerKey.HOME: _OLDEST,
    "g": _OLDEST,
    "<": _OLDEST,
    ViewerKey.END: _NEWEST,
    "G": _NEWEST,
    ">": _NEWEST,
}

ACTIONS: Final[Mapping[Typed, Action]] = {
    "/": Action.SEARCH_NEWER,
    "?": Action.SEARCH_OLDER,
    "n": Action.SEARCH_AGAIN,
    "N": Action.SEARCH_OTHER_WAY,
    "v": Action.MARK,
    "o": Action.TURN_MARKS,
    "y": Action.COPY,
    ViewerKey.ENTER: Action.COPY_MARKED,
    "s": Action.SAVE,
    "h": Action.HELP,
    ViewerKey.ESCAPE: Action.STEP_BACK,
    "q": Action.LEAVE,
    "\x03": Action.LEAVE,
}

HELP_LINES: Final = (
    "",
    "rmosh: the session's history",
    "",
    "Up Down, k j          a row up or down",
    "PgUp PgDn, b f        a page; u d half a page",
    "Home End, g G         to the oldest, to the newest line",
    "/ and ?               search towards newer, older lines,",
    "                      then on from the other end; a capital",
    "                      letter makes case count",
    "n N                   next match, the other way",
    "v                     start marking lines, stop marking",
    "o                     move the other end of the marks",
    "y, Enter              copy the marked lines and leave;",
    "                      y without marks the page, and stay",
    "s                     save the marked lines, or all",
    "Esc                   drop what is open, then leave",
    "q                     leave",
    "",
)
