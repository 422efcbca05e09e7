"""The styles of one screen message: numbered in the order they are met, 0 being the default style.

Sent as a table: a count, then for each style from number 1 on a flags byte and what it announces. Mostly all of a
message's styles announce the same things, so that each of these is a column of bytes.
"""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.limits import MAX_SENT_LINK, MAX_STYLES, TooLarge
from rmosh.screen.text import append_cut_text, read_text
from rmosh.terminal.cells import INDEXED, TRUECOLOR, Underline
from rmosh.terminal.style_table import (
    ATTRIBUTES,
    BACKGROUND,
    COLOUR_BITS,
    FOREGROUND,
    UNDERLINE,
    UNDERLINE_BITS,
    UNDERLINE_COLOUR,
    LinkedStyle,
    PackedStyle,
)
from rmosh.wire import Reader, append_varint, encode_varint

#: Kinds of colour, two bits each in the flags byte: foreground in bits 0-1, background 2-3, underline 4-5.
_DEFAULT_COLOUR: Final = 0
_PALETTE_COLOUR: Final = 1
_DIRECT_COLOUR: Final = 2
_KIND: Final = 0b11

#: The places of a packed style's colours, and of their kinds in the flags byte. Unit: bits.
_COLOURS: Final = ((FOREGROUND, 0), (BACKGROUND, 2), (UNDERLINE_COLOUR, 4))

#: Bytes of a colour by its kind.
_SIZES: Final = {_DEFAULT_COLOUR: 0, _PALETTE_COLOUR: 1, _DIRECT_COLOUR: 3}

#: Packed, the first direct colour; the ones below are of the palette. Source: `rmosh.terminal.style_table`.
_FIRST_DIRECT: Final = TRUECOLOR + 1

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

#: Flags of a style with two colours of the palette and nothing else.
_OF_PALETTE: Final = _PALETTE_COLOUR | _PALETTE_COLOUR << 2

#: Fewest styles that are looked at for being alike. Reason: below, one by one is as quick.
_FEW: Final = 8

#: Matches nothing.
_NOTHING: Final = re.compile(b"(?!)")


def append_styles(buffer: bytearray, styles: Sequence[PackedStyle], *, limit: int) -> bool:
    """Append a table of styles, of which the default one is none; return whether it holds text, which links are.

    Raises:
        TooLarge: the buffer grew beyond `limit` bytes; not much further, whatever the links weigh.
    """
    append_varint(buffer, len(styles))
    have_links = not set(map(type, styles)) <= {int}
    if have_links:
        _append_with_links(buffer, styles, limit=limit)
    else:
        numbers: Sequence[int] = styles  # type: ignore[assignment]
        buffer += _encoded_alike(numbers) or b"".join(map(_encoded, numbers))
    if len(buffer) > limit:
        raise TooLarge(f"a table of styles takes more than {limit} bytes")
    return have_links


def _append_with_links(buffer: bytearray, styles: Sequence[PackedStyle], *, limit: int) -> None:
    """Append styles until they are too large."""
    for style in styles:
        if isinstance(style, int):
            buffer += _encoded(style)
        else:
            number, link = style
            flags, *content = _encoded(number)
            buffer += bytes((flags | _LINK, *content))
            append_cut_text(buffer, link, limit=MAX_SENT_LINK)
            if len(buffer) > limit:
                return


def _encoded(style: int) -> bytes:
    """Return a style without a link as bytes."""
    foreground, background = style & COLOUR_BITS, style >> BACKGROUND
    if 0 < foreground < _FIRST_DIRECT and 0 < background < _FIRST_DIRECT:
        return bytes((_OF_PALETTE, foreground - 1, background - 1))
    return _encoded_part_by_part(style)


@lru_cache(maxsize=1024)
def _encoded_part_by_part(style: int) -> bytes:
    flags, content = 0, b""
    for place, flag_place in _COLOURS:
        colour = style >> place & COLOUR_BITS
        if colour >= _FIRST_DIRECT:
            flags |= _DIRECT_COLOUR << flag_place
            content += (colour - _FIRST_DIRECT).to_bytes(3, "big")
        elif colour:
            flags |= _PALETTE_COLOUR << flag_place
            content += bytes((colour - 1,))
    attributes = style >> ATTRIBUTES
    rendition = attributes & _ATTRIBUTES | (style >> UNDERLINE & UNDERLINE_BITS) << _UNDERLINE_SHIFT
    if attributes & INDEXED:
        rendition |= _BY_INDEX
    if rendition:
        flags |= _RENDITION
        content += encode_varint(rendition)
    return bytes((flags,)) + content


