"""The socket at which a session's programs find the user's agent: at one path for as long as the session lives."""

import os
import socket
from collections.abc import Iterable
from typing import Final

from rmosh_server.desk.places import AGENT_SUFFIX, Unusable, make_private
from rmosh_server.sockets.unix_sockets import identity_of, listen, remove_socket

#: Longest path that every program can connect to, in bytes. Source: unix(7) has 108 with the final zero, XNU and the
#: BSDs 104.
_LONGEST_PATH: Final = 103


class AgentSocket:
    """It listens, for its owner alone.

    Attributes:
        listener: takes connections.
        path: what SSH_AUTH_SOCK says.
    """

    def __init__(self, listener: socket.socket, path: str) -> None:
        """Take over a socket that listens at a path."""
        self.listener = listener
        self.path = path
        self._made = identity_of(path)

    def close(self) -> None:
        """Listen no longer, and remove it if nobody has put another in its place."""
        self.listener.close()
        remove_socket(self.path, self._made)


def open_agent_socket(directories: Iterable[str], session_id: bytes) -> AgentSocket:
    """Listen in the first directory that serves.

    Raises:
        Unusable: none does; the message says why the first does not.
    """
    reason = "no directory of this host can be written to"
    for number, directory in enumerate(directories):
        try:
            return _open_in(directory, session_id.hex() + AGENT_SUFFIX)
        except (OSError, Unusable) as problem:
            said = f"{directory}: {problem.strerror}" if isinstance(problem, OSError) else str(problem)
            reason = reason if number else said
    raise Unusable(reason)


def _open_in(directory: str, name: str) -> AgentSocket:
    path = os.path.join(directory, name)
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise Unusable(f"{path} has more than the {_LONGEST_PATH} bytes that a socket's path may have")
    make_private(directory)
    return AgentSocket(listen(directory, name), path)
