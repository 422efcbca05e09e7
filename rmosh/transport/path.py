"""Names for where datagrams come from and go to; the endpoint knows paths, never sockets."""

from typing import NamedTuple

from rmosh.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """One way to the peer.

    Attributes:
        socket: the driver's own number for the local socket; the core only compares it.
        host: the peer's numeric address as the driver's socket reports it; "" where a byte stream carries datagrams.
        port: the peer's UDP port.
    """

    socket: int
    host: str
    port: int

    @classmethod
    def stream(cls, number: int) -> "Path":
        """Return the path of a stream that keeps order and loses nothing, by the driver's own number for it."""
        return cls(number, "", 0)

    @property
    def is_stream(self) -> bool:
        """Whether a byte stream carries it, rather than UDP."""
        return not self.host


class Datagram(NamedTuple):
    """Bytes to put on a path."""

    path: Path
    data: bytes
