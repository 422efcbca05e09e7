"""Sockets in a private directory: who is at the other end, as the kernel tells it, and addresses of any length."""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any, Final

#: Processes that may wait to be let in. Reason: one `rmosh-server ls` is one; a stuck session must not be asked for
#: ever by ever more.
BACKLOG: Final = 32

#: process id, user id, group id. Source: unix(7), SO_PEERCRED.
_CREDENTIALS: Final = struct.Struct("3i")

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


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process that connected, or of the one that listens.

    Raises:
        OSError: the kernel does not tell.
    """
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(credentials)[1])
    import ctypes  # 1 MB that hosts with SO_PEERCRED do without

    return ask_getpeereid(connected.fileno(), ctypes.CDLL(None, use_errno=True))


def ask_getpeereid(descriptor: int, library: Any) -> int:
    """Return what getpeereid(3) of a C library says of a socket's other end: macOS and the BSDs have that.

    Raises:
        OSError: it failed.
    """
    import ctypes

    user, group = ctypes.c_uint32(), ctypes.c_uint32()
    if library.getpeereid(descriptor, ctypes.byref(user), ctypes.byref(group)) != 0:
        raise OSError(ctypes.get_errno(), "getpeereid failed")
    return user.value


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
