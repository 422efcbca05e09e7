"""The bytes of the frames that make up a session: keys, windows, screens and who is here."""

from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed, UsageError
from rmosh.traits import decode_traits, encode_traits
from rmosh.transport.erasure import MAX_SYMBOL, BlockLayout
from rmosh.transport.frame_type import FrameType, fits, varint_from_1
from rmosh.transport.frames import (
    COLOUR_PLACES,
    MAX_ECHO_AGE,
    MAX_PEOPLE,
    MAX_PERSON_NAME,
    MAX_READS,
    MAX_WINDOW,
    Colours,
    Echo,
    Input,
    InputLimit,
    People,
    Person,
    Reads,
    Screen,
    ScreenAck,
    Terminal,
    Window,
)
from rmosh.transport.header import MAX_DATAGRAM_BYTES
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint

#: Flags of a person.
_READ_ONLY, _IS_YOU, _LEADS = 1, 2, 4

#: Milliseconds in a second: the unit of ECHO's age.
_MILLISECONDS: Final = 1000


def _write_input(buffer: bytearray, frame: Input) -> None:
    length = fits(len(frame.data), lowest=1, highest=MAX_DATAGRAM_BYTES, what="the input's length")
    append_varint(buffer, fits(frame.offset, highest=MAX_VARINT - length, what="the input's offset"))
    append_bytes(buffer, frame.data)


def _read_input(reader: Reader) -> Input:
    offset = reader.varint()
    length = varint_from_1(reader, highest=MAX_DATAGRAM_BYTES, what="the input's length")
    if offset + length > MAX_VARINT:
        raise Malformed(f"input of {length} bytes at offset {offset} goes beyond the stream's last offset")
    return Input(offset, reader.bytes(length))


def _write_window(buffer: bytearray, frame: Window) -> None:
    append_varint(buffer, frame.serial)
    append_varint(buffer, fits(frame.rows, lowest=1, highest=MAX_WINDOW, what="the rows"))
    append_varint(buffer, fits(frame.columns, lowest=1, highest=MAX_WINDOW, what="the columns"))


def _read_window(reader: Reader) -> Window:
    serial = reader.varint()
    rows = varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows")
    return Window(serial, rows, varint_from_1(reader, highest=MAX_WINDOW, what="the number of columns"))


def _write_screen(buffer: bytearray, frame: Screen) -> None:
    layout = BlockLayout.of(frame.length, frame.symbol_size)
    distance = frame.number - frame.base
    append_varint(buffer, frame.number)
    append_varint(buffer, fits(distance, lowest=1, highest=frame.number, what="the distance to the base"))
    append_varint(buffer, frame.length)
    append_varint(buffer, frame.symbol_size)
    append_varint(buffer, fits(frame.block, highest=layout.block_count - 1, what="the block"))
    append_varint(buffer, fits(frame.symbol, highest=MAX_SYMBOL, what="the symbol"))
    size = layout.symbol_size
    fits(len(frame.data), lowest=size, highest=size, what="the symbol's length")
    buffer += frame.data


def _read_screen(reader: Reader) -> Screen:
    number = reader.varint()
    distance = varint_from_1(reader, highest=number, what="the distance to the base frame")
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


def _write_input_limit(buffer: bytearray, frame: InputLimit) -> None:
    append_varint(buffer, frame.offset)


def _write_colours(buffer: bytearray, frame: Colours) -> None:
    places = [place for place, _ in frame.values]
    if places != sorted(set(places)):
        raise UsageError(f"the places of colours, {places}, do not ascend")
    for place in places:
        fits(place, highest=COLOUR_PLACES - 1, what="the place of a colour")
    append_varint(buffer, sum(1 << place for place in places))
    for _, colour in frame.values:
        buffer += fits(colour, highest=0xFFFFFF, what="a colour").to_bytes(3, "big")


def _read_colours(reader: Reader) -> Colours:
    places = reader.varint(limit=(1 << COLOUR_PLACES) - 1)
    known = [place for place in range(COLOUR_PLACES) if places >> place & 1]
    return Colours(tuple([(place, int.from_bytes(reader.bytes(3), "big")) for place in known]))


def _write_terminal(buffer: bytearray, frame: Terminal) -> None:
    buffer += encode_traits(frame.traits)


def _write_people(buffer: bytearray, frame: People) -> None:
    append_varint(buffer, frame.serial)
    buffer.append(fits(len(frame.people), highest=MAX_PEOPLE, what="the number of clients"))
    for person in frame.people:
        name = person.name.encode("utf-8", "replace")[:MAX_PERSON_NAME]
        append_bytes(buffer, name.decode("utf-8", "ignore").encode())
        append_varint(buffer, fits(person.rows, lowest=1, highest=MAX_WINDOW, what="the rows"))
        append_varint(buffer, fits(person.columns, lowest=1, highest=MAX_WINDOW, what="the columns"))
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
    rows = varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows")
    columns = varint_from_1(reader, highest=MAX_WINDOW, what="the number of columns")
    flags = reader.varint(limit=_READ_ONLY | _IS_YOU | _LEADS)
    return Person(name, rows, columns, bool(flags & _READ_ONLY), bool(flags & _IS_YOU), bool(flags & _LEADS))


def _write_reads(buffer: bytearray, frame: Reads) -> None:
    append_varint(buffer, fits(frame.fields, highest=MAX_READS, what="the fields that are read"))


#: In the order of PROTOCOL.md's table.
SESSION_FRAMES: Final[Sequence[FrameType]] = (
    FrameType(0x08, "INPUT", Input, True, _write_input, _read_input),
    FrameType(0x09, "WINDOW", Window, True, _write_window, _read_window),
    FrameType(0x0A, "SCREEN", Screen, True, _write_screen, _read_screen),
    FrameType(0x0B, "SCREEN_ACK", ScreenAck, False, _write_screen_ack, lambda reader: ScreenAck(reader.varint())),
    FrameType(0x0C, "ECHO", Echo, False, _write_echo, _read_echo),
    FrameType(0x40, "COLOURS", Colours, True, _write_colours, _read_colours),
    FrameType(0x41, "PEOPLE", People, True, _write_people, _read_people),
    FrameType(0x42, "TERMINAL", Terminal, True, _write_terminal, lambda reader: Terminal(decode_traits(reader.rest()))),
    FrameType(0x43, "READS", Reads, True, _write_reads, lambda reader: Reads(reader.varint(limit=MAX_READS))),
    FrameType(0x44, "INPUT_LIMIT", InputLimit, True, _write_input_limit, lambda reader: InputLimit(reader.varint())),
)
