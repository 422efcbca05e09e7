"""What the user's own terminal can do, judged from its name and its terminfo entry.

Values in, value out: reading the environment is the caller's job and reading terminfo is `terminfo.py`'s.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.clears import Clear
from rmosh.traits import Traits
from rmosh_client.painting.families import TerminalFamily, family_as_told, judge_families
from rmosh_client.painting.habits import (
    ResizeHabits,
    judge_kept_clears,
    judge_resize_habits,
    kept_clears_as_told,
    resize_habits_as_told,
)


class ColourDepth(IntEnum):
    """How many colours a terminal shows; ordered, so that `depth < PALETTE` reads as it sounds."""

    MONO = 0
    EIGHT = 8
    SIXTEEN = 16
    PALETTE = 256
    DIRECT = 1 << 24


@dataclass(frozen=True, slots=True)
class Terminfo:
    """The few terminfo capabilities that are asked for.

    Attributes:
        colours: the `colors` number; 0 where the entry has none.
        moves_cursor: whether the entry has `cup`.
        erases_with_background: the `bce` flag.
        direct_colour: the `RGB` or `Tc` extension.
        underline_styles: the `Smulx` or `Su` extension.
        alternate_screen: whether the entry has `smcup`.
    """

    colours: int
    moves_cursor: bool
    erases_with_background: bool
    direct_colour: bool
    underline_styles: bool
    alternate_screen: bool


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the painter may ask of the terminal.

    Attributes:
        back_colour_erase: erasing fills with the current background colour.
        underline_styles: `CSI 4:n m` and `CSI 58:... m` are understood or skipped whole.
        strings: OSC strings (title, links, clipboard, directory) are understood or skipped whole.
        extended_keys: key protocols (kitty's, modifyOtherKeys) are understood or skipped whole.
        synchronized_output: `CSI ? 2026 h` is understood or skipped.
        title, clipboard, notifications: the user lets these be set and written, and wants to be notified.
        promises_direct_colour: 24-bit colours are shown for certain.
        device_strings: device control strings (DCS) are understood or skipped whole, by this terminal itself.
        alternate_screen: there is a second screen, without a scrollback.
        scrolls_apart: rows deleted and inserted below the first row of the screen do nothing to the scrollback.
        alternate_apart: rows that scroll off the alternate screen are gone; elsewhere they go into the scrollback.
        resizing: what the terminal does with its rows when its window gets another size.
        keeps_clears: how a program may clear the main screen for its rows to go into the scrollback.
    """

    colours: ColourDepth = ColourDepth.DIRECT
    back_colour_erase: bool = True
    underline_styles: bool = True
    strings: bool = True
    extended_keys: bool = True
    synchronized_output: bool = True
    title: bool = True
    clipboard: bool = True
    notifications: bool = True
    promises_direct_colour: bool = True
    device_strings: bool = True
    alternate_screen: bool = True
    scrolls_apart: bool = True
    alternate_apart: bool = True
    resizing: ResizeHabits = ResizeHabits()
    keeps_clears: frozenset[Clear] = frozenset()


#: Terminal names that mean "no cursor movement at all". Source: ncurses' terminfo.src, section "special".
_INCAPABLE: Final = frozenset({"", "dumb", "unknown", "network", "cons25-debug", "emacs"})

#: Families whose parsers print or misread newer sequences, so that they get the plain ones only.
#: Source: console_codes(4), the VT100-VT220 manuals, tried on the Linux console.
_PLAIN_FAMILIES: Final = re.compile(r"(linux|vt\d|ansi|cygwin|sun|wsvt|cons25|at386|hurd)")

#: Names that say how many colours there are, fewer than are passed on. Source: ncurses' terminfo.src.
_FEWER_COLOURS: Final = re.compile(r"-(8|16|88)color|-mono\b|-m\b")

#: What Apple's Terminal sets, and from which version on it shows 24-bit colours; before, it misreads them, whatever
#: COLORTERM says, and it answers no question about them. Source: users' reports of 455.1 (macOS 15) and 466 (macOS 26).
_APPLE: Final = "Apple_Terminal"
_APPLE_WITH_DIRECT_COLOUR: Final = 464

#: Families that take `CSI 4:3 m` as two parameters, or print its end. Source: GNU screen and rxvt manuals.
_NO_UNDERLINE_STYLES: Final = re.compile(r"(screen|rxvt|eterm|aterm|st-16color)", re.IGNORECASE)

#: How the secondary device attributes of tmux begin. Source: tmux 3.8.
_TMUX: Final = "84;"

#: Families without back-colour erase whatever they run in. Source: screen(1) "defbce off".
_NO_BACK_COLOUR_ERASE: Final = re.compile(r"(screen|vt\d)")

#: Terminals that erase with the background though their entry does not say so. Source: kitty 0.48.
_ERASES_WITH_BACKGROUND: Final = re.compile(r"xterm-kitty")

#: Names that promise direct colour without COLORTERM. Source: the terminals' own manuals.
_DIRECT_NAMES: Final = re.compile(r"(-direct|alacritty|kitty|wezterm|foot|ghostty|contour|iterm2)")


