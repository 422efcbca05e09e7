"""Streams at both ends: they are the same but for whose numbers are even.

What they are made of is loaded when there is one: most sessions never have any, and at a server each costs memory.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmosh.channels.channel import AnySide, AtClient, AtServer
from rmosh.channels.streams.frames import (
    STREAM_DATA,
    STREAM_GIVEN_UP,
    STREAM_LIMIT,
    STREAMS_LIMIT,
    StreamData,
    StreamGivenUp,
    StreamLimit,
)
from rmosh.errors import Malformed
from rmosh.transport.channel import ChannelEnd, Urgency
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import BulkTraffic, Load

if TYPE_CHECKING:
    from rmosh.channels.streams.sender import StreamsSender
    from rmosh.channels.streams.streams import Streams

_FRAMES = (STREAM_DATA, STREAM_LIMIT, STREAMS_LIMIT, STREAM_GIVEN_UP)


class _StreamsTraffic(BulkTraffic):
    """Says what the streams have to say, once there are any."""

    def __init__(self) -> None:
        self.sender: StreamsSender | None = None

    def due_at(self, link: LinkConditions) -> float | None:
        return None if self.sender is None else self.sender.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        return [] if self.sender is None else self.sender.loads(room, link, now=now)

    @property
    def has_begun(self) -> bool:
        return self.sender is not None

    @property
    def has_bulk(self) -> bool:
        return self.sender is not None and self.sender.has_bulk

    def bulk_loads(self, room: int, most: int, link: LinkConditions, *, now: float) -> Sequence[Load]:
        return () if self.sender is None else self.sender.bulk_loads(room, most, link, now=now)

    def hurry(self) -> None:
        if self.sender is not None:
            self.sender.hurry()


class _StreamsEnd(ChannelEnd):
    """Hands the streams what comes.

    Attributes:
        begun: those of this connection; None before there was one.
    """

    takes = _FRAMES
    _at_server: bool

    def __init__(self, side: AnySide) -> None:
        self._is_spoken = side.speaks_streams
        self._want_larger = side.want_larger
        self._flowed = side.flowed
        self._traffic = _StreamsTraffic()
        self.senders = ((Urgency.BULK, self._traffic),)
        self.begun: Streams | None = None

    @property
    def streams(self) -> "Streams":
        """The streams of this connection."""
        if self.begun is None:
            from rmosh.channels.streams.streams import Streams

            self.begun = Streams(at_server=self._at_server, is_spoken=self._is_spoken, want_larger=self._want_larger)
            self._traffic.sender = self.begun.sender
        return self.begun

    def check(self, frame: Any) -> None:
        """Refuse what the peer may not say."""
        if not self._is_spoken:
            raise Malformed("streams were not offered, and the peer speaks of them")
        self.streams.check(frame)

    def take(self, frame: Any, *, now: float) -> None:
        """Take what it says."""
        if isinstance(frame, StreamData):
            self._flowed(len(frame.data), now)
            self.streams.take_data(frame, now=now)
        elif isinstance(frame, StreamLimit):
            self.streams.take_limit(frame)
        elif isinstance(frame, StreamGivenUp):
            self.streams.take_given_up(frame)
        else:
            self.streams.take_total(frame)


class StreamsAtClient(_StreamsEnd, AtClient):
    """The client's."""

    _at_server = False


class StreamsAtServer(_StreamsEnd, AtServer):
    """The server's, towards one client."""

    _at_server = True
