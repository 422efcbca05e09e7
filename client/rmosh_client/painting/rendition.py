"""SGR: the shortest way from one style to another on a given terminal; hyperlinks are `strings.py`'s."""

from functools import lru_cache
from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Attribute, Colour, Style, Underline
from rmosh_client.painting.abilities import Abilities, ColourDepth
from rmosh_client.painting.palette import colour_parameters, nearest

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


def rendition_change(old: Style | None, new: Style, abilities: Abilities) -> bytes:
    """Return the shortest SGR sequences that turn old into new; old None means that nothing is known."""
    if old is None or new.foreground is None or not _same_but_colours(old, new):
        return _shortest_change(old, new, abilities)
    if old.background == new.background:
        by_index = _is_by_index(new)
        before = _foreground(old.foreground, abilities.colours, by_index=by_index)
        after = _foreground(new.foreground, abilities.colours, by_index=by_index)
        return b"" if before == after else after
    if new.background is None or abilities.colours is not ColourDepth.DIRECT:
        return _shortest_change(old, new, abilities)
    return _direct_change(old, new)


def _same_but_colours(old: Style, new: Style) -> bool:
    return (
        old.attributes == new.attributes
        and old.underline == new.underline
        and old.underline_colour == new.underline_colour
    )


def _direct_change(old: Style, new: Style) -> bytes:
    """Return the change of colours alone; not remembered, as a picture has a new one in every cell."""
    background = colour_parameters(new.background, ColourDepth.DIRECT, background=True)
    if old.foreground == new.foreground:
        return b"\x1b[%bm" % background.encode()
    foreground = colour_parameters(new.foreground, ColourDepth.DIRECT, background=False, by_index=_is_by_index(new))
    return f"\x1b[{foreground};{background}m".encode()


def _is_by_index(style: Style) -> bool:
    return style.attributes & _BOLD_BY_INDEX == _BOLD_BY_INDEX


@lru_cache(maxsize=4096)
def _foreground(colour: Colour, depth: ColourDepth, *, by_index: bool) -> bytes:
    parameters = colour_parameters(colour, depth, background=False, by_index=by_index)
    return b"\x1b[%bm" % parameters.encode() if parameters else b""


@lru_cache(maxsize=8192)
def _shortest_change(old: Style | None, new: Style, abilities: Abilities) -> bytes:
    from_reset = _sequences(["", *_changes(DEFAULT_STYLE, new, abilities)])
    if old is None:
        return from_reset
    changes = _changes(old, new, abilities)
    return min(_sequences(changes), from_reset, key=len) if changes else b""


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
