"""Pens: what text is written with. A pen is the packed number of its style, with a link that number and the link.

What an SGR sequence does to a pen is a mask and a value, whatever the pen was: `pen & mask | value`. Both are
remembered by the sequence, so a rendition met before costs one look-up, and none makes an object of its own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from rmosh.terminal.colours_alike import MANY, effects_alike
from rmosh.terminal.sgr import Effect, effect_of
from rmosh.terminal.style_table import (
    BACKGROUND,
    COLOUR_BITS,
    PROTECTED,
    LinkedStyle,
    PackedStyle,
    number_of,
    pack,
    unpack,
)
from rmosh.terminal.styles import Cell, Style, blank_cell
from rmosh.terminal.vocabulary import SGR

#: Most SGR sequences remembered before all are forgotten. Reason: programs may use any of 2^24 colours; two pages of
#: 960 have fewer, and one costs about 280 bytes. Source: our own choice.
MAX_EFFECTS: Final = 2048

_BACKGROUND_BITS: Final = COLOUR_BITS << BACKGROUND


Pen: TypeAlias = PackedStyle

#: The pen of the default style.
DEFAULT_PEN: Final = 0


class Effects(dict[str, Effect]):
    """What SGR sequences, whole with their `CSI` and `m`, do to any pen: the bits that they keep, those that they set.

    It holds those that are remembered.
    """

    __slots__ = ()

    def learn_alike(self, tokens: Sequence[str]) -> None:
        """Find out and remember together what those of some controls do that are written alike, if many are new."""
        new = [token for token in dict.fromkeys(tokens) if token[-1:] == SGR and token not in self]
        if len(new) >= MANY:
            if len(self) + len(new) > MAX_EFFECTS:
                self.clear()
            for found in effects_alike(new):
                self.update(found)

    def learn(self, token: str) -> Effect | None:
        """Find out and remember what a control does; None if it is no SGR."""
        effect = effect_of(token)
        if effect is not None:
            if len(self) >= MAX_EFFECTS:
                self.clear()
            self[token] = effect
        return effect


@lru_cache(maxsize=1024)
def style_of(pen: Pen) -> Style:
    """Return the style that a pen writes in."""
    return unpack(pen)


def blank_of(pen: Pen) -> Cell:
    """Return the shared blank cell of a pen's style."""
    return blank_cell(style_of(pen))


def eraser_of(pen: Pen) -> int:
    """Return the pen for what is erased with this one: it has its background only (background colour erase)."""
    return number_of(pen) & _BACKGROUND_BITS


def is_protected(pen: Pen) -> bool:
    """Tell whether what a pen writes withstands selective erase."""
    return number_of(pen) & PROTECTED != 0


def is_plain(pen: Pen) -> bool:
    """Tell whether a pen writes in the default style."""
    return not pen or pen == PROTECTED


def with_protection(pen: Pen, protected: bool) -> Pen:
    """Return the pen of the same style that protects or not."""
    return pen | PROTECTED if protected else pen & ~PROTECTED


def with_style(pen: Pen, style: Style) -> Pen:
    """Return the pen of another style, protecting as this one does."""
    return with_protection(pack(style), is_protected(pen))


def with_link(pen: Pen, link: str) -> Pen:
    """Return the pen that writes as part of a link, or of none if it is ""."""
    number = number_of(pen)
    return LinkedStyle(number, link) if link else number
