"""The local sockets, by the numbers that `Path` carries: opened, renewed, read and written, never raising.

One UDP socket a family reaches all of the server's addresses of that family; a stream is a path of its own. The table
knows no session and no event loop.
"""

import contextlib
import errno
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias

from rmosh.arrival_times import ARRIVAL_TIME_BYTES, arrival_time_options, arrived_at
from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.lazy_dataclass import dataclass, field
from rmosh.transport.datagram_runs import (
    GRO_MESSAGE_BYTES,
    RECEIVE_BUFFERS,
    SEND_BUFFER,
    pieces,
    refuses_runs,
    run_options,
    segment_message,
    segment_size,
)
from rmosh.transport.path import Datagram, Path
from rmosh.whole_datagrams import whole_datagram_options
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.stream_end import StreamEnd

#: What a socket is told to send to: as socket.getaddrinfo gives it.
Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"

#: Most sockets kept; older ones may still be answered on. Reason: two families, and a few network changes.
MAX_SOCKETS: Final = 8

#: Most datagrams read from one socket at a time. Reason: a key typed meanwhile must not wait behind a flood; 128 of a
#: stream's are 2 to 3 ms, and of the screens in them only the newest is applied.
_READ_BATCH: Final = 128

#: Room for the size of a run that comes, and for when it came, in bytes.
_ANCILLARY_SIZE: Final = socket.CMSG_SPACE(GRO_MESSAGE_BYTES) + socket.CMSG_SPACE(ARRIVAL_TIME_BYTES)


class SendOutcome(Enum):
    """What became of a datagram given to the kernel."""

    SENT = auto()
    LOST = auto()
    TOO_LONG = auto()
    PATH_FAILED = auto()


#: Errors that say something of the path or the datagram; any other one counts as the path's failure.
_OUTCOMES: Final = {
    errno.EAGAIN: SendOutcome.LOST,
    errno.ENOBUFS: SendOutcome.LOST,
    errno.ENOMEM: SendOutcome.LOST,
    errno.EINTR: SendOutcome.LOST,
    errno.EMSGSIZE: SendOutcome.TOO_LONG,
    errno.ECONNREFUSED: SendOutcome.LOST,
}


@dataclass(slots=True)
class _Open:
    number: int
    family: socket.AddressFamily
    endpoint: socket.socket
    paths: list[Path] = field(default_factory=list)
    sends_runs: bool = True


