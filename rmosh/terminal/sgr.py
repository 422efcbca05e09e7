"""Select graphic rendition: parameters to styles, and styles back to parameters for those who ask."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Attribute, Colour, Style, Underline

#: Most parameters of one SGR that are looked at. Reason: bounds the work of one sequence. Source: xterm takes 30.
MAX_PARAMETERS: Final = 64

_ATTRIBUTES_ON: Final = {
    1: Attribute.BOLD.value,
    2: Attribute.DIM.value,
    3: Attribute.ITALIC.value,
    5: Attribute.BLINK.value,
    6: Attribute.BLINK.value,
    7: Attribute.REVERSE.value,
    8: Attribute.HIDDEN.value,
    9: Attribute.STRIKE.value,
    53: Attribute.OVERLINE.value,
}

_ATTRIBUTES_OFF: Final = {
    22: (Attribute.BOLD | Attribute.DIM).value,
    23: Attribute.ITALIC.value,
    25: Attribute.BLINK.value,
    27: Attribute.REVERSE.value,
    28: Attribute.HIDDEN.value,
    29: Attribute.STRIKE.value,
    55: Attribute.OVERLINE.value,
}

#: SGR 38, 48 and 58 set a colour that further parameters describe; 39, 49 and 59 are its default again.
_EXTENDED: Final = {38: "foreground", 48: "background", 58: "underline_colour"}
_DEFAULTED: Final = {39: "foreground", 49: "background", 59: "underline_colour"}


#: A style's fields by name, while an SGR changes them.
_Fields: TypeAlias = "dict[str, Colour | str]"


def select_graphic_rendition(style: Style, parameters: str) -> Style:
    """Return the style after an SGR; parameters as between `CSI` and `m`, unknown ones passed over."""
    fields = parameters.split(";", MAX_PARAMETERS)[:MAX_PARAMETERS]
    changes = _fields_of(style)
    position = 0
    while position < len(fields):
        field = fields[position]
        position += 1
        if ":" in field:
            _apply_colons(changes, field)
            continue
        code = _number(field)
        if code in _EXTENDED:
            colour, used = _colour_of([_number(following) for following in fields[position : position + 4]])
            position += used
            if colour is not None:
                changes[_EXTENDED[code]] = colour
        else:
            _apply(changes, code)
    return Style(**changes)  # type: ignore[arg-type]


def _fields_of(style: Style) -> _Fields:
    return {
        "foreground": style.foreground,
        "background": style.background,
        "attributes": style.attributes,
        "underline": style.underline,
        "underline_colour": style.underline_colour,
        "link": style.link,
    }


def _apply(changes: _Fields, code: int) -> None:
    attributes = int(changes["attributes"] or 0)
    if code in _ATTRIBUTES_ON:
        changes["attributes"] = attributes | _ATTRIBUTES_ON[code]
    elif code in _ATTRIBUTES_OFF:
        changes["attributes"] = attributes & ~_ATTRIBUTES_OFF[code]
    elif 30 <= code <= 37:
        changes["foreground"] = code - 30
    elif 40 <= code <= 47:
        changes["background"] = code - 40
    elif 90 <= code <= 97:
        changes["foreground"] = code - 90 + 8
    elif 100 <= code <= 107:
        changes["background"] = code - 100 + 8
    elif code in _DEFAULTED:
        changes[_DEFAULTED[code]] = None
    elif code == 0:
        changes.update(_fields_of(replace(DEFAULT_STYLE, link=str(changes["link"]))))
    elif code == 4:
        changes["underline"] = Underline.SINGLE.value
    elif code == 21:
        changes["underline"] = Underline.DOUBLE.value
    elif code == 24:
        changes["underline"] = Underline.NONE.value


def _apply_colons(changes: _Fields, field: str) -> None:
    """Apply a parameter with sub-parameters: `4:3`, `38:5:n`, `38:2:r:g:b` or `38:2:space:r:g:b`."""
    code, *rest = field.split(":", 7)
    numbers = [_number(part) for part in rest[:6]]
    if code == "4":
        if numbers[0] <= Underline.DASHED:
            changes["underline"] = numbers[0]
    elif _number(code) in _EXTENDED:
        if numbers[0] == 2 and len(numbers) >= 5:
            del numbers[1]
        colour, _ = _colour_of(numbers)
        if colour is not None:
            changes[_EXTENDED[_number(code)]] = colour


def _colour_of(numbers: Sequence[int]) -> tuple[Colour, int]:
    """Return the colour that `2, r, g, b` or `5, index` names (None if none), and how many numbers it took."""
    if numbers[:1] == [5]:
        index = numbers[1] if len(numbers) > 1 else -1
        return (index if 0 <= index <= 255 else None), 2
    if numbers[:1] == [2]:
        red_green_blue = numbers[1:4]
        if len(red_green_blue) < 3 or max(red_green_blue) > 255:
            return None, 4
        red, green, blue = red_green_blue
        return TRUECOLOR | red << 16 | green << 8 | blue, 4
    return None, 1 if numbers else 0


def _number(text: str) -> int:
    """Return a parameter's value, 0 where it is empty; anything absurd becomes a value no code has."""
    if not text:
        return 0
    return int(text) if len(text) <= 5 and text.isdecimal() else 99999


def describe(style: Style) -> str:
    """Return the SGR parameters that lead from the default style to this one, "" for the default (DECRQSS)."""
    codes = [
        str(code) for code, flag in _ATTRIBUTES_ON.items() if style.attributes & flag and code not in (6, 53)
    ]
    if style.underline:
        codes.append("4" if style.underline == Underline.SINGLE else f"4:{style.underline}")
    codes.sort(key=lambda code: int(code[0]))
    if style.attributes & Attribute.OVERLINE:
        codes.append("53")
    codes += _describe_colour(style.foreground, 30) + _describe_colour(style.background, 40)
    if style.underline_colour is not None:
        codes.append(_describe_extended(style.underline_colour, 58))
    return ";".join(codes)


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
