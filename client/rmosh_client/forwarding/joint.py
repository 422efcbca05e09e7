"""A connection of this machine and a stream, joined: bytes move as both get ready, and the end of both is the end."""

import socket
import struct
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final

from rmosh.forwarding.datagram_junction import DatagramJunction
from rmosh.forwarding.junction import Junction
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.stream_users import CountedStream

#: Lingering for no time: the program is told that its connection broke, not that it ended. Source: POSIX.1-2017.
_NO_LINGERING: Final = struct.pack("ii", 1, 0)


class Joint:
    """One of them.

    Attributes:
        may_take: what the program says may go to the stream.
        may_give: what the stream says may go to the program.
    """

    def __init__(
        self, resources: Resources, connection: socket.socket, stream: CountedStream, ended: Callable[[], None]
    ) -> None:
        """Join them; nothing moves before the first turn. `ended` is told once all was moved, or either broke."""
        self._resources = resources
        self._connection = connection
        self._stream = stream
        self._ended = ended
        is_udp = connection.type == socket.SOCK_DGRAM
        self._junction = (DatagramJunction if is_udp else Junction)(stream, connection)
        self.may_take = True
        self.may_give = True

    def turn(self) -> None:
        """Give the program what has come, and wait for what is wanted next."""
        if self.may_give:
            self._junction.send()
        self._wait()

    def close(self) -> None:
        """Close both, in order where all was moved; a program that was given nothing yet just finds its end."""
        self._resources.ready_set.forget(self._connection)
        has_ended = self._junction.has_ended
        if self.may_give and not has_ended and self._connection.family != socket.AF_UNIX:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._connection.close()
        self._resources.users.part(self._stream, has_ended=has_ended)

    def _ready(self, events: int) -> None:
        if events & EVENT_READ:
            self._junction.receive()
        if events & EVENT_WRITE:
            self._junction.send()
        self._wait()

    def _wait(self) -> None:
        if self._junction.is_over:
            self._ended()
            return
        reading = EVENT_READ if self.may_take and self._junction.wants_to_receive else 0
        writing = EVENT_WRITE if self.may_give and self._junction.wants_to_send else 0
        self._resources.ready_set.watch(self._connection, reading | writing, self._ready)
