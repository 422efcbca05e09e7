"""Keeps one UDP port for the sessions of a host: each datagram goes to whom its id belongs to, answers go out by it.

It has no key and opens nothing; it only reads the eight bytes in front. Datagrams of unknown ids are dropped, counted
and never answered. Whatever a session or a stranger sends costs a bounded time a turn, and users take turns: one with a
thousand busy sessions has no more of it than one with a single session.
"""

import selectors
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import Malformed
from rmosh_server.port import messages
from rmosh_server.port.messages import AddressPair, Listens
from rmosh_server.port.owners import MAX_SESSIONS, Owners
from rmosh_server.sockets.control_socket import SHUT_TIME
from rmosh_server.systems import network_namespace, peer_user

#: Datagrams taken from the network in a turn. Reason: a flood holds the sessions up by a millisecond.
_DATAGRAMS_AT_ONCE: Final = 64

#: Sessions of one user that are heard in a turn, and messages of each. Reason: a flood of one user's holds the others
#: up by some milliseconds.
SESSIONS_AT_ONCE: Final = 64
_MESSAGES_AT_ONCE: Final = 4

#: Sessions let in a turn. Reason: a rush of one user's holds the others up by some milliseconds.
_COMING_AT_ONCE: Final = 64


class HasFileno(Protocol):
    """What can be waited on."""

    def fileno(self) -> int: ...


class Public(Protocol):
    """The UDP socket; `public_socket.PublicSocket` is it."""

    @property
    def port(self) -> int: ...
    def fileno(self) -> int: ...
    def receive(self, *, limit: int) -> Iterator[tuple[bytes, AddressPair]]: ...
    def send(self, pair: AddressPair, data: bytes) -> bool: ...
    def close(self) -> None: ...


class PortKeeper:
    """Sessions on one side, the network on the other.

    Attributes:
        dropped: how many datagrams were dropped, and how many messages or sessions refused, by the reason.
    """

    def __init__(self, public: Public, door: socket.socket) -> None:
        """Take over a UDP socket, and a Unix socket that listens for sessions."""
        door.setblocking(False)
        self._public = public
        self._door = door
        self._owners: Owners[socket.socket] = Owners()
        self._shut_until = NEVER
        self._network = network_namespace()
        self._turns = 0
        #: Whether sessions still come that waited for us: datagrams wait until theirs are known.
        self._is_starting = True
        self.dropped: Counter[str] = Counter()
        self._selector = selectors.DefaultSelector()
        self._selector.register(door, selectors.EVENT_READ)
        self._selector.register(public, selectors.EVENT_READ)

    @property
    def sessions(self) -> int:
        """How many there are."""
        return len(self._owners)

    def watch(self, descriptor: HasFileno) -> None:
        """End a turn's waiting when this can be read, too."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def turn(self, *, timeout: float, now: float) -> None:
        """Wait so many seconds at most until something has come, and pass it on."""
        if now >= self._shut_until:
            self._open_door()
        ready = [key.fileobj for key, _ in self._selector.select(min(timeout, self._shut_until - now))]
        sessions = [found for found in ready if isinstance(found, socket.socket) and found is not self._door]
        for session in sessions if len(sessions) <= SESSIONS_AT_ONCE else self._in_their_turns(sessions):
            self._hear(session)
        if self._door in ready:  # now that the ids of who has gone are free
            self._let_in(now=now)
        else:
            self._is_starting = False
        if self._public in ready and not self._is_starting:
            self._deliver()

    def _in_their_turns(self, ready: Sequence[socket.socket]) -> list[socket.socket]:
        """Return those of the sessions that are heard now: of each user some, and others the next time."""
        of_user: defaultdict[int, list[socket.socket]] = defaultdict(list)
        for session in ready:
            of_user[self._owners.user_of(session)].append(session)
        self._turns += 1
        return [
            sessions[(self._turns * SESSIONS_AT_ONCE + place) % len(sessions)]
            for sessions in of_user.values()
            for place in range(min(len(sessions), SESSIONS_AT_ONCE))
        ]

    def close(self) -> None:
        """Send everybody away and give the port back."""
        self._public.close()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def _deliver(self) -> None:
        for data, pair in self._public.receive(limit=_DATAGRAMS_AT_ONCE):
            session = self._owners.find(data)
            if session is None:
                self.dropped["datagrams of no session"] += 1
            elif not self._tell(session, messages.carry_message(pair, data)):
                self.dropped["datagrams of sessions that are behind"] += 1

    def _let_in(self, *, now: float) -> None:
        self._is_starting = self._is_starting and len(self._owners) < MAX_SESSIONS
        for _ in range(_COMING_AT_ONCE):
            try:
                session, _ = self._door.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                self._shut_until = now + SHUT_TIME
                self._selector.unregister(self._door)
                return
            self._admit(session)

    def _open_door(self) -> None:
        self._shut_until = NEVER
        self._selector.register(self._door, selectors.EVENT_READ)

    def _admit(self, session: socket.socket) -> None:
        try:
            admitted = self._owners.admit(session, user=peer_user(session))
        except OSError:
            admitted = False
        if not admitted:
            self.dropped["sessions beyond the most"] += 1
            session.close()
            return
        session.setblocking(False)
        self._selector.register(session, selectors.EVENT_READ)
        self._hear(session)  # what it told while it waited

    def _hear(self, session: socket.socket) -> None:
        try:
            for _ in range(_MESSAGES_AT_ONCE):
                message = session.recv(messages.LONGEST_MESSAGE + 1)
                if not message:
                    break
                self._obey(session, message)
                if message[0] == messages.IDS:
                    return  # what takes longest, and is seldom told
            else:
                return
        except BlockingIOError:
            return
        except Malformed:
            self.dropped["sessions that said what means nothing"] += 1
        except OSError:
            pass  # it has gone: its own business
        self._show_out(session)

    def _obey(self, session: socket.socket, untrusted: bytes) -> None:
        """Do what a message asks.

        Raises:
            Malformed: it is none.
        """
        if untrusted[0] == messages.IDS:
            refused = self._owners.keep(session, messages.read_ids(untrusted))
            self._tell(session, messages.listens_message(Listens(self._public.port, refused, self._network)))
        elif untrusted[0] == messages.CARRY:
            pair, data = messages.read_carry(untrusted)
            if not self._owners.has_any(session):
                self.dropped["datagrams of sessions without an id"] += 1
            elif not self._public.send(pair, data):
                self._tell(session, messages.too_long_message(pair, len(data)))
        else:
            raise Malformed(f"there is no message of kind {untrusted[0]}")

    def _tell(self, session: socket.socket, message: bytes) -> bool:
        """Say something to a session, unless it is too far behind to hear it: what the kernel keeps is bounded."""
        try:
            session.send(message)
        except OSError:
            return False  # where it has gone, the next turn hears of it
        return True

    def _show_out(self, session: socket.socket) -> None:
        self._selector.unregister(session)
        self._owners.release(session)
        session.close()
