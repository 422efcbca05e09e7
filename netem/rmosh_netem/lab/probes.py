"""Measures a laboratory's link from both its ends; the kernel's own time stamps say when packets arrived."""

import contextlib
import errno
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from . import plan
from .lab import Lab, Side

#: Socket option and control message of the kernel's time stamp: a timespec of CLOCK_REALTIME. Source: socket(7).
_SO_TIMESTAMPNS: Final = 35
_SO_RCVBUFFORCE: Final = 33

#: Bytes a receiver may leave unread: nothing is read while sending, so that reading delays nothing.
_RECEIVE_BUFFER: Final = 16 * 1024 * 1024

#: Bytes of IPv4 and UDP header. Source: RFC 791, RFC 768.
_HEADERS: Final = 28

_ECHO_REQUEST: Final = {socket.AF_INET: 8, socket.AF_INET6: 128}
_ICMP_HEADER: Final = struct.Struct("!BBHHH")
_NUMBER: Final = struct.Struct("!I")

#: Seconds without a packet after which no more are waited for, beyond the link's own delay.
_QUIET: Final = 0.3


@dataclass(frozen=True, slots=True)
class Seen:
    """A numbered packet that arrived: when it was sent and when it came, in seconds of one clock."""

    number: int
    sent: float
    arrived: float


def ping(lab: Lab, family: socket.AddressFamily, *, count: int, interval: float) -> list[Seen]:
    """Send ICMP echo requests to the server's kernel and return those that were answered."""
    server = plan.SERVER_IPV6 if family is socket.AF_INET6 else plan.SERVER_IPV4
    protocol = socket.IPPROTO_ICMPV6 if family is socket.AF_INET6 else socket.IPPROTO_ICMP
    with _receiver(lab.client, family, socket.SOCK_RAW, protocol) as sock:
        sock.connect((server, 0))
        sent = []
        for number in _paced(count, interval):
            message = _echo_request(family, number)
            sent.append(time.time())
            sock.send(message)
        replies = []
        for data, arrived in _drain(sock, patience=_patience(lab)):
            at = (data[0] & 0x0F) * 4 if family is socket.AF_INET else 0
            kind, _, _, _, number = _ICMP_HEADER.unpack_from(data, at)
            if kind in (0, 129):
                replies.append(Seen(number, sent[number], arrived))
    return replies


def send_datagrams(lab: Lab, *, count: int, interval: float, size: int) -> tuple[list[float], list[Seen]]:
    """Send UDP/IPv4 packets of `size` bytes, headers included, to the server; return when, and what arrived how."""
    with _receiver(lab.server, socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((plan.SERVER_IPV4, 0))
        with lab.client.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(receiver.getsockname())
            sent = []
            for number in _paced(count, interval):
                sent.append(time.time())
                sender.send(_NUMBER.pack(number).ljust(size - _HEADERS, b"\0"))
            numbered = [(_NUMBER.unpack_from(data)[0], at) for data, at in _drain(receiver, patience=_patience(lab))]
    return sent, [Seen(number, sent[number], at) for number, at in numbered]


def tcp_throughput(lab: Lab, *, seconds: float) -> float:
    """Send over TCP/IPv4 for so long and return bits of payload that arrived, a second."""
    with lab.server.open_socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((plan.SERVER_IPV4, 0))
        listener.listen()
        with lab.client.open_socket(socket.AF_INET, socket.SOCK_STREAM) as sender:
            sender.connect(listener.getsockname())
            receiver, _ = listener.accept()
            thread = threading.Thread(target=_pour, args=(sender, time.monotonic() + seconds))
            with receiver:
                thread.start()
                started = time.monotonic()
                received = sum(iter(lambda: receiver.recv_into(bytearray(1 << 20)), 0))
                taken = time.monotonic() - started
            thread.join()
    return received * 8 / taken


def _pour(sender: socket.socket, end: float) -> None:
    data = bytes(1 << 16)
    while time.monotonic() < end:
        sender.sendall(data)
    sender.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def _receiver(
    side: Side, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0
) -> Iterator[socket.socket]:
    with side.open_socket(family, kind, protocol) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        yield sock


def _paced(count: int, interval: float) -> Iterator[int]:
    """Count at a steady pace; late ones are not made up for by others closer together."""
    due = time.monotonic()
    for number in range(count):
        if interval:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic() - interval) + interval
        yield number


def _drain(sock: socket.socket, *, patience: float) -> Iterator[tuple[bytes, float]]:
    """Yield every packet with its time of arrival until there are none for `patience` seconds."""
    sock.settimeout(patience)
    while True:
        try:
            data, control, _, _ = sock.recvmsg(65535, 64)
        except TimeoutError:
            return
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                raise
            continue
        for _, kind, value in control:
            if kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("@qq", value)
                yield data, seconds + nanoseconds / 1e9


def _patience(lab: Lab) -> float:
    up, down = lab.up, lab.down
    return _QUIET + up.delay + up.jitter + down.delay + down.jitter


def _echo_request(family: socket.AddressFamily, number: int) -> bytes:
    header = _ICMP_HEADER.pack(_ECHO_REQUEST[family], 0, 0, 1, number)
    total = sum(struct.unpack("!4H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return _ICMP_HEADER.pack(_ECHO_REQUEST[family], 0, ~total & 0xFFFF, 1, number)  # the kernel does ICMPv6's itself
