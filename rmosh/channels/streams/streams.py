"""All streams of a connection: opening them, what the peer says of them, and which of them have news.

Both ends count the streams that they open, and put their side in the lowest bit. One that is over is forgotten; its
number is not used again, and what still comes of it changes nothing.
"""

from collections.abc import Callable
from itertools import islice

from rmosh.channels.streams.credit import ReceivingCredit, SendingCredit
from rmosh.channels.streams.frames import (
    READS_NO_MORE,
    SAYS_NO_MORE,
    StreamData,
    StreamGivenUp,
    StreamLimit,
    StreamsLimit,
)
from rmosh.channels.streams.incoming import IncomingHalf
from rmosh.channels.streams.outgoing import OutgoingHalf
from rmosh.channels.streams.policy import (
    LARGEST_SEND_BUFFER,
    LEAST_SEND_BUFFER,
    MOST_STREAMS,
    TOLD_EVERY,
    WINDOW_IN_ALL,
    WORTH_LOOKING,
)
from rmosh.channels.streams.sender import StreamsSender
from rmosh.channels.streams.stream import Stream
from rmosh.errors import Malformed, NoStreams, TooManyStreams
from rmosh.rangeset import RangeSet
from rmosh.transport.policy import INITIAL_RTT


class Streams:
    """One end of a connection's streams.

    Attributes:
        is_spoken: the peer knows streams.
        sender: says what they have to say.
    """

    def __init__(self, *, at_server: bool, is_spoken: bool, want_larger: Callable[[float], None]) -> None:
        """Begin.

        Args:
            want_larger: told the moment when larger datagrams would be filled.
        """
        self._side = int(at_server)
        self.is_spoken = is_spoken
        self.sender = StreamsSender(settled=self._settled, want_larger=want_larger)
        self._sending = SendingCredit()
        self._receiving = ReceivingCredit()
        self._streams: dict[int, Stream] = {}
        self._opened_here = 0
        self._may_open = MOST_STREAMS
        self._seen = RangeSet(MOST_STREAMS + 1)
        self._peer_may_open = MOST_STREAMS
        self._peers_over = 0
        self._opened: list[Stream] = []
        self._news: dict[Stream, None] = {}
        self._wanting_room: dict[Stream, None] = {}
        self._was_scarce = False
        self._left_when_told: float = self._receiving.left

    # --- the user's side -------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return how many are not over."""
        return len(self._streams)

    def open(self) -> Stream:
        """Open a stream; the peer hears of it with the first that is said on it.

        Raises:
            NoStreams: the peer knows none.
            TooManyStreams: no more are allowed until one is over.
        """
        if not self.is_spoken:
            raise NoStreams("the other end speaks no streams: it is an older rmosh, or did not offer them")
        if self._opened_here >= self._may_open:
            raise TooManyStreams(f"{self._opened_here} streams were opened, the other end allows no more for now")
        self._opened_here += 1
        return self._new(2 * (self._opened_here - 1) + self._side)

    def opened(self) -> list[Stream]:
        """Return the streams that the peer opened since this was last asked."""
        opened, self._opened = self._opened, []
        return opened

    def changed(self) -> list[Stream]:
        """Return the streams with news since this was last asked.

        News are bytes to read, room to write after there was too little, the peer's end, a reset, and that it is over.
        """
        news, self._news = self._news, {}
        return list(news)

    def _new(self, number: int) -> Stream:
        stream = Stream(number, self, OutgoingHalf(self._sending), IncomingHalf(self._receiving))
        self._streams[number] = stream
        return stream

    # --- what a stream tells of itself -----------------------------------------------------------------------

    def room_for(self, stream: Stream) -> int:
        """Return how many more bytes a stream may keep until they arrived: never all that may be kept in all."""
        link, outgoing = self.sender.link, stream.outgoing
        windows = 0 if link is None else int(4 * link.streams_window)
        wanted = min(LARGEST_SEND_BUFFER, max(LEAST_SEND_BUFFER, windows))
        return max(0, min(wanted, self._sending.room_of(arrived=outgoing.arrived)) - outgoing.kept)

    def has_more(self, stream: Stream) -> None:
        """Give a stream a turn."""
        self.sender.has_more(stream)

    def was_read(self, stream: Stream) -> None:
        """Let the peer send more, and forget the stream if that was its last."""
        if stream.incoming.limit_is_worth_telling:
            self.sender.owe_limit(stream)
        self._look_at(stream)

    def gave_up(self, stream: Stream) -> None:
        """Tell the peer that it is given up."""
        self.sender.owe_reset(stream)
        self._look_at(stream)

    def _settled(self, stream: Stream) -> None:
        """Take note that something of a stream arrived."""
        if stream in self._wanting_room and self.room_for(stream):
            del self._wanting_room[stream]
            self._news[stream] = None
        elif self._was_scarce:
            self._offer_room()
        self._look_at(stream)

    def wants_room(self, stream: Stream) -> None:
        """Let it be news when there is some again."""
        self._wanting_room[stream] = None
        self._was_scarce = self._was_scarce or self._sending.is_scarce

    def _offer_room(self) -> None:
        """Tell one that waited for others to leave room, or all once there is plenty."""
        waiting = list(islice(self._wanting_room, 1)) if self._sending.is_scarce else list(self._wanting_room)
        for stream in waiting:
            del self._wanting_room[stream]
            self._news[stream] = None
        self._was_scarce = self._sending.is_scarce

    def _look_at(self, stream: Stream) -> None:
        """Forget a stream that is over, and tell the peer what it may do."""
        if not stream.is_over and stream.outgoing.is_done and stream.incoming.is_done:
            stream.is_over = True
            del self._streams[stream.number]
            self._peers_over += stream.number % 2 != self._side
            self._news[stream] = None
            self._wanting_room.pop(stream, None)
            self.sender.forget(stream)
        self._tell_limits()

    def _tell_limits(self) -> None:
        """Tell the peer what it may do.

        Where less is left for all it must know better how far each stream was read: see `share_of`.
        """
        left = max(self._receiving.left, WORTH_LOOKING * WINDOW_IN_ALL)
        if 2 * left < self._left_when_told:
            for each in self._streams.values():
                if each.incoming.limit_is_worth_telling:
                    self.sender.owe_limit(each)
        if not self._left_when_told / 2 <= left <= 2 * self._left_when_told:
            self._left_when_told = left
        more_streams = MOST_STREAMS + self._peers_over - self._peer_may_open
        if self._receiving.is_worth_telling or more_streams >= TOLD_EVERY * MOST_STREAMS:
            self._peer_may_open += more_streams
            self.sender.tell_total(StreamsLimit(self._receiving.tell(), self._peer_may_open))

    # --- what the peer says ----------------------------------------------------------------------------------

    def check(self, frame: StreamData | StreamLimit | StreamsLimit | StreamGivenUp) -> None:
        """Refuse what the peer may not say.

        Raises:
            Malformed: it has not opened this one, or may not.
        """
        if isinstance(frame, StreamsLimit):
            return
        place, side = divmod(frame.number, 2)
        if side == self._side and place >= self._opened_here:
            raise Malformed(f"stream {frame.number} was not opened here")
        if side != self._side and place >= self._peer_may_open:
            raise Malformed(f"stream {frame.number} is opened, only {self._peer_may_open} may be")

    def _find(self, number: int) -> Stream | None:
        """Return a stream, a new one where the peer opens it; None for one that is over."""
        stream = self._streams.get(number)
        if stream is None and number % 2 != self._side and number // 2 not in self._seen:
            self._seen.add(number // 2)
            stream = self._new(number)
            self._opened.append(stream)
        return stream

    def take_data(self, frame: StreamData, *, now: float) -> None:
        """Take bytes of a stream.

        Raises:
            Malformed: they go beyond a window, or contradict what was said.
        """
        stream = self._find(frame.number)
        if stream is None:
            return
        incoming = stream.incoming
        if incoming.take(frame.offset, frame.data, is_last=frame.is_last):
            self._news[stream] = None
        incoming.measure(INITIAL_RTT if self.sender.link is None else self.sender.link.smoothed_rtt, now=now)
        self._look_at(stream)

    def take_limit(self, frame: StreamLimit) -> None:
        """Take how far a stream may go."""
        stream = self._find(frame.number)
        if stream is not None:
            stream.outgoing.allowed(read=frame.read, window=frame.window)
            self.sender.has_more(stream)

    def take_total(self, frame: StreamsLimit) -> None:
        """Take how much may be sent in all, and how many streams opened."""
        self._sending.allowed(frame.size)
        self._may_open = max(self._may_open, frame.count)
        for stream in self._streams.values():
            if stream.outgoing.has_unsent:
                self.sender.has_more(stream)

    def take_given_up(self, frame: StreamGivenUp) -> None:
        """Take that the peer gives up a stream, or one half of it.

        Raises:
            Malformed: it contradicts what was said.
        """
        stream = self._find(frame.number)
        if stream is None:
            return
        if frame.halves & SAYS_NO_MORE:
            stream.incoming.take_reset(frame.size, frame.why)
        if frame.halves & READS_NO_MORE:
            stream.outgoing.give_up(frame.why)
            stream.nobody_reads = frame.why
            self.sender.owe_reset(stream)
        if frame.halves == SAYS_NO_MORE | READS_NO_MORE or stream.incoming.was_reset is not None:
            stream.was_reset = stream.was_reset or frame.why
        self._news[stream] = None
        self._look_at(stream)
