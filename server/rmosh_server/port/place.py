"""The Unix socket at which sessions find the keeper of the shared port, and who may listen there.

It keeps messages apart, tells of the other's end, and names its user. macOS has none of the kind: no port is shared.
"""

import contextlib
import os
import socket
import stat
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_server.sockets.unix_sockets import may_be_trusted
from rmosh_server.systems import peer_user

#: Sessions that may wait to be let in: all of them, after a restart. Source: `owners.py`, MAX_SESSIONS.
_BACKLOG: Final = 4096


def is_possible() -> bool:
    """Tell whether this system has sockets of the kind."""
    try:
        _unconnected().close()
    except OSError:
        return False
    return True


def call(place: str) -> socket.socket:
    """Return a connection to the keeper at a place; nothing here waits.

    Raises:
        OSError: nobody listens there who may: ourselves, root, or whom the directory belongs to.
    """
    connected = _unconnected()
    try:
        connected.setblocking(False)
        connected.connect(place)
        user = peer_user(connected)
        if not may_be_trusted(user) and user != os.stat(os.path.dirname(place)).st_uid:
            raise OSError(f"user id {user} listens at {place}")
    except OSError:
        connected.close()
        raise
    return connected


def listen(place: str, *, for_all: bool = False) -> socket.socket:
    """Return a socket that listens at a place.

    Args:
        for_all: for all users of the host, not only its owner.

    Raises:
        BootstrapError: it cannot be made, or a keeper listens there already.
    """
    if not is_possible():
        raise BootstrapError(Stage.SERVER_FAILED, "a shared port takes SOCK_SEQPACKET, which this system has not")
    try:
        _clear(place, for_all=for_all)
        mask = os.umask(0o111 if for_all else 0o177)
        try:
            return _bound(place)
        finally:
            os.umask(mask)
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"no socket can be made at {place}: {error.strerror or error}",
            hint="name another place with --socket PATH, and in server.toml as shared_port",
        ) from error


def _clear(place: str, *, for_all: bool) -> None:
    """Make the directory, and take away what a keeper that was killed has left.

    Raises:
        OSError: it cannot be made.
        BootstrapError: one listens there.
    """
    directory = os.path.dirname(place)
    if not os.path.isdir(directory):
        os.makedirs(directory, mode=0o700)
        if for_all:
            os.chmod(directory, 0o755)  # noqa: S103 - whatever our umask is: all users' sessions come in here
    with contextlib.suppress(OSError), call(place):
        raise BootstrapError(Stage.SERVER_FAILED, f"there is a `rmosh-server port` at {place} already")
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(place).st_mode):
            os.unlink(place)


def _bound(place: str) -> socket.socket:
    listener = _unconnected()
    try:
        listener.bind(place)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _unconnected() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
