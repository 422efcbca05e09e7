"""The keeper's UDP socket: datagrams with both addresses, and answers from the very address that was spoken to."""

import errno
import socket
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh_server.port.messages import ANY_LOCAL, MAPPED, AddressPair, packed_address
from rmosh_server.sockets.udp import IP_PKTINFO, arrivals, send_from_any, set_options

#: Peers' addresses that are kept in both forms. Reason: saves 2 us a datagram; a bound, because anybody can send.
_ADDRESSES: Final = 4096

#: How much may wait to be read, in bytes. Reason: a screenful for each of a thousand sessions; the system may allow
#: less, systemd's socket unit asks for the same with more right.
RECEIVE_BUFFER: Final = 8 << 20


class PublicSocket:
    """A bound UDP socket of either family."""

    def __init__(self, bound: socket.socket) -> None:
        """Take it over, and set what makes it better where the system has that."""
        bound.setblocking(False)
        set_options(bound)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket = bound
        self._speaks_ipv6 = bound.family == socket.AF_INET6
        self._buffer = bytearray(MAX_DATAGRAM + 1)
        self.port: int = bound.getsockname()[1]

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self, *, limit: int) -> Iterator[tuple[bytes, AddressPair]]:
        """Yield `limit` datagrams that have arrived and the rest of a run, each with both of its addresses."""
        for run, address, ancillary in arrivals(self._socket, self._buffer, limit=limit):
            scope = address[3] if len(address) == 4 else 0
            pair = AddressPair(_packed(address[0]), address[1], scope, _local_address(ancillary))
            for data in run:
                if data:
                    yield data, pair

    def send(self, pair: AddressPair, data: bytes) -> bool:
        """Send a datagram or lose it. Return False if this host refuses it as too long for its way."""
        address = self._address(pair)
        if address is None:
            return True
        try:
            self._socket.sendmsg([data], self._from(pair.local), 0, address)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return False
            send_from_any(self._socket, data, address)
        return True

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _address(self, pair: AddressPair) -> tuple[object, ...] | None:
        if self._speaks_ipv6:
            return _text(pair.remote), pair.port, 0, pair.scope
        return (_text(pair.remote).removeprefix("::ffff:"), pair.port) if pair.remote.startswith(MAPPED) else None

    def _from(self, local: bytes) -> list[tuple[int, int, bytes]]:
        """Return the packet-info to answer with; the interface is left to the routing table."""
        if local == ANY_LOCAL:
            return []
        if self._speaks_ipv6:
            return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, local + struct.pack("=I", 0))]
        return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I", 0) + local[len(MAPPED) :] + bytes(4))]


@lru_cache(_ADDRESSES)
def _packed(host: str) -> bytes:
    return packed_address(host.partition("%")[0])


@lru_cache(_ADDRESSES)
def _text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, address)


def _local_address(ancillary: list[tuple[int, int, bytes]]) -> bytes:
    """Return the address that a datagram came to; ANY_LOCAL where the system does not tell."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return data[:16]
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            return MAPPED + data[8:12]  # struct in_pktinfo: interface, source to answer from, destination
    return ANY_LOCAL
