"""The half of a stream that comes in: put in order within a bounded window, which opens as it is read.

Of bytes that come twice the first count. The window is four times what the reader took in a round trip: twice as in
Linux's dynamic right-sizing (Fisk and Feng, 2001), and as much for what waits a round trip behind a loss.
"""

from rmosh.channels.streams.credit import ReceivingCredit
from rmosh.channels.streams.frames import StreamReset
from rmosh.channels.streams.policy import (
    FIRST_WINDOW,
    LARGEST_WINDOW,
    MOST_PIECES,
    MOST_PIECES_IN_ALL,
    TOLD_EVERY,
)
from rmosh.errors import Malformed
from rmosh.rangeset import RangeSet


class IncomingHalf:
    """What one end hears on a stream.

    Attributes:
        was_reset: why the peer says no more; None where it goes on, or came to its end.
        ignored: why nobody reads it any more; None where somebody does.
        ignored_arrived: the peer knows that.
        size: how many bytes it has; None while the peer has not said.
        taken: bytes read.
        window: how far the peer may run ahead of that.
    """

    def __init__(self, credit: ReceivingCredit) -> None:
        self._credit = credit
        self._ready = bytearray()
        self._ahead = bytearray()
        self._pieces = RangeSet(MOST_PIECES + 1)
        self._next = 0
        self._highest = 0
        self._released = 0
        self._told = FIRST_WINDOW
        self._round_began = 0.0
        self._round_taken = 0
        self.was_reset: StreamReset | None = None
        self.ignored: StreamReset | None = None
        self.ignored_arrived = False
        self.size: int | None = None
        self.taken = 0
        self.window = FIRST_WINDOW

    # --- what comes ------------------------------------------------------------------------------------------

    def check(self, stop: int, *, is_end: bool) -> None:
        """Refuse what goes beyond the window, or contradicts what was said before.

        Args:
            stop: the offset after what comes.
            is_end: the stream has no more.

        Raises:
            Malformed: the peer may not send it.
        """
        if stop > self._told:
            raise Malformed(f"a stream's bytes up to {stop}, its window ends at {self._told}")
        if self.size is not None and (stop > self.size or (is_end and stop != self.size)):
            raise Malformed(f"a stream of {self.size} bytes has {stop}")
        if is_end and stop < self._highest:
            raise Malformed(f"a stream ends at {stop} and had {self._highest} bytes already")
        if stop > self._highest:
            self._credit.check(stop - self._highest)

    def take(self, offset: int, data: bytes, *, is_last: bool) -> bool:
        """Take bytes that were checked; return whether there is something new to read, or the end.

        Raises:
            Malformed: more pieces wait for what is missing between them than any path leaves.
        """
        stop = offset + len(data)
        self.check(stop, is_end=is_last)
        if self.ignored is None and self.was_reset is None and stop > self._next:
            self._keep(offset, data)
        self._reach(stop)
        self._drop()
        if is_last:
            self.size = stop
        return self.size == self._next or bool(self._ready)

    def _reach(self, stop: int) -> None:
        """Count what came for the first time."""
        if stop > self._highest:
            self._credit.received(stop - self._highest)
            self._highest = stop

    def _keep(self, offset: int, data: bytes) -> None:
        start = max(offset, self._next)
        if start == self._next and not self._pieces:
            self._ready += data if start == offset else data[start - offset :]
            self._next = offset + len(data)
            return
        self._fill(start, data[start - offset :])
        lowest = self._pieces.lowest
        if lowest is not None and lowest[0] == self._next:
            self._move_on(lowest[1])

    def _fill(self, start: int, data: bytes) -> None:
        """Put bytes where there are none yet."""
        pieces = len(self._pieces)
        if start > self._next and (pieces >= MOST_PIECES or self._credit.pieces >= MOST_PIECES_IN_ALL):
            raise Malformed(f"{pieces} pieces of a stream wait for what is missing between them already")
        stop = start + len(data)
        self._ahead.extend(bytes(max(0, stop - self._next - len(self._ahead))))
        begin = start
        while (gap := self._pieces.missing(begin, stop)) is not None:
            begin = gap[1]
            self._ahead[gap[0] - self._next : begin - self._next] = data[gap[0] - start : begin - start]
        self._pieces.add(start, stop)
        self._credit.pieces += len(self._pieces) - pieces

    def _move_on(self, stop: int) -> None:
        length = stop - self._next
        self._ready += self._ahead[:length]
        del self._ahead[:length]
        self._pieces.forget_below(stop)
        self._credit.pieces -= 1
        self._next = stop

    def take_reset(self, size: int, why: StreamReset) -> None:
        """Take that the peer says no more after so many bytes.

        Raises:
            Malformed: it contradicts what was said before.
        """
        self.check(size, is_end=True)
        has_all = self.size is not None and self._next == self.size
        if self.was_reset is None and not has_all and self.ignored is None:
            self.was_reset = why
        self.size = size
        self._reach(size)
        self._drop()

    # --- what is read ----------------------------------------------------------------------------------------

    @property
    def readable(self) -> int:
        """Bytes that can be read now."""
        return len(self._ready)

    @property
    def is_done(self) -> bool:
        """Whether nothing more comes that anybody reads."""
        if self.ignored is not None or self.was_reset is not None:
            return self.size is not None
        return self.size is not None and self.taken == self.size

    @property
    def ignored_is_owed(self) -> bool:
        """Whether the peer should know that nobody reads what it says."""
        return self.ignored is not None and not self.ignored_arrived and not self.is_done

    def read(self, most: int) -> bytes:
        """Return the next bytes."""
        if most >= len(self._ready):
            data, self._ready = bytes(self._ready), bytearray()
        else:
            data = bytes(self._ready[:most])
            del self._ready[:most]
        self.taken += len(data)
        self._release(len(data))
        return data

    def ignore(self, why: StreamReset) -> None:
        """Read no more."""
        self.ignored = self.ignored or why
        self._drop()

    def _drop(self) -> None:
        """Let go of what nobody reads."""
        if self.ignored is None and self.was_reset is None:
            return
        self._credit.pieces -= len(self._pieces)
        self._ready, self._ahead, self._pieces = bytearray(), bytearray(), RangeSet()
        self._release(self._highest - self._released)

    def _release(self, size: int) -> None:
        self._released += size
        self._credit.read(size)

    # --- its window ------------------------------------------------------------------------------------------

    def measure(self, round_trip: float, *, now: float) -> None:
        """Widen the window where the reader takes more than a quarter of it in a round trip."""
        lasted = now - self._round_began
        if lasted < round_trip or lasted <= 0:
            return
        taken = (self.taken - self._round_taken) * round_trip / lasted
        self.window = max(self.window, min(LARGEST_WINDOW, int(4 * taken)))
        self._round_began, self._round_taken = now, self.taken

    @property
    def limit(self) -> int:
        """The offset up to which the peer may send."""
        return self._told

    @property
    def limit_is_worth_telling(self) -> bool:
        """Whether the peer should know that it may send more."""
        worth_telling = max(1, TOLD_EVERY * min(self.window, self._credit.least_share))
        return self.size is None and self.ignored is None and self.taken + self.window - self._told >= worth_telling

    def tell_limit(self) -> tuple[int, int]:
        """Return how much was read, and the window, which the peer is told now."""
        self._told = max(self._told, self.taken + self.window)
        return self.taken, self._told - self.taken
