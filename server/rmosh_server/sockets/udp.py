"""The UDP socket: one port for IPv4 and IPv6, answering from the very address that was spoken to.

It knows addresses, not sessions. A path's `socket` number stands for the local address that the peer's datagrams
arrive at: a host with several addresses would otherwise answer from the one its routing table likes best,
and the client's NAT or connected socket would drop that.
"""

import errno
import math
import os
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rmosh.arrival_times import ARRIVAL_TIME, ARRIVAL_TIME_BYTES, arrival_time_options, arrived_at
from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.datagram_runs import (
    GRO_MESSAGE_BYTES,
    RECEIVE_BUFFERS,
    SEND_BUFFER,
    Ancillary,
    pieces,
    refuses_runs,
    run_options,
    segment_message,
    segment_size,
)
from rmosh.transport.path import Datagram, Path
from rmosh.whole_datagrams import whole_datagram_options
from rmosh_server.systems import network_namespace

#: Most local addresses told apart. Reason: hosts have a handful; a bound, because a routed prefix can have 2^64.
MAX_LOCAL_ADDRESSES: Final = 64

#: Largest UDP port. Source: RFC 768.
MAX_PORT: Final = 65535

#: Local addresses that stand for all of IPv4, and for all there are.
ANY_IPV4: Final = "0.0.0.0"  # noqa: S104 - what sessions are for
ANY_ADDRESS: Final = "::"

#: The path number of "whatever source address the kernel chooses".
ANY_LOCAL_ADDRESS: Final = 0

#: Linux's number, which Python's socket module names late. Source: <linux/in.h>.
IP_PKTINFO: Final = 8

#: Ancillary space for one packet-info message of either family, the size of a run and an arrival time, in bytes.
#: Source: sizeof(struct in6_pktinfo).
_ANCILLARY_SIZE: Final = sum(map(socket.CMSG_SPACE, (20, GRO_MESSAGE_BYTES, ARRIVAL_TIME_BYTES)))


@dataclass(frozen=True, slots=True)
class PortRange:
    """UDP ports to try, both ends included; 0 to 0 leaves the choice to the kernel."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}:{self.last}"

    @property
    def count(self) -> int:
        """How many there are; of 0 to 0 one."""
        return self.last - self.first + 1

    def overlap(self, other: "PortRange") -> "PortRange | None":
        """Return the ports that are in both; None where there are none."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return PortRange(first, last) if first <= last else None


def parse_ports(text: str) -> PortRange:
    """Read `N` or `N:M`, the latter with the smaller one first; 0 stands for any.

    Raises:
        ValueError: it is neither.
    """
    first, _, last = text.partition(":")
    ends = (first, last or first)
    if not all(end.isascii() and end.isdigit() for end in ends):
        raise ValueError(f"a port is a number or a range FIRST:LAST, not {text!r}")
    ports = PortRange(int(ends[0]), int(ends[1]))
    if ports.first > ports.last or ports.last > MAX_PORT or (ports.first == 0 and ports.last > 0):
        raise ValueError(f"ports go from 1 to {MAX_PORT}, the smaller one first, not {text!r}")
    return ports


#: Ports tried where nobody names any. Reason: the range that firewalls were opened for because of Mosh.
DEFAULT_PORTS: Final = PortRange(60000, 61000)


