"""Names of hosts looked up beside the loop: `getaddrinfo` may take half a minute, and keys do not wait for it."""

import _thread  # `threading` would take 0.5 MB for what is not needed here
import contextlib
import errno
import socket
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from rmosh_server.forwarding.waiting import Waiting

#: Look-ups at once; further ones wait. Reason: each is a thread, and a resolver that does not answer keeps it for long.
MOST_AT_ONCE: Final = 16

#: Family and address of a host's port, as `socket` has them.
Place: TypeAlias = "tuple[int, tuple[str, int] | tuple[str, int, int, int]]"

#: What came of a look-up: places in the order to try them, or why there are none.
Found: TypeAlias = "list[Place] | OSError"

_Job: TypeAlias = "tuple[str, int, Callable[[Found], None]]"


class Names:
    """Looks names up; what came of it is told in the loop."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._queue: deque[_Job] = deque()
        self._found: deque[tuple[Callable[[Found], None], Found]] = deque()
        self._running = 0
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def look_up(self, host: str, port: int, then: Callable[[Found], None]) -> None:
        """Find the places of a name or numeric address; `then` is told, at once where that needs no asking."""
        numeric = _places_of(host, port, flags=socket.AI_NUMERICHOST)
        if not isinstance(numeric, OSError) or not _may_be_name(host):
            then(numeric)
            return
        self._queue.append((host, port, then))
        self._start()

    def close(self) -> None:
        """Tell nothing any more."""
        self._queue.clear()
        for end in self._bell or ():
            self._waiting.forget(end)
            end.close()
        self._bell = None

    def _start(self) -> None:
        if self._bell is None:
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
            self._waiting.watch(self._bell[0], 1, self._tell)
        while self._queue and self._running < MOST_AT_ONCE:
            host, port, then = self._queue.popleft()
            try:
                _thread.start_new_thread(self._work, (host, port, then, self._bell[1]))
                self._running += 1
            except RuntimeError:  # the user may have no further thread
                then(OSError(errno.EAGAIN, "there is no thread left to look it up"))

    def _work(self, host: str, port: int, then: Callable[[Found], None], bell: socket.socket) -> None:
        """Look one up; runs in a thread of its own."""
        self._found.append((then, _places_of(host, port)))
        with contextlib.suppress(OSError):  # it rings already, or the session is over
            bell.send(b"\0")

    def _tell(self, _: int) -> None:
        assert self._bell is not None
        with contextlib.suppress(BlockingIOError):
            self._bell[0].recv(4096)
        while self._found:
            then, found = self._found.popleft()
            self._running -= 1
            then(found)
        self._start()


def _may_be_name(host: str) -> bool:
    return 0 < len(host) <= 255 and "\0" not in host and ":" not in host


def _places_of(host: str, port: int, *, flags: int = 0) -> Found:
    """Return the places of a host: by family in turn, as RFC 8305 section 4 has it."""
    try:
        # As bytes, unless it must be: Python would load the tables of IDNA for a text.
        name: bytes | str = host.encode() if host.isascii() else host
        listed = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    except OSError as error:
        return error
    except (UnicodeError, ValueError):
        return OSError(socket.EAI_NONAME, "no host has such a name")
    places: list[Place] = [(int(family), address) for family, _, _, _, address in listed]  # type: ignore[misc]
    first = [place for place in places if place[0] == places[0][0]]
    other = [place for place in places if place[0] != places[0][0]]
    return _in_turn(first, other)


def _in_turn(first: "list[Place]", other: "list[Place]") -> "list[Place]":
    ordered = []
    for position in range(max(len(first), len(other))):
        ordered += [*first[position : position + 1], *other[position : position + 1]]
    return list(dict.fromkeys(ordered))
