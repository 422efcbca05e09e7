"""Colours that programs set (OSC 4, 10 to 19), set in the user's terminal as well and given back at the end.

A terminal gives its own back in one of three ways, so all three are gone: it is set to what it was before, as far as
the terminal told that; reset, which some do not know (urxvt 9.31); and at the end the colours kept at the start are
brought back (XTPOPCOLORS: xterm, kitty and foot know it), with which those of a theme that a local program set return.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from rmosh.terminal.cells import FIRST_DYNAMIC, ColoursSet
from rmosh.terminal.colours import BASIC, fixed_colour

#: Keep all colours, bring them back. Source: xterm's ctlseqs, XTPUSHCOLORS; nothing happens in VTE 0.84, alacritty
#: 0.17, konsole 26.08 and urxvt 9.31.
_KEEP: Final = b"\x1b[#P"
_BRING_BACK: Final = b"\x1b[#Q"

#: Most colours of the palette that one sequence sets. Reason: some terminals bound its length.
_AT_ONCE: Final = 16

#: OSC numbers: the palette's, the first of the others', and what makes a reset of each. Source: xterm's ctlseqs.
_PALETTE: Final = 4
_FOREGROUND: Final = 10
_RESET: Final = 100


class ColourSetter:
    """Remembers which colours are a program's and which were the terminal's own."""

    def __init__(self) -> None:
        self._set: ColoursSet = ()
        self._own: dict[int, int] = {}
        self._is_touched = False

    @property
    def places_told(self) -> frozenset[int]:
        """Which of the colours that the terminal tells are a program's, by places as it tells them."""
        return frozenset(_told_place(place) for place, _ in self._set)

    def own(self, told: Mapping[int, int]) -> None:
        """Take note of the terminal's own colours, 0xRRGGBB by places as it tells them."""
        self._own = {
            place if place < BASIC else place - BASIC + FIRST_DYNAMIC: colour for place, colour in told.items()
        }

    def change(self, colours: ColoursSet) -> bytes:
        """Return what sets these colours, and gives back those that are not among them any more."""
        if colours is self._set or colours == self._set:
            return b""
        kept = b"" if self._is_touched else _KEEP
        wanted, before = dict(colours), dict(self._set)
        self._set, self._is_touched = colours, True
        changed = {place: colour for place, colour in wanted.items() if before.get(place) != colour}
        return kept + self._given_back(before.keys() - wanted.keys()) + _setting(changed)

    def restore(self) -> bytes:
        """Return what gives all back; what is set next is set whole."""
        if not self._is_touched:
            return b""
        given_back = self._given_back(place for place, _ in self._set)
        self._set, self._is_touched = (), False
        return given_back + _BRING_BACK

    def _own_colour(self, place: int) -> int | None:
        """Return what a colour was before, as the terminal told, or as it is nearly everywhere; None for unknown."""
        return self._own.get(place, fixed_colour(place) if BASIC <= place < FIRST_DYNAMIC else None)

    def _given_back(self, places: Iterable[int]) -> bytes:
        given = sorted(places)
        own = {place: colour for place in given if (colour := self._own_colour(place)) is not None}
        indices = [b"%d" % place for place in given if place < FIRST_DYNAMIC]
        dynamic = [_RESET + _FOREGROUND + place - FIRST_DYNAMIC for place in given if place >= FIRST_DYNAMIC]
        resets = [b"\x1b]%d;%s\x1b\\" % (_RESET + _PALETTE, b";".join(indices))] if indices else []
        return _setting(own) + b"".join(resets) + b"".join([b"\x1b]%d\x1b\\" % number for number in dynamic])


def _setting(colours: Mapping[int, int]) -> bytes:
    """Return what sets colours; `#` is what all of nine terminals take, `rgb:` is not (konsole 26.08)."""
    palette = [b";%d;#%06x" % (place, colour) for place, colour in colours.items() if place < FIRST_DYNAMIC]
    dynamic = {place - FIRST_DYNAMIC + _FOREGROUND: colours[place] for place in colours if place >= FIRST_DYNAMIC}
    parts = [palette[start : start + _AT_ONCE] for start in range(0, len(palette), _AT_ONCE)]
    said = b"".join([b"\x1b]%d%s\x1b\\" % (_PALETTE, b"".join(part)) for part in parts])
    return said + b"".join([b"\x1b]%d;#%06x\x1b\\" % (number, colour) for number, colour in dynamic.items()])


def _told_place(place: int) -> int:
    return place if place < FIRST_DYNAMIC else place - FIRST_DYNAMIC + BASIC
