"""The frames of a datagram as values: what they hold, and their bounds (`rmosh/PROTOCOL.md`, Frames).

Their bytes are `frame_codec.py`'s. Knows no keys, paths or time.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from rmosh.traits import Traits

#: Most ranges an ACK tells after the newest one; more holes are not worth telling. Source: PROTOCOL.md.
MAX_FURTHER_RANGES: Final = 32

#: Bytes of a path challenge: 64 bits make a blind answer hopeless. Source: RFC 9000 section 19.17.
CHALLENGE_BYTES: Final = 8

#: Bytes of a key exchange's share. Source: RFC 7748 section 5.
SHARE_BYTES: Final = 32

#: Largest exit status or signal number told by CLOSE. Source: PROTOCOL.md.
MAX_CLOSE_VALUE: Final = 65535

#: Longest CLOSE message in bytes of UTF-8: one line for the user. Source: PROTOCOL.md.
MAX_CLOSE_MESSAGE: Final = 256

#: Most rows and most columns of a window: far above any screen, 10^6 cells at worst. Source: PROTOCOL.md.
MAX_WINDOW: Final = 1000

#: Oldest echo age told, in milliseconds; older ones are told as this. Source: PROTOCOL.md.
MAX_ECHO_AGE: Final = 65535

#: Colours that COLOURS may tell: 16 of the palette, foreground, background and cursor. Source: PROTOCOL.md.
COLOUR_PLACES: Final = 19

#: Largest value of READS: 32 fields. Source: PROTOCOL.md.
MAX_READS: Final = (1 << 32) - 1

#: Most clients that PEOPLE may tell of, and the longest name of one in bytes of UTF-8; many such names are cut
#: further, for all to fit into the smallest datagram. Source: PROTOCOL.md.
MAX_PEOPLE: Final = 16
MAX_PERSON_NAME: Final = 40

#: Most lines that one frame of history tells of, and the largest block of them in bytes. Source: PROTOCOL.md.
MAX_HISTORY_LINES: Final = 256
MAX_HISTORY_BLOCK: Final = 65535


class CloseKind(Enum):
    """Why a session ended; the value is its byte."""

    EXITED = 0
    SIGNALLED = 1
    CLIENT_QUIT = 2
    SERVER_STOPPED = 3
    FAILED = 4
    DETACHED = 5


@dataclass(frozen=True, slots=True)
class Padding:
    """Zero bytes that make a datagram longer, to probe what size a path carries."""

    length: int = 1


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for an acknowledgement, nothing else."""


@dataclass(frozen=True, slots=True)
class Ack:
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
class PathChallenge:
    """Asks whoever is at the other end of a path to answer these 8 bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PathResponse:
    """Answers a challenge with its own 8 bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class KeyShare:
    """One end's share of a key exchange (X25519); from the client it begins one, from the server it answers.

    Attributes:
        number: of the exchange, from 1 on.
        share: SHARE_BYTES of them.
    """

    number: int
    share: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Ends the session.

    Attributes:
        value: the exit status or the signal number, 0-65535; 0 for the other kinds.
        message: one line for the user; what goes beyond 256 bytes of UTF-8 is cut off when sent.
        last_frame: the screen frame to be shown before; 0 from a client.
    """

    kind: CloseKind
    value: int = 0
    message: str = ""
    last_frame: int = 0


@dataclass(frozen=True, slots=True)
class Input:
    """Bytes typed, from `offset` on in the stream of all input; never empty."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """The client's window, 1-1000 each way; the highest serial is the newest."""

    serial: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Screen:
    """One symbol of the message that turns frame `base` into frame `number`.

    Attributes:
        length: bytes of the whole message.
        symbol_size: bytes of each of its symbols, of `data` too.
    """

    number: int
    base: int
    length: int
    symbol_size: int
    block: int
    symbol: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ScreenAck:
    """The newest frame that the client shows."""

    number: int


@dataclass(frozen=True, slots=True)
class Echo:
    """Input before `offset` was given to the PTY `age` seconds ago."""

    offset: int
    age: float


@dataclass(frozen=True, slots=True)
class InputLimit:
    """Input up to `offset` may be sent; of two the larger counts."""

    offset: int


@dataclass(frozen=True, slots=True)
class Colours:
    """What the client's terminal says its colours are.

    Attributes:
        values: (place, 0xRRGGBB), places ascending: 0-15 the palette's, 16 foreground, 17 background, 18 cursor.
    """

    values: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the client's terminal said of itself."""

    traits: Traits


@dataclass(frozen=True, slots=True)
class Reads:
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
class People:
    """Who is in the session; of two the one with the larger serial counts."""

    serial: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A piece of a block of lines that scrolled off; lines count from 0 since the session began.

    Attributes:
        start, count: which lines the block holds.
        length: bytes of the whole block.
        offset: where in it `data` belongs.
    """

    start: int
    count: int
    length: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """`count` lines from `start` on that scrolled off as screen frame `frame` showed them."""

    start: int
    count: int
    frame: int


@dataclass(frozen=True, slots=True)
class HistoryCleared:
    """`count` lines from `start` on did not scroll off: a program erased them with the whole screen.

    Attributes:
        how: the parameter of ED, 0 to 2.
    """

    start: int
    count: int
    how: int


@dataclass(frozen=True, slots=True)
class HistoryKept:
    """What the server has of history, and tells unasked; none of it ever decreases.

    Attributes:
        oldest: the first line that it keeps.
        began: the first line that came by itself, or was to come, when the client came.
        following: lines from here on come by themselves; of those before, what did not arrive does not.
        erased: lines before this one were erased by the program (ED 3).
    """

    oldest: int
    began: int
    following: int
    erased: int


@dataclass(frozen=True, slots=True)
class HistoryWant:
    """What a client wants of history; the highest serial is the newest.

    Attributes:
        depth: how many of the lines that scrolled off before it was let in shall come by themselves.
        start, count: which lines to send now; a count of 0 wants none.
    """

    serial: int
    depth: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A frame of an optional channel that this version does not know; only received, never sent."""

    code: int


Frame = (
    Padding
    | Ping
    | Ack
    | PathChallenge
    | PathResponse
    | KeyShare
    | Close
    | Input
    | Window
    | Screen
    | ScreenAck
    | Echo
    | InputLimit
    | Colours
    | Terminal
    | People
    | Reads
    | History
    | HistoryShown
    | HistoryCleared
    | HistoryKept
    | HistoryWant
    | Skipped
)
