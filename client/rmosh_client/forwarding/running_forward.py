"""One forward that listens, here or there, with the connections that go through it."""

import errno
import socket
from collections.abc import Callable
from selectors import EVENT_READ
from typing import Final, Protocol

from rmosh.forwarding.failures import in_words
from rmosh.forwarding.requests import Accepted, ListenTcp, ListenUdp, ListenUnix
from rmosh.lazy_dataclass import replace
from rmosh_client.forwarding.datagram_flow import DatagramFlows
from rmosh_client.forwarding.figures import ForwardFigures
from rmosh_client.forwarding.incoming_connection import IncomingConnection
from rmosh_client.forwarding.listener import LocalListener
from rmosh_client.forwarding.open_files import allow_more
from rmosh_client.forwarding.opening import Opening, why_not
from rmosh_client.forwarding.outgoing_connection import OutgoingConnection
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.specification import Forward, Place, Udp, Unix
from rmosh_client.forwarding.stream_users import CountedStream

#: Connections accepted at once; further ones wait for the next turn.
_MOST_ACCEPTED: Final = 16

#: Seconds without accepting once there are too many open files. Reason: some are closed meanwhile, or soon.
_PAUSE: Final = 1.0

#: What there can be too much of. Source: accept(2).
_TOO_MUCH: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Crossed(Protocol):
    """What goes through a forward."""

    @property
    def stream(self) -> CountedStream | None: ...
    def close(self) -> None: ...


class _Account:
    """Counts a forward's connections, and what went over those that are over."""

    def __init__(self, forward: Forward, tell: Callable[[str], None]) -> None:
        self.forward = forward
        self._tell = tell
        self._crossings: set[Crossed] = set()
        self._sent = 0
        self._received = 0

    def begun(self, crossing: Crossed) -> None:
        """Count one that is open from now on."""
        self._crossings.add(crossing)

    def closed(self, crossing: Crossed) -> None:
        """Take note that one is over."""
        self._crossings.discard(crossing)
        if crossing.stream is not None:
            self._sent += crossing.stream.bytes_sent
            self._received += crossing.stream.bytes_received

    def failed(self, reason: str) -> None:
        """Tell why a connection came to nothing."""
        self._tell(f"{self.forward}: {reason}")

    def close_all(self) -> None:
        for crossing in list(self._crossings):
            crossing.close()

    def figures(self, *, is_listening: bool) -> ForwardFigures:
        streams = [crossing.stream for crossing in self._crossings if crossing.stream is not None]
        sent = self._sent + sum(stream.bytes_sent for stream in streams)
        received = self._received + sum(stream.bytes_received for stream in streams)
        return ForwardFigures(self.forward, len(self._crossings), sent, received, is_listening)


class LocalForward:
    """One that listens on this machine: `-L` and `-D`."""

    def __init__(self, resources: Resources, forward: Forward, tell: Callable[[str], None]) -> None:
        """Listen.

        Raises:
            CannotListen: the message says why.
        """
        self._resources = resources
        self._listener = LocalListener(forward.listen, resources.settings)
        self._account = _Account(replace(forward, listen=self._listener.place), tell)
        self._flows: list[DatagramFlows] = []
        if isinstance(forward.target, Udp):
            flows = [DatagramFlows(resources, self._account, each, forward.target) for each in self._listener.sockets]
            self._flows = flows
        else:
            self._accept()

    @property
    def forward(self) -> Forward:
        """What it was asked to be, with the port that it got."""
        return self._account.forward

    @property
    def figures(self) -> ForwardFigures:
        """How much goes through it."""
        return self._account.figures(is_listening=True)

    def stop_listening(self) -> None:
        """Take no more connections; those that are open go on."""
        for flows in self._flows:
            flows.close()
        for listening in self._listener.sockets:
            self._resources.ready_set.forget(listening)
        self._resources.ready_set.call_off(self)
        self._listener.close()

    def close(self) -> None:
        """End it, and all its connections."""
        self.stop_listening()
        self._account.close_all()

    def _accept(self) -> None:
        for listening in self._listener.sockets:
            self._resources.ready_set.watch(listening, EVENT_READ, self._acceptor(listening))

    def _acceptor(self, listening: socket.socket) -> Callable[[int], None]:
        return lambda _events: self._accept_from(listening)

    def _accept_from(self, listening: socket.socket) -> None:
        for _ in range(_MOST_ACCEPTED):
            try:
                connection, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                if error.errno in _TOO_MUCH and not allow_more():
                    self._pause(error)
                return
            OutgoingConnection(self._resources, self._account, connection, self._account.forward.target)

    def _pause(self, error: OSError) -> None:
        self._account.failed(f"{in_words(error)}; new connections wait")
        for listening in self._listener.sockets:
            self._resources.ready_set.forget(listening)
        self._resources.ready_set.call_at(self, self._resources.clock() + _PAUSE, self._accept)


class RemoteForward:
    """One that listens at the far side: `-R`. It listens there for as long as its stream lives."""

    def __init__(
        self, resources: Resources, forward: Forward, tell: Callable[[str], None], settled: Callable[[str], None]
    ) -> None:
        """Ask the far side to listen; `settled` is told why it does not, "" where it does.

        Raises:
            RmoshError: there are no streams, or too many.
        """
        self._resources = resources
        self._account = _Account(forward, tell)
        self._settled: Callable[[str], None] | None = settled
        self._has_ended = False
        self._stream = resources.users.open()
        self.number: Final = self._stream.number
        resources.users.use(self._stream, self)
        self._opening = Opening(self._stream, _request_to_listen(forward.listen))

    @property
    def forward(self) -> Forward:
        """What it was asked to be, with the port that it got."""
        return self._account.forward

    @property
    def figures(self) -> ForwardFigures:
        """How much goes through it."""
        return self._account.figures(is_listening=self._settled is None and not self._has_ended)

    def stream_changed(self) -> None:
        """Hear what the far side says of it."""
        answer = self._opening.turn()
        if answer is None:
            return
        settled, self._settled = self._settled, None
        if settled is not None and answer.is_done:
            listen = self._account.forward.listen
            if not isinstance(listen, Unix) and answer.port:
                self._account.forward = replace(self._account.forward, listen=replace(listen, port=answer.port))
            settled("")
        elif settled is not None:
            settled(why_not(answer))
        elif not self._has_ended and self._is_ended:
            self._has_ended = True
            why_over = self._stream.was_reset.reason if self._stream.was_reset is not None else ""
            self._account.failed(why_over or "nothing listens there any more")

    @property
    def _is_ended(self) -> bool:
        return self._stream.is_over or self._stream.at_end or self._stream.was_reset is not None

    def accepted(self, stream: CountedStream, _request: Accepted) -> None:
        """Take a connection that somebody made there."""
        IncomingConnection(self._resources, self._account, stream, self._account.forward.target)

    def stop_listening(self) -> None:
        """Have the far side take no more connections; those that are open go on."""
        self._resources.users.leave(self._stream)

    def close(self) -> None:
        """End it, and all its connections."""
        self.stop_listening()
        self._account.close_all()


def _request_to_listen(place: Place) -> ListenTcp | ListenUdp | ListenUnix:
    if isinstance(place, Unix):
        return ListenUnix(place.path)
    bind = "" if place.host is None else place.host or "*"
    return (ListenUdp if isinstance(place, Udp) else ListenTcp)(bind, place.port)
