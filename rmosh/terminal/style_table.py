"""Styles as numbers and as characters, so that how a row is drawn is a string.

A style packed is one number, which SGR changes by a mask and a value; with a link it is that number and the link. A
table gives every style that rows have one character of its own. A table only grows; when the current one is full a new
one takes its place, and the old one goes with the last row that was made with it. None of this leaves the process.
"""

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from rmosh.terminal.styles import DEFAULT_STYLE, INDEXED, Cell, Colour, Style, blank_cell

#: Where a packed style has its fields. A colour is 0 for the default, else one more than it is as a `Colour`; nothing
#: bounds the attributes above. Unit: bits. Source: our own encoding.
FOREGROUND: Final = 0
BACKGROUND: Final = 26
UNDERLINE_COLOUR: Final = 52
UNDERLINE: Final = 78
ATTRIBUTES: Final = 82

#: A bit that no style has. The emulator sets it in what it writes cells with that selective erase passes over.
PROTECTED: Final = 1 << 81

#: `Attribute.INDEXED` in a packed style.
INDEXED_BIT: Final = INDEXED << ATTRIBUTES

#: The bits of one field, lowest first.
COLOUR_BITS: Final = (1 << 26) - 1
UNDERLINE_BITS: Final = 0b111

#: The character of the default style in every table.
DEFAULT: Final = "\0"

#: Styles that a table holds before the next screen begins a new one; as many as that has cells, if that is more.
#: Reason: one costs about 250 bytes, and 8 pages of 960 styles that never come again have as many. Were a table full in
#: the middle of a picture, all rows would move once for every part of it that is shown. Source: our own choice.
MAX_STYLES_KEPT: Final = 1 << 13

#: Styles that a table holds before a new one takes its place within a screen, whose rows must be brought together again
#: to be sent. Reason: a picture of 400x100 cells has 40,000 more. Source: our own choice.
MAX_STYLES_ADDED: Final = 1 << 16

#: How many tables were current since then when a row is moved to the current one. Reason: a table stays as long as any
#: row refers to it, were it one row of a thousand; a row's move costs about what making it did. Source: our own choice.
MOST_TABLES_BEHIND: Final = 4

#: Most different cells of a table that are kept to be shared. Reason: a page has some hundreds. Source: our own choice.
MAX_CELLS_SHARED: Final = 1 << 12


class LinkedStyle(NamedTuple):
    """A packed style with a link; a mask or a value changes its number as that of any style."""

    number: int
    link: str

    def __and__(self, mask: int) -> "LinkedStyle":
        return LinkedStyle(self.number & mask, self.link)

    def __or__(self, value: int) -> "LinkedStyle":
        return LinkedStyle(self.number | value, self.link)


#: How one cell is drawn, as a number; with a link, that number and the link.
PackedStyle: TypeAlias = "int | LinkedStyle"


def number_of(packed: PackedStyle) -> int:
    """Return a packed style's number, whether it has a link or not."""
    return packed if isinstance(packed, int) else packed.number


def pack(style: Style) -> PackedStyle:
    """Return a style as a number, or as a number and its link."""
    if style is DEFAULT_STYLE:
        return 0
    number = (
        _packed_colour(style.foreground)
        | _packed_colour(style.background) << BACKGROUND
        | _packed_colour(style.underline_colour) << UNDERLINE_COLOUR
        | style.underline << UNDERLINE
        | style.attributes << ATTRIBUTES
    )
    return LinkedStyle(number, style.link) if style.link else number


def unpack(packed: PackedStyle) -> Style:
    """Return the style that was packed."""
    number, link = packed if isinstance(packed, tuple) else (packed, "")
    if not number and not link:
        return DEFAULT_STYLE
    return Style(
        colour_at(number, FOREGROUND),
        colour_at(number, BACKGROUND),
        number >> ATTRIBUTES,
        number >> UNDERLINE & UNDERLINE_BITS,
        colour_at(number, UNDERLINE_COLOUR),
        link,
    )