class SocketTable:
    """All local sockets of one session, and the streams beside them.

    Args:
        addresses: numeric, likeliest first; link-local IPv6 ones with their scope.

    Attributes:
        on_open: called with a new socket's number and descriptor.
        on_close: called with both before one is closed.
        on_stuck: called with a stream's number and descriptor when it takes no more, and with False when it does again.
    """

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        self._port = port
        self._targets = [target for address in addresses for target in _target(address, port)]
        self._sockets: dict[int, _Open] = {}
        self._addresses: dict[tuple[socket.AddressFamily, str, int], Address] = {}
        self._know_targets()
        self._buffer = bytearray(MAX_DATAGRAM)
        self._streams: dict[int, StreamEnd] = {}
        self._next_number = 0
        self.on_open: Callable[[int, int], None] = _ignore
        self.on_close: Callable[[int, int], None] = _ignore
        self.on_stuck: Callable[[int, int, bool], None] = _ignore

    def _know_targets(self) -> None:
        self._addresses.update({(family, host, self._port): to for family, host, to in self._targets})
        self._sources = [_source_address(family, to) for family, _, to in self._targets]

    def aim(self, addresses: Sequence[str], *, keep: Path | None = None) -> tuple[list[Path], list[Path]]:
        """Have these be the server's addresses from now on, likeliest first.

        Args:
            keep: the path in use, which stays one.

        Returns:
            The new paths, likeliest first, and those that are none any more.
        """
        kept = [target for target in self._targets if keep is not None and target[1] == keep.host]
        wanted = [target for address in addresses for target in _target(address, self._port)]
        self._targets = wanted + [target for target in kept if target not in wanted]
        self._know_targets()
        hosts = {host for _, host, _ in self._targets}
        gone = []
        for opened in self._sockets.values():
            gone += [path for path in opened.paths if path.host not in hosts]
            opened.paths = [path for path in opened.paths if path.host in hosts]
        return [path for family, host, _ in self._targets for path in self._new_paths(family, host)], gone

    def _new_paths(self, family: socket.AddressFamily, host: str) -> list[Path]:
        """Return the path from the newest socket of a family to a host, unless there is one; of a new socket all."""
        newest = next((opened for opened in reversed(self._sockets.values()) if opened.family == family), None)
        if newest is None:
            opened = self._open(family)
            return [] if opened is None else list(opened.paths)
        path = Path(newest.number, host, self._port)
        if path in newest.paths:
            return []
        newest.paths.append(path)
        return [path]

    @property
    def targets(self) -> list[tuple[socket.AddressFamily, Address]]:
        """The server's addresses, each with its family, likeliest first; none where no UDP port is to be tried."""
        return [(family, sockaddr) for family, _, sockaddr in self._targets]

    @property
    def descriptors(self) -> dict[int, int]:
        """Each open socket's descriptor, by its number."""
        streams = {number: stream.fileno() for number, stream in self._streams.items()}
        return streams | {number: opened.endpoint.fileno() for number, opened in self._sockets.items()}

    def add_stream(self, endpoint: socket.socket) -> Path:
        """Take over the socket of a login process that carries datagrams inside SSH, and return its path."""
        number = self._take_number()
        self._streams[number] = StreamEnd(endpoint)
        self.on_open(number, endpoint.fileno())
        return Path.stream(number)

    def close_stream(self, path: Path) -> None:
        """Close a stream; nothing where it is closed."""
        stream = self._streams.pop(path.socket, None)
        if stream is not None:
            self.on_stuck(path.socket, stream.fileno(), False)
            self.on_close(path.socket, stream.fileno())
            stream.close()

    def _take_number(self) -> int:
        self._next_number += 1
        return self._next_number - 1

    def open_fresh(self, *, keep: Path | None = None) -> tuple[list[Path], list[Path]]:
        """Open a new socket a family, and close the oldest ones where there are too many.

        Args:
            keep: the path in use, whose socket is never closed.

        Returns:
            The new paths, likeliest first, and those whose sockets were closed.
        """
        fresh = [opened for family in self._families() if (opened := self._open(family)) is not None]
        closed: list[Path] = []
        while len(self._sockets) > MAX_SOCKETS:
            oldest = next(number for number in self._sockets if keep is None or number != keep.socket)
            closed += self._close(oldest)
        paths = [path for opened in fresh for path in opened.paths]
        hosts = [host for _, host, _ in self._targets]
        return sorted(paths, key=lambda path: hosts.index(path.host)), closed

    def _families(self) -> list[socket.AddressFamily]:
        return list(dict.fromkeys(family for family, _, _ in self._targets))

    def _open(self, family: socket.AddressFamily) -> _Open | None:
        """Open and set up one socket; None where the host lacks the family or has no descriptor left."""
        try:
            endpoint = socket.socket(family, socket.SOCK_DGRAM)
        except OSError:
            return None
        endpoint.setblocking(False)
        _set_options(endpoint, family)
        number = self._take_number()
        opened = _Open(number, family, endpoint, sends_runs=bool(run_options(os.uname().sysname)))
        opened.paths = [Path(number, host, self._port) for other, host, _ in self._targets if other == family]
        self._sockets[number] = opened
        self.on_open(number, endpoint.fileno())
        return opened

    def _close(self, number: int) -> list[Path]:
        opened = self._sockets.pop(number)
        self.on_close(number, opened.endpoint.fileno())
        opened.endpoint.close()
        return opened.paths

    def look_at_source_addresses(self) -> bool:
        """Look which addresses the host would send from; return whether they are others than at the last look."""
        before, self._sources = self._sources, [_source_address(family, to) for family, _, to in self._targets]
        return before != self._sources

    def close(self) -> None:
        """Close every socket and every stream."""
        for number in list(self._sockets):
            self._close(number)
        for number in list(self._streams):
            self.close_stream(Path.stream(number))

    def send(self, datagram: Datagram) -> SendOutcome:
        """Give a datagram to the kernel; whatever goes wrong is told, never raised."""
        path = datagram.path
        if path.is_stream:
            return self._send_on_stream(path.socket, datagram.data)
        opened = self._sockets.get(path.socket)
        if opened is None:
            return SendOutcome.PATH_FAILED
        address = self._addresses.get((opened.family, path.host, path.port), (path.host, path.port))
        try:
            opened.endpoint.sendto(datagram.data, address)
        except OSError as error:
            return _OUTCOMES.get(error.errno or 0, SendOutcome.PATH_FAILED)
        return SendOutcome.SENT

    def send_run(self, run: Sequence[Datagram]) -> SendOutcome:
        """Give a run of datagrams to the kernel; of what became of each the last that is not SENT is told."""
        path, first = run[0]
        opened = self._sockets.get(path.socket)
        if len(run) == 1:
            return self.send(run[0])
        if path.is_stream or opened is None or not opened.sends_runs:
            return self._send_each(run)
        address = self._addresses.get((opened.family, path.host, path.port), (path.host, path.port))
        try:
            opened.endpoint.sendmsg([datagram.data for datagram in run], [segment_message(len(first))], 0, address)
        except BlockingIOError:
            return SendOutcome.LOST
        except OSError as error:  # the device or the kernel cannot do it, or they are too long, or the network is away
            outcome = self._send_each(run)
            opened.sends_runs = outcome is not SendOutcome.SENT or not refuses_runs(error)
            return outcome
        return SendOutcome.SENT

    def _send_each(self, run: Sequence[Datagram]) -> SendOutcome:
        outcomes = [self.send(datagram) for datagram in run]
        return next((outcome for outcome in reversed(outcomes) if outcome is not SendOutcome.SENT), SendOutcome.SENT)

    def _send_on_stream(self, number: int, data: bytes) -> SendOutcome:
        stream = self._streams.get(number)
        if stream is None:
            return SendOutcome.PATH_FAILED
        was_stuck = stream.is_stuck
        try:
            has_room = stream.send(data)
        except OSError:
            return SendOutcome.PATH_FAILED
        if stream.is_stuck and not was_stuck:
            self.on_stuck(number, stream.fileno(), True)
        return SendOutcome.SENT if has_room else SendOutcome.LOST

    def send_waiting(self, number: int) -> None:
        """Send what waits for a stream to take more."""
        stream = self._streams.get(number)
        if stream is None or not stream.is_stuck:
            return
        with contextlib.suppress(OSError):  # whoever watches the login process learns that it is gone
            stream.send_waiting()
        if not stream.is_stuck:
            self.on_stuck(number, stream.fileno(), False)

    def receive(self, number: int) -> Iterator[tuple[bytes, Path, float | None]]:
        """Yield the datagrams that wait on a socket, a batch at most and the rest of a run, each with its path.

        And with when it came, in monotonic seconds; a stream does not tell that.
        """
        if (stream := self._streams.get(number)) is not None:
            for data in stream.receive(limit=_READ_BATCH):
                yield data, Path.stream(number), None
        opened = self._sockets.get(number)
        if opened is None:
            return
        taken = 0
        while taken < _READ_BATCH:
            try:
                size, ancillary, _, source = opened.endpoint.recvmsg_into([self._buffer], _ANCILLARY_SIZE)
            except OSError:
                return
            received_at = arrived_at(ancillary, now=monotonic(), time_of_day=time.time())
            path = Path(number, str(source[0]).partition("%")[0], int(source[1]))
            run = pieces(bytes(memoryview(self._buffer)[:size]), segment_size(ancillary))
            taken += len(run)
            for data in run:
                yield data, path, received_at


