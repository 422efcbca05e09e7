"""How a cell is drawn, and a cell: immutable values. Knows nothing of rows, escape sequences or the network."""

from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Final, TypeAlias

from rmosh.lazy_dataclass import dataclass

#: A colour: None is the terminal's default, 0-255 a palette index, TRUECOLOR | 0xRRGGBB a direct colour.
Colour: TypeAlias = "int | None"

#: Bit that marks a direct (24-bit) colour; above every palette index. Unit: none. Source: our own encoding.
TRUECOLOR: Final = 1 << 24


class Attribute(IntFlag):
    """Renditions that are on or off (ECMA-48 SGR 1, 2, 3, 5, 7, 8, 9, 53).

    INDEXED is none of them: the foreground, one of the palette's first 8, was named by its index (38;5;n), and
    terminals that show bold text in brighter colours leave it as it is. Source: xterm 412, boldColors.
    """

    NONE = 0
    BOLD = 1
    DIM = 2
    ITALIC = 4
    BLINK = 8
    REVERSE = 16
    HIDDEN = 32
    STRIKE = 64
    OVERLINE = 128
    INDEXED = 256


#: `Attribute.INDEXED` as a plain int, as `Style.attributes` is one.
INDEXED: Final = int(Attribute.INDEXED)


class Underline(IntEnum):
    """Underline shapes, numbered as the sub-parameter of SGR 4 numbers them."""

    NONE = 0
    SINGLE = 1
    DOUBLE = 2
    CURLY = 3
    DOTTED = 4
    DASHED = 5


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell is drawn.

    Attributes:
        attributes: `Attribute` flags as a plain int (flag arithmetic on IntFlag is slow).
        underline: an `Underline` value as a plain int.
        link: "" or "params;uri" as OSC 8 carried it.
    """

    foreground: Colour = None
    background: Colour = None
    attributes: int = 0
    underline: int = 0
    underline_colour: Colour = None
    link: str = ""


DEFAULT_STYLE: Final = Style()


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one row.

    Attributes:
        text: one grapheme cluster; " " where blank; "" for the right half of the wide cell to its left.
    """

    text: str
    style: Style = DEFAULT_STYLE


def blank_cell(style: Style = DEFAULT_STYLE) -> Cell:
    """Return the shared blank cell of a style."""
    return _shared_blank(style)


@lru_cache(maxsize=256)
def _shared_blank(style: Style) -> Cell:
    # The default style's own object, whoever asked first: cells are compared by it.
    return Cell(" ", DEFAULT_STYLE if style == DEFAULT_STYLE else style)
