"""Typed bytes on their way into the PTY: kept while the program does not read, never waited for."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Bytes given to the PTY in one write. Reason: Linux's line discipline holds 4 KB; more is only copied in vain.
WRITE_SIZE: Final = 4096

#: Waiting bytes above which the terminal's own answers are dropped. Reason: typed input is bounded by the session's
#: window of 64 KB; a program that asks for reports without ever reading one must not make us grow.
MAX_WAITING_FOR_REPORTS: Final = 131072


@dataclass(slots=True)
class _Waiting:
    """Bytes not yet given on, whose they are, and the client's input offset after them."""

    data: memoryview
    client: bytes
    input_offset: int


class TypedInput:
    """A queue of bytes in front of something that takes only as much as it likes."""

    def __init__(self, write: Callable[[memoryview], int]) -> None:
        """Args: write: takes bytes, returns how many of them it took, and never blocks."""
        self._write = write
        self._waiting: deque[_Waiting] = deque()
        self.size = 0

    def push(self, data: bytes, *, client: bytes, input_offset: int) -> None:
        """Put bytes behind those that wait.

        Args:
            client: who typed them; empty for a report of the terminal itself.
            input_offset: the client's input offset after them.
        """
        if not client and self.size + len(data) > MAX_WAITING_FOR_REPORTS:
            return
        self._waiting.append(_Waiting(memoryview(data), client, input_offset))
        self.size += len(data)

    def flush(self) -> dict[bytes, int]:
        """Give on as much as is taken now; return for each client with news the offset below which all is gone."""
        reached: dict[bytes, int] = {}
        while self._waiting:
            first = self._waiting[0]
            piece = first.data[:WRITE_SIZE]
            taken = self._write(piece)
            self.size -= taken
            first.data = first.data[taken:]
            if not first.data:
                self._waiting.popleft()
                reached[first.client] = first.input_offset
            if taken < len(piece):
                break
        reached.pop(b"", None)
        return reached

    def clear(self) -> None:
        """Forget what waits: nobody will read it any more."""
        self._waiting.clear()
        self.size = 0
