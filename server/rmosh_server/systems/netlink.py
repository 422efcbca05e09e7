"""The addresses of this host as Linux tells them by netlink: no library, no program, a millisecond.

Source: rtnetlink(7), <linux/rtnetlink.h>, <linux/if_addr.h>.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Final

#: Message types, flags of the question, and attributes.
_DONE: Final = 3
_NEW_ADDRESS: Final = 20
_GET_ADDRESSES: Final = 22
_REQUEST_DUMP: Final = 0x1 | 0x300
_ADDRESS: Final = 1
_LOCAL: Final = 2

#: Flags of an address that nobody should be told: duplicate, deprecated, tentative.
_UNFIT: Final = 0x08 | 0x20 | 0x40

#: Flag of an IPv6 address that is changed every day, so that nobody is known by it.
_TEMPORARY: Final = 0x01

#: length, type, flags, sequence, process; then family, prefix length, flags, scope, interface; then length, type.
_HEADER: Final = struct.Struct("=IHHII")
_ABOUT: Final = struct.Struct("=BBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")

#: Most bytes of one message, most messages read, and how long one may take, in seconds. Reason: the kernel answers at
#: once; a host has some dozens of addresses of 80 bytes each.
_LARGEST: Final = 65536
_MOST_MESSAGES: Final = 64
_PATIENCE: Final = 0.2


def ask_for_addresses() -> Iterator[str]:
    """Yield this host's addresses that may be told, of both families, in the kernel's order.

    Raises:
        OSError: the kernel does not tell.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
        asked.settimeout(_PATIENCE)
        question = _ABOUT.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        size = _HEADER.size + len(question)
        asked.sendto(_HEADER.pack(size, _GET_ADDRESSES, _REQUEST_DUMP, 1, 0) + question, (0, 0))
        for _ in range(_MOST_MESSAGES):
            for kind, body in split_messages(asked.recv(_LARGEST)):
                if kind == _DONE:
                    return
                if kind == _NEW_ADDRESS and (address := read_address(body)):
                    yield address


def split_messages(answer: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the body of each message in one answer."""
    while len(answer) >= _HEADER.size:
        size, kind, _, _, _ = _HEADER.unpack_from(answer)
        if size < _HEADER.size:
            return
        yield kind, answer[_HEADER.size : size]
        answer = answer[_aligned(size) :]


def read_address(body: bytes) -> str:
    """Return the address that a message tells; "" where it is unfit to be told."""
    if len(body) < _ABOUT.size:
        return ""
    family, _, flags, _, _ = _ABOUT.unpack_from(body)
    if flags & _UNFIT or (family == socket.AF_INET6 and flags & _TEMPORARY):
        return ""
    attributes = dict(_attributes(body[_ABOUT.size :]))
    packed = attributes.get(_LOCAL) or attributes.get(_ADDRESS, b"")  # on a point-to-point link the latter is the peer
    try:
        return socket.inet_ntop(family, packed)
    except (OSError, ValueError):
        return ""


def _attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    while len(body) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(body)
        if size < _ATTRIBUTE.size:
            return
        yield kind, body[_ATTRIBUTE.size : size]
        body = body[_aligned(size) :]


def _aligned(size: int) -> int:
    return (size + 3) & ~3
