"""The addresses of this host as getifaddrs(3) of macOS and the BSDs lists them."""

import ctypes
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from rmosh_server.c_library import c_library

#: Most entries looked at. Reason: hosts have dozens; a list that runs in a circle must end.
_MOST: Final = 1024

#: Where in a sockaddr its address begins, and how long it is. Source: <netinet/in.h>, <netinet6/in6.h>.
_PLACES: Final = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}


class _Entry(ctypes.Structure):
    """One interface's address. Source: <ifaddrs.h>, the same on macOS, the BSDs and Linux."""


_Entry._fields_ = [
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
    ("peer", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
]


def bsd_family(start: bytes) -> int:
    """Return the family of a sockaddr by its first two bytes: a BSD has the length in the first."""
    return start[1]


def linux_family(start: bytes) -> int:
    """Return the same on Linux, where both are the family."""
    return int.from_bytes(start, sys.byteorder)


def ask_for_addresses(library: Any = None, *, family_of: Callable[[bytes], int] = bsd_family) -> Iterator[str]:
    """Yield this host's addresses of both families, in the system's order.

    Raises:
        OSError: the system does not tell.
    """
    library = library or c_library()
    first = ctypes.POINTER(_Entry)()
    try:
        failed = library.getifaddrs(ctypes.byref(first)) != 0
    except AttributeError as error:
        raise OSError(f"no getifaddrs: {error}") from error
    if failed:
        raise OSError(ctypes.get_errno(), "getifaddrs failed")
    try:
        yield from _listed(first, family_of)
    finally:
        library.freeifaddrs(first)


def _listed(entry: Any, family_of: Callable[[bytes], int]) -> Iterator[str]:
    for _ in range(_MOST):
        if not entry:
            return
        at = entry.contents.address
        family = family_of(ctypes.string_at(at, 2)) if at else socket.AF_UNSPEC
        if family in _PLACES:
            start, size = _PLACES[socket.AddressFamily(family)]
            yield socket.inet_ntop(family, ctypes.string_at(at + start, size))
        entry = entry.contents.next
