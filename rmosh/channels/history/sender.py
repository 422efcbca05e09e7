"""History, server to client: lines that scrolled off, lossless and in order, after everything else.

What is lost is sent again, encoded anew. A flood is waited out: then the newest lines follow, and the client counts
what it never got.
"""

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from rmosh.channels.history.frames import HISTORY_KEPT, MAX_HISTORY_LINES, HistoryKept, HistoryWant
from rmosh.channels.history.framing import LEAST_ROOM, FramedLines, HistoryFraming
from rmosh.channels.history.policy import (
    HISTORY_BACKLOG,
    HISTORY_CALM,
    HISTORY_CATCH_UP,
    HISTORY_FLOOD,
    HISTORY_RIDES_ALONG,
)
from rmosh.compression import Compression
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.lazy_dataclass import replace
from rmosh.rangeset import RangeSet
from rmosh.terminal.cells import Frame
from rmosh.transport.background import BackgroundPace
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.newest import NewestSender
from rmosh.transport.padding import unpadded
from rmosh.transport.policy import WIRE_HEADERS
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load

#: Lines not yet sent up to which some may ride in a datagram of the screen's. Reason: a program's page, not a flood.
_READ_AHEAD = 128

#: Datagrams that the lines to be sent would fill from which larger ones are looked for. Reason: the search for them
#: takes as many bytes as six, and half a second at 64 kbit/s.
_WORTH_LARGER = 12

#: Most ranges of lines that wait to be sent again. Reason: more than datagrams are ever on their way.
_MAX_HOLES = 1 << 16


class _Flight(NamedTuple):
    """Cargo: lines that one frame carried, or some bytes of one line's block."""

    sender: "HistorySender"
    serial: int
    lines: range
    piece: range | None
    size: int
    sent_at: float

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self, now=now)

    def on_lost(self, *, now: float) -> None:
        self.sender.lost(self, now=now)


class Flow(Enum):
    """How lines come to a client by themselves."""

    UNASKED = "the client has not said what it wants: none come"
    FOLLOWING = "each follows when it scrolled off"
    FLOODED = "they scroll off faster than they can go: none come until that is over or has lasted long enough"


class FlowChange(Enum):
    """What changes that."""

    WANTED = "the client said what it wants"
    OVERRUN = "it lags behind by more lines than are kept for it"
    CAUGHT_UP = "what is not worth sending any more was left out"


#: What each state becomes; of what is not here nothing comes.
_FLOW_AFTER: Final[Mapping[tuple[Flow, FlowChange], Flow]] = {
    (Flow.UNASKED, FlowChange.WANTED): Flow.FOLLOWING,
    (Flow.FOLLOWING, FlowChange.OVERRUN): Flow.FLOODED,
    (Flow.FLOODED, FlowChange.CAUGHT_UP): Flow.FOLLOWING,
}


