"""The session's paths through SSH channels, beside its UDP socket: who may have how many, and when one is over."""

import selectors
from collections.abc import Callable
from typing import Final, Protocol

from rmosh.channels.closing.policy import NEVER
from rmosh.session.policy import MAX_CLIENTS
from rmosh.transport.path import Datagram, Path
from rmosh_server.sockets.ssh_channel import SshChannel

#: Channels of one client. Reason: one in use and one that follows it after a dead network, whose end sshd may not
#: notice for hours; the oldest goes.
MAX_SSH_PATHS_PER_CLIENT: Final = 2

#: Channels of a session.
MAX_SSH_PATHS: Final = MAX_SSH_PATHS_PER_CLIENT * MAX_CLIENTS

#: How long a channel may be there without anything authentic, in seconds. Reason: a client speaks a round trip after it
#: was told, and the slowest link takes ten seconds.
PROOF_PATIENCE: Final = 20.0


class Reachable(Protocol):
    """What these need of a session; `rmosh.session.server.ServerSession` has it."""

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None: ...
    def add_path(self, client: bytes, path: Path, *, now: float) -> None: ...
    def drop_path(self, path: Path, *, now: float) -> None: ...

    @property
    def heard_at(self) -> float | None: ...


class _SshPath:
    """A channel, whose client it is for, and until when that has to show.

    Attributes:
        gives_up_at: in monotonic seconds; NEVER once something authentic came.
        waits_for_room: whether the selector watches its writing end.
    """

    __slots__ = ("channel", "client", "gives_up_at", "path", "waits_for_room")

    def __init__(self, channel: SshChannel, client: bytes, path: Path, *, now: float) -> None:
        self.channel = channel
        self.client = client
        self.path = path
        self.gives_up_at = now + PROOF_PATIENCE
        self.waits_for_room = False


class SshPaths:
    """All channels that carry datagrams of this session's clients, each a path by its number."""

    def __init__(self, session: Reachable, *, tell: Callable[[str], None]) -> None:
        """Begin with none.

        Args:
            tell: told in a line of each that came or went.
        """
        self._session = session
        self._tell = tell
        self._paths: dict[int, _SshPath] = {}
        self._next_number = 0
        # Epoll, or kqueue: one descriptor that is ready when any channel is.
        self._selector = selectors.DefaultSelector()
        self._dropped = 0

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._selector.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nobody says anything, in monotonic seconds."""
        return min([ssh_path.gives_up_at for ssh_path in self._paths.values()], default=NEVER)

    @property
    def failed_sends(self) -> int:
        """How many datagrams channels had no room for."""
        return self._dropped + sum(ssh_path.channel.dropped for ssh_path in self._paths.values())

    def adopt(self, channel: SshChannel, client: bytes, *, now: float) -> None:
        """Reach a client by a channel as well; where it or all have too many, the oldest goes."""
        own = [ssh_path for ssh_path in self._paths.values() if ssh_path.client == client]
        for old in own[: len(own) + 1 - MAX_SSH_PATHS_PER_CLIENT]:
            self._let_go(old, "a newer one took its place", now=now)
        while len(self._paths) >= MAX_SSH_PATHS:
            self._let_go(next(iter(self._paths.values())), "there were too many", now=now)
        path = Path.stream(self._next_number)
        self._next_number += 1
        ssh_path = self._paths[path.socket] = _SshPath(channel, client, path, now=now)
        self._selector.register(channel.reading, selectors.EVENT_READ, ssh_path)
        self._session.add_path(client, path, now=now)
        self._tell(f"{_named(ssh_path)} came")

    def attend(self, *, now: float) -> None:
        """Take what has arrived, write what waits, and let go of what is over."""
        for key, _ in self._selector.select(0):
            ssh_path: _SshPath = key.data
            if key.fd == ssh_path.channel.reading:
                self._receive(ssh_path, now=now)
            else:
                ssh_path.channel.flush()
        for ssh_path in [*self._paths.values()]:
            if now >= ssh_path.gives_up_at:
                ssh_path.channel.ended = f"nothing authentic came within {PROOF_PATIENCE:.0f} s"
            self._watch(ssh_path, now=now)

    def client_left(self, client: bytes, *, now: float) -> None:
        """Let go of the channels of a client that needs them no more."""
        for ssh_path in [ssh_path for ssh_path in self._paths.values() if ssh_path.client == client]:
            self._let_go(ssh_path, "its client left", now=now)

    def send(self, datagram: Datagram) -> bool:
        """Queue a datagram, to be sent with the others of this turn; return False where it was lost."""
        ssh_path = self._paths.get(datagram.path.socket)
        return ssh_path is not None and ssh_path.channel.send(datagram.data)

    def flush(self, *, now: float) -> None:
        """Send what was queued."""
        for ssh_path in [*self._paths.values()]:
            if ssh_path.channel.waits and not ssh_path.waits_for_room:
                ssh_path.channel.flush()
                self._watch(ssh_path, now=now)

    def close(self) -> None:
        """Let all channels go; the client has been told, or is not there."""
        for ssh_path in self._paths.values():
            ssh_path.channel.flush()
            ssh_path.channel.close()
        self._paths.clear()
        self._selector.close()

    def _receive(self, ssh_path: _SshPath, *, now: float) -> None:
        for data in ssh_path.channel.receive():
            self._session.receive_datagram(data, ssh_path.path, now=now)
            if self._session.heard_at == now:
                ssh_path.gives_up_at = NEVER

    def _watch(self, ssh_path: _SshPath, *, now: float) -> None:
        """Wait for room only while bytes wait for it."""
        channel = ssh_path.channel
        if channel.ended:
            self._let_go(ssh_path, channel.ended, now=now)
        elif channel.waits != ssh_path.waits_for_room:
            ssh_path.waits_for_room = not ssh_path.waits_for_room
            if ssh_path.waits_for_room:
                self._selector.register(channel.writing, selectors.EVENT_WRITE, ssh_path)
            else:
                self._selector.unregister(channel.writing)

    def _let_go(self, ssh_path: _SshPath, why: str, *, now: float) -> None:
        self._selector.unregister(ssh_path.channel.reading)
        if ssh_path.waits_for_room:
            self._selector.unregister(ssh_path.channel.writing)
        del self._paths[ssh_path.path.socket]
        self._dropped += ssh_path.channel.dropped
        ssh_path.channel.close()
        self._session.drop_path(ssh_path.path, now=now)
        self._tell(f"{_named(ssh_path)} went: {why}")


def _named(ssh_path: _SshPath) -> str:
    return f"path {ssh_path.path.socket} of client {ssh_path.client.hex()[:8]} through SSH"
