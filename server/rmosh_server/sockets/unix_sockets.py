"""Sockets in a private directory: whom they are for, and addresses of any length."""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final, TypeAlias

#: Processes that may wait to be let in. Reason: one `rmosh-server ls` is one; a stuck session must not be asked for
#: ever by ever more.
BACKLOG: Final = 32

#: Which file a path leads to: its device and inode.
FileIdentity: TypeAlias = "tuple[int, int]"

#: The user who may do anything on the host, and so may ask and answer as well.
_ROOT: Final = 0


def listen(directory: str, name: str, *, backlog: int = BACKLOG) -> socket.socket:
    """Return a stream socket that listens in a directory, for its owner only.

    Args:
        backlog: how many the system lets in ahead of us.

    Raises:
        OSError: it cannot be made.
    """
    listener = bind(directory, name)
    try:
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def bind(directory: str, name: str) -> socket.socket:
    """Return a stream socket that has a name in a directory, for its owner only, and refuses who comes there.

    Raises:
        OSError: it cannot be made.
    """
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.setblocking(False)
        with within(directory):
            bound.bind(name)
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound


def connect(unconnected: socket.socket, directory: str, name: str) -> None:
    """Connect a stream socket to one that listens in a directory; it binds no name of its own.

    Raises:
        OSError: nobody listens there, or BlockingIOError: too many wait to be let in.
    """
    with within(directory):
        unconnected.connect(name)


def may_be_trusted(user: int) -> bool:
    """Tell whether a user may ask for our sessions and answer for them."""
    return user in (os.geteuid(), _ROOT)


@contextlib.contextmanager
def within(directory: str) -> Iterator[None]:
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


def identity_of(path: str) -> "FileIdentity | None":
    """Return which file a path leads to; None where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_socket(path: str, identity: "FileIdentity | None") -> bool:
    """Remove a path if it still leads to that file, and to none that somebody has put there; return whether it did."""
    with contextlib.suppress(OSError):
        if identity is not None and identity_of(path) == identity:
            os.unlink(path)
            return True
    return False