def judge_abilities(environment: Mapping[str, str], terminfo: Terminfo | None) -> Abilities:
    """Return what the terminal can do.

    Args:
        environment: of the client's process; TERM, COLORTERM, TERM_PROGRAM, TMUX and terminals' versions are looked at.
        terminfo: the entry of TERM, None where the system has none.

    Raises:
        BootstrapError: it cannot move its cursor, so nothing can be shown on it.
    """
    term = environment.get("TERM", "")
    if term in _INCAPABLE or (terminfo is not None and not terminfo.moves_cursor):
        raise BootstrapError(
            Stage.TERMINAL,
            f"TERM is '{term}', a terminal that cannot move its cursor, so it can show no remote screen",
            hint="set TERM to what your terminal really is (xterm-256color for most) and try again",
        )
    plain = _PLAIN_FAMILIES.match(term) is not None
    families = judge_families(environment)
    promised = _promises_direct_colour(term, environment, terminfo)
    lacking = plain or _lacks_direct_colour(term, environment)
    return Abilities(
        colours=_named_depth(term, terminfo) if lacking and not promised else ColourDepth.DIRECT,
        promises_direct_colour=promised,
        device_strings=not (plain or _is_screen(term, environment) or environment.get("TERM_PROGRAM") == _APPLE),
        back_colour_erase=_erases_with_background(term, terminfo),
        underline_styles=not plain and _draws_underline_styles(term, environment, terminfo),
        strings=not plain,
        extended_keys=not plain,
        synchronized_output=not plain,
        alternate_screen=not plain and (terminfo is None or terminfo.alternate_screen),
        scrolls_apart=TerminalFamily.FOOT not in families,  # it puts what is deleted anywhere into the scrollback
        alternate_apart=TerminalFamily.RXVT not in families,  # urxvt(1), secondaryScroll, which is on
        resizing=judge_resize_habits(environment),
        keeps_clears=judge_kept_clears(environment),
    )


def as_told(abilities: Abilities, traits: Traits) -> Abilities:
    """Return what the terminal can do now that it has said what it is: tmux often goes by the name of GNU screen."""
    family = family_as_told(traits.name)
    is_direct = traits.direct_colour or family is TerminalFamily.TMUX or traits.attributes.startswith(_TMUX)
    return replace(
        abilities,
        colours=ColourDepth.DIRECT if is_direct else abilities.colours,
        keeps_clears=kept_clears_as_told(traits.name, otherwise=abilities.keeps_clears),
        resizing=resize_habits_as_told(traits.name, otherwise=abilities.resizing),
        scrolls_apart=abilities.scrolls_apart and family is not TerminalFamily.FOOT,
    )


def _is_screen(term: str, environment: Mapping[str, str]) -> bool:
    """Tell whether it is GNU screen, which misreads direct colour and has device control strings pass through it."""
    return term.startswith("screen") and "TMUX" not in environment


def _promises_direct_colour(term: str, environment: Mapping[str, str], terminfo: Terminfo | None) -> bool:
    """Tell whether name, entry or COLORTERM say so; inside GNU screen that is the outer terminal's."""
    said = environment.get("COLORTERM") in ("truecolor", "24bit")
    if environment.get("TERM_PROGRAM") == _APPLE:
        said = _is_apple_with_direct_colour(environment)
    said = said and not _is_screen(term, environment)
    return said or _DIRECT_NAMES.search(term) is not None or (terminfo is not None and terminfo.direct_colour)


def _lacks_direct_colour(term: str, environment: Mapping[str, str]) -> bool:
    """Tell whether it is known to; most of those that say nothing show them, or the nearest that they have."""
    is_old_apple = environment.get("TERM_PROGRAM") == _APPLE and not _is_apple_with_direct_colour(environment)
    return is_old_apple or _is_screen(term, environment) or _FEWER_COLOURS.search(term) is not None


def _is_apple_with_direct_colour(environment: Mapping[str, str]) -> bool:
    version = re.match(r"[0-9]{1,9}", environment.get("TERM_PROGRAM_VERSION", ""))
    return version is not None and int(version[0]) >= _APPLE_WITH_DIRECT_COLOUR


def _named_depth(term: str, terminfo: Terminfo | None) -> ColourDepth:
    """Return how many colours its name or its entry tells of."""
    if "256color" in term:
        return ColourDepth.PALETTE
    if terminfo is None:
        return ColourDepth.MONO if term.startswith("vt") else ColourDepth.SIXTEEN
    for depth in (ColourDepth.DIRECT, ColourDepth.PALETTE, ColourDepth.SIXTEEN, ColourDepth.EIGHT):
        if terminfo.colours >= depth:
            return depth
    return ColourDepth.MONO


def _erases_with_background(term: str, terminfo: Terminfo | None) -> bool:
    if _NO_BACK_COLOUR_ERASE.match(term):
        return False
    return _ERASES_WITH_BACKGROUND.match(term) is not None or (terminfo is not None and terminfo.erases_with_background)


def _draws_underline_styles(term: str, environment: Mapping[str, str], terminfo: Terminfo | None) -> bool:
    if terminfo is not None and terminfo.underline_styles:
        return True
    return not (_NO_UNDERLINE_STYLES.match(term) or environment.get("TERM_PROGRAM") == _APPLE)
