"""The bytes of a datagram's frames (`rmosh/PROTOCOL.md`, Frames).

One table, `FRAME_TYPES`, ties each type byte to its value class (`frames.py`), writer and reader.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rmosh.errors import Malformed, UsageError
from rmosh.transport.erasure import MAX_SYMBOL, BlockLayout
from rmosh.transport.frames import (
    CHALLENGE_BYTES,
    COLOUR_PLACES,
    MAX_CLOSE_MESSAGE,
    MAX_CLOSE_VALUE,
    MAX_ECHO_AGE,
    MAX_FURTHER_RANGES,
    MAX_HISTORY_BLOCK,
    MAX_HISTORY_LINES,
    MAX_PEOPLE,
    MAX_PERSON_NAME,
    MAX_WINDOW,
    SHARE_BYTES,
    Ack,
    Close,
    CloseKind,
    Colours,
    Echo,
    Frame,
    History,
    HistoryKept,
    HistoryShown,
    HistoryWant,
    Input,
    KeyShare,
    Padding,
    PathChallenge,
    PathResponse,
    People,
    Person,
    Ping,
    Screen,
    ScreenAck,
    Skipped,
    Window,
)
from rmosh.transport.header import MAX_DATAGRAM_BYTES, MAX_PACKET_NUMBER
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint, append_varints, encode_varint

#: Flags of a person.
_READ_ONLY, _IS_YOU, _LEADS = 1, 2, 4

#: Microseconds and milliseconds in a second: units of ACK's delay and ECHO's age.
_MICROSECONDS: Final = 1_000_000
_MILLISECONDS: Final = 1000

_ZEROS: Final = re.compile(b"\0*")

#: Codes of optional channels: behind the code stands the length of what follows, so that who does not know the frame
#: passes over it. The second half of them elicits no acknowledgement, so that he knows that too. Source: PROTOCOL.md.
OPTIONAL: Final = range(0x40, 0x80)
OPTIONAL_SILENT: Final = range(0x60, 0x80)


@dataclass(frozen=True, slots=True)
class FrameType:
    """One line of the protocol's table of frames."""

    code: int
    name: str
    shape: type[Frame]
    eliciting: bool
    write: Callable[[bytearray, Any], None]
    read: Callable[[Reader], Frame]


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


def _fits(value: int, *, lowest: int = 0, highest: int, what: str) -> int:
    if not lowest <= value <= highest:
        raise UsageError(f"{what} is {value}, the protocol allows {lowest} to {highest}")
    return value


def _varint_from_1(reader: Reader, *, highest: int, what: str) -> int:
    value = reader.varint(limit=highest)
    if value == 0:
        raise Malformed(f"{what} is 0, the least is 1")
    return value


def _write_padding(buffer: bytearray, frame: Padding) -> None:
    buffer += bytes(_fits(frame.length, lowest=1, highest=MAX_DATAGRAM_BYTES, what="padding") - 1)


def _read_padding(reader: Reader, untrusted: bytes) -> Padding:
    position = len(untrusted) - reader.remaining
    zeros = _ZEROS.match(untrusted, position)
    more = 0 if zeros is None else zeros.end() - position
    reader.bytes(more)
    return Padding(1 + more)


def _write_nothing(_buffer: bytearray, _frame: Frame) -> None:
    """A frame that is its type byte alone."""


def _write_ack(buffer: bytearray, frame: Ack) -> None:
    _fits(len(frame.ranges), lowest=1, highest=1 + MAX_FURTHER_RANGES, what="the number of ranges")
    append_varint(buffer, _fits(frame.largest, highest=MAX_PACKET_NUMBER, what="the largest packet number"))
    append_varint(buffer, round(frame.delay * _MICROSECONDS))
    append_varint(buffer, len(frame.ranges) - 1)
    (previous, stop), *further = frame.ranges
    append_varint(buffer, stop - previous - 1)
    for start, stop in further:
        append_varint(buffer, previous - stop - 1)
        append_varint(buffer, stop - start - 1)
        previous = start
    _fits(previous, highest=MAX_PACKET_NUMBER, what="the smallest packet number")


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
    _fits(len(frame.data), lowest=CHALLENGE_BYTES, highest=CHALLENGE_BYTES, what="the challenge's length")
    buffer += frame.data


def _write_key_share(buffer: bytearray, frame: KeyShare) -> None:
    append_varint(buffer, _fits(frame.number, lowest=1, highest=MAX_VARINT, what="the number of a key exchange"))
    _fits(len(frame.share), lowest=SHARE_BYTES, highest=SHARE_BYTES, what="the length of its share")
    buffer += frame.share


def _read_key_share(reader: Reader) -> KeyShare:
    number = _varint_from_1(reader, highest=MAX_VARINT, what="the number of a key exchange")
    return KeyShare(number, reader.bytes(SHARE_BYTES))


