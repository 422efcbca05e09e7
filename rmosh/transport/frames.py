"""The frames by which two endpoints keep their connection: values, bounds, bytes (`rmosh/PROTOCOL.md`, Frames).

What a session says with its datagrams is its channels'. Knows no keys, paths or time.
"""

from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame, fits, varint_from_1
from rmosh.transport.header import MAX_PACKET_NUMBER
from rmosh.wire import MAX_VARINT, Reader, append_varint

#: Most ranges an ACK tells after the newest one; more holes are not worth telling. Source: PROTOCOL.md.
MAX_FURTHER_RANGES: Final = 32

#: Bytes of a path challenge: 64 bits make a blind answer hopeless. Source: RFC 9000 section 19.17.
CHALLENGE_BYTES: Final = 8

#: Bytes of a key exchange's share. Source: RFC 7748 section 5.
SHARE_BYTES: Final = 32

#: Microseconds in a second: the unit of ACK's delay.
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Padding(WireFrame):
    """Zero bytes that make a datagram longer, to probe what size a path carries."""

    length: int = 1


@dataclass(frozen=True, slots=True)
class Ping(WireFrame):
    """Asks for an acknowledgement, nothing else."""


@dataclass(frozen=True, slots=True)
class AckMayWait(WireFrame):
    """The acknowledgement of this datagram may wait for the next one."""


@dataclass(frozen=True, slots=True)
class Ack(WireFrame):
    """Packet numbers received.

    Attributes:
        ranges: half-open (start, stop), newest first, neither empty nor touching; 1 to 33 of them.
        delay: seconds from the newest one's arrival to this frame's sending.
    """

    ranges: tuple[tuple[int, int], ...]
    delay: float

    @property
    def largest(self) -> int:
        """The newest packet number acknowledged."""
        return self.ranges[0][1] - 1


@dataclass(frozen=True, slots=True)
class PathChallenge(WireFrame):
    """Asks whoever is at the other end of a path to answer these 8 bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PathResponse(WireFrame):
    """Answers a challenge with its own 8 bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class KeyShare(WireFrame):
    """One end's share of a key exchange (X25519); from the client it begins one, from the server it answers.

    Attributes:
        number: of the exchange, from 1 on.
        share: SHARE_BYTES of them.
    """

    number: int
    share: bytes


@dataclass(frozen=True, slots=True)
class Skipped(WireFrame):
    """A frame of an optional channel that this version does not know; only received, never sent."""

    code: int


def _write_padding(buffer: bytearray, frame: Padding) -> None:
    buffer += bytes(fits(frame.length, lowest=1, highest=MAX_DATAGRAM, what="padding") - 1)


def _write_nothing(_buffer: bytearray, _frame: WireFrame) -> None:
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


def _read_challenge(reader: Reader) -> PathChallenge:
    return PathChallenge(reader.bytes(CHALLENGE_BYTES))


def _read_response(reader: Reader) -> PathResponse:
    return PathResponse(reader.bytes(CHALLENGE_BYTES))


PADDING: Final = FrameType(0x00, "PADDING", Padding, False, _write_padding, lambda _reader: Padding())
PING: Final = FrameType(0x01, "PING", Ping, True, _write_nothing, lambda _reader: Ping())
ACK: Final = FrameType(0x02, "ACK", Ack, False, _write_ack, _read_ack)
PATH_CHALLENGE: Final = FrameType(0x03, "PATH_CHALLENGE", PathChallenge, True, _write_challenge, _read_challenge)
PATH_RESPONSE: Final = FrameType(0x04, "PATH_RESPONSE", PathResponse, True, _write_challenge, _read_response)
KEY_SHARE: Final = FrameType(0x06, "KEY_SHARE", KeyShare, True, _write_key_share, _read_key_share)
ACK_MAY_WAIT: Final = FrameType(0x60, "ACK_MAY_WAIT", AckMayWait, False, _write_nothing, lambda _reader: AckMayWait())

#: All of them; the endpoint takes them itself.
TRANSPORT_FRAMES: Final = (PADDING, PING, ACK, PATH_CHALLENGE, PATH_RESPONSE, KEY_SHARE, ACK_MAY_WAIT)
