"""The bytes of a datagram's frames (`rmosh/PROTOCOL.md`, Frames).

One table, `FRAME_TYPES`, ties each type byte to its value class (`frames.py`), writer and reader. What stands inside a
frame is known to the codec of its family alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh.transport.frame_type import FrameType
from rmosh.transport.frames import (
    Frame,
    Padding,
    Skipped,
)
from rmosh.transport.header import MAX_DATAGRAM_BYTES
from rmosh.transport.history_frame_codec import HISTORY_FRAMES
from rmosh.transport.session_frame_codec import SESSION_FRAMES
from rmosh.transport.transport_frame_codec import TRANSPORT_FRAMES
from rmosh.wire import Reader, encode_varint

#: Codes of optional channels: behind the code stands the length of what follows, so that who does not know the frame
#: passes over it. The second half of them elicits no acknowledgement, so that he knows that too. Source: PROTOCOL.md.
OPTIONAL: Final = range(0x40, 0x80)
OPTIONAL_SILENT: Final = range(0x60, 0x80)

_ZEROS: Final = re.compile(b"\0*")


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of one frame, its type byte first.

    Raises:
        UsageError: a value is outside the protocol's bounds.
    """
    frame_type = _BY_SHAPE[type(frame)]
    buffer = bytearray((frame_type.code,))
    frame_type.write(buffer, frame)
    if frame_type.code in OPTIONAL:
        buffer[1:1] = encode_varint(len(buffer) - 1)
    return bytes(buffer)


def decode_frames(untrusted: bytes) -> list[Frame]:
    """Read an opened datagram's frames in their order; a run of padding is one `Padding`.

    Raises:
        Malformed: there is none, one is unknown and not optional, cut short, out of bounds or not as long as it says.
    """
    if not untrusted:
        raise Malformed("a datagram holds at least one frame, this one is empty")
    reader = Reader(untrusted)
    frames: list[Frame] = []
    while reader.remaining:
        frame_type = _BY_CODE.get(code := reader.byte())
        if code in OPTIONAL:
            frames.append(_read_optional(frame_type, code, reader.counted_bytes(limit=MAX_DATAGRAM_BYTES)))
        elif frame_type is None:
            raise Malformed(f"frame type {code:#04x} is unknown")
        elif frame_type.shape is Padding:
            frames.append(_read_padding(reader, untrusted))
        else:
            frames.append(frame_type.read(reader))
    return frames


def elicits_ack(frame: Frame) -> bool:
    """Tell whether the peer has to acknowledge a datagram because this frame is in it."""
    if isinstance(frame, Skipped):
        return frame.code not in OPTIONAL_SILENT
    return _BY_SHAPE[type(frame)].eliciting


def _read_optional(frame_type: FrameType | None, code: int, untrusted: bytes) -> Frame:
    if frame_type is None:
        return Skipped(code)
    reader = Reader(untrusted)
    frame = frame_type.read(reader)
    reader.end()
    return frame


def _read_padding(reader: Reader, untrusted: bytes) -> Padding:
    position = len(untrusted) - reader.remaining
    zeros = _ZEROS.match(untrusted, position)
    more = 0 if zeros is None else zeros.end() - position
    reader.bytes(more)
    return Padding(1 + more)


#: Every frame of the protocol, in the order of PROTOCOL.md's table.
FRAME_TYPES: Final[Sequence[FrameType]] = (*TRANSPORT_FRAMES, *SESSION_FRAMES, *HISTORY_FRAMES)

_BY_CODE: Final[Mapping[int, FrameType]] = {frame_type.code: frame_type for frame_type in FRAME_TYPES}
_BY_SHAPE: Final[Mapping[type, FrameType]] = {frame_type.shape: frame_type for frame_type in FRAME_TYPES}
