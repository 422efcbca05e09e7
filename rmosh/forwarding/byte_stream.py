"""What forwarding asks of a stream, whichever transport carries it; `rmosh/channels/streams/` has such streams."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class ResetCode(Enum):
    """Why forwarding gives a stream up; the value is what the peer is told beside a reason in words."""

    CANCELLED = 0
    CONNECTION_BROKEN = 1
    MALFORMED = 2
    NOT_ASKED_FOR = 3


class StreamEnded(Protocol):
    """What the peer said when it gave a stream up."""

    @property
    def code(self) -> int: ...
    @property
    def reason(self) -> str: ...


class ByteStream(Protocol):
    """Bytes both ways, each in order, each with an end of its own."""

    @property
    def number(self) -> int: ...

    @property
    def room(self) -> int:
        """How many bytes may be written now."""

    @property
    def readable(self) -> int:
        """How many bytes may be read now."""

    @property
    def at_end(self) -> bool:
        """Whether the peer finished and everything was read."""

    @property
    def was_reset(self) -> StreamEnded | None:
        """What the peer said when it gave the stream up; None while it has not."""

    @property
    def nobody_reads(self) -> StreamEnded | None:
        """Why the peer reads no more of what is written, which goes nowhere then; None while it does."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it either way."""

    def write(self, data: bytes, /) -> int:
        """Take at most `room` bytes; return how many."""

    def read(self, limit: int = ..., /) -> bytes:
        """Return the next bytes, b"" where there are none now."""

    def finish(self) -> None:
        """Say that nothing more is written."""

    def reset(self, code: int, reason: str = "") -> None:
        """Give up both ways; what waits is dropped."""

    def stop_reading(self, code: int, reason: str = "") -> None:
        """Read no more, and have the peer know; what is written goes on."""


class ByteStreams(Protocol):
    """The streams of one connection."""

    def open(self) -> ByteStream: ...
    def opened(self) -> Sequence[ByteStream]: ...
    def changed(self) -> Sequence[ByteStream]: ...

    @property
    def is_spoken(self) -> bool: ...
