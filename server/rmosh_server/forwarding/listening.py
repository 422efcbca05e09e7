"""Ports and sockets on which this host listens for a client: each who comes is a stream back to it."""

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Sequence
from functools import partial
from selectors import EVENT_READ
from typing import Final

from rmosh.errors import RmoshError
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.failures import in_words, status_of
from rmosh.forwarding.requests import Accepted, ListenTcp, ListenUdp
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.held_places import Contest
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.joined import Joined
from rmosh_server.forwarding.looking_up import LookingUp
from rmosh_server.forwarding.names import Place
from rmosh_server.forwarding.shown_address import shown_address
from rmosh_server.process.descriptor_limit import is_spare

#: Connections that the system accepts ahead of us. Source: sshd's is SOMAXCONN, which systems cut to 128 or 4096.
ACCEPT_QUEUE: Final = 128

#: Connections accepted in one turn. Reason: each opens a stream, some 50 us; the next turn goes on.
ACCEPTED_PER_TURN: Final = 32

#: How long a listener rests that can accept no more for now, in seconds: descriptors or streams are used up.
REST: Final = 0.5

#: How often a port that the system chose for one family is tried for the other. Reason: one in a hundred is in use.
_CHOICES: Final = 8

#: How often a place is asked for that is in use, though somebody has let go of it. Reason: two may have held it.
_TRIES: Final = 3

#: What a bind may say where a family or an address is not there, and another is.
_ABSENT: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)

#: Where to bind, as `socket` has it, for what stands for several addresses.
_BOTH_FAMILIES: Final = {
    "localhost": ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")),
    "*": ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")),  # noqa: S104 - where it was asked for, and is allowed
}

#: Makes one socket of a family that is bound to a place.
Bind = Callable[[int, "tuple[str | int, ...]"], socket.socket]


class Binding:
    """A place to listen at: bound at once, or when whoever of the user's holds it has let go of it, or refused."""

    def __init__(
        self, place: str, conversation: Conversation, host: Host, *, bind: Callable[[], None], shown: str
    ) -> None:
        """Begin.

        Args:
            place: as held_places have it.
            bind: binds it and answers; raises OSError where that does not go.
            shown: what people are told is in use.
        """
        self._place = place
        self._conversation = conversation
        self._host = host
        self._bind = bind
        self._shown = shown
        self._contest: Contest | None = None
        self._has_waited = False
        self._tries_left = _TRIES
        conversation.served = self
        self._try()

    def stream_changed(self) -> None:
        """Give up with the client."""
        if self._conversation.is_given_up or self._conversation.stream.at_end:
            self._conversation.end()

    def close(self) -> None:
        """Ask nobody any further."""
        self._host.waiting.not_at(self)
        if self._contest is not None:
            self._contest.close()

    def _try(self) -> None:
        try:
            self._bind()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or self._tries_left == 0:
                self._conversation.refuse(status_of(error), f"{self._shown}: {in_words(error)}")
            else:
                self._tries_left -= 1
                self._ask()

    def _ask(self) -> None:
        self._contest = self._host.held_places.contest(self._place, self._decided)

    def _decided(self, contest: Contest) -> None:
        """Bind what was released; what may be soon is asked for once more then."""
        if contest.is_released:
            self._try()
        elif contest.yields_in is not None and not self._has_waited:
            self._has_waited = True
            self._host.waiting.at(self, self._host.waiting.now + contest.yields_in, self._ask)
        else:
            held = " by another client of yours" if contest.yields_in is not None else ""
            self._conversation.refuse(AnswerStatus.IN_USE, f"{self._shown} is in use{held}")


class Listener:
    """Sockets that listen for a client, for as long as its stream lives."""

    def __init__(self, place: str, listening: Sequence[socket.socket], conversation: Conversation, host: Host) -> None:
        self._listening = listening
        self._conversation = conversation
        self._host = host
        conversation.served = self
        host.held_places.take(place, conversation)

    def stream_changed(self) -> None:
        """Listen as long as the stream lives."""
        if self._conversation.is_given_up or self._conversation.stream.at_end:
            self._conversation.end()

    def close(self) -> None:
        """Listen no longer."""
        self._host.held_places.leave(self._conversation)
        self._host.waiting.not_at(self)
        for each in self._listening:
            self._host.waiting.forget(each)
            each.close()


