"""Select graphic rendition: parameters to what they change in a packed style, and styles back to parameters."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from rmosh.terminal.style_table import (
    ATTRIBUTES,
    BACKGROUND,
    COLOUR_BITS,
    FOREGROUND,
    INDEXED_BIT,
    PROTECTED,
    UNDERLINE,
    UNDERLINE_BITS,
    UNDERLINE_COLOUR,
)
from rmosh.terminal.styles import INDEXED, TRUECOLOR, Attribute, Colour, Style, Underline
from rmosh.terminal.tokenizer import MAX_SEQUENCE
from rmosh.terminal.vocabulary import SGR

#: Most parameters of one SGR that are looked at. Reason: bounds the work of one sequence. Source: xterm takes 30.
MAX_RENDITIONS: Final = 64

#: What is done to a packed style: the bits that stay, and those that are set then.
Effect: TypeAlias = tuple[int, int]

#: All bits that a packed style may have. Reason: Python takes negative masks more slowly.
_ALL: Final = (1 << ATTRIBUTES + 16) - 1

_NOTHING: Final[Effect] = (_ALL, 0)

#: What a reset keeps, which is no rendition.
_RESET: Final[Effect] = (PROTECTED, 0)

_ATTRIBUTES_ON: Final = {
    1: Attribute.BOLD,
    2: Attribute.DIM,
    3: Attribute.ITALIC,
    5: Attribute.BLINK,
    6: Attribute.BLINK,
    7: Attribute.REVERSE,
    8: Attribute.HIDDEN,
    9: Attribute.STRIKE,
    53: Attribute.OVERLINE,
}

_ATTRIBUTES_OFF: Final = {
    22: Attribute.BOLD | Attribute.DIM,
    23: Attribute.ITALIC,
    25: Attribute.BLINK,
    27: Attribute.REVERSE,
    28: Attribute.HIDDEN,
    29: Attribute.STRIKE,
    55: Attribute.OVERLINE,
}

#: What a colour leaves of the style. A new foreground is not the one that was named by its index.
_BESIDE_COLOUR: Final = {
    FOREGROUND: _ALL ^ (COLOUR_BITS << FOREGROUND | INDEXED_BIT),
    BACKGROUND: _ALL ^ COLOUR_BITS << BACKGROUND,
    UNDERLINE_COLOUR: _ALL ^ COLOUR_BITS << UNDERLINE_COLOUR,
}


def _coloured(field: int, colour: Colour, *, by_index: bool = False) -> Effect:
    """Return what a colour does; of a foreground that 30 to 37 would name too it is noted if it was named otherwise."""
    value = 0 if colour is None else colour + 1 << field
    if by_index and field == FOREGROUND and colour is not None and colour < _NAMED_COLOURS:
        value |= INDEXED_BIT
    return _BESIDE_COLOUR[field], value


def _underlined(shape: int) -> Effect:
    return _ALL ^ UNDERLINE_BITS << UNDERLINE, shape << UNDERLINE


_NAMED_COLOURS: Final = 8
PALETTE_SIZE: Final = 256

#: What parameters by themselves do. Source: ECMA-48 and xterm's ctlseqs, SGR.
_EFFECTS: Final[dict[int, Effect]] = {
    0: _RESET,
    **{code: (_ALL, flag.value << ATTRIBUTES) for code, flag in _ATTRIBUTES_ON.items()},
    **{code: (_ALL ^ flags.value << ATTRIBUTES, 0) for code, flags in _ATTRIBUTES_OFF.items()},
    **{30 + colour: _coloured(FOREGROUND, colour) for colour in range(8)},
    **{90 + colour: _coloured(FOREGROUND, 8 + colour) for colour in range(8)},
    **{40 + colour: _coloured(BACKGROUND, colour) for colour in range(8)},
    **{100 + colour: _coloured(BACKGROUND, 8 + colour) for colour in range(8)},
    39: _coloured(FOREGROUND, None),
    49: _coloured(BACKGROUND, None),
    59: _coloured(UNDERLINE_COLOUR, None),
    4: _underlined(Underline.SINGLE),
    21: _underlined(Underline.DOUBLE),
    24: _underlined(Underline.NONE),
}

#: Parameters followed by the description of a colour.
EXTENDED: Final = {38: FOREGROUND, 48: BACKGROUND, 58: UNDERLINE_COLOUR}

#: One colour or two, of foreground or background, each by its index or of 24 bits, and nothing else.
_COLOUR: Final = "([34])8;(?:5;([0-9]{1,3})|2;([0-9]{1,3});([0-9]{1,3});([0-9]{1,3}))"
_COLOURS: Final = re.compile(rf"\x1b\[{_COLOUR}(?:;{_COLOUR})?{SGR}").fullmatch

_RENDITION: Final = re.compile(rf"\x1b\[([0-9:;]*){SGR}").fullmatch

#: The fields of foreground and background by the first digit of what names them.
_PLANES: Final = {"3": FOREGROUND, "4": BACKGROUND}


def effect_of(token: str) -> Effect | None:
    """Return what a control does to a packed style if it is an SGR, unknown parameters passed over; else None."""
    colours = _COLOURS(token)
    if colours is not None:
        plane, index, red, green, blue, other, *of_other = colours.groups()
        effect = _effect_of_colour(plane, index, red, green, blue)
        return effect if other is None else _then(effect, _effect_of_colour(other, *of_other))
    rendition = _RENDITION(token)
    if rendition is None or len(token) > MAX_SEQUENCE:
        return None
    effect = _NOTHING
    plain: list[int] = []
    for part in rendition[1].split(";", MAX_RENDITIONS)[:MAX_RENDITIONS]:
        if ":" not in part:
            plain.append(int(part or 0))
            continue
        effect = _then(effect, _effect_of_all(plain))
        plain = []
        effect = _then(effect, _with_subparameters([int(number or 0) for number in part.split(":", 6)[:6]]))
    return _then(effect, _effect_of_all(plain))


def _effect_of_colour(plane: str, index: str | None, red: str, green: str, blue: str) -> Effect:
    """Return what one colour does, of which `_COLOURS` found these parts."""
    field = _PLANES[plane]
    if index is not None:
        return _coloured(field, int(index), by_index=True) if int(index) < PALETTE_SIZE else _NOTHING
    colour = _direct_colour(int(red), int(green), int(blue))
    return _NOTHING if colour is None else (_BESIDE_COLOUR[field], colour + 1 << field)


def value_of_index(field: int, index: int) -> int:
    """Return what naming a colour by its index sets."""
    return _coloured(field, index, by_index=True)[1]


def _then(first: Effect, second: Effect) -> Effect:
    """Return what two effects do one after the other."""
    return first[0] & second[0], first[1] & second[0] | second[1]


def _effect_of_all(codes: list[int]) -> Effect:
    effect = _NOTHING
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code in _EFFECTS:
            effect = _then(effect, _EFFECTS[code])
        elif code in EXTENDED:
            colour, used = _colour_of(codes[position : position + 4])
            position += used
            if colour is not None:
                effect = _then(effect, _coloured(EXTENDED[code], colour, by_index=True))
    return effect


def _with_subparameters(numbers: list[int]) -> Effect:
    """Return what `4:3`, `38:5:n`, `38:2:r:g:b` or `38:2:space:r:g:b` does, which are one parameter each."""
    code, *rest = numbers
    if code == 4 and rest[0] <= Underline.DASHED:
        return _underlined(rest[0])
    if code in EXTENDED:
        if rest[0] == 2 and len(rest) >= 5:
            del rest[1]
        colour, _ = _colour_of(rest)
        if colour is not None:
            return _coloured(EXTENDED[code], colour, by_index=True)
    return _NOTHING


def _colour_of(numbers: Sequence[int]) -> tuple[Colour, int]:
    """Return the colour that `2, r, g, b` or `5, index` names (None if none), and how many numbers it took."""
    kind = numbers[0] if numbers else 0
    if kind == 2 and len(numbers) >= 4:
        _, red, green, blue, *_ = numbers
        return _direct_colour(red, green, blue), 4
    if kind == 5 and len(numbers) >= 2:
        return (numbers[1] if numbers[1] <= 255 else None), 2
    return None, min(len(numbers), {2: 4, 5: 2}.get(kind, 1))


def _direct_colour(red: int, green: int, blue: int) -> Colour:
    """Return a 24-bit colour; None where a part of it is too large."""
    if red > 255 or green > 255 or blue > 255:
        return None
    return TRUECOLOR | red << 16 | green << 8 | blue


def describe(style: Style) -> str:
    """Return the SGR parameters that lead from the default style to this one, "" for the default (DECRQSS)."""
    codes = [str(code) for code, flag in _ATTRIBUTES_ON.items() if style.attributes & flag and code < 6]
    if style.underline:
        codes.append("4" if style.underline == Underline.SINGLE else f"4:{style.underline}")
    codes += [str(code) for code, flag in _ATTRIBUTES_ON.items() if style.attributes & flag and code > 6]
    if style.attributes & INDEXED and style.foreground is not None:
        codes.append(_describe_extended(style.foreground, 38))
    else:
        codes += _describe_colour(style.foreground, 30)
    codes += _describe_colour(style.background, 40)
    if style.underline_colour is not None:
        codes.append(_describe_extended(style.underline_colour, 58))
    return ";".join(codes)


def has_direct_colours(style: Style) -> bool:
    """Tell whether a colour of a style is none of the palette's."""
    return any((colour or 0) >= TRUECOLOR for colour in (style.foreground, style.background, style.underline_colour))


def _describe_colour(colour: Colour, base: int) -> list[str]:
    if colour is None:
        return []
    if colour < 8:
        return [str(base + colour)]
    if colour < 16:
        return [str(base + 60 + colour - 8)]
    return [_describe_extended(colour, base + 8)]


def _describe_extended(colour: int, code: int) -> str:
    if colour & TRUECOLOR:
        return f"{code}:2:{colour >> 16 & 255}:{colour >> 8 & 255}:{colour & 255}"
    return f"{code}:5:{colour}"
