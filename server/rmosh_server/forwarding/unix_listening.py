"""Sockets at a path on which this host listens for a client; a path is given back as it was found."""

import errno
import os
import socket
import stat

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import ListenUnix
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.listening import ACCEPT_QUEUE, Binding, TcpListener
from rmosh_server.sockets.unix_sockets import connect, identity_of, listen, remove_socket


class UnixListener(TcpListener):
    """One at a path, which it removes when it ends, unless somebody has put another there."""

    def __init__(self, place: str, path: str, listening: socket.socket, conversation: Conversation, host: Host) -> None:
        self._path = path
        self._identity = identity_of(path)
        super().__init__(place, (listening,), conversation, host)

    def close(self) -> None:
        """Listen no longer, and remove the path."""
        super().close()
        remove_socket(self._path, self._identity)


def listen_unix(request: ListenUnix, conversation: Conversation, host: Host) -> None:
    """Listen at a path."""
    if refusal := host.permissions.to_listen_path(request.path):
        conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
        return
    path = host.path(request.path)
    place = _place_of(path)

    def bind() -> None:
        listening = listen_at(path)
        conversation.done()
        UnixListener(place, path, listening, conversation, host)

    Binding(place, conversation, host, bind=bind, shown=request.path)


def _place_of(path: str) -> str:
    """Return what all who mean the same path call it."""
    directory, name = os.path.split(path.replace("\0", ""))
    return f"unix {os.path.join(os.path.realpath(directory), name)}"


def listen_at(path: str) -> socket.socket:
    """Return a socket that listens at a path; one of the user's where nobody listens any more is taken over.

    Raises:
        OSError: somebody listens there, something else is there, or it cannot be made.
    """
    if "\0" in path or not os.path.basename(path):
        raise OSError(errno.EINVAL, "no socket can have that path")
    try:
        return _listen_at(path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not _remove_abandoned(path):
            raise
    return _listen_at(path)


def _listen_at(path: str) -> socket.socket:
    # For the user alone, as sshd's StreamLocalBindMask has it. Source: sshd_config(5).
    return listen(*os.path.split(path), backlog=ACCEPT_QUEUE)


def _remove_abandoned(path: str) -> bool:
    """Remove a socket of this user at which nobody listens; return whether one was."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        return False
    trial = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    trial.setblocking(False)
    try:
        connect(trial, *os.path.split(path))
    except ConnectionRefusedError:
        return remove_socket(path, (found.st_dev, found.st_ino))
    except OSError:  # somebody is there, with too many at the door; or it is of another kind
        return False
    finally:
        trial.close()
    return False
