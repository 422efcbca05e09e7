"""What all streams of a connection have to say, in turn, behind everything that somebody waits for."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from rmosh.channels.streams.frames import (
    DATA_OVERHEAD,
    LARGEST_FULL_PIECE,
    MAX_RESET_REASON,
    READS_NO_MORE,
    SAYS_NO_MORE,
    STREAM_DATA,
    STREAM_GIVEN_UP,
    STREAM_LIMIT,
    STREAMS_LIMIT,
    StreamGivenUp,
    StreamLimit,
    StreamsLimit,
    append_data,
    front_of_full_piece,
)
from rmosh.channels.streams.outgoing import StreamPiece
from rmosh.channels.streams.policy import CARRIED_WHOLE, FEW_STREAMS, LONGEST_SILENT_WAIT
from rmosh.channels.streams.stream import Stream
from rmosh.channels.streams.turns import Turns
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import BulkTraffic, Load

#: Fewest bytes worth a piece of their own.
_SMALLEST_PIECE = 64

#: Most bytes of a frame that tells anything else: STREAM_GIVEN_UP with its reason.
_MOST_NEWS = 24 + MAX_RESET_REASON


class _Carried(NamedTuple):
    """Cargo: a piece of a stream."""

    sender: "StreamsSender"
    stream: Stream
    piece: StreamPiece

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.piece_arrived(self.stream, self.piece)

    def on_lost(self, *, now: float) -> None:
        self.sender.piece_lost(self.stream, self.piece)


class _LimitTold(NamedTuple):
    """Cargo: how far a stream may go."""

    sender: "StreamsSender"
    stream: Stream
    limit: int

    def on_acknowledged(self, *, now: float) -> None:
        """Leave it: a limit that is known needs nothing more."""

    def on_lost(self, *, now: float) -> None:
        if self.stream.incoming.limit == self.limit:
            self.sender.owe_limit(self.stream)


class _GivenUpTold(NamedTuple):
    """Cargo: that a stream is given up."""

    sender: "StreamsSender"
    stream: Stream
    halves: int

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.given_up_arrived(self.stream, self.halves)

    def on_lost(self, *, now: float) -> None:
        self.sender.owe_reset(self.stream)


class _TotalTold(NamedTuple):
    """Cargo: how much may be sent in all."""

    sender: "StreamsSender"
    told: StreamsLimit

    def on_acknowledged(self, *, now: float) -> None:
        """Leave it, likewise."""

    def on_lost(self, *, now: float) -> None:
        self.sender.total_lost(self.told)


class StreamsSender(BulkTraffic):
    """A traffic class: gives each stream that has more to say its turn.

    Attributes:
        link: as it was when last asked; None before.
    """

    def __init__(self, *, settled: Callable[[Stream], None], want_larger: Callable[[float], None]) -> None:
        """Begin.

        Args:
            settled: told of a stream of which something arrived.
            want_larger: told the moment when larger datagrams would be filled.
        """
        self._settled = settled
        self._want_larger = want_larger
        self._turns = Turns(_has_piece)
        self._unsettled: dict[Stream, None] = {}
        self._limits_owed: dict[Stream, None] = {}
        self._resets_owed: dict[Stream, None] = {}
        self._total = StreamsLimit(0, 0)
        self._total_is_owed = False
        self._schedule = RepeatSchedule()
        self._is_open = False
        self._said_at = 0.0
        self.link: LinkConditions | None = None

    # --- what there is to say --------------------------------------------------------------------------------

    def has_more(self, stream: Stream) -> None:
        """Give a stream a turn."""
        if self._turns.join(stream):
            self._open()

    def owe_limit(self, stream: Stream) -> None:
        """Tell the peer how far a stream may go."""
        if stream.incoming.size is None:
            self._limits_owed[stream] = None
            self._open()

    def owe_reset(self, stream: Stream) -> None:
        """Tell the peer that a stream is given up, unless it knows."""
        if stream.outgoing.given_up is not None:
            self._unsettled.pop(stream, None)
        if stream.outgoing.given_up_is_owed or stream.incoming.ignored_is_owed:
            self._resets_owed[stream] = None
            self._open()

    def tell_total(self, told: StreamsLimit) -> None:
        """Tell the peer how much it may send in all, and how many streams open."""
        self._total, self._total_is_owed = told, True
        self._open()

    def total_lost(self, told: StreamsLimit) -> None:
        """Tell it again if it is the newest."""
        if told == self._total:
            self.tell_total(told)

    def forget(self, stream: Stream) -> None:
        """Say nothing more of a stream that is over."""
        for owed in (self._unsettled, self._limits_owed, self._resets_owed):
            owed.pop(stream, None)

    # --- what became of it -----------------------------------------------------------------------------------

    def piece_arrived(self, stream: Stream, piece: StreamPiece) -> None:
        """Take note that a piece is there."""
        stream.outgoing.acknowledged(piece)
        if stream.outgoing.is_settled:
            self._unsettled.pop(stream, None)
        self._settle()
        self._settled(stream)

    def piece_lost(self, stream: Stream, piece: StreamPiece) -> None:
        """Say a piece again."""
        if stream.outgoing.given_up is None:
            stream.outgoing.lost(piece)
            self.has_more(stream)

    def given_up_arrived(self, stream: Stream, halves: int) -> None:
        """Take note that the peer knows that a stream is given up."""
        if halves & SAYS_NO_MORE:
            stream.outgoing.given_up_arrived()
        if halves & READS_NO_MORE:
            stream.incoming.ignored_arrived = True
        self._settled(stream)

    def _open(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._schedule.renewed()

    def _settle(self) -> None:
        if not self._unsettled and not self._has_something:
            self._is_open = False
            self._schedule.settled()

    # --- traffic class ---------------------------------------------------------------------------------------

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when a datagram may leave for a stream's sake."""
        self.link = link
        if not self._is_open or not (self._has_something or self._unsettled):
            return None
        if link.silent:
            return self._asks_at(link)
        if self._owes:
            return 0.0
        if self._turns.speaker is not None and link.streams_at is not None:
            return link.streams_at
        return self._asks_at(link) if self._unsettled else None

    @property
    def _owes(self) -> bool:
        return bool(self._limits_owed or self._resets_owed or self._total_is_owed)

    @property
    def _has_something(self) -> bool:
        return self._owes or self._turns.speaker is not None

    def _asks_at(self, link: LinkConditions) -> float | None:
        """Return when something is said again only because no answer comes."""
        due_at = self._schedule.due_at(link, copies=self._is_brief)
        if due_at is None or link.reliable:
            return due_at
        return min(due_at, self._said_at + LONGEST_SILENT_WAIT)

    @property
    def _is_brief(self) -> bool:
        """Whether all that has not arrived is so little that each datagram carries all of it, as with what is typed."""
        if len(self._unsettled) > FEW_STREAMS:
            return False
        return sum(stream.outgoing.kept for stream in self._unsettled) <= CARRIED_WHOLE

    def hurry(self) -> None:
        """Ask at once."""
        self._schedule.hurry()

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return what is due, the streams in turn."""
        due_at = self.due_at(link)
        if due_at is None or due_at > now:
            return []
        loads = list(self._news(room))
        room -= sum(len(load.encoded) for load in loads)
        may_go_on = link.streams_at is not None and link.streams_at <= now
        if self._turns.speaker is not None and may_go_on and not link.silent:
            loads += self._pieces(min(room, link.streams_size), now=now)
        elif not loads:
            loads += self._question(min(room, link.streams_size))
        if loads:
            self._schedule.said(now=now)
            self._said_at = now
        return loads

    def _pieces(self, room: int, *, now: float) -> Iterator[Load]:
        while room >= DATA_OVERHEAD + _SMALLEST_PIECE and (stream := self._turns.speaker) is not None:
            self._turns.spoke(stream)
            piece = stream.outgoing.next_piece(room - _most_overhead(stream, room))
            assert piece is not None  # a speaker has one
            if piece.stop > stream.outgoing.size:
                self._schedule.renewed()
            load = self._load(stream, piece)
            room -= len(load.encoded)
            yield load
        if self._turns.speaker is not None:
            self._want_larger(now)

    @property
    def has_bulk(self) -> bool:
        """Whether a stream may have more to say."""
        return bool(self._turns)

    def bulk_loads(self, room: int, most: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return full pieces of the stream whose turn it is."""
        stream = self._turns.speaker
        if stream is None or link.silent or self._owes or room > min(LARGEST_FULL_PIECE, link.streams_size):
            return []
        loads = self._full_pieces(stream, room, most)
        if loads:
            self._turns.spoke(stream)
            self._unsettled[stream] = None
            self._schedule.said(now=now)
            self._said_at = now
            self._want_larger(now)
        return loads

    def _full_pieces(self, stream: Stream, room: int, most: int) -> list[Load]:
        loads: list[Load] = []
        outgoing = stream.outgoing
        start, left = outgoing.size, outgoing.new_before_last
        while len(loads) < most:
            front = front_of_full_piece(stream.number, start, room)
            stop = start + room - len(front)
            left -= stop - start
            if left < 0:
                break
            piece = StreamPiece(start, stop, is_last=False)
            loads.append(Load(front + outgoing.take(piece), _Carried(self, stream, piece), True, True, True))
            start = stop
        return loads

    def _question(self, room: int) -> Iterator[Load]:
        """Say what is not known to have arrived, all if it is brief, so that the peer answers."""
        streams = list(self._unsettled) if self._is_brief else list(islice(self._unsettled, 1))
        for stream in streams:
            if room >= DATA_OVERHEAD + _SMALLEST_PIECE:
                load = self._load(stream, stream.outgoing.oldest_piece(room - DATA_OVERHEAD))
                room -= len(load.encoded)
                yield load
        speaker = self._turns.speaker
        if not streams and speaker is not None and (piece := speaker.outgoing.next_piece(room - DATA_OVERHEAD)):
            yield self._load(speaker, piece)

    def _load(self, stream: Stream, piece: StreamPiece) -> Load:
        buffer = bytearray((STREAM_DATA.code,))
        append_data(buffer, stream.number, piece.start, stream.outgoing.take(piece), is_last=piece.is_last)
        self._unsettled[stream] = None
        return Load(bytes(buffer), _Carried(self, stream, piece), background=True, is_stream=True)

    # --- limits and resets -----------------------------------------------------------------------------------

    def _news(self, room: int) -> Iterator[Load]:
        """Yield what does not wait for a turn."""
        while room >= _MOST_NEWS and (load := self._next_news()) is not None:
            room -= len(load.encoded)
            yield load

    def _next_news(self) -> Load | None:
        if self._total_is_owed:
            self._total_is_owed = False
            return Load(STREAMS_LIMIT.encode(self._total), _TotalTold(self, self._total))
        if self._resets_owed:
            return self._reset_told(self._resets_owed.popitem()[0])
        if self._limits_owed:
            return self._limit_told(self._limits_owed.popitem()[0])
        return None

    def _limit_told(self, stream: Stream) -> Load:
        read, window = stream.incoming.tell_limit()
        told = STREAM_LIMIT.encode(StreamLimit(stream.number, read, window))
        return Load(told, _LimitTold(self, stream, read + window))

    def _reset_told(self, stream: Stream) -> Load:
        outgoing, incoming = stream.outgoing, stream.incoming
        halves = SAYS_NO_MORE * (outgoing.given_up is not None) | READS_NO_MORE * (incoming.ignored is not None)
        why = outgoing.given_up or incoming.ignored
        assert why is not None  # else nothing was owed
        size = outgoing.size if halves & SAYS_NO_MORE else 0
        told = STREAM_GIVEN_UP.encode(StreamGivenUp(stream.number, halves, size, why))
        return Load(told, _GivenUpTold(self, stream, halves))


def _has_piece(stream: Stream) -> bool:
    return stream.outgoing.next_piece(_SMALLEST_PIECE) is not None


def _most_overhead(stream: Stream, room: int) -> int:
    """Return the bytes that the next piece's frame spends beside it: what filled a datagram fills one again."""
    if room > LARGEST_FULL_PIECE:
        return DATA_OVERHEAD
    return len(front_of_full_piece(stream.number, stream.outgoing.next_offset, room))
