"""How far the sending of the server is, on one line of the user's terminal, where that takes long."""

import asyncio
import fcntl
import os
import struct
import sys
import termios
from collections.abc import Callable
from typing import Any, Final

#: Seconds before anything is shown. Reason: most links carry it in less.
_SHOWN_AFTER: Final = 1.0

#: Seconds between two looks.
_INTERVAL: Final = 0.2

#: Longest that it is shown, in seconds. Reason: what the far side says, or that it ended, comes before that.
_LONGEST: Final = 600.0

_CLEAR_LINE: Final = "\r\x1b[K"

#: Columns of a terminal that does not tell.
_USUAL_COLUMNS: Final = 80

#: Cells of the bar.
_BAR: Final = 20


class SendingProgress:
    """Shows how much has arrived of so many bytes."""

    def __init__(self, host: str, size: int) -> None:
        self._host = host
        self._size = size

    async def show(self, left: Callable[[], int]) -> None:
        """Show it until all has arrived, or until cancelled; on a terminal only."""
        if not sys.stderr.isatty():
            return
        try:
            await asyncio.sleep(_SHOWN_AFTER)
            for _ in range(int(_LONGEST / _INTERVAL)):
                self._print(self.line(max(self._size - left(), 0)))
                await asyncio.sleep(_INTERVAL)
        finally:
            self._print("")

    def line(self, arrived: int) -> str:
        """Return the line for so many bytes."""
        full = _BAR * arrived // self._size
        bar = "#" * full + "." * (_BAR - full)
        return f"rmosh: sending rmosh-server to {self._host} [{bar}] {arrived // 1000} of {self._size // 1000} kB"

    def _print(self, text: str) -> None:
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
        except OSError:
            columns = _USUAL_COLUMNS
        print(end=_CLEAR_LINE + text[: columns - 1], file=sys.stderr, flush=True)  # what wraps is not cleared


def bytes_left(process: Any) -> int:
    """Return how many bytes of a process's input wait on this machine, its socket included."""
    channel = process.channel
    transport = channel.get_connection()._transport
    left = int(channel.get_write_buffer_size())
    if transport is not None:
        left += int(transport.get_write_buffer_size()) + _in_socket(transport)
    return left


def _in_socket(transport: Any) -> int:
    """Return how many bytes its peer has not confirmed; 0 where the system does not say. Source: tcp(7), SIOCOUTQ."""
    try:
        answer = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        return int(struct.unpack("i", answer)[0])
    except (OSError, AttributeError):
        return 0
