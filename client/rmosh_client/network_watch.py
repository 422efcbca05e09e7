"""Notice that the host's addresses or routes changed: netlink on Linux, nothing elsewhere.

Its messages are only a wake-up: read and thrown away. Knows no session and no event loop.
"""

import contextlib
import socket
from typing import Final

#: Groups of NETLINK_ROUTE: link, IPv4 address, IPv4 route, IPv6 address, IPv6 route. Source: linux/rtnetlink.h.
_GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

#: Most messages thrown away at a time, and their largest size in bytes.
_BATCH: Final = 64
_LARGEST: Final = 65536


class NetworkWatch:
    """A descriptor that becomes readable when the network changed; None where the system has none."""

    def __init__(self) -> None:
        self._socket = _open_route_socket()

    @property
    def descriptor(self) -> int | None:
        """What to wait for."""
        return None if self._socket is None else self._socket.fileno()

    def drain(self) -> bool:
        """Throw away all messages; return whether there were any."""
        if self._socket is None:
            return False
        heard = False
        for _ in range(_BATCH):
            try:
                heard = bool(self._socket.recv(_LARGEST)) or heard
            except BlockingIOError:
                break
            except OSError:
                # Messages were lost for want of room: that is a change as well.
                heard = True
        return heard

    def close(self) -> None:
        """Stop watching."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _open_route_socket() -> socket.socket | None:
    if not hasattr(socket, "AF_NETLINK"):
        return None
    with contextlib.suppress(OSError):
        route_socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        try:
            route_socket.setblocking(False)
            route_socket.bind((0, _GROUPS))
        except OSError:
            route_socket.close()
            raise
        return route_socket
    return None
