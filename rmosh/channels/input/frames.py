"""What is typed, on the wire (`rmosh/PROTOCOL.md`, Frames): the bytes, and how far they may run ahead."""

from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame, fits, varint_from_1
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint


@dataclass(frozen=True, slots=True)
class Input(WireFrame):
    """Bytes typed, from `offset` on in the stream of all input; never empty."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class InputLimit(WireFrame):
    """Input up to `offset` may be sent; of two the larger counts."""

    offset: int


def _write_input(buffer: bytearray, frame: Input) -> None:
    length = fits(len(frame.data), lowest=1, highest=MAX_DATAGRAM, what="the input's length")
    append_varint(buffer, fits(frame.offset, highest=MAX_VARINT - length, what="the input's offset"))
    append_bytes(buffer, frame.data)


def _read_input(reader: Reader) -> Input:
    offset = reader.varint()
    length = varint_from_1(reader, highest=MAX_DATAGRAM, what="the input's length")
    if offset + length > MAX_VARINT:
        raise Malformed(f"input of {length} bytes at offset {offset} goes beyond the stream's last offset")
    return Input(offset, reader.bytes(length))


def _write_input_limit(buffer: bytearray, frame: InputLimit) -> None:
    append_varint(buffer, frame.offset)


def _read_input_limit(reader: Reader) -> InputLimit:
    return InputLimit(reader.varint())


INPUT: Final = FrameType(0x08, "INPUT", Input, True, _write_input, _read_input)
INPUT_LIMIT: Final = FrameType(0x44, "INPUT_LIMIT", InputLimit, True, _write_input_limit, _read_input_limit)
