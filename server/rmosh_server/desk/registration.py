"""Making a session known on its host, before it is announced: its file and its control socket."""

import socket

from rmosh.lazy_dataclass import dataclass
from rmosh_server.desk.places import Places, Unusable
from rmosh_server.desk.registry import Entry, Registry
from rmosh_server.sockets.unix_sockets import listen


@dataclass(frozen=True, slots=True)
class Registration:
    """A session that can be found and asked."""

    entry: Entry
    listener: socket.socket


def register(places: Places, session_id: bytes) -> Registration:
    """Enter a session in the first directory that serves.

    Raises:
        Unusable: none does; the message says why the first does not.
    """
    reason = "no directory of this host can be written to"
    for number, directory in enumerate(places.usable()):
        try:
            return _register_in(directory, session_id)
        except Unusable as problem:
            reason = reason if number else str(problem)
    raise Unusable(reason)


def _register_in(directory: str, session_id: bytes) -> Registration:
    entry = Registry(directory).enter(session_id)
    try:
        return Registration(entry, listen(directory, entry.control))
    except OSError as error:
        entry.withdraw()
        raise Unusable(f"{directory}: no socket can be made there: {error.strerror}") from error
