"""What a user's terminal has said of itself when it was asked, as far as programs on the far side ask the same.

Its bytes stand in the hello, in hexadecimal, and in the frame TERMINAL. What is behind them is left to later versions.
"""

import re
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.wire import Reader, append_bytes, append_varint

#: Longest name, in bytes. Reason: real ones take 10 to 20.
MAX_NAME: Final = 64

#: Longest secondary device attributes, in bytes. Source: three numbers of up to six digits.
MAX_ATTRIBUTES: Final = 32

#: Largest cell in pixels, each way. Reason: above any font on any screen.
MAX_CELL: Final = 1000

_NAME: Final = re.compile(rf"[ -~]{{0,{MAX_NAME}}}")
_ATTRIBUTES: Final = re.compile(rf"[0-9;]{{0,{MAX_ATTRIBUTES}}}")

#: Names of terminals whose scrollback outlives a full reset (RIS). Source: konsole 26.08, tmux 3.3a and 3.8;
#: xterm 412, VTE 0.84, kitty 0.48, alacritty 0.17, foot 1.28 and urxvt 9.31 empty theirs.
_KEEPING_AT_RESET: Final = ("Konsole ", "tmux ")

#: Flags, in the order of the fields.
_KEYBOARD_PROTOCOL, _KEY_MODIFIERS, _DIRECT_COLOUR = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Traits:
    """One terminal; what it did not say is false or empty.

    Attributes:
        keyboard_protocol: it has kitty's keyboard protocol.
        key_modifiers: it tells its modifyOtherKeys (XTQMODKEYS).
        direct_colour: it shows 24-bit colours.
        name: name and version (XTVERSION), printable ASCII of at most MAX_NAME characters.
        attributes: secondary device attributes, numbers with semicolons between.
        cell: height and width of a cell in pixels, 0 x 0 where unknown.
    """

    keyboard_protocol: bool = False
    key_modifiers: bool = False
    direct_colour: bool = False
    name: str = ""
    attributes: str = ""
    cell: tuple[int, int] = (0, 0)

    @property
    def keeps_scrollback_at_reset(self) -> bool:
        """Whether a full reset (RIS) leaves its scrollback alone, judged from its name."""
        return self.name.startswith(_KEEPING_AT_RESET)


def is_name(text: str) -> bool:
    """Tell whether a text may be a terminal's name."""
    return _NAME.fullmatch(text) is not None


def is_attributes(text: str) -> bool:
    """Tell whether a text may be secondary device attributes."""
    return _ATTRIBUTES.fullmatch(text) is not None


def encode_traits(traits: Traits) -> bytes:
    """Return the bytes of what a terminal said."""
    buffer = bytearray()
    flags = _KEYBOARD_PROTOCOL * traits.keyboard_protocol + _KEY_MODIFIERS * traits.key_modifiers
    append_varint(buffer, flags + _DIRECT_COLOUR * traits.direct_colour)
    for pixels in traits.cell:
        append_varint(buffer, pixels)
    append_bytes(buffer, traits.name.encode("ascii"))
    append_bytes(buffer, traits.attributes.encode("ascii"))
    return bytes(buffer)


def decode_traits(untrusted: bytes) -> Traits:
    """Read them; flags and bytes that later versions have are passed over.

    Raises:
        Malformed: they are cut short or out of bounds.
    """
    reader = Reader(untrusted)
    flags = reader.varint()
    cell = (reader.varint(limit=MAX_CELL), reader.varint(limit=MAX_CELL))
    name = reader.counted_bytes(limit=MAX_NAME).decode("ascii", "replace")
    attributes = reader.counted_bytes(limit=MAX_ATTRIBUTES).decode("ascii", "replace")
    if not is_name(name) or not is_attributes(attributes):
        raise Malformed("the name or the attributes of a terminal hold what is not printable")
    return Traits(
        keyboard_protocol=bool(flags & _KEYBOARD_PROTOCOL),
        key_modifiers=bool(flags & _KEY_MODIFIERS),
        direct_colour=bool(flags & _DIRECT_COLOUR),
        name=name,
        attributes=attributes,
        cell=cell,
    )
