"""Descriptors that one process passes to another through a Unix socket, beside what it says."""

import array
import os
import socket
from collections.abc import Sequence
from typing import Final

#: Most descriptors that come with one question. Reason: an SSH channel is three.
MAX_PASSED: Final = 3

_INT_BYTES: Final = array.array("i").itemsize


class PassedDescriptors:
    """What came with a question: whoever answers it takes them, or they are closed.

    Attributes:
        most: how many are held.
    """

    def __init__(self, most: int = MAX_PASSED) -> None:
        self.most = most
        self._held: list[int] = []

    def add(self, descriptors: Sequence[int]) -> None:
        """Hold some more; those beyond the most are closed."""
        self._held += descriptors
        while len(self._held) > self.most:
            os.close(self._held.pop())

    @property
    def held(self) -> tuple[int, ...]:
        """What is there to be taken."""
        return tuple(self._held)

    def take(self) -> tuple[int, ...]:
        """Return all of them, which are the caller's from now on."""
        taken, self._held = tuple(self._held), []
        return taken

    def close(self) -> None:
        """Close those that nobody took."""
        for descriptor in self.take():
            os.close(descriptor)


def send_with(connected: socket.socket, data: bytes, descriptors: Sequence[int]) -> int:
    """Send what is taken of some bytes, with the first of them the descriptors; return how many were taken.

    Raises:
        OSError: nothing can be sent now, or ever.
    """
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    return connected.sendmsg([data], rights)


def receive_with(connected: socket.socket, size: int, passed: PassedDescriptors) -> bytes:
    """Return what has come, and hold what was passed with it.

    Raises:
        OSError: nothing has come, or the other end has gone.
    """
    data, ancillary, _, _ = connected.recvmsg(size, socket.CMSG_SPACE(passed.most * _INT_BYTES))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found = array.array("i")
            found.frombytes(content[: len(content) - len(content) % _INT_BYTES])
            for descriptor in found:
                os.set_inheritable(descriptor, False)
            passed.add(found)
    return data
