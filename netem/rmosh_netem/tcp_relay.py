"""Relays TCP connections through two links: delay, rate, jitter and blackouts, but not loss.

The relay ends the kernel's TCP on both sides, so that a lost segment, a shrunken window or a retransmission
time-out cannot be shown here; a stream's bytes also continue at once after a blackout, where a real TCP would
wait for its next retransmission. The three-way handshake does cross the links: a connection's first byte
takes the round trips it would take on a real path.
"""

import errno
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Final

from .addresses import Address, bound_socket, own_address
from .link import Link
from .precise_loop import PreciseLoop

#: Bytes of IPv4 header, TCP header and the timestamp option before each segment. Source: RFC 791, 9293, 7323.
TCP_HEADERS: Final = 52

#: Payload bytes of a segment on Ethernet.
SEGMENT: Final = 1448

#: Bytes read at one go where no rate makes the size of a segment matter.
_UNLIMITED_READ: Final = 65536

#: Bytes a direction may have under way: Linux's default largest receive window. Source: tcp(7), tcp_rmem.
TCP_WINDOW: Final = 6 * 1024 * 1024

#: Bytes of the kernel's own buffers at the relay, kept small: what waits there is a queue no link asked for.
_KERNEL_BUFFER: Final = 16384

#: Connections open at once; more are refused. Keeps sockets well below select's 1024.
MAX_CONNECTIONS: Final = 128


