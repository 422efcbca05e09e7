"""A session's end of the shared port: what a UDP socket of its own would be to it.

Where the keeper goes away, it is looked for again and again, and told all ids anew: only what was in flight is lost.
The descriptor stays the same number meanwhile, so that who waits on it need not know.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import Malformed
from rmosh.transport.path import Datagram, Path
from rmosh_server.port import messages
from rmosh_server.port.messages import ANY_LOCAL, AddressPair
from rmosh_server.port.place import call
from rmosh_server.sockets.udp import MAX_LOCAL_ADDRESSES

#: How long until a keeper that has gone is looked for again, in seconds: doubled from the first to the last. Reason: a
#: restart takes some tenths; a keeper that stays away costs a connect(2) every few seconds.
FIRST_RETRY: Final = 0.05
LAST_RETRY: Final = 5.0

#: How long until a keeper that is behind is told ids once more, in seconds.
TELL_AGAIN: Final = 0.05

#: Above every size.
_NEVER_TOO_LONG: Final = messages.LONGEST_MESSAGE + 1

#: Most paths of which it is known that a datagram was too long. Reason: a session sends on some twenty.
_MAX_REFUSALS: Final = 64


class SharedPort:
    """What is sent and received through the keeper.

    Attributes:
        port: the UDP port that clients send to.
        network: the keeper's, as `network_namespace` tells it; "" before that is known.
        failed_sends: how many datagrams were lost on this host.
    """

    def __init__(self, connected: socket.socket, place: str, *, port: int) -> None:
        """Take over a connection to the keeper at a place, which was told the session's first ids."""
        connected.setblocking(False)
        self._socket = connected
        self._place = place
        self.port = port
        self.network = ""
        self.failed_sends = 0
        self._is_connected = True
        self._told: frozenset[bytes] | None = None
        self._retry_at = -NEVER
        self._retry_after = FIRST_RETRY
        self._locals = [ANY_LOCAL]
        self._too_long: dict[Path, int] = {}

    def fileno(self) -> int:
        """Return the descriptor to wait on; always the same."""
        return self._socket.fileno()

    def receive(self, *, limit: int) -> Iterator[tuple[bytes, Path, float | None]]:
        """Yield at most `limit` datagrams that have arrived, each with its path; the keeper tells no times."""
        for _ in range(limit):
            try:
                message = self._socket.recv(messages.LONGEST_MESSAGE + 1)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._lose_keeper()
                return
            try:
                arrived = self._understood(message)
            except Malformed:
                continue  # a keeper of another version says more
            if arrived is not None:
                yield *arrived, None

    def send(self, datagram: Datagram) -> bool:
        """Send a datagram or lose it. Return False if one as long was too long for its path, which is told late."""
        path, data = datagram
        if len(data) >= self._too_long.get(path, _NEVER_TOO_LONG):
            del self._too_long[path]  # told once: a later one may find a larger path
            self.failed_sends += 1
            return False
        try:
            self._socket.send(messages.carry_message(self._pair(path), data))
        except OSError:
            self.failed_sends += 1
        return True

    def send_run(self, run: Sequence[Datagram]) -> bool:
        """Send a run of datagrams as `send` does each; return False if they are too long for their path."""
        fitted = [self.send(datagram) for datagram in run]
        return all(fitted)

    def follow(self, ids: frozenset[bytes], *, now: float) -> float:
        """Take datagrams under these ids from now on; return when to be asked again at the latest."""
        if not self._is_connected and now >= self._retry_at:
            self._look_for_keeper(now=now)
        if self._is_connected and ids is not self._told:
            try:
                self._socket.send(messages.ids_message(ids))
                self._told = ids
            except BlockingIOError:
                return now + TELL_AGAIN
            except OSError:
                self._lose_keeper()
        return NEVER if self._is_connected else max(self._retry_at, now)

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    def _understood(self, untrusted: bytes) -> tuple[bytes, Path] | None:
        """Return a datagram and its path, or take in what else was said.

        Raises:
            Malformed: it is no message that we know.
        """
        if untrusted[0] == messages.CARRY:
            pair, data = messages.read_carry(untrusted)
            return data, self._path(pair)
        if untrusted[0] == messages.TOO_LONG:
            pair, size = messages.read_too_long(untrusted)
            if len(self._too_long) < _MAX_REFUSALS:
                self._too_long[self._path(pair)] = size
        elif untrusted[0] == messages.LISTENS:
            self.port, _, self.network = messages.read_listens(untrusted)
            self._retry_after = FIRST_RETRY
        return None

    def _lose_keeper(self) -> None:
        self._is_connected = False
        self._told = None
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as silent:
            self._stand_for(silent)

    def _look_for_keeper(self, *, now: float) -> None:
        self._retry_at = now + self._retry_after
        self._retry_after = min(2 * self._retry_after, LAST_RETRY)
        try:
            with call(self._place) as connected:
                self._stand_for(connected)
        except OSError:
            return
        self._is_connected = True

    def _stand_for(self, other: socket.socket) -> None:
        """Let our descriptor lead to what another socket leads to."""
        other.setblocking(False)
        os.dup2(other.fileno(), self._socket.fileno(), inheritable=False)

    def _path(self, pair: AddressPair) -> Path:
        host = socket.inet_ntop(socket.AF_INET6, pair.remote)
        return Path(self._number(pair.local), f"{host}%{pair.scope}" if pair.scope else host, pair.port)

    def _number(self, local: bytes) -> int:
        if local in self._locals:
            return self._locals.index(local)
        if len(self._locals) > MAX_LOCAL_ADDRESSES:
            return 0
        self._locals.append(local)
        return len(self._locals) - 1

    def _pair(self, path: Path) -> AddressPair:
        host, _, scope = path.host.partition("%")
        return AddressPair(messages.packed_address(host), path.port, int(scope or 0), self._locals[path.socket])
