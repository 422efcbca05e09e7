"""Values of which only the newest counts, on the wire (`rmosh/PROTOCOL.md`, Frames).

The client's window, the colours and traits of its terminal, what it reads, and who is here.
"""

from typing import Final

from rmosh.errors import Malformed, UsageError
from rmosh.lazy_dataclass import dataclass
from rmosh.traits import Traits, decode_traits, encode_traits
from rmosh.transport.frame_type import FrameType, WireFrame, fits, varint_from_1
from rmosh.wire import Reader, append_bytes, append_varint

#: Most rows and most columns of a window: far above any screen, 10^6 cells at worst. Source: PROTOCOL.md.
MAX_WINDOW: Final = 1000

#: Colours that COLOURS may tell: 16 of the palette, foreground, background and cursor. Source: PROTOCOL.md.
TOLD_COLOURS: Final = 19

#: Largest value of READS: 32 fields. Source: PROTOCOL.md.
MAX_READS: Final = (1 << 32) - 1

#: Most clients that PEOPLE may tell of, and the longest name of one in bytes of UTF-8; many such names are cut
#: further, for all to fit into the smallest datagram. Source: PROTOCOL.md.
MAX_PEOPLE: Final = 16
MAX_PERSON_NAME: Final = 40

#: Flags of a person.
_READ_ONLY, _IS_YOU, _LEADS = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Window(WireFrame):
    """The client's window, 1-1000 each way; the highest serial is the newest."""

    serial: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Colours(WireFrame):
    """What the client's terminal says its colours are.

    Attributes:
        values: (place, 0xRRGGBB), places ascending: 0-15 the palette's, 16 foreground, 17 background, 18 cursor.
    """

    values: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Terminal(WireFrame):
    """What the client's terminal said of itself."""

    traits: Traits


@dataclass(frozen=True, slots=True)
class Reads(WireFrame):
    """Which optional fields of screen messages the client reads: bit 0 for the first (`rmosh.screen.fields`)."""

    fields: int


@dataclass(frozen=True, slots=True)
class Person:
    """One client of a session, as all of them see it.

    Attributes:
        name: at most MAX_PERSON_NAME bytes of UTF-8; what is longer is cut when it is sent.
        rows, columns: of its window, in cells.
        is_you: the client that is told.
        leads: the terminal has the size of its window.
    """

    name: str
    rows: int
    columns: int
    read_only: bool
    is_you: bool
    leads: bool


@dataclass(frozen=True, slots=True)
class People(WireFrame):
    """Who is in the session; of two the one with the larger serial counts."""

    serial: int
    people: tuple[Person, ...]


def _write_window(buffer: bytearray, frame: Window) -> None:
    append_varint(buffer, frame.serial)
    append_varint(buffer, fits(frame.rows, lowest=1, highest=MAX_WINDOW, what="the rows"))
    append_varint(buffer, fits(frame.columns, lowest=1, highest=MAX_WINDOW, what="the columns"))


def _read_window(reader: Reader) -> Window:
    serial = reader.varint()
    rows = varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows")
    return Window(serial, rows, varint_from_1(reader, highest=MAX_WINDOW, what="the number of columns"))


def _write_colours(buffer: bytearray, frame: Colours) -> None:
    places = [place for place, _ in frame.values]
    if places != sorted(set(places)):
        raise UsageError(f"the places of colours, {places}, do not ascend")
    for place in places:
        fits(place, highest=TOLD_COLOURS - 1, what="the place of a colour")
    append_varint(buffer, sum(1 << place for place in places))
    for _, colour in frame.values:
        buffer += fits(colour, highest=0xFFFFFF, what="a colour").to_bytes(3, "big")


def _read_colours(reader: Reader) -> Colours:
    places = reader.varint(limit=(1 << TOLD_COLOURS) - 1)
    known = [place for place in range(TOLD_COLOURS) if places >> place & 1]
    return Colours(tuple([(place, int.from_bytes(reader.bytes(3), "big")) for place in known]))


def _write_terminal(buffer: bytearray, frame: Terminal) -> None:
    buffer += encode_traits(frame.traits)


def _read_terminal(reader: Reader) -> Terminal:
    return Terminal(decode_traits(reader.rest()))


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


def _read_reads(reader: Reader) -> Reads:
    return Reads(reader.varint(limit=MAX_READS))


WINDOW: Final = FrameType(0x09, "WINDOW", Window, True, _write_window, _read_window)
COLOURS: Final = FrameType(0x40, "COLOURS", Colours, True, _write_colours, _read_colours)
PEOPLE: Final = FrameType(0x41, "PEOPLE", People, True, _write_people, _read_people)
TERMINAL: Final = FrameType(0x42, "TERMINAL", Terminal, True, _write_terminal, _read_terminal)
READS: Final = FrameType(0x43, "READS", Reads, True, _write_reads, _read_reads)
