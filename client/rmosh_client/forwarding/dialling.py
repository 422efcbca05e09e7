"""Connecting to a place on this side, which the far side's connections go to; nothing here waits."""

import contextlib
import errno
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final, TypeAlias

from rmosh_client.forwarding.ready_set import ReadySet
from rmosh_client.forwarding.specification import Place, Udp, Unix

#: Seconds that one address may take to answer. Reason: half a minute's silence is a packet filter's, not a slow link's.
_PATIENCE: Final = 30.0

#: Names looked up at once; further ones wait. Reason: each is a thread, and a resolver that does not answer keeps it.
_MOST_LOOKUPS: Final = 16

#: A connected socket that does not block, or why there is none.
Dialled: TypeAlias = Callable[["socket.socket | OSError"], None]

_Address: TypeAlias = tuple[int, "tuple[str, int] | tuple[str, int, int, int] | str"]

#: The addresses of a name, or why there are none.
_Found: TypeAlias = list[_Address] | OSError


class Lookups:
    """Names looked up in threads, as `getaddrinfo` may take half a minute; what is found is told in the loop."""

    def __init__(self, ready_set: ReadySet) -> None:
        self._ready_set = ready_set
        self._queue: deque[tuple[str, int, int, Callable[[_Found], None]]] = deque()
        self._found: deque[tuple[Callable[[_Found], None], _Found]] = deque()
        self._running = 0
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def find(self, host: str, port: int, kind: int, then: Callable[[_Found], None]) -> None:
        """Find the addresses of a name; `then` is told, at once where it is no name but an address."""
        numeric = _addresses(host, port, kind, flags=socket.AI_NUMERICHOST)
        if not isinstance(numeric, OSError):
            then(numeric)
            return
        self._queue.append((host, port, kind, then))
        self._start()

    def close(self) -> None:
        """Tell nothing any more."""
        self._queue.clear()
        for end in self._bell or ():
            self._ready_set.forget(end)
            end.close()
        self._bell = None

    def _start(self) -> None:
        if self._bell is None:
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
            self._ready_set.watch(self._bell[0], EVENT_READ, self._tell)
        while self._queue and self._running < _MOST_LOOKUPS:
            host, port, kind, then = self._queue.popleft()
            work = (host, port, kind, then, self._bell[1])
            try:
                threading.Thread(target=self._look_up, args=work, name="rmosh lookup", daemon=True).start()
                self._running += 1
            except RuntimeError:  # the user may have no further thread
                then(OSError(errno.EAGAIN, "there is no thread left to look it up"))

    def _look_up(self, host: str, port: int, kind: int, then: Callable[[_Found], None], bell: socket.socket) -> None:
        self._found.append((then, _addresses(host, port, kind)))
        with contextlib.suppress(OSError):  # it rings already, or nobody listens any more
            bell.send(b"\0")

    def _tell(self, _events: int) -> None:
        assert self._bell is not None
        with contextlib.suppress(BlockingIOError):
            self._bell[0].recv(4096)
        while self._found:
            then, found = self._found.popleft()
            self._running -= 1
            then(found)
        self._start()


def _addresses(host: str, port: int, kind: int, *, flags: int = 0) -> _Found:
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=flags)
    except OSError as error:
        return error
    except (UnicodeError, ValueError):
        return socket.gaierror(socket.EAI_NONAME, "no host has such a name")
    return list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))  # type: ignore[misc]


class Dial:
    """One connection being made: every address of the place in turn, until one answers."""

    def __init__(
        self, place: Place, ready_set: ReadySet, lookups: Lookups, then: Dialled, *, clock: Callable[[], float]
    ) -> None:
        """Begin; `then` is told what came of it, once, and maybe before this returns."""
        self._ready_set = ready_set
        self._then: Dialled | None = then
        self._clock = clock
        self._kind = socket.SOCK_DGRAM if isinstance(place, Udp) else socket.SOCK_STREAM
        self._left: list[_Address] = []
        self._trying: socket.socket | None = None
        self._failure = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        if isinstance(place, Unix):
            self._found([(socket.AF_UNIX, place.path)])
        else:
            lookups.find(place.host or "localhost", place.port, self._kind, self._found)

    def stop(self) -> None:
        """Make none, and tell nothing."""
        self._then = None
        self._give_up()

    def _found(self, found: _Found) -> None:
        if isinstance(found, OSError):
            self._tell(found)
            return
        self._left = found
        self._try_next()

    def _try_next(self) -> None:
        while self._then is not None and self._left:
            family, address = self._left.pop(0)
            try:
                trying = self._trying = socket.socket(family, self._kind)
                trying.setblocking(False)
                trying.connect(address)
            except BlockingIOError as error:
                if family == socket.AF_UNIX:  # as many wait there as may
                    self._failed(error)
                    continue
                self._ready_set.watch(trying, EVENT_WRITE, self._settled)
                self._ready_set.call_at(self, self._clock() + _PATIENCE, self._timed_out)
                return
            except OSError as error:
                self._failed(error)
            else:
                self._tell(self._taken())
                return
        self._tell(self._failure)

    def _settled(self, _events: int) -> None:
        assert self._trying is not None
        code = self._trying.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._failed(OSError(code, os.strerror(code)))
            self._try_next()
        else:
            self._tell(self._taken())

    def _timed_out(self) -> None:
        self._failed(OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)))
        self._try_next()

    def _failed(self, error: OSError) -> None:
        self._failure = error
        self._give_up()

    def _give_up(self) -> None:
        self._ready_set.call_off(self)
        if self._trying is not None:
            self._ready_set.forget(self._trying)
            self._trying.close()
        self._trying = None

    def _taken(self) -> socket.socket:
        taken, self._trying = self._trying, None
        assert taken is not None
        self._ready_set.call_off(self)
        self._ready_set.forget(taken)
        return taken

    def _tell(self, outcome: socket.socket | OSError) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(outcome)
        elif isinstance(outcome, socket.socket):
            outcome.close()
