"""What a terminal does in its own way with its rows: when its window is resized, and when a program clears the screen.

Seen in xterm 412, VTE 0.84, kitty 0.48, alacritty 0.17, foot 1.28, konsole 26.08, urxvt 9.31 and tmux 3.3a: see
`tests/terminals/`. Of xterm.js its source says it (Buffer.resize). Windows Terminal keeps what ED 2
erases, as its users report; it was not driven.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.clears import Clear
from rmosh_client.painting.families import TerminalFamily, way_as_told, way_judged


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
        told_within: seconds in which it may have got another size after it told one, and not have told that yet.
    """

    lowered: Lowered = Lowered.BELOW_CURSOR
    hidden: Hidden = Hidden.UNKNOWN
    says_last_row: bool = False
    brings_back: bool = True
    wraps_again: bool | None = None
    told_within: float = 0.0


#: Seconds in which tmux may not have told a size yet. Reason: 0.25 s between one and the next (seen in 3.3a), and some
#: for a busy machine.
TMUX_TELLS_WITHIN: Final = 0.27

_UNKNOWN: Final = ResizeHabits()
_LIKE_MOST: Final = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.AS_SHOWN, wraps_again=True)

_HABITS: Final = {
    TerminalFamily.ALACRITTY: _LIKE_MOST,
    TerminalFamily.FOOT: ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, says_last_row=True, wraps_again=True),
    TerminalFamily.KITTY: ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, brings_back=False, wraps_again=True),
    TerminalFamily.KONSOLE: _LIKE_MOST,
    TerminalFamily.RXVT: ResizeHabits(Lowered.NONE, Hidden.IN_PLACE, wraps_again=True),
    TerminalFamily.TMUX: replace(_LIKE_MOST, told_within=TMUX_TELLS_WITHIN),
    TerminalFamily.VTE: _LIKE_MOST,
    TerminalFamily.XTERM: ResizeHabits(Lowered.BELOW_CURSOR, Hidden.IN_PLACE, wraps_again=False),
    TerminalFamily.XTERM_JS: _LIKE_MOST,
}


def judge_resize_habits(environment: Mapping[str, str]) -> ResizeHabits:
    """Return what is known of the terminal that TERM and other variables name."""
    return way_judged(_HABITS, environment, unknown=_UNKNOWN)


def resize_habits_as_told(name: str, *, otherwise: ResizeHabits) -> ResizeHabits:
    """Return the same for a terminal that said its name.

    Args:
        otherwise: for one that said none.
    """
    return way_as_told(_HABITS, name, otherwise=otherwise, unknown=_UNKNOWN)


_NONE: Final[frozenset[Clear]] = frozenset()
_ALL_AT_ONCE: Final = frozenset({Clear.ALL})

#: What each clear leaves, in those where it leaves anything.
_KEPT: Final = {
    TerminalFamily.ALACRITTY: _ALL_AT_ONCE,
    TerminalFamily.TMUX: frozenset({Clear.ALL, Clear.FROM_HOME}),
    TerminalFamily.VTE: _ALL_AT_ONCE,
    TerminalFamily.WINDOWS_TERMINAL: _ALL_AT_ONCE,
}


def judge_kept_clears(environment: Mapping[str, str]) -> frozenset[Clear]:
    """Return how a program may clear the screen for the terminal to keep its rows; none where that is not known."""
    return way_judged(_KEPT, environment, unknown=_NONE)


def kept_clears_as_told(name: str, *, otherwise: frozenset[Clear]) -> frozenset[Clear]:
    """Return the same for a terminal that said its name.

    Args:
        otherwise: for one that said none.
    """
    return way_as_told(_KEPT, name, otherwise=otherwise, unknown=_NONE)
