"""Which terminal the user's own is, of those that were driven: by its names and by the variables it sets."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, TypeVar

#: What terminals of one family do in their own way.
_Way = TypeVar("_Way")


class TerminalFamily(Enum):
    """Terminals that are known to do some things in ways of their own."""

    ALACRITTY = auto()
    FOOT = auto()
    KITTY = auto()
    KONSOLE = auto()
    RXVT = auto()
    TMUX = auto()
    VTE = auto()
    WINDOWS_TERMINAL = auto()
    XTERM = auto()
    XTERM_JS = auto()


#: Names (TERM) that no more than one terminal goes by, by their beginning.
_BY_TERM: Final = {
    "alacritty": TerminalFamily.ALACRITTY,
    "foot": TerminalFamily.FOOT,
    "konsole": TerminalFamily.KONSOLE,
    "xterm-kitty": TerminalFamily.KITTY,
    "rxvt": TerminalFamily.RXVT,
    "tmux": TerminalFamily.TMUX,
}

#: Names that several go by.
_SHARED_NAMES: Final = re.compile(r"(xterm|vte|gnome)(-256color|-direct)?$")

#: Variables that a terminal sets.
_BY_VARIABLE: Final = {
    "ALACRITTY_WINDOW_ID": TerminalFamily.ALACRITTY,
    "KITTY_WINDOW_ID": TerminalFamily.KITTY,
    "KONSOLE_VERSION": TerminalFamily.KONSOLE,
    "VTE_VERSION": TerminalFamily.VTE,
    "WT_SESSION": TerminalFamily.WINDOWS_TERMINAL,
    "XTERM_VERSION": TerminalFamily.XTERM,
}

#: The same of TERM_PROGRAM.
_BY_PROGRAM: Final = {"vscode": TerminalFamily.XTERM_JS}

#: Beginnings of what terminals call themselves (XTVERSION).
_BY_OWN_NAME: Final = {
    "VTE(": TerminalFamily.VTE,
    "tmux ": TerminalFamily.TMUX,
    "Konsole ": TerminalFamily.KONSOLE,
    "xterm.js(": TerminalFamily.XTERM_JS,
    "XTerm(": TerminalFamily.XTERM,
    "kitty(": TerminalFamily.KITTY,
    "foot(": TerminalFamily.FOOT,
}


def judge_families(environment: Mapping[str, str]) -> frozenset[TerminalFamily]:
    """Return which the terminal may be; several where one was started from another and has the variables of both."""
    term = environment.get("TERM", "")
    if "TMUX" in environment:
        return frozenset({TerminalFamily.TMUX})
    named = {family for start, family in _BY_TERM.items() if term.startswith(start)}
    if named or not _SHARED_NAMES.match(term):
        return frozenset(named)
    told = {family for variable, family in _BY_VARIABLE.items() if variable in environment}
    program = _BY_PROGRAM.get(environment.get("TERM_PROGRAM", ""))
    return frozenset(told if program is None else told | {program})


def family_as_told(name: str) -> TerminalFamily | None:
    """Return which a terminal is that said its name; None where it is none of these."""
    return next((family for start, family in _BY_OWN_NAME.items() if name.startswith(start)), None)


def way_judged(ways: Mapping[TerminalFamily, _Way], environment: Mapping[str, str], *, unknown: _Way) -> _Way:
    """Return the way of the terminal that TERM and other variables name.

    Args:
        unknown: of a family that is not among `ways`, and where the terminal may be several with different ones.
    """
    judged = {ways.get(family, unknown) for family in judge_families(environment)}
    return judged.pop() if len(judged) == 1 else unknown


def way_as_told(ways: Mapping[TerminalFamily, _Way], name: str, *, otherwise: _Way, unknown: _Way) -> _Way:
    """Return the same for a terminal that said its name (XTVERSION), which no variable outdoes.

    Args:
        otherwise: for one that said none.
    """
    if not name:
        return otherwise
    family = family_as_told(name)
    return unknown if family is None else ways.get(family, unknown)
