"""The styles of one screen message: numbered in the order they are met, 0 being the default style.

Sent as a table: a count, then for each style from number 1 on a flags byte and what it announces.
"""

from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.limits import MAX_SENT_LINK, MAX_STYLES, TooLarge
from rmosh.screen.text import append_cut_text, read_text
from rmosh.terminal.cells import DEFAULT_STYLE, INDEXED, TRUECOLOR, Colour, Style, Underline
from rmosh.wire import Reader, append_varint

#: Kinds of colour, two bits each in the flags byte: foreground in bits 0-1, background 2-3, underline 4-5.
_DEFAULT_COLOUR: Final = 0
_PALETTE_COLOUR: Final = 1
_DIRECT_COLOUR: Final = 2

#: Flags that a rendition and a link follow the colours.
_RENDITION: Final = 1 << 6
_LINK: Final = 1 << 7

#: How far the underline shape is shifted above the attributes in a rendition. Unit: bits.
_UNDERLINE_SHIFT: Final = 8

#: The attributes that every peer reads. Unit: bits.
_ATTRIBUTES: Final = (1 << _UNDERLINE_SHIFT) - 1

_MAX_RENDITION: Final = (max(Underline) << _UNDERLINE_SHIFT) | _ATTRIBUTES

#: Flag of a rendition, above the underline's, for `Attribute.INDEXED`, which not every peer reads.
_BY_INDEX: Final = 1 << 11


class StyleTable:
    """Numbers the styles of a message while it is being encoded."""

    def __init__(self) -> None:
        self._numbers: dict[Style, int] = {DEFAULT_STYLE: 0}

    def __len__(self) -> int:
        return len(self._numbers) - 1

    def number(self, style: Style) -> int:
        """Return the style's number, a new one if it was not met before."""
        return self._numbers.setdefault(style, len(self._numbers))

    @property
    def have_links(self) -> bool:
        """Whether a style has a link, which is text."""
        return any(style.link for style in self._numbers)

    def append_to(self, buffer: bytearray, *, limit: int, indexed: bool = False) -> None:
        """Append the table: all styles but the default one.

        Args:
            indexed: the peer reads which colours were named by their index (`Attribute.INDEXED`).

        Raises:
            TooLarge: the buffer grew beyond `limit` bytes; not much further, whatever the links weigh.
        """
        append_varint(buffer, len(self))
        for style, number in self._numbers.items():
            if number:
                _append_style(buffer, style, indexed=indexed)
                if len(buffer) > limit:
                    raise TooLarge(f"{len(self)} styles take more than {limit} bytes")


def read_styles(reader: Reader) -> list[Style]:
    """Take a table of at most MAX_STYLES styles and return all styles by number.

    Raises:
        Malformed: it is cut short or a style has a value out of range.
    """
    count = reader.varint(limit=MAX_STYLES)
    return [DEFAULT_STYLE, *(_read_style(reader) for _ in range(count))]


def _append_style(buffer: bytearray, style: Style, *, indexed: bool) -> None:
    at = len(buffer)
    buffer.append(0)
    flags = (
        _append_colour(buffer, style.foreground)
        | _append_colour(buffer, style.background) << 2
        | _append_colour(buffer, style.underline_colour) << 4
    )
    rendition = style.attributes & _ATTRIBUTES | style.underline << _UNDERLINE_SHIFT
    if indexed and style.attributes & INDEXED:
        rendition |= _BY_INDEX
    if rendition:
        flags |= _RENDITION
        append_varint(buffer, rendition)
    if style.link:
        flags |= _LINK
        append_cut_text(buffer, style.link, limit=MAX_SENT_LINK)
    buffer[at] = flags


def _append_colour(buffer: bytearray, colour: Colour) -> int:
    if colour is None:
        return _DEFAULT_COLOUR
    if colour < TRUECOLOR:
        buffer.append(colour)
        return _PALETTE_COLOUR
    buffer += (colour ^ TRUECOLOR).to_bytes(3, "big")
    return _DIRECT_COLOUR


def _read_style(reader: Reader) -> Style:
    flags = reader.byte()
    foreground = _read_colour(reader, flags & 3)
    background = _read_colour(reader, flags >> 2 & 3)
    underline_colour = _read_colour(reader, flags >> 4 & 3)
    rendition = reader.varint(limit=_BY_INDEX | _MAX_RENDITION) if flags & _RENDITION else 0
    by_index, rendition = rendition & _BY_INDEX, rendition & ~_BY_INDEX
    if rendition > _MAX_RENDITION:
        raise Malformed(f"there is no rendition {rendition}")
    attributes = rendition & _ATTRIBUTES | (INDEXED if by_index else 0)
    link = read_text(reader, limit=MAX_SENT_LINK) if flags & _LINK else ""
    underline = rendition >> _UNDERLINE_SHIFT
    return Style(foreground, background, attributes, underline, underline_colour, link)


def _read_colour(reader: Reader, kind: int) -> Colour:
    if kind == _DEFAULT_COLOUR:
        return None
    if kind == _PALETTE_COLOUR:
        return reader.byte()
    if kind == _DIRECT_COLOUR:
        return TRUECOLOR | int.from_bytes(reader.bytes(3), "big")
    raise Malformed(f"a style has a colour of the unknown kind {kind}")
