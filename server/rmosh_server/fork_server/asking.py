"""A login's end: it asks the user's fork server for a process that will serve its session."""

import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh_server.fork_server.request import MAX_REPLY, START, ForkRequest, format_request, parse_reply
from rmosh_server.sockets.passing import send_with
from rmosh_server.sockets.unix_sockets import connect
from rmosh_server.systems import peer_user

#: How long a fork may take to say that it is able, in seconds. Reason: it takes some milliseconds; a login whose server
#: is stopped has another process serve this much later.
FORK_PATIENCE: Final = 1.0

#: How long a program may take to start then, in seconds. Reason: nobody else can start it any more, and what is
#: executed may come from a slow file server.
START_PATIENCE: Final = 20.0


class Fork:
    """A process that waits for leave to begin."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def start(self) -> int:
        """Have it start its program and return the program's id, a tunnel's own.

        Raises:
            OSError, Malformed: it cannot be executed, or nothing of the kind is heard of it.
        """
        self._connection.settimeout(START_PATIENCE)
        with self._connection:
            self._connection.sendall(START)
            reply = _hear(self._connection)
        if "program" in reply:
            return reply["program"]
        number = reply.get("failed", 0)
        raise OSError(number, os.strerror(number) if number else "the process that was forked for it has ended")


def ask(place: str, request: ForkRequest, descriptors: Sequence[int]) -> "Fork | None":
    """Ask the fork server at a place for a process; None where none comes that is able to."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.suppress(OSError, Malformed):
        connection.settimeout(FORK_PATIENCE)
        connect(connection, *os.path.split(place))
        if peer_user(connection) == os.geteuid():
            line = format_request(request)
            connection.sendall(line[send_with(connection, line, descriptors) :])
            if "able" in _hear(connection):
                return Fork(connection)
    connection.close()
    return None


def is_there(place: str) -> bool:
    """Whether a process has a place, whether it listens there already or is about to.

    Nobody has to let us in for that: one of the other kind of sockets is refused for being that. Source: connect(2).
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            connect(asking, *os.path.split(place))
        except OSError as error:
            return error.errno == errno.EPROTOTYPE
    return False


def _hear(connection: socket.socket) -> "dict[str, int]":
    """Return what it answers.

    Raises:
        OSError, Malformed: it answers nothing of the kind.
    """
    heard = b""
    while not heard.endswith(b"\n") and (more := connection.recv(MAX_REPLY)) and len(heard) < MAX_REPLY:
        heard += more
    return parse_reply(heard)