class UdpSocket:
    """A bound, non-blocking UDP socket."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self._is_ipv4 = bound.family == socket.AF_INET
        self.port: int = bound.getsockname()[1]
        self._buffer = bytearray(MAX_DATAGRAM + 1)
        #: Packet-info messages by path number; the first lets the kernel choose.
        self._local: list[Ancillary | None] = [None]
        self._numbers: dict[Ancillary, int] = {}
        #: Whether the kernel is given runs of datagrams at once.
        self._sends_runs = bool(run_options(os.uname().sysname))
        #: What came last beside a datagram, and the path that it told: mostly the next one is the same.
        self._last: tuple[object, Path] = ((), Path(ANY_LOCAL_ADDRESS, "", 0))
        self.failed_sends = 0
        self.network = network_namespace()

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self, *, limit: int) -> Iterator[tuple[bytes, Path, float | None]]:
        """Yield `limit` datagrams that have arrived, and the rest of a run, each with its path and when it came."""
        for run, address, ancillary in arrivals(self._socket, self._buffer, limit=limit):
            path = self._path(address, [message for message in ancillary if message[:2] != ARRIVAL_TIME])
            received_at = arrived_at(ancillary, now=time.monotonic(), time_of_day=time.time())
            for data in run:
                yield data, path, received_at

    def send(self, datagram: Datagram) -> bool:
        """Send a datagram or lose it: no answer of the network is fatal. Return False if it is too long for its way."""
        address = self._address(datagram.path)
        local = self._local[datagram.path.socket]
        try:
            self._socket.sendmsg([datagram.data], () if local is None else (local,), 0, address)
        except BlockingIOError:
            self.failed_sends += 1
        except OSError as error:
            self.failed_sends += 1
            if error.errno == errno.EMSGSIZE:
                return False
            if local is not None:
                send_from_any(self._socket, datagram.data, address)
        return True

    def send_run(self, run: Sequence[Datagram]) -> bool:
        """Send a run of datagrams as `send` does each; return False if they are too long for their way."""
        if len(run) == 1:
            return self.send(run[0])
        return self._send_at_once(run) if self._sends_runs else self._send_each(run)

    def _send_each(self, run: Sequence[Datagram]) -> bool:
        fitted = [self.send(datagram) for datagram in run]
        return all(fitted)

    def _send_at_once(self, run: Sequence[Datagram]) -> bool:
        path, first = run[0]
        local = self._local[path.socket]
        size = segment_message(len(first))
        beside = (size,) if local is None else (local, size)
        try:
            self._socket.sendmsg([datagram.data for datagram in run], beside, 0, self._address(path))
        except BlockingIOError:
            self.failed_sends += len(run)
        except OSError as error:  # the device or the kernel cannot do it, or they are too long, or the network is away
            failed_before = self.failed_sends
            fitted = self._send_each(run)
            self._sends_runs = self.failed_sends > failed_before or not refuses_runs(error)
            return fitted
        return True

    def follow(self, _ids: frozenset[bytes], *, now: float) -> float:
        """Do nothing: what is sent to a port of our own is ours, under whatever ids. Return when to be asked again."""
        return math.inf

    def detach(self) -> int:
        """Return the descriptor, which somebody else closes."""
        return self._socket.detach()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _path(self, address: tuple[object, ...], ancillary: list[Ancillary]) -> Path:
        if self._last[0] != (address, ancillary):
            self._last = (address, ancillary), self._new_path(address, ancillary)
        return self._last[1]

    def _new_path(self, address: tuple[object, ...], ancillary: list[Ancillary]) -> Path:
        host, port = str(address[0]), int(str(address[1]))
        scope = address[3] if len(address) == 4 else 0
        local = next((answer for message in ancillary if (answer := _answer_from(message))), None)
        return Path(self._number(local), f"{host}%{scope}" if scope else host, port)

    def _number(self, local: Ancillary | None) -> int:
        if local is None:
            return ANY_LOCAL_ADDRESS
        number = self._numbers.get(local)
        if number is None:
            if len(self._local) > MAX_LOCAL_ADDRESSES:
                return ANY_LOCAL_ADDRESS
            number = self._numbers[local] = len(self._local)
            self._local.append(local)
        return number

    def _address(self, path: Path) -> tuple[object, ...]:
        host, _, scope = path.host.partition("%")
        if self._is_ipv4:
            return host, path.port
        return host, path.port, 0, int(scope or 0)


def arrivals(
    bound: socket.socket, buffer: bytearray, *, limit: int
) -> Iterator[tuple[list[bytes], tuple[Any, ...], list[Ancillary]]]:
    """Yield `limit` datagrams that wait on a socket, and the rest of a run, with what the kernel adds.

    Those of a run come together, with where they came from and the messages beside them. The buffer has room for a byte
    more than MAX_DATAGRAM.
    """
    taken = 0
    waiting = memoryview(buffer)
    while taken < limit:
        try:
            size, ancillary, _, address = bound.recvmsg_into([buffer], _ANCILLARY_SIZE)
        except BlockingIOError:
            return
        except OSError:
            taken += 1
            continue  # an error that ICMP reported for a datagram sent earlier: reading it has cleared it
        if size > MAX_DATAGRAM:
            taken += 1
            continue
        run = pieces(bytes(waiting[:size]), segment_size(ancillary))
        taken += len(run)
        yield run, address, ancillary


def send_from_any(bound: socket.socket, data: bytes, address: tuple[object, ...]) -> None:
    """Send from another local address: the one that was spoken to may be gone from this host."""
    try:
        bound.sendto(data, address)
    except OSError:
        return


def _answer_from(message: Ancillary) -> Ancillary | None:
    """Return the packet-info to answer with, from the packet-info that came; None for any other message.

    The interface is left to the routing table: only the address must be the same.
    """
    level, kind, data = message
    if (level, kind) == (socket.IPPROTO_IPV6, getattr(socket, "IPV6_PKTINFO", None)):
        return level, kind, data[:16] + struct.pack("=I", 0)
    if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
        # struct in_pktinfo: interface, source to answer from, destination address of the packet
        return level, kind, struct.pack("=I", 0) + data[8:12] + bytes(4)
    return None


def bind_first_free(ports: PortRange, *, address: str = ANY_ADDRESS) -> UdpSocket:
    """Bind the first port of the range that nobody has.

    Args:
        address: the only local address to listen at, numeric.

    Raises:
        BootstrapError: all are taken or forbidden.
    """
    last_error: OSError | None = None
    for family in _families(address):
        for port in range(ports.first, ports.last + 1):
            try:
                return UdpSocket(_bind(family, port, "" if address == ANY_ADDRESS else address))
            except OSError as error:
                last_error = error
                if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    break  # no such family on this host; the other may do
    at = "" if address == ANY_ADDRESS else f" at {address}"
    raise BootstrapError(
        Stage.SERVER_FAILED,
        f"{_none_free(ports)}{at}: {last_error.strerror if last_error else 'no address family'}",
        hint="choose another range with --port FIRST:LAST, or end old sessions"
        + (", or have `bind` in server.toml name an address of this host" if at else ""),
    )


def closed_socket() -> UdpSocket:
    """Return a socket without a port, at which nothing ever arrives: UDP is not to be had here."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    return UdpSocket(opened)


