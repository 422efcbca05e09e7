"""Keystrokes: a byte stream from client to server, lossless and in order.

Small input is repeated whole in every datagram until it is acknowledged; a paste is streamed in chunks. Neither
side knows what the bytes mean.
"""

from collections.abc import Callable
from typing import NamedTuple

from rmosh.channels.input.frames import INPUT, Input
from rmosh.channels.input.policy import INPUT_CARRIED_WHOLE, INPUT_WINDOW, MAX_INPUT_PIECES
from rmosh.errors import Malformed
from rmosh.rangeset import RangeSet
from rmosh.transport.overdue import OverdueRepeats
from rmosh.transport.pacing import Pacer
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load

#: Most bytes that an INPUT frame spends on type, offset and length: 1 + 8 + 4.
_FRAME_OVERHEAD = 13

#: Fewest bytes worth a chunk of their own.
_SMALLEST_CHUNK = 64


class _Chunk(NamedTuple):
    """Cargo: a range of the stream that one datagram carried."""

    sender: "InputSender"
    start: int
    stop: int

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.acknowledged(self.start, self.stop)

    def on_lost(self, *, now: float) -> None:
        self.sender.lost(self.start, self.stop)


class InputSender:
    """The client's side. Offsets count bytes since the session began."""

    def __init__(self, *, want_larger: Callable[[float], None]) -> None:
        """Args: want_larger: told the moment when a paste would fill larger datagrams."""
        self._want_larger = want_larger
        self._unacknowledged = bytearray()
        self._first = 0
        self._next_new = 0
        self._limit = INPUT_WINDOW
        self._arrived = RangeSet(MAX_INPUT_PIECES)
        self._to_repeat = RangeSet(MAX_INPUT_PIECES)
        self._schedule = RepeatSchedule()
        self._overdue = OverdueRepeats()
        self._pacer = Pacer()

    @property
    def end(self) -> int:
        """The offset after everything typed so far."""
        return self._first + len(self._unacknowledged)

    @property
    def backlog(self) -> int:
        """Bytes not yet acknowledged."""
        return len(self._unacknowledged)

    def append(self, data: bytes) -> int:
        """Add typed bytes; return the offset after them."""
        if data:
            self._unacknowledged += data
            self._schedule.renewed()
        return self.end

    def given(self, offset: int) -> None:
        """Take note that the PTY took all input below an offset: it arrived, and the window moves on."""
        if offset > self.end:
            raise Malformed(f"the server says it took input up to {offset}, only {self.end} bytes were typed")
        self.allowed(offset + INPUT_WINDOW)
        self.acknowledged(self._first, offset)

    def allowed(self, limit: int) -> None:
        """Take note that input may be sent up to an offset."""
        self._limit = max(self._limit, limit)

    def acknowledged(self, start: int, stop: int) -> None:
        """Take note that a range arrived."""
        self._arrived.add(max(start, self._first), stop)
        self._to_repeat.remove(start, stop)
        lowest = self._arrived.lowest
        if lowest is not None and lowest[0] <= self._first < lowest[1]:
            self._move_on(lowest[1])
        if not self._unacknowledged:
            self._schedule.settled()

    def _move_on(self, offset: int) -> None:
        """Forget what is before an offset: it all arrived."""
        del self._unacknowledged[: offset - self._first]
        self._first = offset
        self._overdue.arrived(offset)
        self._next_new = max(self._next_new, offset)
        self._arrived.forget_below(offset)
        self._to_repeat.forget_below(offset)

    def lost(self, start: int, stop: int) -> None:
        """Take note that a chunk seems lost: a paste's chunks are repaired one by one."""
        if stop > self._first:
            self._to_repeat.add(max(start, self._first), stop)

    def hurry(self) -> None:
        """Say what is open at once."""
        self._schedule.hurry()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when input must leave."""
        if self._first >= self._limit:
            return None
        if self._streaming and self._window_open(link) and self._next_chunk() is not None:
            return self._pacer.next_at
        if self._streaming and (self._next_new == self._first or self._schedule.fresh):
            return None
        scheduled = self._schedule.due_at(link)
        return scheduled if self._streaming else self._overdue.due_at(link, scheduled=scheduled)

    @property
    def _streaming(self) -> bool:
        return len(self._unacknowledged) > INPUT_CARRIED_WHOLE

    @staticmethod
    def _window_open(link: LinkConditions) -> bool:
        return link.window_room >= link.room / 2 and not link.silent

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return input for a datagram: what is due, and on a lossy link whatever is open rides along."""
        due_at = self.due_at(link)
        due = due_at is not None and due_at <= now
        if not self._unacknowledged or room < _FRAME_OVERHEAD + 1 or not (due or link.lossy):
            return []
        if not self._streaming:
            return self._load(self._first, self.end, room, now=now)
        if not due:
            return []
        chunk = self._next_chunk() if self._window_open(link) else None
        start, stop = chunk or (self._first, self._next_new)
        if stop - start > link.room:
            self._want_larger(now)
        if room < min(stop - start, _SMALLEST_CHUNK) + _FRAME_OVERHEAD:
            return []
        self._pacer.sent(min(stop - start, room), link, now=now)
        return self._load(start, stop, room, now=now)

    def _next_chunk(self) -> tuple[int, int] | None:
        if (lost := self._to_repeat.lowest) is not None:
            return lost
        stop = min(self.end, self._limit)
        return (self._next_new, stop) if stop > self._next_new else None

    def _load(self, start: int, stop: int, room: int, *, now: float) -> list[Load]:
        stop = min(stop, start + room - _FRAME_OVERHEAD, self._limit)
        if stop <= start:
            return []
        data = bytes(self._unacknowledged[start - self._first : stop - self._first])
        self._schedule.said(now=now)
        self._overdue.said(stop, size=stop - start, now=now)
        self._next_new = max(self._next_new, stop)
        self._to_repeat.remove(start, stop)
        return [Load(INPUT.encode(Input(start, data)), _Chunk(self, start, stop))]
