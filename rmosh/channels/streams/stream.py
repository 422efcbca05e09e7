"""One stream, as whoever uses it sees it: bytes both ways, each way with an end of its own."""

from typing import Final, Protocol

from rmosh.channels.streams.frames import StreamReset
from rmosh.channels.streams.incoming import IncomingHalf
from rmosh.channels.streams.outgoing import OutgoingHalf
from rmosh.errors import UsageError

#: Most bytes that are read at once unless somebody wants another number. Reason: what a pipe holds.
READ_AT_ONCE: Final = 65536


class StreamTable(Protocol):
    """What a stream tells of itself; `streams.py` has it."""

    def room_for(self, stream: "Stream") -> int:
        """Return how many bytes a stream may keep more until they arrived."""

    def wants_room(self, stream: "Stream") -> None:
        """Somebody found no room to write to it, or left none."""

    def has_more(self, stream: "Stream") -> None:
        """There is more to say on a stream."""

    def was_read(self, stream: "Stream") -> None:
        """Somebody read from it."""

    def gave_up(self, stream: "Stream") -> None:
        """One half of it was given up here."""


class Stream:
    """Bytes in order both ways; whatever is lost on the way is sent again.

    Attributes:
        number: the same at both ends; the client's are even.
        was_reset: why the peer gave it up before its end; None where it did not.
        nobody_reads: why the peer reads no more of what is written; what is written then goes nowhere.
        is_over: nothing more comes of it either way.
    """

    def __init__(self, number: int, table: StreamTable, outgoing: OutgoingHalf, incoming: IncomingHalf) -> None:
        """Begin; `Streams` does it."""
        self.number = number
        self._table = table
        self.outgoing = outgoing
        self.incoming = incoming
        self.was_reset: StreamReset | None = None
        self.nobody_reads: StreamReset | None = None
        self.is_over = False

    def __repr__(self) -> str:
        return f"Stream({self.number})"

    # --- what is said ----------------------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Bytes that may be written now; where there are none, it is news when there are some again."""
        room = self._table.room_for(self)
        if room == 0:
            self._table.wants_room(self)
        return room

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take at most `room` bytes; return how many. Of what nobody reads all is taken, and dropped.

        Raises:
            UsageError: the stream was finished.
        """
        if not data or self.outgoing.given_up is not None:
            return len(data)
        if self.outgoing.is_finished:
            raise UsageError(f"stream {self.number} was finished")
        room = self.room
        if len(data) >= room:
            self._table.wants_room(self)
        taken = data if len(data) <= room else memoryview(data)[:room]
        if taken:
            self.outgoing.write(taken)
            self._table.has_more(self)
        return len(taken)

    def finish(self) -> None:
        """Say that nothing more is written; the other way may go on."""
        if not self.outgoing.is_finished:
            self.outgoing.finish()
            self._table.has_more(self)

    # --- what is heard ---------------------------------------------------------------------------------------

    @property
    def readable(self) -> int:
        """Bytes that can be read now."""
        return self.incoming.readable

    @property
    def at_end(self) -> bool:
        """Whether the peer has finished, and everything was read."""
        return self.incoming.size == self.incoming.taken and self.incoming.was_reset is None

    def read(self, limit: int = READ_AT_ONCE) -> bytes:
        """Return the next bytes in order, at most `limit`; none where there are none now."""
        if not self.incoming.readable:
            return b""
        data = self.incoming.read(limit)
        self._table.was_read(self)
        return data

    # --- the end ---------------------------------------------------------------------------------------------

    def reset(self, code: int = 0, reason: str = "") -> None:
        """Give up both ways; what has not arrived is dropped."""
        self._give_up(StreamReset(code, reason), says_no_more=True)

    def stop_reading(self, code: int = 0, reason: str = "") -> None:
        """Read no more; what the peer still says is dropped, and it is told so. What is written here goes on."""
        self._give_up(StreamReset(code, reason), says_no_more=False)

    def _give_up(self, why: StreamReset, *, says_no_more: bool) -> None:
        if self.is_over:
            return
        self.incoming.ignore(why)
        if says_no_more:
            self.outgoing.give_up(why)
        self._table.gave_up(self)

    @property
    def bytes_sent(self) -> int:
        """Bytes written here so far."""
        return self.outgoing.written

    @property
    def bytes_received(self) -> int:
        """Bytes read here so far."""
        return self.incoming.taken
