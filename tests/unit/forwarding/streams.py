"""Two ends of a stream without a transport between them: what one writes the other reads, within a window."""

from dataclasses import dataclass

from rmosh.forwarding.byte_stream import StreamEnded


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    reason: str


class FakeStream:
    """One end; `other` is set by `stream_pair`."""

    other: "FakeStream"

    def __init__(self, number: int, *, window: int) -> None:
        self.number = number
        self._window = window
        self._received = bytearray()
        self._has_finished = False
        self._other_has_finished = False
        self.was_reset: StreamEnded | None = None
        self.has_reset: Ended | None = None
        self.nobody_reads: StreamEnded | None = None
        self.is_gone = False

    @property
    def room(self) -> int:
        return 0 if self._has_finished or self.is_over else self._window - len(self.other._received)

    @property
    def readable(self) -> int:
        return len(self._received)

    @property
    def at_end(self) -> bool:
        return self._other_has_finished and not self._received

    @property
    def is_over(self) -> bool:
        broken = self.is_gone or self.was_reset is not None or self.has_reset is not None
        return broken or (self._has_finished and self.at_end and not self.other._received)

    def write(self, data: bytes, /) -> int:
        if self.nobody_reads is not None:
            return len(data)
        taken = data[: self.room]
        self.other._received += taken
        return len(taken)

    def read(self, limit: int = 65536, /) -> bytes:
        data = bytes(self._received[:limit])
        del self._received[:limit]
        return data

    def finish(self) -> None:
        self._has_finished = True
        self.other._other_has_finished = True

    def reset(self, code: int, reason: str = "") -> None:
        self.has_reset = self.other.was_reset = Ended(code, reason)
        self._received.clear()
        self.other._received.clear()

    def stop_reading(self, code: int, reason: str = "") -> None:
        self.other.nobody_reads = Ended(code, reason)
        self._received.clear()


def stream_pair(*, number: int = 0, window: int = 1 << 20) -> tuple[FakeStream, FakeStream]:
    """Return both ends of a fresh stream."""
    ours, theirs = FakeStream(number, window=window), FakeStream(number, window=window)
    ours.other, theirs.other = theirs, ours
    return ours, theirs
