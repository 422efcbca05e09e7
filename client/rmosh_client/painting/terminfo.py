"""Read the few terminfo capabilities the painter wants; the one door to curses."""

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
    except curses.error:
        return None
    return Terminfo(
        colours=max(curses.tigetnum("colors"), 0),
        moves_cursor=bool(curses.tigetstr("cup")),
        erases_with_background=curses.tigetflag("bce") > 0,
        direct_colour=curses.tigetflag("RGB") > 0 or curses.tigetflag("Tc") > 0,
        underline_styles=bool(curses.tigetstr("Smulx")) or curses.tigetflag("Su") > 0,
        alternate_screen=bool(curses.tigetstr("smcup")),
    )