def _set_options(endpoint: socket.socket, family: socket.AddressFamily) -> None:
    """Have datagrams never fragmented, so that size probes tell the truth, and many at once, as far as that goes."""
    system = os.uname().sysname
    options = [
        *whole_datagram_options(system, ipv6=family == socket.AF_INET6),
        *run_options(system),
        *arrival_time_options(system),
        *((socket.SOL_SOCKET, socket.SO_RCVBUF, size) for size in RECEIVE_BUFFERS),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER),
    ]
    for option in options:
        with contextlib.suppress(OSError):
            endpoint.setsockopt(*option)


def _source_address(family: socket.AddressFamily, target: Address) -> str | None:
    """Return the address the host would send from; None where it knows no way there. Sends nothing."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(target)
        return str(probe.getsockname()[0])
    return None


def _target(address: str, port: int) -> list[tuple[socket.AddressFamily, str, Address]]:
    """Return what a numeric address is to a socket; nothing for what is none, of no family here, or without a port."""
    if not port:
        return []
    with contextlib.suppress(OSError):
        # As bytes: for text the codec of internationalized names is loaded, 0.4 MB.
        known = socket.getaddrinfo(address.encode(), port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        return [(family, str(to[0]), to) for family, _, _, _, to in known[:1]]  # type: ignore[misc]
    return []


def _ignore(*_told: object) -> None:
    pass
