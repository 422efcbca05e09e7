"""Every frame type of a protocol, and the frames of a datagram read by it (`rmosh/PROTOCOL.md`, Frames).

The endpoint's own types are always among them; what channels say is handed in.
"""

import re
from collections.abc import Iterable
from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed, UsageError
from rmosh.transport.frame_type import OPTIONAL, OPTIONAL_SILENT, FrameType, WireFrame
from rmosh.transport.frames import TRANSPORT_FRAMES, Padding, Skipped
from rmosh.wire import Reader

_ZEROS: Final = re.compile(b"\0*")


class FrameTable:
    """Ties each code to its frame type, and each class of frames to it.

    Attributes:
        types: all of them, by code ascending.
    """

    def __init__(self, channels: Iterable[FrameType]) -> None:
        """Begin.

        Args:
            channels: the types of all channels.

        Raises:
            UsageError: two have the same code.
        """
        self.types = tuple(sorted((*TRANSPORT_FRAMES, *channels), key=lambda kind: kind.code))
        self._by_code = {kind.code: kind for kind in self.types}
        self._by_shape = {kind.shape: kind for kind in self.types}
        if len(self._by_code) < len(self.types):
            raise UsageError(f"of {', '.join(kind.name for kind in self.types)} two have the same code")

    def encode(self, frame: WireFrame) -> bytes:
        """Return the bytes of one frame, its type's code first.

        Raises:
            UsageError: a value is outside the protocol's bounds.
        """
        return self._by_shape[type(frame)].encode(frame)

    def decode(self, untrusted: bytes) -> list[WireFrame]:
        """Read an opened datagram's frames in their order; a run of padding is one `Padding`.

        Raises:
            Malformed: there is none, one is unknown and not optional, cut short, out of bounds or not as long as it
                says.
        """
        if not untrusted:
            raise Malformed("a datagram holds at least one frame, this one is empty")
        reader = Reader(untrusted)
        frames: list[WireFrame] = []
        while reader.remaining:
            frame_type = self._by_code.get(code := reader.byte())
            if code in OPTIONAL:
                frames.append(_read_optional(frame_type, code, reader.counted_bytes(limit=MAX_DATAGRAM)))
            elif frame_type is None:
                raise Malformed(f"frame type {code:#04x} is unknown")
            elif frame_type.shape is Padding:
                frames.append(_read_padding(reader, untrusted))
            else:
                frames.append(frame_type.read(reader))
        return frames

    def elicits_ack(self, frame: WireFrame) -> bool:
        """Tell whether the peer has to acknowledge a datagram because this frame is in it."""
        if isinstance(frame, Skipped):
            return frame.code not in OPTIONAL_SILENT
        return self._by_shape[type(frame)].eliciting

    def is_bulk(self, frame: WireFrame) -> bool:
        """Tell whether one acknowledgement will do for several such frames."""
        return not isinstance(frame, Skipped) and self._by_shape[type(frame)].is_bulk

    def name_of(self, frame: WireFrame) -> str:
        """Return a frame's name as PROTOCOL.md has it."""
        return "OPTIONAL" if isinstance(frame, Skipped) else self._by_shape[type(frame)].name

    def name_in(self, encoded: bytes) -> str:
        """Return the name of the frame whose bytes, made here, these are."""
        return self._by_code[encoded[0]].name


def _read_optional(frame_type: FrameType | None, code: int, untrusted: bytes) -> WireFrame:
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
