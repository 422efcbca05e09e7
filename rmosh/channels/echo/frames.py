"""How far the input was taken, on the wire (`rmosh/PROTOCOL.md`, Frames)."""

from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.wire import Reader, append_varint

#: Oldest echo age told, in milliseconds; older ones are told as this. Source: PROTOCOL.md.
MAX_ECHO_AGE: Final = 65535

#: Milliseconds in a second: the unit of ECHO's age.
_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Echo(WireFrame):
    """Input before `offset` was given to the PTY `age` seconds ago."""

    offset: int
    age: float


def _write_echo(buffer: bytearray, frame: Echo) -> None:
    append_varint(buffer, frame.offset)
    append_varint(buffer, min(round(frame.age * _MILLISECONDS), MAX_ECHO_AGE))


def _read_echo(reader: Reader) -> Echo:
    return Echo(reader.varint(), reader.varint(limit=MAX_ECHO_AGE) / _MILLISECONDS)


ECHO: Final = FrameType(0x0C, "ECHO", Echo, False, _write_echo, _read_echo)
