"""UDP ports on which this host listens for a client: each sender is a stream back to it, until it is long silent."""

import contextlib
import socket
from collections.abc import Sequence
from functools import partial
from selectors import EVENT_READ
from typing import Final

from rmosh.errors import Malformed, RmoshError
from rmosh.forwarding.answers import parse_answer
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.datagram_junction import DatagramJunction
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.requests import Accepted, ListenUdp
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.listening import Listener, listen_at_port

#: How long a sender may be silent before its stream ends, in seconds. Reason: what routers keep a mapping for.
#: Source: RFC 4787 section 4.3.
SENDER_LIFETIME: Final = 300.0

#: Senders that a listener has streams for; the one that was silent longest goes. Reason: anybody's datagram makes one.
MOST_SENDERS: Final = 64

#: Datagrams taken in one turn, and the longest in bytes.
TAKEN_PER_TURN: Final = 64
_LONGEST: Final = 65535


class _ToSender:
    """A listening socket, as one who sent something to it is answered by it."""

    def __init__(self, listening: socket.socket, sender: "tuple[str | int, ...]") -> None:
        self._listening = listening
        self._sender = sender

    def recv(self, _: int, /) -> bytes:
        raise BlockingIOError  # what comes is handed over by the listener, who knows whose it is

    def send(self, datagram: bytes, /) -> int:
        return self._listening.sendto(datagram, self._sender)


class UdpSender:
    """One who sent datagrams to a listener.

    Attributes:
        heard_at: when, last, in monotonic seconds.
    """

    def __init__(self, conversation: Conversation, to_sender: _ToSender, senders: "UdpListener", key: object) -> None:
        self.heard_at = 0.0
        self.conversation = conversation
        self._answer: FirstMessage | None = FirstMessage(limit=MAX_ANSWER_TO_REQUEST)
        self._junction = DatagramJunction(conversation.stream, to_sender)
        self._senders = senders
        self._key = key
        conversation.served = self

    def take(self, datagram: bytes, *, now: float) -> None:
        """Pass on what it sent."""
        self.heard_at = now
        self._junction.forward(datagram)

    def stream_changed(self) -> None:
        """Send it what the client says, once that has taken the stream."""
        try:
            if self._answer is not None and (untrusted := self._answer.take(self.conversation.stream)) is not None:
                self._answer = None
                if not parse_answer(untrusted).is_done:
                    self.conversation.reset(ResetCode.CANCELLED, "")
                    return
        except Malformed as fault:
            self.conversation.reset(ResetCode.MALFORMED, str(fault))
            return
        if self._answer is None:
            self._junction.send()
        if self._junction.is_over or self.conversation.is_given_up:
            self.conversation.end()

    def close(self) -> None:
        """Be forgotten by the listener."""
        self._senders.forget(self._key)


class UdpListener(Listener):
    """Those that take datagrams for a client; who has sent one cannot be answered any more once they are closed."""

    def __init__(self, place: str, listening: Sequence[socket.socket], conversation: Conversation, host: Host) -> None:
        super().__init__(place, listening, conversation, host)
        self._senders: dict[object, UdpSender] = {}
        for each in listening:
            host.waiting.watch(each, EVENT_READ, partial(self._receive, each), owner=self)

    def close(self) -> None:
        """Listen no longer, and end whatever was begun for those who sent something."""
        for sender in [*self._senders.values()]:
            sender.conversation.end()
        super().close()

    def forget(self, key: object) -> None:
        """Forget one who sent something."""
        self._senders.pop(key, None)

    def _receive(self, listening: socket.socket, _: int) -> None:
        for _ in range(TAKEN_PER_TURN):
            try:
                datagram, sender = listening.recvfrom(_LONGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error about an answer
                continue
            known = self._senders.pop((listening, sender), None) or self._begin(listening, sender)
            if known is not None:
                self._senders[listening, sender] = known  # behind all others: it was heard last
                known.take(datagram, now=self._host.waiting.now)

    def _begin(self, listening: socket.socket, sender: "tuple[str | int, ...]") -> UdpSender | None:
        while len(self._senders) >= MOST_SENDERS:
            next(iter(self._senders.values())).conversation.end()
        accepted = Accepted(self._conversation.stream.number, str(sender[0]), int(sender[1]))
        with contextlib.suppress(RmoshError):  # the client has as many streams as it may: the datagram is lost
            if not self._senders:
                self._host.waiting.at(self, self._host.waiting.now + SENDER_LIFETIME, self._end_silent)
            return UdpSender(self._conversation.open(accepted), _ToSender(listening, sender), self, (listening, sender))
        return None

    def _end_silent(self) -> None:
        now = self._host.waiting.now
        for sender in [each for each in self._senders.values() if now >= each.heard_at + SENDER_LIFETIME]:
            sender.conversation.end()
        if self._senders:
            oldest = next(iter(self._senders.values()))
            self._host.waiting.at(self, oldest.heard_at + SENDER_LIFETIME, self._end_silent)


def listen_udp(request: ListenUdp, conversation: Conversation, host: Host) -> None:
    """Listen for datagrams at a port."""
    listen_at_port(request, conversation, host, kind="udp", called="UDP port", make=_udp_socket, listener=UdpListener)


def _udp_socket(family: int, address: "tuple[str | int, ...]") -> socket.socket:
    listening = socket.socket(family, socket.SOCK_DGRAM)
    with contextlib.ExitStack() as undoing:
        undoing.callback(listening.close)
        listening.setblocking(False)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        undoing.pop_all()
    return listening
