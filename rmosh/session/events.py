"""What a session core tells its driver."""

from dataclasses import dataclass
from typing import TypeAlias

from rmosh.channels.closing.frames import Close
from rmosh.channels.newest.frames import Person
from rmosh.channels.screen.receiver import ScreenChanged

__all__ = [
    "ClientEvent",
    "ClientLeft",
    "EchoAdvanced",
    "FaultContained",
    "HistoryChanged",
    "MemorySpared",
    "PathWanted",
    "PeopleChanged",
    "PtyInput",
    "PtyResize",
    "ScreenChanged",
    "ServerEvent",
    "SessionClosed",
]


@dataclass(frozen=True, slots=True)
class EchoAdvanced:
    """Client: the PTY took input up to an offset, `age` seconds before this was sent."""

    input_offset: int
    age: float


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """Client: these are in the session now; none where nobody else is or was."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class HistoryChanged:
    """Client: lines that scrolled off came, or other news of them; see `ClientSession.history`."""


@dataclass(frozen=True, slots=True)
class MemorySpared:
    """Server: what a flood filled is free again, some MB, and can go back to the host."""


@dataclass(frozen=True, slots=True)
class FaultContained:
    """Either side: a part failed on a fault of our own; what was done about it, in one line for people."""

    line: str


@dataclass(frozen=True, slots=True)
class PathWanted:
    """Client: the paths in use seem dead; open a fresh local socket and add its paths."""


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """Either side: the session is over, as the peer said."""

    close: Close


@dataclass(frozen=True, slots=True)
class PtyInput:
    """Server: write this to the PTY.

    Attributes:
        input_offset: the client's input offset after these bytes, to be told to `input_taken` once they are
            written; 0 for an answer of the terminal itself (a cursor position report, say).
        client: the session id of the client that typed them; empty for an answer of the terminal itself.
    """

    data: bytes
    input_offset: int = 0
    client: bytes = b""


@dataclass(frozen=True, slots=True)
class PtyResize:
    """Server: the terminal has this size now, in cells: that of the window of the client that typed last.

    Attributes:
        redraw: it had that size before, and programs shall draw all anew.
    """

    rows: int
    columns: int
    redraw: bool = False


@dataclass(frozen=True, slots=True)
class ClientLeft:
    """Server: a client is gone for good, and its session id means nothing any more."""

    client: bytes


ClientEvent: TypeAlias = (
    ScreenChanged | EchoAdvanced | HistoryChanged | PeopleChanged | PathWanted | FaultContained | SessionClosed
)
ServerEvent: TypeAlias = PtyInput | PtyResize | ClientLeft | MemorySpared | FaultContained | SessionClosed
