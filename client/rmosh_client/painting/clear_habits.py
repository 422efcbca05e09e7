"""Of which clears of the whole main screen a terminal keeps rows, judged from its name and what it sets.

Seen in VTE 0.84, alacritty 0.17 and tmux 3.3a, which keep them; in xterm 412, kitty 0.48, foot 1.28, konsole 26.08 and
urxvt 9.31, which do not. Windows Terminal keeps what ED 2 erases, as its users report; it was not driven.
"""

import re
from collections.abc import Mapping
from typing import Final

from rmosh.terminal.clears import Clear

_LIKE_TMUX: Final = frozenset({Clear.ALL, Clear.FROM_HOME})
_ALL_AT_ONCE: Final = frozenset({Clear.ALL})
_NONE: Final[frozenset[Clear]] = frozenset()

#: A name (TERM) that no more than one terminal goes by says enough; of these only alacritty keeps anything.
_KEEPING_NAMES: Final = re.compile(r"alacritty")
_SHARED_NAMES: Final = re.compile(r"(xterm|vte|gnome)(-256color|-direct)?$")

#: What each clear leaves by a variable that a terminal sets. One that was started from another has both: then it is not
#: believed that it keeps anything.
_BY_VARIABLE: Final = {
    "ALACRITTY_WINDOW_ID": _ALL_AT_ONCE,
    "KITTY_WINDOW_ID": _NONE,
    "KONSOLE_VERSION": _NONE,
    "VTE_VERSION": _ALL_AT_ONCE,
    "WT_SESSION": _ALL_AT_ONCE,
    "XTERM_VERSION": _NONE,
}


def judge_kept_clears(environment: Mapping[str, str]) -> frozenset[Clear]:
    """Return how a program may clear the screen for the terminal to keep its rows."""
    term = environment.get("TERM", "")
    if term.startswith("tmux") or "TMUX" in environment:
        return _LIKE_TMUX
    if _KEEPING_NAMES.match(term):
        return _ALL_AT_ONCE
    if not _SHARED_NAMES.match(term):
        return _NONE
    told = {kept for variable, kept in _BY_VARIABLE.items() if variable in environment}
    return told.pop() if len(told) == 1 else _NONE


def kept_clears_as_told(name: str, *, otherwise: frozenset[Clear]) -> frozenset[Clear]:
    """Return the same for a terminal that said its name (XTVERSION), which no variable outdoes.

    Args:
        otherwise: for one that said none.
    """
    if not name:
        return otherwise
    return _LIKE_TMUX if name.startswith("tmux ") else _ALL_AT_ONCE if name.startswith("VTE(") else _NONE