class TcpListener(Listener):
    """Those that offer the client who comes; whoever came stays."""

    def __init__(self, place: str, listening: Sequence[socket.socket], conversation: Conversation, host: Host) -> None:
        super().__init__(place, listening, conversation, host)
        self._watch()

    def _watch(self) -> None:
        for each in self._listening:
            self._host.waiting.watch(each, EVENT_READ, partial(self._accept, each), owner=self)

    def _accept(self, listening: socket.socket, _: int) -> None:
        for _ in range(ACCEPTED_PER_TURN):
            try:
                accepted, origin = listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError:  # no descriptor is left: those who come wait meanwhile
                self._rest()
                return
            accepted.setblocking(False)
            if not (is_spare(accepted.fileno()) and self._offer(accepted, origin)):
                accepted.close()
                self._rest()
                return

    def _offer(self, accepted: socket.socket, origin: object) -> bool:
        """Offer the client a connection; return whether that can be."""
        who, port = (str(origin[0]), int(origin[1])) if isinstance(origin, tuple) else ("", 0)
        try:
            offered = self._conversation.open(Accepted(self._conversation.stream.number, who, port))
        except RmoshError:  # the client has as many streams as it may
            return False
        Joined(offered, self._host.waiting, accepted, is_offered=True)
        return True

    def _rest(self) -> None:
        for each in self._listening:
            self._host.waiting.forget(each)
        self._host.waiting.at(self, self._host.waiting.now + REST, self._watch)


def listen_tcp(request: ListenTcp, conversation: Conversation, host: Host) -> None:
    """Listen at a port."""
    listen_at_port(request, conversation, host, kind="tcp", called="port", make=_tcp_socket, listener=TcpListener)


def listen_at_port(
    request: "ListenTcp | ListenUdp",
    conversation: Conversation,
    host: Host,
    *,
    kind: str,
    called: str,
    make: Bind,
    listener: "Callable[[str, list[socket.socket], Conversation, Host], object]",
) -> None:
    """Listen at a port once its place is found and free.

    Args:
        kind, called: what tells it apart from the same number of another kind, and what it is to people.
        listener: takes the sockets over.
    """

    def listen(places: "Sequence[Place]", remark: str) -> None:
        def bind() -> None:
            listening = _bound(places, request.port, make)
            port = listening[0].getsockname()[1]
            conversation.done(remark, port=port)
            listener(f"{kind} {port}", listening, conversation, host)

        shown = f"{called} {shown_address(request.bind or 'localhost', request.port)}"
        Binding(f"{kind} {request.port}", conversation, host, bind=bind, shown=shown)

    _with_places(request.bind, request.port, conversation, host, listen)


def _with_places(
    asked: str,
    port: int,
    conversation: Conversation,
    host: Host,
    then: "Callable[[Sequence[Place], str], None]",
) -> None:
    """Find the local places that stand for what a client asked for, as far as they are allowed; refuse otherwise."""
    allowed = host.permissions.to_listen(asked, port)
    if allowed.refusal:
        conversation.refuse(AnswerStatus.NOT_ALLOWED, allowed.refusal)
    elif allowed.bind in _BOTH_FAMILIES:
        then([(family, (address, port)) for family, address in _BOTH_FAMILIES[allowed.bind]], allowed.remark)
    else:
        LookingUp(
            allowed.bind, port, conversation, host, lambda places: then(places, allowed.remark), called=allowed.bind
        )


def _bound(places: "Sequence[Place]", port: int, make: Bind) -> list[socket.socket]:
    """Return a socket for each place; where the system chooses the port, it is one for all.

    Raises:
        OSError: it is in use at one of them, or none of them is there.
    """
    for _ in range(_CHOICES):
        sockets: list[socket.socket] = []
        chosen = port
        try:
            fault = _bind_all(places, chosen, make, sockets)
        except OSError as error:
            for each in sockets:
                each.close()
            if port or error.errno != errno.EADDRINUSE:
                raise
            continue
        if sockets:
            return sockets
        raise fault or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _bind_all(places: "Sequence[Place]", port: int, make: Bind, sockets: list[socket.socket]) -> OSError | None:
    """Bind all that are there; return why another is not."""
    fault = None
    for family, address in places:
        host, _, *more = address
        try:
            sockets.append(make(family, (host, port, *more)))
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            fault = error
            continue
        port = port or sockets[-1].getsockname()[1]
    return fault


def _tcp_socket(family: int, address: "tuple[str | int, ...]") -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.ExitStack() as undoing:
        undoing.callback(listening.close)
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has closed may linger for a minute
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(ACCEPT_QUEUE)
        undoing.pop_all()
    return listening
