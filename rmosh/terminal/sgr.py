"""Select graphic rendition: parameters to styles, and styles back to parameters for those who ask."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from rmosh.terminal.cells import INDEXED, TRUECOLOR, Attribute, Colour, Style, Underline

#: Most parameters of one SGR that are looked at. Reason: bounds the work of one sequence. Source: xterm takes 30.
MAX_RENDITIONS: Final = 64

#: A style's fields but for the link, in their order, while an SGR changes them.
_Fields: TypeAlias = "list[Colour]"

#: Positions in those fields.
_FOREGROUND, _BACKGROUND, _ATTRIBUTES, _UNDERLINE, _UNDERLINE_COLOUR = range(5)

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

#: Parameters that change attributes: the flags they keep and the flags they add. Source: ECMA-48, SGR.
_ATTRIBUTE_CHANGES: Final[dict[int, tuple[int, int]]] = {
    **{code: (~0, flag.value) for code, flag in _ATTRIBUTES_ON.items()},
    **{code: (~flags.value, 0) for code, flags in _ATTRIBUTES_OFF.items()},
}

#: Parameters that give another field a value. Source: ECMA-48 and xterm's ctlseqs, SGR.
_ASSIGNMENTS: Final[dict[int, tuple[int, Colour]]] = {
    **{30 + colour: (_FOREGROUND, colour) for colour in range(8)},
    **{90 + colour: (_FOREGROUND, 8 + colour) for colour in range(8)},
    **{40 + colour: (_BACKGROUND, colour) for colour in range(8)},
    **{100 + colour: (_BACKGROUND, 8 + colour) for colour in range(8)},
    39: (_FOREGROUND, None),
    49: (_BACKGROUND, None),
    59: (_UNDERLINE_COLOUR, None),
    4: (_UNDERLINE, Underline.SINGLE.value),
    21: (_UNDERLINE, Underline.DOUBLE.value),
    24: (_UNDERLINE, Underline.NONE.value),
}

#: Parameters followed by the description of a colour.
_EXTENDED: Final = {38: _FOREGROUND, 48: _BACKGROUND, 58: _UNDERLINE_COLOUR}

_RESET: Final[_Fields] = [None, None, 0, 0, None]


#: One 24-bit colour, of foreground or background, and nothing else.
_DIRECT: Final = re.compile("([34])8;2;([0-9]{1,3});([0-9]{1,3});([0-9]{1,3})")

#: Stands for a foreground that no parameter has changed. Unit: none. Source: below every colour.
_KEPT: Final = -1

#: Bit that marks a foreground as one of the first 8 by its index, while an SGR changes it; above every colour.
_BY_INDEX: Final = TRUECOLOR << 1
_NAMED_COLOURS: Final = 8


def select_graphic_rendition(style: Style, parameters: str) -> Style:
    """Return the style after an SGR; parameters as between `CSI` and `m`, unknown ones passed over."""
    return rendition_after(style, parameters)[0]


def rendition_after(style: Style, parameters: str) -> tuple[Style, bool]:
    """Return the style after an SGR, and whether the foreground is the old one still."""
    direct = _DIRECT.fullmatch(parameters)
    if direct is not None:
        return _with_direct_colour(style, direct)
    changed: _Fields = [
        _KEPT,
        style.background,
        style.attributes,
        style.underline,
        style.underline_colour,
    ]
    plain: list[int] = []
    for field in parameters.split(";", MAX_RENDITIONS)[:MAX_RENDITIONS]:
        if ":" not in field:
            plain.append(int(field or 0))
            continue
        _apply_all(changed, plain)
        plain = []
        _apply_with_subparameters(changed, [int(part or 0) for part in field.split(":", 6)[:6]])
    _apply_all(changed, plain)
    foreground, background, attributes, underline, underline_colour = changed
    kept = foreground == _KEPT
    attributes = attributes or 0
    if kept:
        foreground = style.foreground
    elif foreground is not None and foreground & _BY_INDEX:
        foreground ^= _BY_INDEX
        attributes |= INDEXED
    else:
        attributes &= ~INDEXED
    return Style(foreground, background, attributes, underline or 0, underline_colour, style.link), kept


def _with_direct_colour(style: Style, match: re.Match[str]) -> tuple[Style, bool]:
    """Return what `rendition_after` does for one 24-bit colour: a picture has one, or two, in every cell."""
    colour = _direct_colour(int(match[2]), int(match[3]), int(match[4]))
    if colour is None:
        return style, True
    foreground, background, attributes = style.foreground, style.background, style.attributes
    is_foreground = match[1] == "3"
    if is_foreground:
        foreground, attributes = colour, attributes & ~INDEXED
    else:
        background = colour
    changed = Style(foreground, background, attributes, style.underline, style.underline_colour, style.link)
    return changed, not is_foreground


def _apply_all(changed: _Fields, codes: list[int]) -> None:
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code in _ASSIGNMENTS:
            field, value = _ASSIGNMENTS[code]
            changed[field] = value
        elif code in _ATTRIBUTE_CHANGES:
            kept, added = _ATTRIBUTE_CHANGES[code]
            changed[_ATTRIBUTES] = (changed[_ATTRIBUTES] or 0) & kept | added
        elif code in _EXTENDED:
            colour, used = _colour_of(codes[position : position + 4])
            position += used
            if colour is not None:
                changed[_EXTENDED[code]] = _extended(colour, code)
        elif code == 0:
            changed[:] = _RESET


def _apply_with_subparameters(changed: _Fields, numbers: list[int]) -> None:
    """Apply `4:3`, `38:5:n`, `38:2:r:g:b` or `38:2:space:r:g:b`, which are one parameter each."""
    code, *rest = numbers
    if code == 4 and rest[0] <= Underline.DASHED:
        changed[_UNDERLINE] = rest[0]
    elif code in _EXTENDED:
        if rest[0] == 2 and len(rest) >= 5:
            del rest[1]
        colour, _ = _colour_of(rest)
        if colour is not None:
            changed[_EXTENDED[code]] = _extended(colour, code)


def _extended(colour: int, code: int) -> int:
    """Return an extended colour as it is noted: a foreground that 30 to 37 would name too is told apart from that."""
    return colour | _BY_INDEX if code == 38 and colour < _NAMED_COLOURS else colour


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