def _encoded_alike(styles: Sequence[int]) -> bytes | None:
    """Return styles as bytes that all have colours of the same kinds and nothing else; None where they are others."""
    highest = max(styles) if len(styles) >= _FEW else 0
    if not highest or highest >> UNDERLINE_COLOUR:
        return None
    flags, columns = 0, [b""]
    for place, flag_place in _COLOURS[:2]:
        if not highest >> place:
            break
        colours = [(style >> place & COLOUR_BITS) - _FIRST_DIRECT for style in styles]
        if min(colours) >= 0:
            flags |= _DIRECT_COLOUR << flag_place
            content = struct.pack(f">{len(colours)}I", *colours)
            columns += (content[1::4], content[2::4], content[3::4])
        elif min(colours) > -_FIRST_DIRECT and max(colours) < 0:
            flags |= _PALETTE_COLOUR << flag_place
            columns.append(bytes([colour + TRUECOLOR for colour in colours]))
        elif max(colours) > -_FIRST_DIRECT:
            return None
    columns[0] = bytes((flags,)) * len(styles)
    table = bytearray(len(columns) * len(styles))
    for place, column in enumerate(columns):
        table[place :: len(columns)] = column
    return bytes(table)


def read_styles(reader: Reader) -> list[PackedStyle]:
    """Take a table of at most MAX_STYLES styles and return all styles by number, the default one first.

    Raises:
        Malformed: it is cut short or a style has a value out of range.
    """
    count = reader.varint(limit=MAX_STYLES)
    styles: list[PackedStyle] = [0]
    while (missing := count + 1 - len(styles)) > 0:
        styles += _read_alike(reader, missing) if missing >= _FEW else ()
        if len(styles) <= count:
            styles.append(_read_style(reader))
    return styles


def _read_alike(reader: Reader, most: int) -> Sequence[int]:
    """Take the styles that stand here together, have colours of the same kinds and nothing else; none for only one."""
    pattern, kinds = _alike(reader.peek(1))
    sizes = [_SIZES[kind] for kind in kinds]
    content = reader.matching(pattern, most=most * (1 + sum(sizes)))
    if not content:
        return ()
    styles, place = [0] * (len(content) // (1 + sum(sizes))), 1
    for (shift, _), kind in zip(_COLOURS, kinds, strict=True):
        if kind:
            columns = [content[place + n :: 1 + sum(sizes)] for n in range(_SIZES[kind])]
            styles = [style | colour << shift for style, colour in zip(styles, _colours_in(columns), strict=True)]
        place += _SIZES[kind]
    return styles


@lru_cache(maxsize=64)
def _alike(flags: bytes) -> tuple[re.Pattern[bytes], Sequence[int]]:
    """Return what two or more styles with these flags match, and the kinds of their colours; none if more follows."""
    kinds = [flags[0] >> place & _KIND for _, place in _COLOURS] if flags else []
    if not kinds or flags[0] & (_RENDITION | _LINK) or not all(kind in _SIZES for kind in kinds):
        return _NOTHING, (_DEFAULT_COLOUR,) * len(_COLOURS)
    size = sum([_SIZES[kind] for kind in kinds])
    return re.compile(b"(?:%b[\\x00-\\xff]{%d}){2,}" % (re.escape(flags), size)), kinds


def _colours_in(columns: Sequence[bytes]) -> Sequence[int]:
    """Return the packed colours that columns of bytes hold: one for those of a palette, three for direct ones."""
    if len(columns) == 1:
        return [index + 1 for index in columns[0]]
    content = bytearray(4 * len(columns[0]))
    for place, column in enumerate(columns, 1):
        content[place::4] = column
    return [colour + _FIRST_DIRECT for colour in struct.unpack(f">{len(columns[0])}I", content)]


def _read_style(reader: Reader) -> PackedStyle:
    flags = reader.byte()
    style = 0
    for place, flag_place in _COLOURS:
        style |= _read_colour(reader, flags >> flag_place & _KIND) << place
    rendition = reader.varint(limit=_BY_INDEX | _MAX_RENDITION) if flags & _RENDITION else 0
    by_index, rendition = rendition & _BY_INDEX, rendition & ~_BY_INDEX
    if rendition > _MAX_RENDITION:
        raise Malformed(f"there is no rendition {rendition}")
    attributes = rendition & _ATTRIBUTES | (INDEXED if by_index else 0)
    style |= attributes << ATTRIBUTES | rendition >> _UNDERLINE_SHIFT << UNDERLINE
    link = read_text(reader, limit=MAX_SENT_LINK) if flags & _LINK else ""
    return LinkedStyle(style, link) if link else style


def _read_colour(reader: Reader, kind: int) -> int:
    """Take a colour and return it packed."""
    if kind == _DEFAULT_COLOUR:
        return 0
    if kind == _PALETTE_COLOUR:
        return reader.byte() + 1
    if kind == _DIRECT_COLOUR:
        return int.from_bytes(reader.bytes(3), "big") + _FIRST_DIRECT
    raise Malformed(f"a style has a colour of the unknown kind {kind}")
