"""Joins a stream with a socket that has datagrams: on the stream each stands behind its length."""

from typing import Final, Protocol

from rmosh.datagram_stream import LENGTH_BYTES, MAX_DATAGRAM, DatagramStream, framed
from rmosh.errors import Malformed
from rmosh.forwarding.byte_stream import ByteStream, ResetCode
from rmosh.forwarding.junction import BYTES_PER_TURN, CHUNK


class LocalDatagrams(Protocol):
    """Where datagrams come and go; a connected UDP socket that does not block is one."""

    def recv(self, limit: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...


class DatagramJunction:
    """Moves datagrams between a stream and a socket; one that finds no room is lost, as datagrams are.

    Attributes:
        lost: how many were.
        is_broken: the stream was given up.
    """

    #: Datagrams are taken whether or not there is room: what is old is worth less than what comes next.
    wants_to_receive: Final = True
    wants_to_send: Final = False

    def __init__(self, stream: ByteStream, sockets: LocalDatagrams) -> None:
        self._stream = stream
        self._socket = sockets
        self._incoming = DatagramStream()
        self.lost = 0
        self.is_broken = False

    @property
    def is_over(self) -> bool:
        """Whether the stream has ended; datagrams have no end of their own."""
        return self.is_broken or self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether the stream ended by itself."""
        return not self.is_broken and (self._stream.at_end or self._stream.is_over)

    def receive(self) -> None:
        """Take the datagrams that have come."""
        taken = 0
        while taken < BYTES_PER_TURN:
            try:
                datagram = self._socket.recv(CHUNK)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error about an earlier one: what becomes of datagrams is nobody's promise
                taken += CHUNK
                continue
            taken += LENGTH_BYTES + len(datagram)
            self.forward(datagram)

    def forward(self, datagram: bytes) -> None:
        """Put a datagram on the stream if it has room for all of it; an empty one is not told."""
        if 0 < len(datagram) <= MAX_DATAGRAM and len(datagram) + LENGTH_BYTES <= self._stream.room:
            self._stream.write(framed(datagram))
        else:
            self.lost += 1

    def send(self) -> None:
        """Send the datagrams that the stream has."""
        given = 0
        while given < BYTES_PER_TURN and not self.is_broken and (untrusted := self._stream.read(CHUNK)):
            given += len(untrusted)
            try:
                datagrams = self._incoming.feed(untrusted)
            except Malformed as fault:
                self._stream.reset(ResetCode.MALFORMED.value, str(fault))
                self.is_broken = True
                return
            for datagram in datagrams:
                self._send(datagram)
        if self._stream.was_reset is not None:
            self.is_broken = True

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except OSError:  # no room, or an ICMP error about an earlier one
            self.lost += 1
