"""The bytes of the frames by which the two endpoints keep their connection (`rmosh/PROTOCOL.md`, Frames)."""

from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh.transport.frame_type import FrameType, fits, varint_from_1
from rmosh.transport.frames import (
    CHALLENGE_BYTES,
    MAX_CLOSE_MESSAGE,
    MAX_CLOSE_VALUE,
    MAX_FURTHER_RANGES,
    SHARE_BYTES,
    Ack,
    Close,
    CloseKind,
    Frame,
    KeyShare,
    Padding,
    PathChallenge,
    PathResponse,
    Ping,
)
from rmosh.transport.header import MAX_DATAGRAM_BYTES, MAX_PACKET_NUMBER
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint

#: Microseconds in a second: the unit of ACK's delay.
_MICROSECONDS: Final = 1_000_000


def _write_padding(buffer: bytearray, frame: Padding) -> None:
    buffer += bytes(fits(frame.length, lowest=1, highest=MAX_DATAGRAM_BYTES, what="padding") - 1)


def _write_nothing(_buffer: bytearray, _frame: Frame) -> None:
    """A frame that is its type byte alone."""


def _write_ack(buffer: bytearray, frame: Ack) -> None:
    fits(len(frame.ranges), lowest=1, highest=1 + MAX_FURTHER_RANGES, what="the number of ranges")
    append_varint(buffer, fits(frame.largest, highest=MAX_PACKET_NUMBER, what="the largest packet number"))
    append_varint(buffer, round(frame.delay * _MICROSECONDS))
    append_varint(buffer, len(frame.ranges) - 1)
    (previous, stop), *further = frame.ranges
    append_varint(buffer, stop - previous - 1)
    for start, stop in further:
        append_varint(buffer, previous - stop - 1)
        append_varint(buffer, stop - start - 1)
        previous = start
    fits(previous, highest=MAX_PACKET_NUMBER, what="the smallest packet number")


def _read_ack(reader: Reader) -> Ack:
    stop = reader.varint(limit=MAX_PACKET_NUMBER) + 1
    delay = reader.varint() / _MICROSECONDS
    further = reader.varint(limit=MAX_FURTHER_RANGES)
    start = stop - 1 - reader.varint(limit=stop - 1)
    ranges = [(start, stop)]
    for _ in range(further):
        stop = start - 1 - reader.varint(limit=MAX_PACKET_NUMBER)
        start = stop - 1 - reader.varint(limit=MAX_PACKET_NUMBER)
        if start < 0:
            raise Malformed(f"an acknowledged range starts at packet {start}")
        ranges.append((start, stop))
    return Ack(tuple(ranges), delay)


def _write_challenge(buffer: bytearray, frame: PathChallenge | PathResponse) -> None:
    fits(len(frame.data), lowest=CHALLENGE_BYTES, highest=CHALLENGE_BYTES, what="the challenge's length")
    buffer += frame.data


def _write_key_share(buffer: bytearray, frame: KeyShare) -> None:
    append_varint(buffer, fits(frame.number, lowest=1, highest=MAX_VARINT, what="the number of a key exchange"))
    fits(len(frame.share), lowest=SHARE_BYTES, highest=SHARE_BYTES, what="the length of its share")
    buffer += frame.share


def _read_key_share(reader: Reader) -> KeyShare:
    number = varint_from_1(reader, highest=MAX_VARINT, what="the number of a key exchange")
    return KeyShare(number, reader.bytes(SHARE_BYTES))


def _write_close(buffer: bytearray, frame: Close) -> None:
    buffer.append(frame.kind.value)
    append_varint(buffer, fits(frame.value, highest=MAX_CLOSE_VALUE, what="the exit status or signal"))
    append_varint(buffer, frame.last_frame)
    message = frame.message.encode("utf-8", "replace")[:MAX_CLOSE_MESSAGE]
    append_bytes(buffer, message.decode("utf-8", "ignore").encode())


def _read_close(reader: Reader) -> Close:
    try:
        kind = CloseKind(code := reader.byte())
    except ValueError as error:
        raise Malformed(f"close kind {code} is unknown") from error
    value = reader.varint(limit=MAX_CLOSE_VALUE)
    last_frame = reader.varint()
    try:
        message = reader.counted_bytes(limit=MAX_CLOSE_MESSAGE).decode()
    except UnicodeDecodeError as error:
        raise Malformed("the close message is not UTF-8") from error
    return Close(kind, value, message, last_frame)


#: In the order of PROTOCOL.md's table.
TRANSPORT_FRAMES: Final[Sequence[FrameType]] = (
    FrameType(0x00, "PADDING", Padding, False, _write_padding, lambda _reader: Padding()),
    FrameType(0x01, "PING", Ping, True, _write_nothing, lambda _reader: Ping()),
    FrameType(0x02, "ACK", Ack, False, _write_ack, _read_ack),
    FrameType(
        0x03,
        "PATH_CHALLENGE",
        PathChallenge,
        True,
        _write_challenge,
        lambda reader: PathChallenge(reader.bytes(CHALLENGE_BYTES)),
    ),
    FrameType(
        0x04,
        "PATH_RESPONSE",
        PathResponse,
        True,
        _write_challenge,
        lambda reader: PathResponse(reader.bytes(CHALLENGE_BYTES)),
    ),
    FrameType(0x05, "CLOSE", Close, True, _write_close, _read_close),
    FrameType(0x06, "KEY_SHARE", KeyShare, True, _write_key_share, _read_key_share),
)
