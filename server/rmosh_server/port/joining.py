"""A new session's place at the shared port, asked for before it is announced; without an answer there is none."""

import select
import socket
from typing import Final

from rmosh.errors import Malformed
from rmosh_server.port import messages
from rmosh_server.port.messages import Listens
from rmosh_server.port.place import call

#: How long the keeper may take to answer, in seconds. Reason: it does in a millisecond; a prompt waits for it.
PATIENCE: Final = 0.3


class NoSharedPort(Exception):
    """There is no place for the session; the message says why."""


def join(place: str, ids: frozenset[bytes]) -> tuple[socket.socket, int]:
    """Have datagrams under these ids come to a new connection; return it, and the UDP port.

    Raises:
        NoSharedPort: that cannot be had.
    """
    try:
        connected = call(place)
    except OSError as error:
        raise NoSharedPort(f"{place}: {error.strerror or error}") from error
    try:
        return connected, _told(connected, ids).port
    except (OSError, Malformed) as error:
        connected.close()
        raise NoSharedPort(f"{place}: {error}") from error


def _told(connected: socket.socket, ids: frozenset[bytes]) -> Listens:
    connected.send(messages.ids_message(ids))
    if not select.select([connected], [], [], PATIENCE)[0]:
        raise OSError(f"it did not answer within {PATIENCE:g} s")
    answer = connected.recv(messages.LONGEST_MESSAGE)
    if answer[:1] != bytes([messages.LISTENS]):
        raise OSError("it lets no further session in")
    told = messages.read_listens(answer)
    if told.refused:
        raise OSError(f"{told.refused} of the session's connection ids are another's")
    return told
