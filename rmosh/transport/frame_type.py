"""What a frame is: a value, and the type that ties its code to its writer and reader; what those share."""

from collections.abc import Callable
from typing import Any, Final

from rmosh.errors import Malformed, UsageError
from rmosh.lazy_dataclass import dataclass
from rmosh.wire import Reader, encode_varint

#: Codes of optional frames: behind the code stands the length of what follows, so that who does not know the frame
#: passes over it. The second half of them elicits no acknowledgement, so that he knows that too. Source: PROTOCOL.md.
OPTIONAL: Final = range(0x40, 0x80)
OPTIONAL_SILENT: Final = range(0x60, 0x80)


class WireFrame:
    """What a datagram holds some of; each type of frame is a frozen dataclass of its own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FrameType:
    """One line of the protocol's table of frames.

    Attributes:
        eliciting: the peer has to acknowledge it.
        is_bulk: many follow each other, and several are acknowledged at once.
    """

    code: int
    name: str
    shape: type[WireFrame]
    eliciting: bool
    write: Callable[[bytearray, Any], None]
    read: Callable[[Reader], WireFrame]
    is_bulk: bool = False

    def encode(self, frame: WireFrame) -> bytes:
        """Return the bytes of a frame of this type, its code first.

        Raises:
            UsageError: a value is outside the protocol's bounds.
        """
        buffer = bytearray((self.code,))
        self.write(buffer, frame)
        if self.code in OPTIONAL:
            buffer[1:1] = encode_varint(len(buffer) - 1)
        return bytes(buffer)


def fits(value: int, *, lowest: int = 0, highest: int, what: str) -> int:
    """Return a value that the protocol allows.

    Raises:
        UsageError: it is outside the bounds.
    """
    if not lowest <= value <= highest:
        raise UsageError(f"{what} is {value}, the protocol allows {lowest} to {highest}")
    return value


def varint_from_1(reader: Reader, *, highest: int, what: str) -> int:
    """Read a number that is not 0.

    Raises:
        Malformed: it is outside the bounds.
    """
    value = reader.varint(limit=highest)
    if value == 0:
        raise Malformed(f"{what} is 0, the least is 1")
    return value
