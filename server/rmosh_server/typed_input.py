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
    """Bytes not yet given on, and the input offset after them if they were typed."""

    data: memoryview
    input_offset: int | None


class TypedInput:
    """A queue of bytes in front of something that takes only as much as it likes."""

    def __init__(self, write: Callable[[memoryview], int]) -> None:
        """Args: write: takes bytes, returns how many of them it took, and never blocks."""
        self._write = write
        self._waiting: deque[_Waiting] = deque()
        self.size = 0

    def push(self, data: bytes, *, input_offset: int | None) -> None:
        """Put bytes behind those that wait.

        Args:
            input_offset: the client's input offset after them; None for a report of the terminal itself.
        """
        if input_offset is None and self.size + len(data) > MAX_WAITING_FOR_REPORTS:
            return
        self._waiting.append(_Waiting(memoryview(data), input_offset))
        self.size += len(data)

    def flush(self) -> int | None:
        """Give on as much as is taken now; return the newest input offset all of which is gone, None for no news."""
        reached: int | None = None
        while self._waiting:
            first = self._waiting[0]
            piece = first.data[:WRITE_SIZE]
            taken = self._write(piece)
            self.size -= taken
            first.data = first.data[taken:]
            if not first.data:
                self._waiting.popleft()
                reached = first.input_offset if first.input_offset is not None else reached
            if taken < len(piece):
                break
        return reached

    def clear(self) -> None:
        """Forget what waits: nobody will read it any more."""
        self._waiting.clear()
        self.size = 0