class HistorySender:
    """One client's part of the history; says nothing until the client says what it wants.

    Attributes:
        framing: how lines become frames for this client.
        kept: tells what the server has; a traffic class of its own.
    """

    def __init__(
        self,
        archive: Archive,
        recent: RecentRows,
        cleared: ClearedLines,
        shown: Callable[[], tuple[int, Frame]],
        *,
        want_larger: Callable[[float], None],
        compression: Compression = Compression.LAYOUT,
    ) -> None:
        """Begin.

        Args:
            shown: the frame that the client shows, and its number.
            want_larger: told the moment when lines would fill many larger datagrams.
            compression: blocks are nearly all text, and deflated only where that may be.
        """
        self._archive = archive
        self.framing = HistoryFraming(archive, recent, cleared, shown, deflate=compression is Compression.ALL)
        self._want_larger = want_larger
        self._pace = BackgroundPace()
        self._link: LinkConditions | None = None
        self._came_at_line = archive.end
        self._flow = Flow.UNASKED
        self._next = 0
        self._want = HistoryWant(0, 0, 0, 0)
        self._fetch = range(0)
        self._again = RangeSet(max_ranges=_MAX_HOLES)
        self._fragments: deque[tuple[int, range]] = deque()
        self._under_way: dict[int, _Flight] = {}
        self._sent_count = 0
        self._grew_at = 0.0
        self._flooded_since = 0.0
        self._seen_oldest = 0
        self._told = HistoryKept(0, 0, 0, 0)
        self.kept = NewestSender(HISTORY_KEPT)

    # --- what is wanted, and what there is -------------------------------------------------------------------

    def wanted(self, want: HistoryWant) -> None:
        """Take what the client wants; the depth counts from when it came, and only the first time."""
        if want.serial <= self._want.serial:
            return
        self._want = want
        if self._goes_on(FlowChange.WANTED):
            self._next = max(self._archive.oldest, self._came_at_line - want.depth)
            self._told = replace(self._told, began=self._next, following=self._next)
        if want.count or self._next < self._came_at_line:
            self.awaited()
        self._fetch = self._kept_of(range(want.start, min(want.start + want.count, self._archive.end)))
        self._tell()

    def input_arrived(self, data: bytes, *, now: float) -> None:
        """The client typed: what it types next shall wait for nothing."""
        self._pace.attend(ends_line=data.endswith((b"\r", b"\n")), now=now)

    def awaited(self) -> None:
        """Whoever typed waits for lines now, to go on or to leave."""
        self._pace.relax(self._link)

    def ended(self) -> None:
        """No more lines come, so that a flood is over; what is left is waited for."""
        self._grew_at = 0.0
        self.awaited()

    def grew(self, *, now: float) -> None:
        """Lines scrolled off, and older ones may have been given up for them."""
        self._grew_at = now
        if self._lags_too_far and self._goes_on(FlowChange.OVERRUN):
            self._flooded_since = now
        self._forget_gone()

    def erased(self, number: int) -> None:
        """The program erased the lines before a number."""
        self._told = replace(self._told, erased=number)
        self._skip_to(number)
        self._forget_gone()
        self._tell()

    def _goes_on(self, change: FlowChange) -> bool:
        """Go on to the state that follows; return whether that is another one."""
        before, self._flow = self._flow, _FLOW_AFTER.get((self._flow, change), self._flow)
        return self._flow is not before

    def _tell(self) -> None:
        self._told = replace(self._told, oldest=self._archive.oldest)
        if self._flow is not Flow.UNASKED:
            self.kept.tell(self._told)

    def _skip_to(self, number: int) -> None:
        """Let no line before this one come by itself any more."""
        if self._flow is not Flow.UNASKED:
            self._next = max(self._next, number)
            self._told = replace(self._told, following=max(self._told.following, number))
        self._again.forget_below(number)

    @property
    def settled(self) -> bool:
        """Whether all that comes by itself has arrived."""
        return not (self._under_way or self._again or self._fragments or self._behind)

    @property
    def _backlog(self) -> int:
        """How many lines the client may lag behind: as many as it asked for when it came, at least."""
        return max(HISTORY_BACKLOG, self._want.depth)

    @property
    def _behind(self) -> int:
        return 0 if self._flow is Flow.UNASKED else self._archive.end - self._next

    @property
    def _left(self) -> int:
        """How many lines wait to be sent, but for those that were lost."""
        return self._behind + len(self._fetch)

    @property
    def _waits_until(self) -> float:
        """When lines may come by themselves: at once, or when a flood is over or has lasted long enough."""
        if self._flow is not Flow.FLOODED:
            return 0.0
        return min(self._grew_at + HISTORY_CALM, self._flooded_since + HISTORY_FLOOD)

    @property
    def _lags_too_far(self) -> bool:
        """Whether lines come faster than they can go."""
        return self._next < self._archive.oldest or self._behind > self._backlog

    def start_over(self, *, deep: bool) -> None:
        """Go on after a fault.

        Args:
            deep: not with what is under way and what waits, only with the lines that come from now on.
        """
        under_way, self._under_way = self._under_way, {}
        self._pace = BackgroundPace()
        if not deep:
            for flight in under_way.values():
                self._send_again(flight)
            return
        self._fetch = range(0)
        self._again = RangeSet(max_ranges=_MAX_HOLES)
        self._fragments.clear()
        self._goes_on(FlowChange.CAUGHT_UP)
        self._skip_to(self._archive.end)
        self._tell()

    # --- traffic class ---------------------------------------------------------------------------------------

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when a datagram may leave for history's sake."""
        self._link = link
        is_urgent = bool(self._fetch or self._again or self._fragments)
        if not (is_urgent or self._behind):
            return None
        pace_at = self._pace.due_at(link)
        return pace_at if pace_at is None or is_urgent else max(pace_at, self._waits_until)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return lines when it is their turn, or few enough to ride in a datagram that leaves anyway."""
        due_at = self.due_at(link)
        if due_at is not None and due_at <= now:
            self._catch_up(now)
            limit, cuts = min(room, unpadded(self._pace.size(link))), True
            if (
                self._pace.size(link) >= link.room
                and self._left * self.framing.bytes_a_line > _WORTH_LARGER * link.room
            ):
                self._want_larger(now)
        elif 0 < self._behind <= _READ_AHEAD and self._flow is Flow.FOLLOWING and not link.silent:
            limit, cuts = min(room, HISTORY_RIDES_ALONG), False
        else:
            return []
        loads: list[Load] = []
        while limit >= LEAST_ROOM and (framed := self._next_frame(limit, cuts=cuts)) is not None:
            size = len(framed.encoded) + OVERHEAD_BYTES + WIRE_HEADERS
            self._sent_count += 1
            flight = _Flight(self, self._sent_count, framed.lines, framed.piece, size, now)
            self._under_way[self._sent_count] = flight
            self._pace.sent(size, link, now=now)
            loads.append(Load(framed.encoded, flight, background=True))
            limit = limit - len(framed.encoded) if framed.leaves_room else 0
        return loads

    def hurry(self) -> None:
        """Begin slowly on what may be another path; what is lost is sent again once that is known."""
        self._pace.forget_path()

    def arrived(self, flight: _Flight, *, now: float) -> None:
        """Take note that lines arrived, perhaps after they had seemed lost."""
        if self._under_way.pop(flight.serial, None) is None:
            if flight.piece is None:
                self._again.remove(flight.lines.start, flight.lines.stop)
            return
        assert self._link is not None  # it was asked for when this was sent
        self._pace.arrived(flight.size, sent_at=flight.sent_at, link=self._link, now=now)

    def lost(self, flight: _Flight, *, now: float) -> None:
        """Take note that lines seem lost."""
        if self._under_way.pop(flight.serial, None) is None:
            return
        assert self._link is not None
        self._pace.lost(flight.size, self._link, sent_at=flight.sent_at, now=now)
        self._send_again(flight)

    def _send_again(self, flight: _Flight) -> None:
        if flight.lines.stop <= self._archive.oldest:
            return
        if flight.piece is None:
            self._again.add(max(flight.lines.start, self._archive.oldest), flight.lines.stop)
        else:
            self._fragments.append((flight.lines.start, flight.piece))

    # --- what to send next -----------------------------------------------------------------------------------

    def _catch_up(self, now: float) -> None:
        """Once a flood is over go on with what is still worth it."""
        if now >= self._waits_until and self._goes_on(FlowChange.CAUGHT_UP):
            backlog = min(self._backlog, self._archive.end - self._archive.oldest)
            self._skip_to(self._archive.end - int(backlog * HISTORY_CATCH_UP))
            self._tell()

    def _forget_gone(self) -> None:
        """Send no line that is not kept any more; the client is told where something it waits for is among them."""
        oldest = self._archive.oldest
        if oldest == self._seen_oldest:
            return
        self._seen_oldest = oldest
        gone = self._fetch.start < min(oldest, self._fetch.stop)
        gone = gone or any(number < oldest for number, _ in self._fragments)
        self._fragments = deque([(number, piece) for number, piece in self._fragments if number >= oldest])
        self._fetch = self._kept_of(self._fetch)
        self._again.forget_below(oldest)
        if gone:
            self._tell()

    def _kept_of(self, lines: range) -> range:
        """Return those of some lines that are not given up."""
        return range(max(lines.start, min(self._archive.oldest, lines.stop)), lines.stop)

    def _next_frame(self, limit: int, *, cuts: bool) -> FramedLines | None:
        """Return a frame of at most `limit` bytes; None if nothing waits or fits.

        Args:
            cuts: a line too long for it may be cut.
        """
        if self._fragments and cuts:
            framed = self.framing.piece(*self._fragments.popleft(), limit)
        else:
            wanted = self._next_lines()
            first = self.framing.first(wanted, limit, cuts=cuts) if wanted else None
            if first is None:
                return None
            framed = first
            self._taken(framed.lines)
        if framed.rest:
            self._fragments.append((framed.lines.start, framed.rest))
        return framed

    def _next_lines(self) -> range:
        """Return the lines whose turn it is, MAX_HISTORY_LINES at most."""
        if (lost := self._again.lowest) is not None:
            start, stop = lost
        elif self._fetch:
            start, stop = self._fetch.start, self._fetch.stop
        elif self._flow is Flow.FOLLOWING:
            start, stop = self._next, self._archive.end
        else:
            return range(0)
        start = max(start, self._archive.oldest)
        return range(start, min(stop, start + MAX_HISTORY_LINES))

    def _taken(self, lines: range) -> None:
        """Take note that lines are on their way."""
        if self._again:
            self._again.forget_below(lines.stop)
        elif self._fetch:
            self._fetch = range(lines.stop, max(lines.stop, self._fetch.stop))
        else:
            self._next = lines.stop