def _write_close(buffer: bytearray, frame: Close) -> None:
    buffer.append(frame.kind.value)
    append_varint(buffer, _fits(frame.value, highest=MAX_CLOSE_VALUE, what="the exit status or signal"))
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


def _write_input(buffer: bytearray, frame: Input) -> None:
    length = _fits(len(frame.data), lowest=1, highest=MAX_DATAGRAM_BYTES, what="the input's length")
    append_varint(buffer, _fits(frame.offset, highest=MAX_VARINT - length, what="the input's offset"))
    append_bytes(buffer, frame.data)


def _read_input(reader: Reader) -> Input:
    offset = reader.varint()
    length = _varint_from_1(reader, highest=MAX_DATAGRAM_BYTES, what="the input's length")
    if offset + length > MAX_VARINT:
        raise Malformed(f"input of {length} bytes at offset {offset} goes beyond the stream's last offset")
    return Input(offset, reader.bytes(length))


def _write_window(buffer: bytearray, frame: Window) -> None:
    append_varint(buffer, frame.serial)
    append_varint(buffer, _fits(frame.rows, lowest=1, highest=MAX_WINDOW, what="the rows"))
    append_varint(buffer, _fits(frame.columns, lowest=1, highest=MAX_WINDOW, what="the columns"))


def _read_window(reader: Reader) -> Window:
    serial = reader.varint()
    rows = _varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows")
    return Window(serial, rows, _varint_from_1(reader, highest=MAX_WINDOW, what="the number of columns"))


def _write_screen(buffer: bytearray, frame: Screen) -> None:
    layout = BlockLayout.of(frame.length, frame.symbol_size)
    distance = frame.number - frame.base
    append_varint(buffer, frame.number)
    append_varint(buffer, _fits(distance, lowest=1, highest=frame.number, what="the distance to the base"))
    append_varint(buffer, frame.length)
    append_varint(buffer, frame.symbol_size)
    append_varint(buffer, _fits(frame.block, highest=layout.block_count - 1, what="the block"))
    append_varint(buffer, _fits(frame.symbol, highest=MAX_SYMBOL, what="the symbol"))
    size = layout.symbol_size
    _fits(len(frame.data), lowest=size, highest=size, what="the symbol's length")
    buffer += frame.data


def _read_screen(reader: Reader) -> Screen:
    number = reader.varint()
    distance = _varint_from_1(reader, highest=number, what="the distance to the base frame")
    length, size = reader.varint(), reader.varint()
    layout = BlockLayout.claimed(length, size)
    block = reader.varint(limit=layout.block_count - 1)
    symbol = reader.varint(limit=MAX_SYMBOL)
    return Screen(number, number - distance, length, size, block, symbol, reader.bytes(size))


def _write_screen_ack(buffer: bytearray, frame: ScreenAck) -> None:
    append_varint(buffer, frame.number)


def _write_echo(buffer: bytearray, frame: Echo) -> None:
    append_varint(buffer, frame.offset)
    append_varint(buffer, min(round(frame.age * _MILLISECONDS), MAX_ECHO_AGE))


def _read_echo(reader: Reader) -> Echo:
    return Echo(reader.varint(), reader.varint(limit=MAX_ECHO_AGE) / _MILLISECONDS)


def _write_colours(buffer: bytearray, frame: Colours) -> None:
    places = [place for place, _ in frame.values]
    if places != sorted(set(places)):
        raise UsageError(f"the places of colours, {places}, do not ascend")
    for place in places:
        _fits(place, highest=COLOUR_PLACES - 1, what="the place of a colour")
    append_varint(buffer, sum(1 << place for place in places))
    for _, colour in frame.values:
        buffer += _fits(colour, highest=0xFFFFFF, what="a colour").to_bytes(3, "big")


def _read_colours(reader: Reader) -> Colours:
    places = reader.varint(limit=(1 << COLOUR_PLACES) - 1)
    known = [place for place in range(COLOUR_PLACES) if places >> place & 1]
    return Colours(tuple([(place, int.from_bytes(reader.bytes(3), "big")) for place in known]))


def _write_people(buffer: bytearray, frame: People) -> None:
    append_varint(buffer, frame.serial)
    buffer.append(_fits(len(frame.people), highest=MAX_PEOPLE, what="the number of clients"))
    for person in frame.people:
        name = person.name.encode("utf-8", "replace")[:MAX_PERSON_NAME]
        append_bytes(buffer, name.decode("utf-8", "ignore").encode())
        append_varint(buffer, _fits(person.rows, lowest=1, highest=MAX_WINDOW, what="the rows"))
        append_varint(buffer, _fits(person.columns, lowest=1, highest=MAX_WINDOW, what="the columns"))
        buffer.append(_READ_ONLY * person.read_only | _IS_YOU * person.is_you | _LEADS * person.leads)


def _read_people(reader: Reader) -> People:
    serial = reader.varint()
    count = reader.varint(limit=MAX_PEOPLE)
    return People(serial, tuple([_read_person(reader) for _ in range(count)]))