class TcpRelay:
    """Connections from any client at `listen` to one server at `to`.

    Attributes:
        refused: how many there were too many of, above `MAX_CONNECTIONS`.
    """

    def __init__(self, loop: PreciseLoop, *, listen: Address, to: Address, up: Link, down: Link) -> None:
        """Bind and listen at once; serve while the loop runs.

        Raises:
            Unavailable: `listen` cannot be bound.
        """
        self._loop = loop
        self._to = to
        self._up = up
        self._down = down
        self._connections: set[_Connection] = set()
        self.refused = 0
        self._socket = bound_socket(listen, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        self._socket.listen(MAX_CONNECTIONS)
        self.address = own_address(self._socket)
        loop.set_reader(self._socket, self._accept)

    def close(self) -> None:
        """Close all sockets."""
        self._loop.set_reader(self._socket, None)
        self._socket.close()
        for connection in list(self._connections):
            connection.close()

    def _accept(self) -> None:
        try:
            client, _ = self._socket.accept()
        except OSError:  # the client has gone already
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            self.refused += 1
            client.close()
            return
        self._connections.add(
            _Connection(self._loop, client, self._to, up=self._up, down=self._down, on_close=self._connections.discard)
        )


class _Connection:
    """One client's connection: the handshake's three flights, then a pump in each direction."""

    def __init__(
        self,
        loop: PreciseLoop,
        client: socket.socket,
        to: Address,
        *,
        up: Link,
        down: Link,
        on_close: Callable[["_Connection"], object],
    ) -> None:
        self._loop = loop
        self._client = client
        self._server = socket.socket(to.family, socket.SOCK_STREAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        self._to = to
        self._up = up
        self._down = down
        self._on_close = on_close
        self._closed = False
        for sock in (self._client, self._server):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._upward = _Pump(loop, up, source=self._client, sink=self._server, on_end=self._pump_ended)
        self._downward = _Pump(loop, down, source=self._server, sink=self._client, on_end=self._pump_ended)
        self._cross(up, self._syn_arrived)

    def close(self) -> None:
        """Close both sides; what is under way is lost."""
        if self._closed:
            return
        self._closed = True
        for sock in (self._client, self._server):
            self._loop.set_reader(sock, None)
            self._loop.set_writer(sock, None)
            sock.close()
        self._upward.abandon()
        self._downward.abandon()
        self._on_close(self)

    def _cross(self, link: Link, action: Callable[[], None]) -> None:
        """Let a segment without data cross a link, then act."""
        crossing = link.send_stream(b"", now=self._loop.now(), headers=TCP_HEADERS)
        self._loop.call_at(crossing.time, action)

    def _syn_arrived(self) -> None:
        self._cross(self._down, self._syn_ack_arrived)

    def _syn_ack_arrived(self) -> None:
        self._cross(self._up, self._connect)
        self._upward.start()

    def _connect(self) -> None:
        if self._closed:
            return
        if self._server.connect_ex(self._to.pair) not in (0, errno.EINPROGRESS):
            self._refuse()
            return
        self._loop.set_writer(self._server, self._connected)

    def _connected(self) -> None:
        if self._closed:
            return
        self._loop.set_writer(self._server, None)
        if self._server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._refuse()
            return
        self._upward.sink_is_ready()
        self._downward.sink_is_ready()
        self._downward.start()

    def _refuse(self) -> None:
        """Reset the client's connection, as near to a refusal as what has been accepted can come."""
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _pump_ended(self, *, broken: bool) -> None:
        if broken or (self._upward.ended and self._downward.ended):
            self.close()


class _Pump:
    """Bytes from one socket through a link to another, with back-pressure to the sender."""

    def __init__(
        self,
        loop: PreciseLoop,
        link: Link,
        *,
        source: socket.socket,
        sink: socket.socket,
        on_end: Callable[..., object],
    ) -> None:
        self._loop = loop
        self._link = link
        self._source = source
        self._sink = sink
        self._on_end = on_end
        self._under_way = 0
        self._arrived = bytearray()
        self._source_ended = False
        self._end_arrived = False
        self._sink_ready = False
        self._abandoned = False
        self.ended = False

    def start(self) -> None:
        """Begin to read from the source."""
        if not self._abandoned and not self._source_ended:
            self._loop.set_reader(self._source, self._read)

    def sink_is_ready(self) -> None:
        """The sink is connected: what has arrived may be written."""
        self._sink_ready = True
        self._write()

    def abandon(self) -> None:
        """The sockets are closed: do nothing more."""
        self._abandoned = True

    def _read(self) -> None:
        now = self._loop.now()
        size = SEGMENT if self._link.has_bottleneck(now=now) else _UNLIMITED_READ
        try:
            data = self._source.recv(size)
        except BlockingIOError:
            return
        except OSError:
            self._on_end(broken=True)
            return
        arrival = self._link.send_stream(data, now=now, headers=TCP_HEADERS)
        if not data:
            self._source_ended = True
            self._loop.set_reader(self._source, None)
            self._loop.call_at(arrival.time, self._arrive_end)
            return
        self._under_way += len(data)
        self._loop.call_at(arrival.time, partial(self._arrive, data))
        self._wait_for_room()

    def _wait_for_room(self) -> None:
        """Read on once the window and the link's queue have room."""
        if self._under_way >= TCP_WINDOW:
            self._loop.set_reader(self._source, None)
            return
        now = self._loop.now()
        again = self._link.stream_may_send_at(SEGMENT + TCP_HEADERS, now=now)
        if again > now:
            self._loop.set_reader(self._source, None)
            self._loop.call_at(again, self._wait_for_room)
        else:
            self.start()

    def _arrive(self, data: bytes) -> None:
        self._arrived += data
        self._write()

    def _arrive_end(self) -> None:
        self._end_arrived = True
        self._write()

    def _write(self) -> None:
        if self._abandoned or not self._sink_ready:
            return
        try:
            written = self._sink.send(self._arrived) if self._arrived else 0
        except BlockingIOError:
            written = 0
        except OSError:
            self._on_end(broken=True)
            return
        del self._arrived[:written]
        self._account(written)
        self._loop.set_writer(self._sink, self._write if self._arrived else None)
        if self._end_arrived and not self._arrived and not self.ended:
            self._end()

    def _account(self, written: int) -> None:
        was_shut = self._under_way >= TCP_WINDOW
        self._under_way -= written
        if was_shut and self._under_way < TCP_WINDOW:
            self._wait_for_room()

    def _end(self) -> None:
        self.ended = True
        try:
            self._sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._on_end(broken=True)
            return
        self._on_end(broken=False)
