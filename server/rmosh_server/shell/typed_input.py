"""Typed bytes on their way into the PTY: kept while the program does not read, never waited for."""

from collections import deque
from collections.abc import Callable
from typing import Final

from rmosh.lazy_dataclass import dataclass

#: Bytes given to the PTY in one write. Reason: Linux's line discipline holds 4 KB; more is only copied in vain.
WRITE_SIZE: Final = 4096

#: Bytes of the terminal's own answers that may wait. Reason: typed input is bounded by the session's window; a program
#: that asks for reports without ever reading one must not make us grow. 64 KiB are 10,000 of them.
MAX_WAITING_REPORTS: Final = 65536


@dataclass(slots=True)
class _Run:
    """How many waiting bytes in a row are of one client, and its input offset after them; of none: the terminal's."""

    client: bytes
    size: int
    input_offset: int


class TypedInput:
    """A queue of bytes in front of something that takes only as much as it likes."""

    def __init__(self, write: Callable[[memoryview], int]) -> None:
        """Args: write: takes bytes, returns how many of them it took, and never blocks."""
        self._write = write
        self._waiting = bytearray()
        self._runs: deque[_Run] = deque()
        self._reports = 0

    @property
    def size(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    def push(self, data: bytes, *, client: bytes, input_offset: int) -> None:
        """Put bytes behind those that wait.

        Args:
            client: who typed them; empty for a report of the terminal itself.
            input_offset: the client's input offset after them.
        """
        if not client:
            if self._reports + len(data) > MAX_WAITING_REPORTS:
                return
            self._reports += len(data)
        if not (self._runs and self._runs[-1].client == client):
            self._runs.append(_Run(client, 0, input_offset))
        self._runs[-1].size += len(data)
        self._runs[-1].input_offset = input_offset
        self._waiting += data

    def flush(self) -> dict[bytes, int]:
        """Give on as much as is taken now; return for each client with news the offset below which all is gone."""
        reached: dict[bytes, int] = {}
        while self._waiting:
            piece = memoryview(self._waiting[:WRITE_SIZE])
            taken = self._write(piece)
            del self._waiting[:taken]
            self._account(taken, reached)
            if taken < len(piece):
                break
        reached.pop(b"", None)
        return reached

    def _account(self, taken: int, reached: dict[bytes, int]) -> None:
        while taken:
            first = self._runs[0]
            size = min(taken, first.size)
            taken -= size
            first.size -= size
            reached[first.client] = first.input_offset - first.size
            if not first.client:
                self._reports -= size
            if first.size == 0:
                self._runs.popleft()

    def clear(self) -> None:
        """Forget what waits: nobody will read it any more."""
        self._waiting.clear()
        self._runs.clear()
        self._reports = 0
