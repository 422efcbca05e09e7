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
MAX_STREAMS_PER_CLIENT: Final = 2

#: Channels of a session.
MAX_STREAMS: Final = MAX_STREAMS_PER_CLIENT * MAX_CLIENTS

#: How long a channel may be there without anything authentic, in seconds. Reason: a client speaks a round trip after it
#: was told, and the slowest link takes ten seconds.
PROOF_PATIENCE: Final = 20.0


class Listener(Protocol):
    """What streams need of a session; `rmosh.session.server.ServerSession` has it."""

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None: ...
    def add_path(self, client: bytes, path: Path, *, now: float) -> None: ...
    def drop_path(self, path: Path, *, now: float) -> None: ...

    @property
    def heard_at(self) -> float | None: ...


class _Stream:
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


class StreamPaths:
    """All channels that carry datagrams of this session's clients, each a path by its number."""

    def __init__(self, session: Listener, *, tell: Callable[[str], None]) -> None:
        """Begin with none.

        Args:
            tell: told in a line of each that came or went.
        """
        self._session = session
        self._tell = tell
        self._streams: dict[int, _Stream] = {}
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
        return min([stream.gives_up_at for stream in self._streams.values()], default=NEVER)

    @property
    def failed_sends(self) -> int:
        """How many datagrams channels had no room for."""
        return self._dropped + sum(stream.channel.dropped for stream in self._streams.values())

    def adopt(self, channel: SshChannel, client: bytes, *, now: float) -> None:
        """Reach a client by a channel as well; where it or all have too many, the oldest goes."""
        own = [stream for stream in self._streams.values() if stream.client == client]
        for old in own[: len(own) + 1 - MAX_STREAMS_PER_CLIENT]:
            self._let_go(old, "a newer one took its place", now=now)
        while len(self._streams) >= MAX_STREAMS:
            self._let_go(next(iter(self._streams.values())), "there were too many", now=now)
        path = Path.stream(self._next_number)
        self._next_number += 1
        stream = self._streams[path.socket] = _Stream(channel, client, path, now=now)
        self._selector.register(channel.reading, selectors.EVENT_READ, stream)
        self._session.add_path(client, path, now=now)
        self._tell(f"{_named(stream)} came")

    def attend(self, *, now: float) -> None:
        """Take what has arrived, write what waits, and let go of what is over."""
        for key, _ in self._selector.select(0):
            stream: _Stream = key.data
            if key.fd == stream.channel.reading:
                self._receive(stream, now=now)
            else:
                stream.channel.flush()
        for stream in [*self._streams.values()]:
            if now >= stream.gives_up_at:
                stream.channel.ended = f"nothing authentic came within {PROOF_PATIENCE:.0f} s"
            self._watch(stream, now=now)

    def client_left(self, client: bytes, *, now: float) -> None:
        """Let go of the channels of a client that needs them no more."""
        for stream in [stream for stream in self._streams.values() if stream.client == client]:
            self._let_go(stream, "its client left", now=now)

    def send(self, datagram: Datagram) -> bool:
        """Queue a datagram, to be sent with the others of this turn; return False where it was lost."""
        stream = self._streams.get(datagram.path.socket)
        return stream is not None and stream.channel.send(datagram.data)

    def flush(self, *, now: float) -> None:
        """Send what was queued."""
        for stream in [*self._streams.values()]:
            if stream.channel.waits and not stream.waits_for_room:
                stream.channel.flush()
                self._watch(stream, now=now)

    def close(self) -> None:
        """Let all channels go; the client has been told, or is not there."""
        for stream in self._streams.values():
            stream.channel.flush()
            stream.channel.close()
        self._streams.clear()
        self._selector.close()

    def _receive(self, stream: _Stream, *, now: float) -> None:
        for data in stream.channel.receive():
            self._session.receive_datagram(data, stream.path, now=now)
            if self._session.heard_at == now:
                stream.gives_up_at = NEVER

    def _watch(self, stream: _Stream, *, now: float) -> None:
        """Wait for room only while bytes wait for it."""
        channel = stream.channel
        if channel.ended:
            self._let_go(stream, channel.ended, now=now)
        elif channel.waits != stream.waits_for_room:
            stream.waits_for_room = not stream.waits_for_room
            if stream.waits_for_room:
                self._selector.register(channel.writing, selectors.EVENT_WRITE, stream)
            else:
                self._selector.unregister(channel.writing)

    def _let_go(self, stream: _Stream, why: str, *, now: float) -> None:
        self._selector.unregister(stream.channel.reading)
        if stream.waits_for_room:
            self._selector.unregister(stream.channel.writing)
        del self._streams[stream.path.socket]
        self._dropped += stream.channel.dropped
        stream.channel.close()
        self._session.drop_path(stream.path, now=now)
        self._tell(f"{_named(stream)} went: {why}")


def _named(stream: _Stream) -> str:
    return f"path {stream.path.socket} of client {stream.client.hex()[:8]} through SSH"
