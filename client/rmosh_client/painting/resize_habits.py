"""What a terminal does with its rows when its window gets another size, judged from its name and what it sets.

Seen in xterm 412, VTE 0.84, kitty 0.48, alacritty 0.17, foot 1.28, konsole 26.08, urxvt 9.31 and tmux 3.3a: see
`tests/terminals/`. Of xterm.js its source says it (Buffer.resize).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Lowered(Enum):
    """Which rows at the bottom a lower window cuts off before it takes others at the top into the scrollback."""

    BELOW_CURSOR = "all below the cursor"
    UNUSED = "those that nothing was written to"
    NONE = "none"


class Hidden(Enum):
    """What becomes of the main screen's rows while the alternate screen is shown."""

    AS_SHOWN = "the same as if it were shown"
    IN_PLACE = (
        "they stay, some cut off or added at the bottom; a higher window takes from the scrollback, and loses that"
    )
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ResizeHabits:
    """What is known of a terminal.

    Attributes:
        says_last_row: of a cursor whose row went into the scrollback, that it is in the last row.
        brings_back: a higher window shows rows from the scrollback again.
        wraps_again: soft-wrapped lines are wrapped for a new width; None where that is not known.
    """

    lowered: Lowered = Lowered.BELOW_CURSOR
    hidden: Hidden = Hidden.UNKNOWN
    says_last_row: bool = False
    brings_back: bool = True
    wraps_again: bool | None = None


_LIKE_MOST: Final = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.AS_SHOWN, wraps_again=True)
_FOOT: Final = ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, says_last_row=True, wraps_again=True)
_KITTY: Final = ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, brings_back=False, wraps_again=True)
_XTERM: Final = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.IN_PLACE, wraps_again=False)


#: Habits by the beginning of a terminal's name (TERM).
_BY_NAME: Final = (
    (re.compile(r"alacritty|tmux"), _LIKE_MOST),
    (re.compile(r"foot"), _FOOT),
    (re.compile(r"xterm-kitty"), _KITTY),
    (re.compile(r"rxvt"), ResizeHabits(Lowered.NONE, Hidden.IN_PLACE, wraps_again=True)),
)

#: Habits by a variable that a terminal sets. One that was started from another has both: then neither is believed.
_BY_VARIABLE: Final = {
    "XTERM_VERSION": _XTERM,
    "VTE_VERSION": _LIKE_MOST,
    "KONSOLE_VERSION": _LIKE_MOST,
}

#: Habits by TERM_PROGRAM, likewise.
_BY_PROGRAM: Final = {"vscode": _LIKE_MOST}

#: Habits by the beginning of what a terminal calls itself (XTVERSION).
_BY_OWN_NAME: Final = {
    "VTE(": _LIKE_MOST,
    "tmux ": _LIKE_MOST,
    "Konsole ": _LIKE_MOST,
    "xterm.js(": _LIKE_MOST,
    "XTerm(": _XTERM,
    "kitty(": _KITTY,
    "foot(": _FOOT,
}


def judge_resize_habits(environment: Mapping[str, str]) -> ResizeHabits:
    """Return what is known of the terminal that TERM and other variables name."""
    if "TMUX" in environment:
        return _LIKE_MOST
    for name, habits in _BY_NAME:
        if name.match(environment.get("TERM", "")):
            return habits
    told = {habits for variable, habits in _BY_VARIABLE.items() if variable in environment}
    told |= {habits for program, habits in _BY_PROGRAM.items() if environment.get("TERM_PROGRAM") == program}
    return told.pop() if len(told) == 1 else ResizeHabits()


def resize_habits_as_told(name: str, *, otherwise: ResizeHabits) -> ResizeHabits:
    """Return the same for a terminal that said its name, which no variable outdoes.

    Args:
        otherwise: for one that said none.
    """
    if not name:
        return otherwise
    return next((habits for start, habits in _BY_OWN_NAME.items() if name.startswith(start)), ResizeHabits())