def _read_person(reader: Reader) -> Person:
    try:
        name = reader.counted_bytes(limit=MAX_PERSON_NAME).decode()
    except UnicodeDecodeError as error:
        raise Malformed("the name of a client is not UTF-8") from error
    rows = _varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows")
    columns = _varint_from_1(reader, highest=MAX_WINDOW, what="the number of columns")
    flags = reader.varint(limit=_READ_ONLY | _IS_YOU | _LEADS)
    return Person(name, rows, columns, bool(flags & _READ_ONLY), bool(flags & _IS_YOU), bool(flags & _LEADS))


def _write_lines(buffer: bytearray, frame: History | HistoryShown) -> None:
    count = _fits(frame.count, lowest=1, highest=MAX_HISTORY_LINES, what="the number of lines")
    append_varint(buffer, _fits(frame.start, highest=MAX_VARINT - count, what="the first line"))
    append_varint(buffer, count)


def _read_lines(reader: Reader) -> tuple[int, int]:
    start = reader.varint(limit=MAX_VARINT - MAX_HISTORY_LINES)
    return start, _varint_from_1(reader, highest=MAX_HISTORY_LINES, what="the number of lines")


def _write_history(buffer: bytearray, frame: History) -> None:
    _write_lines(buffer, frame)
    append_varint(buffer, _fits(frame.length, lowest=1, highest=MAX_HISTORY_BLOCK, what="the block's length"))
    size = _fits(len(frame.data), lowest=1, highest=frame.length, what="the length of a piece of it")
    append_varint(buffer, _fits(frame.offset, highest=frame.length - size, what="the offset of a piece of it"))
    buffer += frame.data


def _read_history(reader: Reader) -> History:
    start, count = _read_lines(reader)
    length = _varint_from_1(reader, highest=MAX_HISTORY_BLOCK, what="the block's length")
    offset = reader.varint(limit=length - 1)
    data = reader.rest()
    if not 1 <= len(data) <= length - offset:
        raise Malformed(f"a piece of {len(data)} bytes at offset {offset} of a block of {length}")
    return History(start, count, length, offset, data)


def _write_history_shown(buffer: bytearray, frame: HistoryShown) -> None:
    _write_lines(buffer, frame)
    append_varint(buffer, _fits(frame.frame, lowest=1, highest=MAX_VARINT, what="the number of a screen frame"))


def _read_history_shown(reader: Reader) -> HistoryShown:
    start, count = _read_lines(reader)
    return HistoryShown(start, count, _varint_from_1(reader, highest=MAX_VARINT, what="the number of a screen frame"))


def _write_history_kept(buffer: bytearray, frame: HistoryKept) -> None:
    append_varints(buffer, (frame.oldest, frame.began, frame.following, frame.erased))


def _read_history_kept(reader: Reader) -> HistoryKept:
    return HistoryKept(reader.varint(), reader.varint(), reader.varint(), reader.varint())


def _write_history_want(buffer: bytearray, frame: HistoryWant) -> None:
    _fits(frame.start + frame.count, highest=MAX_VARINT, what="the end of the lines wanted")
    append_varints(buffer, (frame.serial, frame.depth, frame.start, frame.count))


def _read_history_want(reader: Reader) -> HistoryWant:
    serial, depth, start = reader.varint(), reader.varint(), reader.varint()
    return HistoryWant(serial, depth, start, reader.varint(limit=MAX_VARINT - start))


#: Every frame of the protocol, in the order of PROTOCOL.md's table.
FRAME_TYPES: Final[Sequence[FrameType]] = (
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
    FrameType(0x08, "INPUT", Input, True, _write_input, _read_input),
    FrameType(0x09, "WINDOW", Window, True, _write_window, _read_window),
    FrameType(0x0A, "SCREEN", Screen, True, _write_screen, _read_screen),
    FrameType(0x0B, "SCREEN_ACK", ScreenAck, False, _write_screen_ack, lambda reader: ScreenAck(reader.varint())),
    FrameType(0x0C, "ECHO", Echo, False, _write_echo, _read_echo),
    FrameType(0x40, "COLOURS", Colours, True, _write_colours, _read_colours),
    FrameType(0x41, "PEOPLE", People, True, _write_people, _read_people),
    FrameType(0x48, "HISTORY", History, True, _write_history, _read_history),
    FrameType(0x49, "HISTORY_SHOWN", HistoryShown, True, _write_history_shown, _read_history_shown),
    FrameType(0x4A, "HISTORY_KEPT", HistoryKept, True, _write_history_kept, _read_history_kept),
    FrameType(0x4B, "HISTORY_WANT", HistoryWant, True, _write_history_want, _read_history_want),
)

_BY_CODE: Final[Mapping[int, FrameType]] = {frame_type.code: frame_type for frame_type in FRAME_TYPES}
_BY_SHAPE: Final[Mapping[type, FrameType]] = {frame_type.shape: frame_type for frame_type in FRAME_TYPES}
