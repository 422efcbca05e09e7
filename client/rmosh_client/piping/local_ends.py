"""Our own standard streams, whatever they are: read and written without waiting, and left as they are for others.

A descriptor that we were started with is shared with whoever started us, and so is its O_NONBLOCK: it is never set
here. Instead a descriptor is asked before it is used, and a pipe is given no more than it takes without waiting; a
terminal, which would wait for all that it is given, is opened anew.
"""

import errno
import fcntl
import os
import select
import stat
import sys
import termios
from typing import Final

from rmosh_client.bootstrap.descriptors import own_terminal

#: Most bytes read at once. Source: pipe(7), the capacity of Linux.
PIPE_CAPACITY: Final = 1 << 16

#: Most bytes written at once to what may fill up: a pipe that can be written takes so many without waiting. Source:
#: POSIX, poll() and PIPE_BUF; Linux has 4096, other systems 512 at least.
_AT_ONCE: Final = min(select.PIPE_BUF, 4096)

#: What a program's reader is gone by: it wants no more, which is no failure.
_READER_GONE: Final = (errno.EPIPE, errno.ECONNRESET, errno.EIO)


class Source:
    """What is read: a descriptor, None for nothing at all."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor

    @property
    def is_at_end(self) -> bool:
        """Whether nothing more comes."""
        return self.descriptor is None

    def read(self, limit: int) -> bytes:
        """Return what is there, which is called for only once there is something; b"" at the end."""
        if self.descriptor is None:
            return b""
        try:
            data = os.read(self.descriptor, min(limit, PIPE_CAPACITY))
        except BlockingIOError:  # who shares it reads as well, and has it non-blocking
            return b""
        except OSError:
            data = b""
        if not data:
            self.descriptor = None
        return data

    def close(self) -> None:
        """Read no more, and let whoever writes there know, as far as nobody else reads."""
        if self.descriptor is not None:
            with open(os.devnull, "rb") as null:
                os.dup2(null.fileno(), self.descriptor)
            self.descriptor = None


class Sink:
    """What is written: a descriptor that takes bytes in its own time.

    Attributes:
        is_broken: nobody reads it any more, or it takes nothing: what is written is dropped.
        failure: why, where that is not that its reader is gone.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor: Final = descriptor
        terminal = own_terminal(descriptor)
        self._writing: Final = descriptor if terminal is None else terminal
        self.is_broken = False
        self.failure = ""
        self._left = memoryview(b"")
        mode = os.fstat(descriptor).st_mode
        # What never fills up takes all at once; select() says of it that it can be written, in any case.
        self._fills_up = not stat.S_ISREG(mode)
        self._capacity = _capacity_of(descriptor) if stat.S_ISFIFO(mode) else 0

    @property
    def is_free(self) -> bool:
        """Whether all was written."""
        return not self._left

    def write(self, data: bytes) -> None:
        """Write what can be written now and keep the rest; only while it is free."""
        if not self.is_broken:
            self._left = memoryview(data)
            self.write_rest()

    def write_rest(self) -> None:
        """Go on, once it can be written."""
        try:
            while self._left and self._can_be_written():
                self._left = self._left[os.write(self._writing, self._left[: self._taken_at_once]) :]
        except BlockingIOError:  # who shares it has it non-blocking
            return
        except OSError as error:
            self.is_broken = True
            self.failure = "" if error.errno in _READER_GONE else error.strerror or str(error)
            self._left = memoryview(b"")

    @property
    def _taken_at_once(self) -> int:
        """Bytes that a write takes without waiting: of a pipe that is empty, all that it holds."""
        if not self._fills_up:
            return len(self._left)
        return self._capacity if self._capacity and _waits_in(self.descriptor) == 0 else _AT_ONCE

    def _can_be_written(self) -> bool:
        if not self._fills_up:
            return True
        poll = select.poll()
        poll.register(self.descriptor, select.POLLOUT)
        return bool(poll.poll(0))


def _capacity_of(pipe: int) -> int:
    """Return how many bytes a pipe holds, 0 where nobody tells."""
    try:
        return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    except (AttributeError, OSError):  # Linux alone does
        return 0


def _waits_in(pipe: int) -> int:
    """Return how many bytes wait in a pipe to be read; 1 where nobody tells."""
    try:
        return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
    except OSError:
        return 1
