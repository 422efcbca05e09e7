"""What was typed, put in order again, and how far a client may type ahead of what the PTY took.

That is flow control, as a stream of QUIC has it (RFC 9000 section 4). What a PTY takes while less than half a window
waits widens the window by as much, so that it doubles with each round trip of a paste, as the congestion window does.
A PTY that is not read, or slower than the link, earns nothing.
"""

from rmosh.channels.input.frames import Input
from rmosh.channels.input.policy import INPUT_WINDOW, INPUT_WINDOW_MAX, INPUT_WINDOW_STEP, MAX_INPUT_PIECES
from rmosh.errors import Malformed
from rmosh.rangeset import RangeSet


class InputWindow:
    """The server's side.

    Attributes:
        limit: the offset in the client's input up to which it may send.
    """

    def __init__(self) -> None:
        self._size = INPUT_WINDOW
        self._taken = 0
        self._told = INPUT_WINDOW
        self.limit = INPUT_WINDOW

    def taken(self, offset: int, *, received: int) -> bool:
        """Move on: the PTY took all input below an offset; return whether the client should be told.

        Args:
            received: the offset after all input that came in order.
        """
        if received - offset < self._size / 2:
            self._size = min(INPUT_WINDOW_MAX, self._size + offset - self._taken)
        self._taken = offset
        self.limit = max(self.limit, offset + self._size)
        worth_telling = self.limit - self._told >= INPUT_WINDOW_STEP
        if worth_telling:
            self._told = self.limit
        return worth_telling


class InputReceiver:
    """The server's side: puts the stream in order within a bounded window.

    Attributes:
        taken: the offset below which the PTY took all input.
    """

    def __init__(self) -> None:
        self._ahead = bytearray()
        self._arrived = RangeSet(MAX_INPUT_PIECES + 1)
        self._window = InputWindow()
        self._next = 0
        self.taken = 0

    @property
    def received(self) -> int:
        """Bytes received in order so far."""
        return self._next

    @property
    def limit(self) -> int:
        """The offset up to which the client may send."""
        return self._window.limit

    def given(self, offset: int) -> bool:
        """Take note that the PTY took all input below an offset; return whether the client should be told the limit."""
        self.taken = max(self.taken, offset)
        return self._window.taken(self.taken, received=self._next)

    def check(self, frame: Input) -> None:
        """Refuse input beyond the window.

        Raises:
            Malformed: the client ran ahead further than it was allowed to.
        """
        end = frame.offset + len(frame.data)
        if end > self.limit:
            raise Malformed(f"input up to {end}, the window ends at {self.limit}")

    def receive(self, frame: Input) -> bytes:
        """Return the bytes that are now in order, perhaps none.

        Raises:
            Malformed: more pieces wait for what is missing between them than any path leaves.
        """
        data = frame.data[max(0, self._next - frame.offset) :]
        if not data:
            return b""
        self._keep(max(self._next, frame.offset), data)
        lowest = self._arrived.lowest
        if lowest is None or lowest[0] > self._next:
            return b""
        _, stop = lowest
        ready = bytes(self._ahead[: stop - self._next])
        del self._ahead[: stop - self._next]
        self._arrived.forget_below(stop)
        self._next = stop
        return ready

    def _keep(self, start: int, data: bytes) -> None:
        if start > self._next and len(self._arrived) >= MAX_INPUT_PIECES:
            raise Malformed(f"{len(self._arrived)} pieces of input wait for what is missing between them already")
        place = start - self._next
        self._ahead.extend(bytes(max(0, place + len(data) - len(self._ahead))))
        self._ahead[place : place + len(data)] = data
        self._arrived.add(start, start + len(data))