def _none_free(ports: PortRange) -> str:
    return f"UDP port {ports} is not free" if ports.first == ports.last else f"no UDP port in {ports} is free"


def _families(address: str) -> tuple[socket.AddressFamily, ...]:
    if address == ANY_ADDRESS:
        return (socket.AF_INET6, socket.AF_INET) if socket.has_ipv6 else (socket.AF_INET,)
    return (socket.AF_INET6 if ":" in address else socket.AF_INET,)


def _bind(family: socket.AddressFamily, port: int, address: str) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    set_options(opened)
    return opened


def set_options(opened: socket.socket) -> None:
    """Set what makes a UDP socket better where the system has it; without it, things work less well."""
    system, is_ipv6 = os.uname().sysname, opened.family == socket.AF_INET6
    options = [*whole_datagram_options(system, ipv6=is_ipv6)]
    if is_ipv6:
        options.append((socket.IPPROTO_IPV6, getattr(socket, "IPV6_RECVPKTINFO", -1), 1))
    elif system == "Linux":
        options.append((socket.IPPROTO_IP, IP_PKTINFO, 1))
    options += [
        *run_options(system),
        *arrival_time_options(system),
        *((socket.SOL_SOCKET, socket.SO_RCVBUF, size) for size in RECEIVE_BUFFERS),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER),
    ]
    for level, option, value in options:
        try:
            opened.setsockopt(level, option, value)
        except OSError:
            continue
