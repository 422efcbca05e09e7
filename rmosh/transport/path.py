"""Names for where datagrams come from and go to; the endpoint knows paths, never sockets."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Path:
    """One way to the peer.

    Attributes:
        socket: the driver's own number for the local socket; the core only compares it.
        host: the peer's numeric address as the driver's socket reports it.
        port: the peer's UDP port.
    """

    socket: int
    host: str
    port: int


class Datagram(NamedTuple):
    """Bytes to put on a path."""

    path: Path
    data: bytes
