"""Of which clears of the whole main screen a terminal keeps rows.

Seen in VTE 0.84, alacritty 0.17 and tmux 3.3a, which keep them; in xterm 412, kitty 0.48, foot 1.28, konsole 26.08 and
urxvt 9.31, which do not. Windows Terminal keeps what ED 2 erases, as its users report; it was not driven.
"""

from collections.abc import Mapping
from typing import Final

from rmosh.terminal.clears import Clear
from rmosh_client.painting.families import Family, way_as_told, way_judged

_NONE: Final[frozenset[Clear]] = frozenset()
_ALL_AT_ONCE: Final = frozenset({Clear.ALL})

#: What each clear leaves, in those where it leaves anything.
_KEPT: Final = {
    Family.ALACRITTY: _ALL_AT_ONCE,
    Family.TMUX: frozenset({Clear.ALL, Clear.FROM_HOME}),
    Family.VTE: _ALL_AT_ONCE,
    Family.WINDOWS_TERMINAL: _ALL_AT_ONCE,
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
