"""Notice that the host's addresses or routes changed, by netlink or a routing socket.

Its messages are only a wake-up: read and thrown away. Knows no session.
"""

import contextlib
import socket
from typing import Final

from rmosh_client.systems import open_route_socket

#: Most messages thrown away at a time, and their largest size in bytes.
_BATCH: Final = 64
_LARGEST: Final = 65536


class NetworkWatch:
    """A descriptor that becomes readable when the network changed; None where the system has none."""

    def __init__(self) -> None:
        self._socket = _open()

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


def _open() -> socket.socket | None:
    with contextlib.suppress(OSError, AttributeError):
        opened = open_route_socket()
        opened.setblocking(False)
        return opened
    return None
