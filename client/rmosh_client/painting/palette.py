"""Colours brought down to what a terminal can show, and the SGR parameters that ask for them."""

from functools import lru_cache
from typing import Final

from rmosh.terminal.cells import TRUECOLOR, Colour
from rmosh_client.painting.abilities import ColourDepth

#: Levels of the 6x6x6 cube at palette indices 16-231. Unit: 0-255. Source: xterm's 256colres.pl.
_CUBE_LEVELS: Final = (0, 95, 135, 175, 215, 255)

#: xterm's default 16 colours; the user's theme may differ, nothing better is known. Source: XTerm-col.ad.
_BASIC: Final = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0),
    (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
    (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
)  # fmt: skip

#: First index of the cube, of the grey ramp, and the ramp's first level and step. Source: 256colres.pl.
_CUBE: Final = 16
_GREYS: Final = 232
_GREY_START: Final = 8
_GREY_STEP: Final = 10


def colour_parameters(colour: Colour, depth: ColourDepth, *, background: bool, by_index: bool = False) -> str:
    """Return the SGR parameters for a colour as near as the depth allows, "" where it shows none.

    Args:
        by_index: it was named by its index, and bold text must not make it brighter.
    """
    base = 40 if background else 30
    if depth is ColourDepth.MONO:
        return ""
    if colour is None:
        return str(base + 9)
    shown = nearest(colour, depth)
    if shown & TRUECOLOR:
        return f"{base + 8};2;{shown >> 16 & 255};{shown >> 8 & 255};{shown & 255}"
    if shown < 8 and not (by_index and depth >= ColourDepth.PALETTE):
        return str(base + shown)
    if 8 <= shown < 16:
        return str(base + 60 + shown - 8)
    return f"{base + 8};5;{shown}"


def nearest(colour: int, depth: ColourDepth) -> int:
    """Return the colour, or the nearest one that a terminal of that depth has (never MONO)."""
    if depth is ColourDepth.DIRECT:
        return colour
    if depth is ColourDepth.PALETTE:
        return _nearest_in_palette(colour) if colour & TRUECOLOR else colour
    basic = colour if colour < 16 else _nearest_basic(colour)
    return basic & 7 if depth is ColourDepth.EIGHT else basic


def _channels(colour: int) -> tuple[int, int, int]:
    if colour & TRUECOLOR:
        return colour >> 16 & 255, colour >> 8 & 255, colour & 255
    if colour < _CUBE:
        return _BASIC[colour]
    if colour >= _GREYS:
        level = _GREY_START + _GREY_STEP * (colour - _GREYS)
        return level, level, level
    place = colour - _CUBE
    return _CUBE_LEVELS[place // 36], _CUBE_LEVELS[place // 6 % 6], _CUBE_LEVELS[place % 6]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """Return a squared distance weighted by how bright each channel looks (ITU-R BT.601, in thirds)."""
    red, green, blue = (first - second for first, second in zip(one, other, strict=True))
    return 3 * red * red + 6 * green * green + blue * blue


@lru_cache(maxsize=4096)
def _nearest_in_palette(colour: int) -> int:
    wanted = _channels(colour)
    return min(range(_CUBE, 256), key=lambda index: _distance(wanted, _channels(index)))


@lru_cache(maxsize=4096)
def _nearest_basic(colour: int) -> int:
    wanted = _channels(colour)
    return min(range(16), key=lambda index: _distance(wanted, _BASIC[index]))