def _packed_colour(colour: Colour) -> int:
    return 0 if colour is None else colour + 1


def colour_at(number: int, field: int) -> Colour:
    """Return one of the colours of a packed style, by the place of its field."""
    colour = number >> field & COLOUR_BITS
    return colour - 1 if colour else None


class _Characters(dict[PackedStyle, str]):
    """The characters of packed styles, given when first asked for; `packed` has the styles by code point."""

    __slots__ = ("packed",)

    def __init__(self) -> None:
        super().__init__({0: DEFAULT})
        self.packed: list[PackedStyle] = [0]

    def __missing__(self, packed: PackedStyle) -> str:
        character = self[packed] = chr(len(self.packed))
        self.packed.append(packed)
        return character


class _Styles(dict[str, Style]):
    """The styles of characters, made when first asked for."""

    __slots__ = ("_packed",)

    def __init__(self, packed: list[PackedStyle]) -> None:
        super().__init__({DEFAULT: DEFAULT_STYLE})
        self._packed = packed

    def __missing__(self, character: str) -> Style:
        style = self[character] = unpack(self._packed[ord(character)])
        return style


class _Cells(dict[str, Cell]):
    """Cells by the character of their style and their text, made when first asked for, so that equal ones are one."""

    __slots__ = ("_styles",)

    def __init__(self, styles: _Styles) -> None:
        super().__init__()
        self._styles = styles

    def __missing__(self, key: str) -> Cell:
        if len(self) >= MAX_CELLS_SHARED:
            self.clear()
        style, text = self._styles[key[0]], key[1:]
        cell = self[key] = blank_cell(style) if text == " " else Cell(text, style)
        return cell


class StyleTable:
    """Gives styles characters: equal styles the same, other ones others, the default one `DEFAULT`.

    Attributes:
        generation: how many tables were current before this one.
        characters: packed styles to their characters; asking for one makes it.
        packed: the packed styles by the code point of their character.
        styles: characters to their styles.
        cells: the character of a style and the text of a cell, joined, to the shared cell.
    """

    __slots__ = ("__weakref__", "cells", "characters", "generation", "packed", "styles")

    def __init__(self, generation: int = 0) -> None:
        self.generation = generation
        self.characters = _Characters()
        self.packed = self.characters.packed
        self.styles = _Styles(self.packed)
        self.cells = _Cells(self.styles)

    def __len__(self) -> int:
        return len(self.packed)

    def character(self, style: Style) -> str:
        """Return the character of a style."""
        return self.characters[pack(style)]

    def characters_of(self, styles: Sequence[PackedStyle]) -> list[str]:
        """Return the characters of packed styles, of many new ones at once."""
        new = [style for style in dict.fromkeys(styles) if style not in self.characters]
        self.characters.update(zip(new, map(chr, count(len(self.packed))), strict=False))
        self.packed += new
        return list(map(self.characters.__getitem__, styles))

    def style(self, character: str) -> Style:
        """Return the style that a character stands for."""
        return self.styles[character]

    def translate(self, styles: str, other: "StyleTable") -> str:
        """Return a row's styles, which have another table's characters, in this one's."""
        places = list(map(ord, set(styles)))
        characters = self.characters_of([other.packed[place] for place in places])
        return styles.translate(dict(zip(places, characters, strict=True)))


_current = StyleTable()


def current_table() -> StyleTable:
    """Return the table that rows are made with now; a new one where the last is full."""
    return _current if len(_current.packed) < MAX_STYLES_ADDED else _new_table()


def table_for_screen(*, cells: int) -> StyleTable:
    """Return the table for the rows of a screen of so many cells, so that mostly all of them have the same."""
    bound = min(max(MAX_STYLES_KEPT, cells), MAX_STYLES_ADDED)
    return _current if len(_current.packed) < bound else _new_table()


def _new_table() -> StyleTable:
    global _current
    _current = StyleTable(_current.generation + 1)
    return _current
