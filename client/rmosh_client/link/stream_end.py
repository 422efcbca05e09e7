"""Our end of the socket to the login process, which carries datagrams on in the SSH channel; none of them is lost."""

import errno
import socket
from collections import deque
from collections.abc import Iterator
from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM

#: Most bytes that wait for the login process. Reason: what a window of input holds; it takes them in a moment, or is
#: stopped, and then what is said anew later is worth more.
MOST_WAITING: Final = 1 << 18

#: Errors at which the other end takes nothing now, but will.
_LATER: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.EINTR})


class StreamEnd:
    """Sends at once, or when there is room; a kernel may hold no more than ten datagrams for another process."""

    def __init__(self, endpoint: socket.socket) -> None:
        """Take over a connected AF_UNIX datagram socket."""
        self._endpoint = endpoint
        endpoint.setblocking(False)
        self._waiting: deque[bytes] = deque()
        self._bytes_waiting = 0

    def fileno(self) -> int:
        """Return the descriptor, for an event loop."""
        return self._endpoint.fileno()

    @property
    def is_stuck(self) -> bool:
        """Whether datagrams wait for room."""
        return bool(self._waiting)

    def send(self, data: bytes) -> bool:
        """Send a datagram behind those that wait; return whether there was room for it.

        Raises:
            OSError: the other end is gone.
        """
        if self._bytes_waiting + len(data) > MOST_WAITING:
            return False
        if not self._waiting and self._has_sent(data):
            return True
        self._waiting.append(data)
        self._bytes_waiting += len(data)
        return True

    def send_waiting(self) -> None:
        """Send what waits, as far as there is room.

        Raises:
            OSError: the other end is gone.
        """
        while self._waiting and self._has_sent(self._waiting[0]):
            self._bytes_waiting -= len(self._waiting.popleft())

    def receive(self, *, limit: int) -> Iterator[bytes]:
        """Yield datagrams that are there, at most so many."""
        for _ in range(limit):
            try:
                data = self._endpoint.recv(MAX_DATAGRAM)
            except OSError:
                return
            if not data:  # some systems say so that the other end is gone
                return
            yield data

    def close(self) -> None:
        """Close it; what waits is lost."""
        self._endpoint.close()

    def _has_sent(self, data: bytes) -> bool:
        try:
            self._endpoint.send(data)
        except OSError as error:
            if error.errno in _LATER:
                return False
            self._waiting.clear()
            self._bytes_waiting = 0
            raise
        return True
