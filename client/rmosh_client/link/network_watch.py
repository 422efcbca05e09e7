"""Notice that the host's addresses or routes changed, by netlink or a routing socket.

Its messages are only a wake-up: read and thrown away. Knows no session.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from rmosh_client.systems import open_route_socket

#: Most messages thrown away at a time, and their largest size in bytes.
_BATCH: Final = 64
_LARGEST: Final = 65536

#: Seconds between the first message and the report. Reason: one change of network is a burst of messages, and
#: the new address is often there only at its end.
_SETTLING: Final = 0.1


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


class NetworkAlarm:
    """Calls `on_settled` when the network has changed and come to rest."""

    def __init__(self, watch: NetworkWatch, on_settled: Callable[[], None]) -> None:
        self._watch = watch
        self._on_settled = on_settled
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin to watch, where the system lets us."""
        if self._watch.descriptor is not None:
            self._loop.add_reader(self._watch.descriptor, self._stirs)

    def unwatch(self) -> None:
        """Watch no more."""
        if self._watch.descriptor is not None:
            self._loop.remove_reader(self._watch.descriptor)
        if self._alarm is not None:
            self._alarm.cancel()

    def _stirs(self) -> None:
        self.unwatch()
        self._alarm = self._loop.call_later(_SETTLING, self._settled)

    def _settled(self) -> None:
        self._watch.drain()
        self.watch()
        self._on_settled()


def _open() -> socket.socket | None:
    with contextlib.suppress(OSError, AttributeError):
        opened = open_route_socket()
        opened.setblocking(False)
        return opened
    return None
