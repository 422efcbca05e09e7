"""What serves the streams of a process's clients; nothing of that is loaded before a client opens one."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from rmosh.channels.closing.policy import NEVER
from rmosh_server.process.memory import give_memory_back
from rmosh_server.serving.settings import ForwardingSettings

if TYPE_CHECKING:
    from rmosh.channels.streams.streams import Streams
    from rmosh_server.forwarding.permissions import Permissions
    from rmosh_server.forwarding.ways import ClientsMachines
    from rmosh_server.sockets.asking import Door


#: Most bytes read of what sshd tells of a login. Reason: a key or two, of 16,384 bits at most.
_MOST_OF_AUTH: Final = 16384


class StreamRoom(Protocol):
    """Where streams are served; `rmosh_server.forwarding.room.Forwarding` is one."""

    def fileno(self) -> int: ...
    def turn(self, *, now: float) -> None: ...
    def client_left(self, client: bytes) -> None: ...
    def child_ended(self, child: int, status: int) -> None: ...
    def release(self, place: str) -> "tuple[bool, float | None]": ...
    def close(self) -> None: ...

    @property
    def next_wakeup(self) -> float: ...
    @property
    def lingers_until(self) -> float: ...


class WaysToClients(Protocol):
    """Where a session's programs find what its clients pass on; `session_ways.py` has it."""

    def get(self) -> "ClientsMachines": ...
    def close(self) -> None: ...


class ServedStreams:
    """The room, once there is one."""

    def __init__(
        self,
        clients: "Callable[[], Iterable[tuple[bytes, Streams]]]",
        *,
        unheard: Callable[[bytes], float],
        complain: Callable[[str], None],
        settings: ForwardingSettings,
        ways: "WaysToClients | None" = None,
        neighbours: "Callable[[], list[Door]]" = list,
        own_program: "tuple[str, ...]" = (),
    ) -> None:
        """Begin without one.

        Args:
            clients: tells the clients that have streams, by their session ids.
            unheard: tells how many seconds a client has been unheard.
            complain: told in a line of each fault that a forward did not survive.
            settings: what server.toml allows; sshd's configuration is asked as well.
            ways: what there is of clients' machines; None where no program could use it.
            neighbours: tells where the user's other sessions can be asked.
            own_program: the words that run this server anew; none where it is in memory alone.
        """
        self._clients = clients
        self._unheard = unheard
        self._complain = complain
        self._settings = settings
        self._user_auth = user_auth()
        self._ways = ways
        self._neighbours = neighbours
        self._own_program = own_program
        self._room: StreamRoom | None = None
        self._is_closed = False

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nothing happens, in monotonic seconds."""
        return NEVER if self._room is None else self._room.next_wakeup

    @property
    def lingers_until(self) -> float:
        """Until when a client wants us to stay though the session is over; long ago where none does."""
        return -NEVER if self._room is None else self._room.lingers_until

    @property
    def room(self) -> StreamRoom | None:
        """What can be waited on, once there is something to wait for."""
        return self._room

    def turn(self, *, now: float) -> None:
        """Serve what clients opened and said, and what this host has for them."""
        if self._room is None and not self._is_closed and any(len(streams) for _, streams in self._clients()):
            self._room = self._open()
            self._room.turn(now=now)
            give_memory_back()
        elif self._room is not None:
            self._room.turn(now=now)

    def client_left(self, client: bytes) -> None:
        """Close all that a client has open, which is forgotten."""
        if self._room is not None:
            self._room.client_left(client)

    def child_ended(self, child: int, status: int) -> None:
        """Take that a child process has ended, with what wait(2) says of it."""
        if self._room is not None:
            self._room.child_ended(child, status)

    def release(self, place: str) -> "tuple[bool, float | None]":
        """Let go of a place to listen at whose client is gone; see `HeldPlaces`."""
        return (False, None) if self._room is None else self._room.release(place)

    def close(self, *, for_good: bool = True) -> None:
        """Close everything; unless for good, serve what is opened later."""
        self._is_closed = self._is_closed or for_good
        room, self._room = self._room, None
        if room is not None:
            room.close()
        if self._ways is not None:
            self._ways.close()

    def _open(self) -> StreamRoom:
        from rmosh_server.forwarding.room import Forwarding

        return Forwarding(
            self._clients,
            unheard=self._unheard,
            complain=self._complain,
            permissions=self._permissions,
            ways=self._ways_to_clients,
            neighbours=self._neighbours,
            own_program=self._own_program,
        )

    def _ways_to_clients(self) -> "ClientsMachines | None":
        return None if self._ways is None else self._ways.get()

    def _permissions(self) -> "Permissions":
        from rmosh_server.serving.stream_rules import permissions_of

        return permissions_of(self._settings, self._user_auth, self._complain)


def user_auth() -> str:
    """Return what sshd tells of how the user was let in, now: its file is gone when the login is. Source: sshd(8)."""
    try:
        with open(os.environ.get("SSH_USER_AUTH", ""), encoding="ascii", errors="replace") as opened:
            return opened.read(_MOST_OF_AUTH)
    except OSError:
        return ""
