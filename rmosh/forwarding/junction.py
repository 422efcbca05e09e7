"""Joins a stream with a connection on this machine: bytes both ways, each way with an end of its own.

What comes from the connection is read only while the stream has room for it; what comes from the stream is read only
once the connection took what was read before. So a reader that never reads holds up its own stream and nothing else.
"""

import contextlib
from typing import Final, Protocol

from rmosh.forwarding.byte_stream import ByteStream, ResetCode

#: Bytes moved at once, and most of each direction in one turn. Reason: large enough that system calls cost little,
#: small enough that no connection keeps keys and frames waiting for a millisecond.
CHUNK: Final = 65536
BYTES_PER_TURN: Final = 4 * CHUNK

#: `shutdown`: nothing more is sent. Source: POSIX.1-2017, SHUT_WR.
_SENDING: Final = 1


class LocalConnection(Protocol):
    """A connection on this machine that never waits; a socket that does not block is one."""

    def recv(self, limit: int, /) -> bytes: ...
    def send(self, data: memoryview, /) -> int: ...
    def shutdown(self, how: int, /) -> None: ...


class Junction:
    """Moves bytes between a stream and a connection; whoever has made the connection closes it when this is over.

    Attributes:
        is_broken: one side gave up instead of finishing; the connection should be closed so that its program sees that.
    """

    def __init__(self, stream: ByteStream, connection: LocalConnection) -> None:
        self._stream = stream
        self._connection = connection
        self._unsent = memoryview(b"")
        self._hears = True
        self._speaks = True
        self.is_broken = False

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to move."""
        return self.is_broken or self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether both sides finished, in order."""
        return not (self._hears or self._speaks or self.is_broken)

    @property
    def wants_to_receive(self) -> bool:
        """Whether to call `receive` once the connection has something."""
        return self._hears and not self.is_broken and self._stream.room > 0

    @property
    def wants_to_send(self) -> bool:
        """Whether to call `send` once the connection takes something."""
        return self._speaks and not self.is_broken and (len(self._unsent) > 0 or self._stream.readable > 0)

    def receive(self) -> None:
        """Take what the connection has, as far as the stream has room."""
        taken = 0
        while self._hears and taken < BYTES_PER_TURN and (room := min(self._stream.room, CHUNK)) > 0:
            try:
                data = self._connection.recv(room)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self.is_broken = True
                self._stream.reset(ResetCode.CONNECTION_BROKEN.value, _in_words(error))
                return
            if not data:
                self.leave_off()
                return
            self._stream.write(data)
            taken += len(data)
            if len(data) < room:  # the next would hardly find more, and a system call is not free
                return

    def leave_off(self) -> None:
        """Take nothing more of the connection, as at its end."""
        if self._hears:
            self._hears = False
            self._stream.finish()

    def send(self) -> None:
        """Give the connection what the stream has, and note what became of the stream."""
        stream, given = self._stream, 0
        while self._speaks and given < BYTES_PER_TURN:
            self._unsent = self._unsent or memoryview(stream.read(CHUNK))
            sent = self._sent() if self._unsent else 0
            if not sent:
                break
            self._unsent = self._unsent[sent:]
            given += sent
        if self._speaks and stream.at_end and not self._unsent:
            self._shut()
        is_cut_off = stream.is_over and self._speaks and not (stream.readable or self._unsent)
        if stream.was_reset is not None or is_cut_off:
            self.is_broken = True
        elif stream.nobody_reads is not None and not self._speaks and self._hears:
            self.is_broken = True  # what the program says is in vain, and nothing more will tell it

    def _sent(self) -> int:
        """Return how many bytes the connection took."""
        try:
            return self._connection.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:  # the program reads no more; what it said before is still worth hearing
            self._speaks = False
            self._stream.stop_reading(ResetCode.CONNECTION_BROKEN.value, _in_words(error))
            return 0

    def _shut(self) -> None:
        self._speaks = False
        with contextlib.suppress(OSError):  # the program has left already
            self._connection.shutdown(_SENDING)


def _in_words(error: OSError) -> str:
    return error.strerror or str(error)
