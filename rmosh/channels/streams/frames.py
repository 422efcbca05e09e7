"""Streams on the wire (`rmosh/PROTOCOL.md`, Frames): bytes, how far they may go, and that one is given up."""

from typing import Final, NamedTuple

from rmosh.channels.streams.policy import LARGEST_WINDOW
from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame, fits
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint, encode_varint

#: Most bytes that a STREAM_DATA frame spends on type, number, offset and length: 1 + 8 + 8 + 4.
DATA_OVERHEAD: Final = 21

#: Bytes of the length of a piece that fills a datagram, and the largest such frame. Source: RFC 9000 section 16.
_FULL_LENGTH_BYTES: Final = 2
_FULL_LENGTH: Final = 0x4000
LARGEST_FULL_PIECE: Final = 1 << 13

#: Largest number of a reason, and most bytes of its words. Reason: as CLOSE has them.
MAX_RESET_CODE: Final = 65535
MAX_RESET_REASON: Final = 256

#: Bits of STREAM_GIVEN_UP: which halves its sender gives up.
SAYS_NO_MORE: Final = 1
READS_NO_MORE: Final = 2


class StreamReset(NamedTuple):
    """Why a stream is given up.

    Attributes:
        code: what it means is known to whoever uses the stream, 0-65535.
        reason: one printable line, or nothing; a stranger's like all text.
    """

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StreamData(WireFrame):
    """Bytes of a stream from an offset on; `is_last` says that nothing follows them."""

    number: int
    offset: int
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class StreamLimit(WireFrame):
    """So many bytes of a stream were read, and `window` more may be sent; the largest sum counts."""

    number: int
    read: int
    window: int


@dataclass(frozen=True, slots=True)
class StreamsLimit(WireFrame):
    """How many bytes may be sent on all streams together, and how many streams opened; the largest of each counts."""

    size: int
    count: int


@dataclass(frozen=True, slots=True)
class StreamGivenUp(WireFrame):
    """One half of a stream or both are given up.

    Attributes:
        halves: SAYS_NO_MORE, READS_NO_MORE or both of them.
        size: how many bytes were sent on it; 0 where more may follow.
    """

    number: int
    halves: int
    size: int
    why: StreamReset


def append_data(buffer: bytearray, number: int, offset: int, data: bytes | bytearray, *, is_last: bool) -> None:
    """Append the fields of a STREAM_DATA frame."""
    append_varint(buffer, number)
    append_varint(buffer, offset)
    append_varint(buffer, 2 * len(data) + is_last)
    buffer += data


def front_of_full_piece(number: int, offset: int, room: int) -> bytes:
    """Return what a STREAM_DATA frame of `room` bytes has before its bytes, its type first; it is not the last."""
    front = bytes((STREAM_DATA.code,)) + encode_varint(number) + encode_varint(offset)
    size = room - len(front) - _FULL_LENGTH_BYTES
    return front + (_FULL_LENGTH | 2 * size).to_bytes(_FULL_LENGTH_BYTES, "big")


def _write_data(buffer: bytearray, frame: StreamData) -> None:
    fits(len(frame.data), highest=MAX_DATAGRAM, what="the length of a stream's piece")
    append_data(buffer, frame.number, frame.offset, frame.data, is_last=frame.is_last)


def _read_data(reader: Reader) -> StreamData:
    number, offset = reader.varint(), reader.varint()
    length, is_last = divmod(reader.varint(limit=2 * MAX_DATAGRAM + 1), 2)
    if offset + length > MAX_VARINT:
        raise Malformed(f"{length} bytes at offset {offset} go beyond a stream's last offset")
    if not length and not is_last:
        raise Malformed(f"a piece of stream {number} is empty and not its last")
    return StreamData(number, offset, reader.bytes(length), bool(is_last))


def _write_limit(buffer: bytearray, frame: StreamLimit) -> None:
    append_varint(buffer, frame.number)
    append_varint(buffer, frame.read)
    append_varint(buffer, fits(frame.window, highest=LARGEST_WINDOW, what="a stream's window"))


def _read_limit(reader: Reader) -> StreamLimit:
    return StreamLimit(reader.varint(), reader.varint(), reader.varint(limit=LARGEST_WINDOW))


def _write_streams_limit(buffer: bytearray, frame: StreamsLimit) -> None:
    append_varint(buffer, frame.size)
    append_varint(buffer, frame.count)


def _read_streams_limit(reader: Reader) -> StreamsLimit:
    return StreamsLimit(reader.varint(), reader.varint())


def _write_given_up(buffer: bytearray, frame: StreamGivenUp) -> None:
    append_varint(buffer, frame.number)
    append_varint(buffer, fits(frame.halves, lowest=1, highest=3, what="the halves of a stream given up"))
    append_varint(buffer, frame.size)
    append_varint(buffer, fits(frame.why.code, highest=MAX_RESET_CODE, what="the reason's number"))
    reason = frame.why.reason.encode("utf-8", "replace")[:MAX_RESET_REASON]
    append_bytes(buffer, reason.decode("utf-8", "ignore").encode())


def _read_given_up(reader: Reader) -> StreamGivenUp:
    number, halves, size = reader.varint(), reader.varint(limit=3), reader.varint()
    if halves == 0 or (size and not halves & SAYS_NO_MORE):
        raise Malformed(f"of stream {number} halves {halves} are given up after {size} bytes")
    code = reader.varint(limit=MAX_RESET_CODE)
    try:
        reason = reader.counted_bytes(limit=MAX_RESET_REASON).decode()
    except UnicodeDecodeError as error:
        raise Malformed("the reason why a stream is given up is not UTF-8") from error
    return StreamGivenUp(number, halves, size, StreamReset(code, _printable(reason)))


def _printable(text: str) -> str:
    return "".join([each if each.isprintable() else "?" for each in text])


STREAM_DATA: Final = FrameType(0x20, "STREAM_DATA", StreamData, True, _write_data, _read_data, is_bulk=True)
STREAM_LIMIT: Final = FrameType(0x21, "STREAM_LIMIT", StreamLimit, True, _write_limit, _read_limit)
STREAMS_LIMIT: Final = FrameType(0x22, "STREAMS_LIMIT", StreamsLimit, True, _write_streams_limit, _read_streams_limit)
STREAM_GIVEN_UP: Final = FrameType(0x23, "STREAM_GIVEN_UP", StreamGivenUp, True, _write_given_up, _read_given_up)
