"""Cells and styles as pyte's characters, and back."""

from functools import lru_cache
from typing import Final

from pyte import graphics
from pyte.screens import Char

from rmosh.errors import UsageError
from rmosh.terminal.cells import INDEXED, TRUECOLOR, Attribute, Cell, Style, Underline
from rmosh.terminal.styles import Colour

#: Names of the palette's first 16 colours. Source: pyte's graphics.
_NAMES: Final = tuple(
    [graphics.FG_ANSI[30 + colour] for colour in range(8)] + [graphics.FG_AIXTERM[90 + colour] for colour in range(8)]
)
_INDICES: Final = {name: colour for colour, name in enumerate(_NAMES)}

_FLAGS: Final = {
    "bold": Attribute.BOLD,
    "italics": Attribute.ITALIC,
    "strikethrough": Attribute.STRIKE,
    "reverse": Attribute.REVERSE,
    "blink": Attribute.BLINK,
}


def character_of(cell: Cell, *, swapped: bool) -> Char:
    """Return a cell as a character; `swapped` where the whole screen's colours are (DECSCNM)."""
    return _attributes(cell.style, swapped)._replace(data=cell.text)


def blank_of(style: Style, *, swapped: bool) -> Char:
    """Return a blank in a style."""
    return _attributes(style, swapped)


@lru_cache(maxsize=1024)
def _attributes(style: Style, swapped: bool) -> Char:
    flags = {name: bool(style.attributes & flag) for name, flag in _FLAGS.items()}
    flags["reverse"] ^= swapped
    return Char(
        " ",
        _name_of(style.foreground, by_index=bool(style.attributes & INDEXED)),
        _name_of(style.background),
        underscore=bool(style.underline),
        **flags,
    )


def _name_of(colour: Colour, *, by_index: bool = False) -> str:
    if colour is None:
        return "default"
    if colour & TRUECOLOR:
        return f"{colour & 0xFFFFFF:06x}"
    return graphics.FG_BG_256[colour] if by_index or colour >= len(_NAMES) else _NAMES[colour]


def cell_of(character: Char, *, swapped: bool) -> Cell:
    """Return a character as a cell.

    Raises:
        UsageError: there is no colour of a name that it has.
    """
    return Cell(character.data, style_of(character, swapped=swapped))


def style_of(character: Char, *, swapped: bool) -> Style:
    """Return a character's style.

    Raises:
        UsageError: there is no colour of a name that it has.
    """
    attributes = sum([flag.value for name, flag in _FLAGS.items() if getattr(character, name)])
    if swapped:
        attributes ^= Attribute.REVERSE.value
    underline = Underline.SINGLE if character.underscore else Underline.NONE
    return Style(_colour_of(character.fg), _colour_of(character.bg), attributes, underline.value)


def _colour_of(name: str) -> Colour:
    if name == "default":
        return None
    if name in _INDICES:
        return _INDICES[name]
    try:
        return TRUECOLOR | int(name, 16) & 0xFFFFFF
    except ValueError:
        raise UsageError(
            f"there is no colour {name!r}; a character has one of {', '.join(_NAMES)}, 'default' or six hex digits"
        ) from None
