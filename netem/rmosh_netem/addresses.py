"""Numeric socket addresses and the sockets on them."""

import errno
import socket
from dataclasses import dataclass
from typing import Final

from .errors import Unavailable

#: Where a relay takes the clients it carries: all of 127.0.0.0/8 is loopback. Source: RFC 1122.
RELAY_HOST: Final = "127.0.0.3"

#: sshd's own port. Source: RFC 4250.
SSH_PORT: Final = 22


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric IPv4 or IPv6 host and a port; port 0 lets the system choose where one listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def family(self) -> socket.AddressFamily:
        """AF_INET6 where the host has a colon."""
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def pair(self) -> tuple[str, int]:
        """What the socket module takes."""
        return self.host, self.port


def resolved(address: Address, family: socket.AddressFamily = socket.AF_UNSPEC) -> Address:
    """Return the address with its host as a number; IPv4 where a name has both and no family is asked for.

    Raises:
        Unavailable: nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(*address.pair, family=family, type=socket.SOCK_STREAM)
    except OSError as error:  # gaierror is one
        raise Unavailable(
            f"cannot find {address.host}: {error.strerror}: check its spelling, or give its number"
        ) from error
    best = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return Address(str(best[4][0]), address.port)


def bound_socket(address: Address, kind: socket.SocketKind) -> socket.socket:
    """Return a non-blocking socket bound to `address`.

    Raises:
        Unavailable: the address is in use or not of this machine.
    """
    sock = socket.socket(address.family, kind)
    sock.setblocking(False)
    try:
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address.pair)
    except OSError as error:
        sock.close()
        protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
        remedy = "choose another port, or 0 for any"
        if error.errno == errno.EADDRNOTAVAIL:
            remedy = "choose an address of this machine, such as 127.0.0.1"
        elif error.errno == errno.EACCES:
            remedy = "choose a port from 1024 up"
        raise Unavailable(f"cannot bind {protocol} {address}: {error.strerror}: {remedy}") from error
    return sock


#: Socket option that tells of a socket's memory, as 32-bit numbers, and which of them counts what it dropped.
#: Source: linux/sock_diag.h.
_SO_MEMINFO: Final = 55
_MEMINFO_DROPS: Final = 8


def dropped_by_host(sock: socket.socket) -> int:
    """Return how many datagrams the kernel dropped because nobody read them in time; 0 where it does not tell."""
    try:
        numbers = memoryview(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 64)).cast("I")
    except (OSError, ValueError):
        return 0
    return int(numbers[_MEMINFO_DROPS]) if len(numbers) > _MEMINFO_DROPS else 0


def own_address(sock: socket.socket) -> Address:
    """Return where `sock` is bound."""
    host, port = sock.getsockname()[:2]
    return Address(str(host), int(port))
