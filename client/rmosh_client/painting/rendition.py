"""SGR: the shortest way from one style to another on a given terminal, and colours as near as it shows them.

Hyperlinks are `strings.py`'s.
"""

from functools import lru_cache
from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Attribute, Style, Underline
from rmosh.terminal.styles import Colour
from rmosh_client.painting.abilities import Abilities, ColourDepth

#: Attribute, SGR parameter that sets it, SGR parameter that clears it. Source: ECMA-48 section 8.3.117.
_SWITCHES: Final = (
    (int(Attribute.BOLD), "1", "22"),
    (int(Attribute.DIM), "2", "22"),
    (int(Attribute.ITALIC), "3", "23"),
    (int(Attribute.BLINK), "5", "25"),
    (int(Attribute.REVERSE), "7", "27"),
    (int(Attribute.HIDDEN), "8", "28"),
    (int(Attribute.STRIKE), "9", "29"),
    (int(Attribute.OVERLINE), "53", "55"),
)

#: What keeps a bold foreground from being made brighter where it was named by its index.
_BOLD_BY_INDEX: Final = int(Attribute.BOLD | Attribute.INDEXED)

#: SGR 22 clears both at once.
_INTENSITY: Final = int(Attribute.BOLD | Attribute.DIM)

#: Attributes that show on a blank, which erasing leaves out. Source: xterm, VTE.
SHOWN_ON_BLANKS: Final = int(Attribute.REVERSE | Attribute.STRIKE | Attribute.OVERLINE)


def rendition_change(old: Style | None, new: Style, abilities: Abilities) -> bytes:
    """Return the shortest SGR sequences that turn old into new; old None means that nothing is known."""
    from_reset = _sequences(["", *_changes(DEFAULT_STYLE, new, abilities)])
    if old is None:
        return from_reset
    changes = _changes(old, new, abilities)
    return min(_sequences(changes), from_reset, key=len) if changes else b""


def _is_by_index(style: Style) -> bool:
    return style.attributes & _BOLD_BY_INDEX == _BOLD_BY_INDEX


def _sequences(parameters: list[str]) -> bytes:
    """Return SGR sequences for parameters; those with colons by themselves, as some terminals drop such a one whole."""
    plain = ";".join(parameter for parameter in parameters if ":" not in parameter)
    with_colons = ";".join(parameter for parameter in parameters if ":" in parameter)
    skipped = not plain and parameters[0] != ""
    sequences = ("" if skipped else f"\x1b[{plain}m") + (f"\x1b[{with_colons}m" if with_colons else "")
    return sequences.encode("ascii")


def _changes(old: Style, new: Style, abilities: Abilities) -> list[str]:
    return [
        *_attribute_changes(old.attributes, new.attributes),
        *_underline_changes(old.underline, new.underline, abilities),
        *_foreground_change(old, new, abilities.colours),
        *_background_change(old, new, abilities.colours),
        *_underline_colour_change(old, new, abilities),
    ]


def _attribute_changes(old: int, new: int) -> list[str]:
    changes: list[str] = []
    cleared = old & ~new
    if cleared & _INTENSITY:
        changes.append("22")
        old &= ~_INTENSITY
    changes += [off for flag, _, off in _SWITCHES if cleared & flag & ~_INTENSITY]
    changes += [on for flag, on, _ in _SWITCHES if new & ~old & flag]
    return changes


def _underline_changes(old: int, new: int, abilities: Abilities) -> list[str]:
    if not abilities.underline_styles:
        old, new = min(old, 1), min(new, 1)
    if old == new:
        return []
    if new == Underline.NONE:
        return ["24"]
    return ["4" if new == Underline.SINGLE else f"4:{new}"]


def _foreground_change(old: Style, new: Style, depth: ColourDepth) -> list[str]:
    before = colour_parameters(old.foreground, depth, background=False, by_index=_is_by_index(old))
    after = colour_parameters(new.foreground, depth, background=False, by_index=_is_by_index(new))
    return [] if before == after else [after]


def _background_change(old: Style, new: Style, depth: ColourDepth) -> list[str]:
    before = colour_parameters(old.background, depth, background=True)
    after = colour_parameters(new.background, depth, background=True)
    return [] if before == after else [after]


def _underline_colour_change(old: Style, new: Style, abilities: Abilities) -> list[str]:
    if old.underline_colour == new.underline_colour:
        return []
    if not abilities.underline_styles or abilities.colours is ColourDepth.MONO:
        return []
    if new.underline_colour is None:
        return ["59"]
    colour = nearest(new.underline_colour, abilities.colours)
    if colour & TRUECOLOR:
        return [f"58:2::{colour >> 16 & 255}:{colour >> 8 & 255}:{colour & 255}"]
    return [f"58:5:{colour}"]


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
