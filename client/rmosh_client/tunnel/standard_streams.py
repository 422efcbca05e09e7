"""Standard input and output as one connection that never waits, whatever they are: pipes, sockets, files, a terminal.

They are left in the mode in which they came, as others may share them: a shell, or the next program of a pipeline.
Instead of a mode that does not block, the kernel is asked each time whether it would; a terminal, which would wait for
all that it is given, is opened anew.
"""

import contextlib
import errno
import os
import select
import socket
import stat
from typing import Final

from rmosh_client.bootstrap.descriptors import own_terminal, point_at_null

#: Bytes that a pipe takes without waiting once it takes any. Source: POSIX.1-2017, PIPE_BUF; 4096 on Linux.
_PIPE_TAKES: Final = select.PIPE_BUF

_STANDARD_INPUT: Final = 0
_STANDARD_OUTPUT: Final = 1


class StandardStreams:
    """What `rmosh.forwarding.junction.Junction` joins with a stream.

    Attributes:
        has_ended: nothing more comes from standard input.
    """

    def __init__(self, reading: int = _STANDARD_INPUT, writing: int = _STANDARD_OUTPUT) -> None:
        self.reading: Final = reading
        self.writing: Final = writing
        self._output_socket = _as_socket(writing)
        self._terminal = own_terminal(writing)
        self.has_ended = False

    def recv(self, limit: int, /) -> bytes:
        """Return the next bytes, b"" at the end.

        Raises:
            BlockingIOError: there are none now.
            OSError: they cannot be read.
        """
        readable, _, _ = select.select([self.reading], [], [], 0)
        if not readable:
            raise BlockingIOError
        try:
            data = os.read(self.reading, limit)
        except OSError as error:
            if error.errno not in (errno.EIO, errno.ECONNRESET):  # a terminal that is gone, a peer that was killed
                raise
            data = b""
        self.has_ended = not data
        return data

    def send(self, data: memoryview, /) -> int:
        """Write some bytes; return how many.

        Raises:
            BlockingIOError: none can be written now.
            OSError: nobody reads them any more.
        """
        if self._output_socket is not None:
            return self._output_socket.send(data, socket.MSG_DONTWAIT)
        if self._terminal is not None:
            return os.write(self._terminal, data)
        _, writable, _ = select.select([], [self.writing], [], 0)
        if not writable:
            raise BlockingIOError
        return os.write(self.writing, data[:_PIPE_TAKES])

    def shutdown(self, _how: int, /) -> None:
        """End standard output; its number stays taken, lest something else come to stand there."""
        if self._output_socket is not None:
            with contextlib.suppress(OSError):
                self._output_socket.shutdown(socket.SHUT_WR)
            self._output_socket.close()
            self._output_socket = None
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
        point_at_null(self.writing)

    @property
    def is_read(self) -> bool:
        """Whether anybody could still read standard output."""
        poll = select.poll()
        poll.register(self.writing, 0)
        gone = select.POLLERR | select.POLLHUP | select.POLLNVAL
        return not any(events & gone for _, events in poll.poll(0))


def _as_socket(descriptor: int) -> "socket.socket | None":
    """Return the socket that a descriptor is, by a number of its own; None where it is something else."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return None
    return socket.socket(fileno=os.dup(descriptor))
