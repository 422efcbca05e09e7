"""Connections to where a client asks for: ports of hosts, and sockets by their path."""

import errno
import os
import socket
from selectors import EVENT_WRITE
from typing import Final

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.datagram_junction import DatagramJunction
from rmosh.forwarding.failures import in_words, status_of
from rmosh.forwarding.requests import ConnectTcp, ConnectUdp, ConnectUnix
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.joined import Joined
from rmosh_server.forwarding.looking_up import LookingUp
from rmosh_server.forwarding.names import Found, Place
from rmosh_server.forwarding.shown_address import shown_address
from rmosh_server.process.descriptor_limit import is_spare
from rmosh_server.sockets.unix_sockets import connect

#: How long a connection may take to be made, in seconds, its host's name looked up included. Reason: the third
#: repeat of a SYN leaves after 7 s, the fourth after 15 s; who waits longer than this has given up.
CONNECT_TIMEOUT: Final = 30.0

#: How long an address may take before the next is tried beside it, in seconds. Source: RFC 8305 section 5.
NEXT_ADDRESS_AFTER: Final = 0.25

#: Addresses of one host that are tried. Reason: further ones of a large service are no other machines' luck.
MOST_ADDRESSES: Final = 8


class TcpConnecting:
    """A host and port that are on their way to be connected to: all its addresses, one after the other."""

    def __init__(self, request: ConnectTcp, conversation: Conversation, host: Host) -> None:
        self._request = request
        self._conversation = conversation
        self._host = host
        self._places: list[Place] = []
        self._attempts: list[socket.socket] = []
        self._fault: OSError | None = None
        self._is_closed = False
        self._gives_up_at = host.waiting.now + CONNECT_TIMEOUT
        conversation.served = self
        host.waiting.at(self, self._gives_up_at, self._wake)
        host.names.look_up(request.host, request.port, self._found)

    def stream_changed(self) -> None:
        """Give up with the client; what it says already stays in the stream."""
        if self._conversation.is_given_up:
            self._conversation.end()

    def close(self) -> None:
        """Let go of all attempts."""
        self._is_closed = True
        self._host.waiting.not_at(self)
        for attempt in self._attempts:
            self._host.waiting.forget(attempt)
            attempt.close()
        self._attempts.clear()

    def _found(self, found: Found) -> None:
        if self._is_closed:
            return
        if isinstance(found, OSError):
            self._refuse(AnswerStatus.NO_SUCH_HOST, f"the host is not found: {in_words(found)}")
            return
        self._places = found[:MOST_ADDRESSES]
        self._wake()

    def _wake(self) -> None:
        """Try one more address, or give up: time is up, or nothing is left to try."""
        if self._host.waiting.now >= self._gives_up_at:
            silence = "it does not answer" if self._attempts or self._places else "the host's name is still looked up"
            self._refuse(AnswerStatus.TIMED_OUT, f"{silence} after {CONNECT_TIMEOUT:.0f} s")
            return
        while self._places and not self._is_closed:
            if self._attempt(*self._places.pop(0)):
                break
        if self._is_closed:
            return
        if not self._attempts:
            self._refuse_for(self._fault or OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)))
            return
        next_at = self._host.waiting.now + NEXT_ADDRESS_AFTER if self._places else self._gives_up_at
        self._host.waiting.at(self, min(next_at, self._gives_up_at), self._wake)

    def _attempt(self, family: int, address: "tuple[str | int, ...]") -> bool:
        """Begin to connect; False where that failed at once."""
        attempt: socket.socket | None = None
        try:
            attempt = _new_socket(family, socket.SOCK_STREAM)
            attempt.connect(address)
        except BlockingIOError:
            assert attempt is not None
            self._attempts.append(attempt)
            self._host.waiting.watch(attempt, EVENT_WRITE, lambda _: self._decided(attempt), owner=self)
        except OSError as error:
            self._fault = self._fault or error
            if attempt is not None:
                attempt.close()
            return False
        else:
            self._attempts.append(attempt)
            self._decided(attempt)
        return True

    def _decided(self, attempt: socket.socket) -> None:
        """Go on with a connection that was made; after one that failed, with the next address."""
        number = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._attempts.remove(attempt)
        self._host.waiting.forget(attempt)
        if number == 0:
            self.close()
            attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._conversation.done()
            Joined(self._conversation, self._host.waiting, attempt)
            return
        attempt.close()
        self._fault = self._fault or OSError(number, os.strerror(number))
        self._wake()

    def _refuse_for(self, error: OSError) -> None:
        self._refuse(status_of(error), in_words(error))

    def _refuse(self, status: AnswerStatus, why: str) -> None:
        self._conversation.refuse(status, f"{shown_address(self._request.host, self._request.port)}: {why}")


def connect_tcp(request: ConnectTcp, conversation: Conversation, host: Host) -> None:
    """Connect to a host's port."""
    if refusal := host.permissions.to_connect(request.host, request.port):
        conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
    else:
        TcpConnecting(request, conversation, host)


def connect_unix(request: ConnectUnix, conversation: Conversation, host: Host) -> None:
    """Connect to a socket by its path; one from the user's home where it does not begin at the root."""
    if refusal := host.permissions.to_connect_path(request.path):
        conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
        return
    connected = None
    try:
        connected = _new_socket(socket.AF_UNIX, socket.SOCK_STREAM)
        directory, name = os.path.split(host.path(request.path))
        connect(connected, directory, name)
    except (OSError, ValueError) as error:
        if connected is not None:
            connected.close()
        fault = error if isinstance(error, OSError) else OSError(errno.ENOENT, str(error))
        if isinstance(fault, BlockingIOError):
            fault = OSError(errno.ECONNREFUSED, "too many wait to be let in")
        conversation.refuse(status_of(fault), f"{request.path}: {in_words(fault)}")
        return
    conversation.done()
    Joined(conversation, host.waiting, connected)


def connect_udp(request: ConnectUdp, conversation: Conversation, host: Host) -> None:
    """Exchange datagrams with a host's port."""
    where = shown_address(request.host, request.port)

    def exchange(places: "list[Place]") -> None:
        try:
            connected = _connected_udp(places)
        except OSError as error:
            conversation.refuse(status_of(error), f"{where}: {in_words(error)}")
            return
        conversation.done()
        Joined(conversation, host.waiting, connected, DatagramJunction(conversation.stream, connected))

    if refusal := host.permissions.to_connect(request.host, request.port):
        conversation.refuse(AnswerStatus.NOT_ALLOWED, refusal)
    else:
        LookingUp(request.host, request.port, conversation, host, exchange, called=f"{where}: the host")


def _connected_udp(places: "list[Place]") -> socket.socket:
    """Return a socket that is connected to the first place that this host has a route to.

    Raises:
        OSError: there is none.
    """
    fault = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    for family, address in places[:MOST_ADDRESSES]:
        connected = None
        try:
            connected = _new_socket(family, socket.SOCK_DGRAM)
            connected.connect(address)
        except OSError as error:
            fault = error
            if connected is not None:
                connected.close()
        else:
            return connected
    raise fault


def _new_socket(family: int, kind: int) -> socket.socket:
    """Return a socket that does not block.

    Raises:
        OSError: there is none left but for the session itself.
    """
    made = socket.socket(family, kind)
    if is_spare(made.fileno()):
        made.setblocking(False)
        return made
    made.close()
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
