"""What a session core tells its driver."""

from typing import TypeAlias

from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.lazy_dataclass import dataclass


class MemorySpared:
    """Server: what a flood filled is free again, some MB, and can go back to the host."""

    __slots__ = ()


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


ServerEvent: TypeAlias = PtyInput | PtyResize | ClientLeft | MemorySpared | FaultContained | SessionClosed
