"""What a terminal is sent for one style to become another: quick where only the two colours change, else remembered."""

from collections.abc import Iterable
from typing import Final

from rmosh.terminal.cells import TRUECOLOR, Attribute
from rmosh.terminal.style_table import (
    ATTRIBUTES,
    BACKGROUND,
    COLOUR_BITS,
    INDEXED_BIT,
    UNDERLINE,
    UNDERLINE_BITS,
    UNDERLINE_COLOUR,
    PackedStyle,
    colour_at,
    unpack,
)
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities, ColourDepth
from rmosh_client.painting.rendition import SHOWN_ON_BLANKS, colour_parameters, rendition_change

#: Numbers below are styles that have colours and nothing else. Source: `rmosh.terminal.style_table`.
_MORE_THAN_COLOURS: Final = 1 << UNDERLINE_COLOUR

#: What keeps a bold foreground from being made brighter, where a packed style has it.
_PACKED_BOLD: Final = int(Attribute.BOLD) << ATTRIBUTES
_PACKED_BY_INDEX: Final = _PACKED_BOLD | INDEXED_BIT

#: Most changes, and most colours, that are remembered. Reason: a screen of coloured text has some hundred; each takes
#: 0.2 kB, and a picture has a new one in every cell.
_MOST_REMEMBERED: Final = 1024

#: Numerals of the channels of a 24-bit colour, each behind its separator.
_CHANNEL: Final = tuple([f";{level}" for level in range(256)])


class _Colours(dict[int, str]):
    """SGR parameters of colours, as a packed style has them, for the foreground or the background."""

    __slots__ = ("_background", "_by_index", "_depth", "_direct")

    def __init__(self, depth: ColourDepth, *, background: bool, by_index: bool = False) -> None:
        super().__init__()
        self._depth, self._background, self._by_index = depth, background, by_index
        self._direct = "48;2" if background else "38;2"

    def __missing__(self, packed: int) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        colour = colour_at(packed, 0)
        parameters = colour_parameters(colour, self._depth, background=self._background, by_index=self._by_index)
        self[packed] = parameters
        return parameters

    def change(self, old: int, new: int) -> str:
        """Return what names a colour where another is set; "" where the terminal shows both alike."""
        if new > TRUECOLOR and self._depth is ColourDepth.DIRECT:  # not remembered: a picture has one in every cell
            colour = new - 1
            return f"{self._direct}{_CHANNEL[colour >> 16 & 255]}{_CHANNEL[colour >> 8 & 255]}{_CHANNEL[colour & 255]}"
        named = self[new]
        return "" if named == self[old] else named


class Restyling:
    """Changes of style on one terminal.

    Attributes:
        is_direct: it shows any two colours as two.
    """

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self.is_direct = abilities.colours is ColourDepth.DIRECT
        self._foregrounds = _Colours(abilities.colours, background=False)
        self._by_index = _Colours(abilities.colours, background=False, by_index=True)
        self._backgrounds = _Colours(abilities.colours, background=True)
        self._remembered: dict[tuple[PackedStyle | None, PackedStyle], str] = {}

    def changes(self, old: "PackedStyle | None", styles: Iterable[PackedStyle]) -> list[str]:
        """Return what turns one style into the first of others, that one into the second, and so on."""
        found: list[str] = []
        for new in styles:
            if not (isinstance(old, int) and isinstance(new, int)):
                found.append(self._remember(old, new))
                old = new
                continue
            unlike = old ^ new
            if unlike >= _MORE_THAN_COLOURS and not new & _PACKED_BOLD:
                unlike &= ~INDEXED_BIT  # shows in bold text only
            if unlike >= _MORE_THAN_COLOURS:
                found.append(self._remember(old, new))
            elif unlike & COLOUR_BITS and unlike > COLOUR_BITS and self.is_direct:
                found.append(self._change_both(old, new))
            else:
                found.append(self._change_colours(old, new))
            old = new
        return found

    def change(self, old: "PackedStyle | None", new: PackedStyle) -> str:
        """Return what turns one style into another; old None means that nothing is known."""
        return self.changes(old, (new,))[0]

    def _change_both(self, old: int, new: int) -> str:
        """Return the change to another foreground and another background, on a terminal that shows any two as two."""
        foreground, background = new & COLOUR_BITS, new >> BACKGROUND & COLOUR_BITS
        if foreground > TRUECOLOR < background:
            one, other = foreground - 1, background - 1
            return (
                f"\x1b[38;2{_CHANNEL[one >> 16 & 255]}{_CHANNEL[one >> 8 & 255]}{_CHANNEL[one & 255]}"
                f";48;2{_CHANNEL[other >> 16 & 255]}{_CHANNEL[other >> 8 & 255]}{_CHANNEL[other & 255]}m"
            )
        if foreground and background:
            return f"\x1b[{self._foregrounds_of(new)[foreground]};{self._backgrounds[background]}m"
        return self._remember(old, new)  # to reset all may be shorter than to name the default

    def _change_colours(self, old: int, new: int) -> str:
        """Return the change between styles that are alike but for the foreground and the background."""
        foreground, background = new & COLOUR_BITS, new >> BACKGROUND & COLOUR_BITS
        foreground_before, background_before = old & COLOUR_BITS, old >> BACKGROUND & COLOUR_BITS
        if (foreground_before and not foreground) or (background_before and not background):
            return self._remember(old, new)
        first = second = ""
        if foreground != foreground_before:
            first = self._foregrounds_of(new).change(foreground_before, foreground)
        if background != background_before:
            second = self._backgrounds.change(background_before, background)
        if first and second:
            return f"\x1b[{first};{second}m"
        return f"\x1b[{first or second}m" if first or second else ""

    def _foregrounds_of(self, style: int) -> _Colours:
        return self._by_index if style & _PACKED_BY_INDEX == _PACKED_BY_INDEX else self._foregrounds

    def _remember(self, old: "PackedStyle | None", new: PackedStyle) -> str:
        known = self._remembered.get((old, new))
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[old, new] = self._shortest(old, new)
        return known

    def _shortest(self, old: "PackedStyle | None", new: PackedStyle) -> str:
        if old == new:
            return ""
        before, after = None if old is None else unpack(old), unpack(new)
        change = rendition_change(before, after, self._abilities).decode()
        if not self._abilities.strings or (before is not None and before.link == after.link):
            return change
        link = strings.link(after.link) if after.link else strings.LINK_END if before is not None else b""
        return change + link.decode()

    def can_erase_with(self, style: PackedStyle) -> bool:
        """Tell whether erasing with a style leaves the cells that writing blanks would."""
        if not style:
            return True
        if isinstance(style, tuple):
            return False
        plain = not (style >> ATTRIBUTES & SHOWN_ON_BLANKS or style >> UNDERLINE & UNDERLINE_BITS)
        return plain and (self._abilities.back_colour_erase or not style >> BACKGROUND & COLOUR_BITS)
