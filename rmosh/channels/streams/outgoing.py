"""The half of a stream that goes out: what was written is kept until it arrived, and what is lost is said again."""

from typing import NamedTuple

from rmosh.channels.streams.credit import SendingCredit
from rmosh.channels.streams.frames import StreamReset
from rmosh.channels.streams.policy import FIRST_WINDOW
from rmosh.rangeset import RangeSet

#: Most ranges of a stream on their way or lost. Reason: more than datagrams are ever on their way.
_MAX_RANGES = 1 << 18


class StreamPiece(NamedTuple):
    """A part of a stream that fits a datagram; `is_last` says that nothing follows."""

    start: int
    stop: int
    is_last: bool


class OutgoingHalf:
    """What one end says on a stream.

    Attributes:
        written: bytes taken so far.
        is_finished: nothing more will be written.
        given_up: why it says no more, though not all has arrived; None where it goes on.
    """

    def __init__(self, credit: SendingCredit) -> None:
        self._credit = credit
        self._kept = bytearray()
        self._first = 0
        self._next_new = 0
        self._read = 0
        self._limit = FIRST_WINDOW
        self._arrived = RangeSet(_MAX_RANGES)
        self._lost = RangeSet(_MAX_RANGES)
        self._end_is_owed = False
        self._end_arrived = False
        self._given_up_arrived = False
        self.written = 0
        self.is_finished = False
        self.given_up: StreamReset | None = None

    # --- what is written -------------------------------------------------------------------------------------

    @property
    def kept(self) -> int:
        """Bytes that are not known to have arrived, and those behind them."""
        return len(self._kept)

    @property
    def has_unsent(self) -> bool:
        """Whether something was never said."""
        return self.written > self._next_new

    @property
    def arrived(self) -> int:
        """The offset before which all has arrived."""
        return self._first

    @property
    def size(self) -> int:
        """How many bytes were sent."""
        return self._next_new

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes; whoever writes has asked whether there is room."""
        self._kept += data
        self.written += len(data)
        self._credit.kept += len(data)

    def finish(self) -> None:
        """Say that nothing follows."""
        if not self.is_finished and self.given_up is None:
            self.is_finished = self._end_is_owed = True

    def give_up(self, why: StreamReset) -> None:
        """Say no more, and let go of what has not arrived."""
        if self.given_up is not None:
            return
        self._given_up_arrived = self.is_done
        self.given_up = why
        self._credit.kept -= len(self._kept)
        self._kept = bytearray()
        self._arrived = RangeSet()
        self._lost = RangeSet()

    # --- what the peer says ----------------------------------------------------------------------------------

    def allowed(self, *, read: int, window: int) -> None:
        """Take how far the peer has read, and how far it lets this run ahead of that."""
        self._read = max(self._read, read)
        self._limit = max(self._limit, read + window)

    def acknowledged(self, piece: StreamPiece) -> None:
        """Take note that a piece arrived, perhaps after it had seemed lost."""
        if self.given_up is not None:
            return
        self._end_arrived = self._end_arrived or piece.is_last
        if self._lost:
            self._lost.remove(piece.start, piece.stop)
        self._arrived.add(max(piece.start, self._first), piece.stop)
        lowest = self._arrived.lowest
        if lowest is not None and lowest[0] <= self._first < lowest[1]:
            self._move_on(lowest[1])

    def _move_on(self, offset: int) -> None:
        """Forget what is before an offset: it all arrived."""
        del self._kept[: offset - self._first]
        self._credit.kept -= offset - self._first
        self._first = offset
        self._arrived.forget_below(offset)

    def lost(self, piece: StreamPiece) -> None:
        """Take note that a piece seems lost."""
        if self.given_up is not None:
            return
        if piece.is_last and not self._end_arrived:
            self._end_is_owed = True
        start = max(piece.start, self._first)
        while (gap := self._arrived.missing(start, piece.stop)) is not None:
            self._lost.add(*gap)
            start = gap[1]

    def given_up_arrived(self) -> None:
        """Take note that the peer knows that it is given up."""
        self._given_up_arrived = True

    # --- what to say -----------------------------------------------------------------------------------------

    def next_piece(self, most: int) -> StreamPiece | None:
        """Return what to say next in at most so many bytes: what was lost, then what is new; None for nothing."""
        if self.given_up is not None:
            return None
        if (lost := self._lost.lowest) is not None:
            return self._piece(lost[0], min(lost[1], lost[0] + most))
        stop = min(self.written, self._next_new + min(most, self._allowed))
        if stop > self._next_new:
            return self._piece(self._next_new, stop)
        if self._end_is_owed and self._next_new == self.written:
            return self._piece(self._next_new, self._next_new)
        return None

    @property
    def next_offset(self) -> int:
        """Where the next piece begins, if there is one."""
        return self._next_new if (lost := self._lost.lowest) is None else lost[0]

    @property
    def new_before_last(self) -> int:
        """How many bytes that were never said may leave before the last; none while something lost waits."""
        if self._lost or self.given_up is not None:
            return 0
        return min(self.written - self.is_finished - self._next_new, self._allowed)

    @property
    def _allowed(self) -> int:
        """How many bytes that were never said the peer takes now."""
        ahead = self._next_new - self._read
        return max(0, min(self._limit - self._next_new, self._credit.share(read=self._read) - ahead))

    def oldest_piece(self, most: int) -> StreamPiece:
        """Return the first that is not known to have arrived, sent already."""
        return self._piece(self._first, min(self._next_new, self._first + most))

    def _piece(self, start: int, stop: int) -> StreamPiece:
        return StreamPiece(start, stop, self.is_finished and stop == self.written)

    def take(self, piece: StreamPiece) -> bytearray:
        """Return a piece's bytes, which leave now."""
        if piece.stop > self._next_new:
            self._credit.sent += piece.stop - self._next_new
            self._next_new = piece.stop
        if self._lost:
            self._lost.remove(piece.start, piece.stop)
        if piece.is_last:
            self._end_is_owed = False
        return self._kept[piece.start - self._first : piece.stop - self._first]

    @property
    def given_up_is_owed(self) -> bool:
        """Whether the peer should know that nothing more is said."""
        return self.given_up is not None and not self._given_up_arrived

    @property
    def is_settled(self) -> bool:
        """Whether all that was said has arrived."""
        if self.given_up is not None:
            return True
        return self._first == self._next_new and (self._end_arrived or not self.is_finished or self._end_is_owed)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be said, or to arrive."""
        if self.given_up is not None:
            return self._given_up_arrived
        return self.is_finished and self._end_arrived and self._first == self.written
