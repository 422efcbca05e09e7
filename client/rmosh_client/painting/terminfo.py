"""Read the few terminfo capabilities that are wanted; the one door to curses."""

from collections.abc import Iterable
from typing import Final

from rmosh_client.painting.abilities import Terminfo

#: Any open descriptor will do: setupterm asks it for its speed only. Source: curs_terminfo(3).
_ANY_DESCRIPTOR: Final = 2


def read_terminfo(term: str) -> Terminfo | None:
    """Return the system's entry for a terminal name, or None where it has none (or no curses at all)."""
    try:
        import curses
    except ImportError:
        return None
    try:
        curses.setupterm(term, _ANY_DESCRIPTOR)
    except (curses.error, UnicodeError):  # a name that is no text has no entry
        return None
    return Terminfo(
        colours=max(curses.tigetnum("colors"), 0),
        moves_cursor=bool(curses.tigetstr("cup")),
        erases_with_background=curses.tigetflag("bce") > 0,
        direct_colour=curses.tigetflag("RGB") > 0 or curses.tigetflag("Tc") > 0,
        underline_styles=bool(curses.tigetstr("Smulx")) or curses.tigetflag("Su") > 0,
        alternate_screen=bool(curses.tigetstr("smcup")),
    )


def read_keys(names: Iterable[str]) -> dict[str, bytes]:
    """Return what the entry that was read says of keys, by capability; those that it lacks are left out."""
    import curses

    keys = {}
    for name in names:
        try:
            keys[name] = curses.tigetstr(name) or b""
        except curses.error:  # no entry was found
            return {}
    return {name: sequence for name, sequence in keys.items() if sequence}
