"""Sockets in a private directory: whom they are for, and addresses of any length."""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final

#: Processes that may wait to be let in. Reason: one `rmosh-server ls` is one; a stuck session must not be asked for
#: ever by ever more.
BACKLOG: Final = 32

#: The user who may do anything on the host, and so may ask and answer as well.
_ROOT: Final = 0


def listen(directory: str, name: str) -> socket.socket:
    """Return a stream socket that listens in a directory, for its owner only.

    Raises:
        OSError: it cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.setblocking(False)
        with _within(directory):
            listener.bind(name)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def connect(unconnected: socket.socket, directory: str, name: str) -> None:
    """Connect a stream socket to one that listens in a directory; it binds no name of its own.

    Raises:
        OSError: nobody listens there, or BlockingIOError: too many wait to be let in.
    """
    with _within(directory):
        unconnected.connect(name)


def may_be_trusted(user: int) -> bool:
    """Tell whether a user may ask for our sessions and answer for them."""
    return user in (os.geteuid(), _ROOT)


@contextlib.contextmanager
def _within(directory: str) -> Iterator[None]:
    """Work inside a directory for a moment: an address has 104 to 108 bytes, and a path may be longer."""
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
    try:
        os.chdir(directory)
        try:
            yield
        finally:
            os.fchdir(before)
    finally:
        os.close(before)
