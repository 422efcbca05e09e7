"""Streams between two ends without a network: opening, ending, giving up, limits, and peers that break them."""

import pytest

from rmosh.channels.streams import policy
from rmosh.channels.streams.frames import StreamData, StreamGivenUp, StreamLimit, StreamReset, StreamsLimit
from rmosh.channels.streams.stream import Stream
from rmosh.channels.streams.streams import Streams
from rmosh.errors import Malformed, NoStreams, TooManyStreams, UsageError
from rmosh.session.channels import FRAMES
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load

LINK = LinkConditions(
    smoothed_rtt=0.05, probe_timeout=0.1, loss=0.0, silence=0.0, room=1200, window_room=1 << 20, window=1 << 17
)


class Ends:
    """Two ends, and a clock that pacing never holds up."""

    def __init__(self) -> None:
        self.here = Streams(at_server=False, is_spoken=True, want_larger=lambda _now: None)
        self.there = Streams(at_server=True, is_spoken=True, want_larger=lambda _now: None)
        self.now = 1.0

    def said(self, streams: Streams, link: LinkConditions = LINK) -> list[Load]:
        """Return what an end says in one datagram."""
        self.now += 0.001
        return streams.sender.loads(link.room, link, now=self.now)

    def exchange(self) -> None:
        """Carry all that both have to say; everything arrives."""
        for _ in range(10_000):
            loads = [(self.there, load) for load in self.said(self.here)]
            loads += [(self.here, load) for load in self.said(self.there)]
            if not loads:
                return
            for listener, load in loads:
                for frame in FRAMES.decode(load.encoded):
                    hear(listener, frame, now=self.now)
                assert load.cargo is not None
                load.cargo.on_acknowledged(now=self.now)
        raise AssertionError("they never end talking")

    def opened(self) -> tuple[Stream, Stream]:
        """Return both ends of a stream on which something was said."""
        stream = self.here.open()
        stream.write(b"hello")
        self.exchange()
        (other,) = self.there.opened()
        assert other.read() == b"hello"
        self.exchange()
        self.here.changed(), self.there.changed()
        return stream, other


def hear(streams: Streams, frame: WireFrame, *, now: float = 1.0) -> None:
    assert isinstance(frame, StreamData | StreamLimit | StreamsLimit | StreamGivenUp)
    streams.check(frame)
    if isinstance(frame, StreamData):
        streams.take_data(frame, now=now)
    elif isinstance(frame, StreamLimit):
        streams.take_limit(frame)
    elif isinstance(frame, StreamGivenUp):
        streams.take_given_up(frame)
    else:
        streams.take_total(frame)


def test_numbers_tell_who_opened_a_stream_and_are_never_used_again() -> None:
    ends = Ends()
    numbers = []
    for streams in (ends.here, ends.there, ends.here):
        stream = streams.open()
        numbers.append(stream.number)
        stream.reset()
        ends.exchange()
        assert stream.is_over
    assert numbers == [0, 1, 2]
    assert (len(ends.here), len(ends.there)) == (0, 0)


def test_a_stream_ends_one_way_and_then_the_other() -> None:
    ends = Ends()
    stream, other = ends.opened()
    stream.finish()
    ends.exchange()
    assert (other.at_end, other.is_over) == (True, False)
    assert ends.there.changed() == [other]
    other.write(b"the answer")
    other.finish()
    ends.exchange()
    assert (stream.readable, stream.at_end, stream.is_over) == (10, False, False)
    assert stream.read() == b"the answer"
    assert (stream.at_end, stream.is_over, other.is_over) == (True, True, True)
    assert ends.here.changed() == [stream] and ends.there.changed() == [other]
    assert (stream.bytes_sent, stream.bytes_received, other.bytes_sent, other.bytes_received) == (5, 10, 10, 5)


def test_what_is_written_after_the_end_is_a_fault_of_ours() -> None:
    stream, _ = Ends().opened()
    stream.finish()
    with pytest.raises(UsageError, match="stream 0 was finished"):
        stream.write(b"more")
    assert stream.write(b"") == 0


def test_a_reset_is_told_with_its_reason_and_drops_what_was_on_its_way() -> None:
    ends = Ends()
    stream, other = ends.opened()
    stream.write(b"never read")
    other.write(b"nor this")
    ends.exchange()
    stream.reset(3, "the program\x1b[2J went away")
    ends.exchange()
    assert other.was_reset == StreamReset(3, "the program?[2J went away")
    assert (stream.was_reset, stream.is_over, other.is_over) == (None, True, True)
    assert (other.read(), stream.read(), other.write(b"gone")) == (b"", b"", 4)


def test_who_reads_no_more_is_sent_no_more_and_may_go_on_writing() -> None:
    ends = Ends()
    stream, other = ends.opened()
    other.stop_reading(9, "closed")
    other.write(b"still here")
    ends.exchange()
    assert (stream.nobody_reads, stream.was_reset) == (StreamReset(9, "closed"), None)
    assert (stream.read(), stream.write(b"into the void")) == (b"still here", 13)
    other.finish()
    ends.exchange()
    assert stream.is_over and other.is_over


def test_reset_after_all_was_said_is_heard_as_one() -> None:
    ends = Ends()
    stream, other = ends.opened()
    stream.finish()
    ends.exchange()
    stream.reset(4, "no answer wanted")
    ends.exchange()
    assert other.was_reset == StreamReset(4, "no answer wanted")
    assert stream.is_over and other.is_over


def test_a_stream_that_is_not_read_stops_at_its_window_and_goes_on_when_it_is() -> None:
    ends = Ends()
    stream, other = ends.opened()
    sent = 0
    for _ in range(100):
        sent += stream.write(bytes(200_000))
        ends.exchange()
    assert (other.readable, stream.room) == (policy.FIRST_WINDOW - 5, 0)
    ends.here.changed()
    while other.readable:
        other.read()
        ends.exchange()
    assert ends.here.changed() == [stream] and stream.room > 0
    assert other.bytes_received == sent + 5


def test_streams_that_are_never_read_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("credit.WINDOW_IN_ALL", "credit.SEND_BUFFER_IN_ALL"):
        monkeypatch.setattr(f"rmosh.channels.streams.{name}", 1 << 20)
    for name in ("incoming.FIRST_WINDOW", "outgoing.FIRST_WINDOW"):
        monkeypatch.setattr(f"rmosh.channels.streams.{name}", 1 << 14)
    ends = Ends()
    for _ in range(300):
        ends.here.open().write(bytes(1 << 15))
        ends.exchange()
    ends.there.opened()
    fresh, total = ends.here.open(), 0
    for _ in range(200):
        total += fresh.write(bytes(1 << 15))
        ends.exchange()
        (reader,) = [*ends.there.opened(), *[each for each in ends.there.changed() if each.number == fresh.number]][:1]
        while reader.readable:
            reader.read()
        ends.exchange()
    assert total >= reader.bytes_received > 1 << 20


def test_a_window_grows_as_far_as_its_reader_keeps_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("incoming.FIRST_WINDOW", "outgoing.FIRST_WINDOW"):
        monkeypatch.setattr(f"rmosh.channels.streams.{name}", 1 << 14)
    windows = []
    for reads in (1 << 20, 100):
        ends = Ends()
        stream, other = ends.opened()
        for _ in range(100):
            stream.write(bytes(1 << 14))
            ends.exchange()
            other.read(reads)
        windows.append(other.incoming.window)
    assert windows[0] > 2 << 14
    assert windows[1] == 1 << 14


def test_no_more_streams_are_opened_than_the_peer_allows_and_more_once_some_are_over() -> None:
    ends = Ends()
    streams = [ends.here.open() for _ in range(policy.MOST_STREAMS)]
    with pytest.raises(TooManyStreams, match="4096 streams were opened"):
        ends.here.open()
    for stream in streams:
        stream.reset()
    ends.exchange()
    for other in ends.there.opened():
        assert other.is_over
    assert ends.here.open().number == 2 * policy.MOST_STREAMS


def test_where_streams_were_not_offered_none_is_opened() -> None:
    streams = Streams(at_server=True, is_spoken=False, want_larger=lambda _now: None)
    with pytest.raises(NoStreams):
        streams.open()


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([StreamData(1, 0, b"x", False)], "stream 1 was not opened here"),
        ([StreamLimit(1, 0, 1)], "stream 1 was not opened here"),
        ([StreamData(2 * policy.MOST_STREAMS, 0, b"x", False)], "only 4096 may be"),
        ([StreamData(0, policy.FIRST_WINDOW, b"x", False)], "its window ends at 1048576"),
        ([StreamData(0, 0, b"abc", True), StreamData(0, 3, b"d", False)], "a stream of 3 bytes has 4"),
        ([StreamData(0, 0, b"abc", True), StreamData(0, 0, b"ab", True)], "a stream of 3 bytes has 2"),
        ([StreamData(0, 5, b"abc", False), StreamData(0, 0, b"ab", True)], "ends at 2 and had 8"),
        ([StreamData(0, 0, b"abc", False), StreamGivenUp(0, 1, 2, StreamReset(0))], "ends at 2 and had 3"),
        ([StreamGivenUp(0, 1, 1 << 40, StreamReset(0))], "its window ends at"),
        ([StreamGivenUp(0, 1, 7, StreamReset(0)), StreamData(0, 7, b"x", False)], "a stream of 7 bytes has 8"),
    ],
)
def test_a_peer_that_breaks_the_rules_is_refused(frames: list[StreamData], why: str) -> None:
    streams = Ends().there
    for frame in frames[:-1]:
        hear(streams, frame)
    with pytest.raises(Malformed, match=why):
        hear(streams, frames[-1])


def test_all_streams_together_are_held_to_their_limit() -> None:
    streams = Ends().there
    count = policy.WINDOW_IN_ALL // policy.FIRST_WINDOW
    for place in range(count):
        hear(streams, StreamData(2 * place, policy.FIRST_WINDOW - 1, b"x", False))
    with pytest.raises(Malformed, match="on all streams, 67108864 are allowed"):
        hear(streams, StreamData(2 * count, 0, b"x", False))


def test_pieces_that_wait_for_what_is_missing_are_bounded() -> None:
    streams = Ends().there
    for place in range(policy.MOST_PIECES):
        hear(streams, StreamData(0, 2 * place + 1, b"x", False))
    with pytest.raises(Malformed, match="16384 pieces of a stream wait"):
        hear(streams, StreamData(0, 2 * policy.MOST_PIECES + 1, b"x", False))
    hear(streams, StreamData(0, 0, b"y", False))
    (stream,) = streams.opened()
    assert stream.read() == b"yx"


def test_of_bytes_that_come_twice_the_first_count() -> None:
    streams = Ends().there
    hear(streams, StreamData(0, 2, b"CD", False))
    hear(streams, StreamData(0, 1, b"bcde", False))
    hear(streams, StreamData(0, 0, b"abcdef", True))
    (stream,) = streams.opened()
    assert stream.read() == b"abCDef"


def test_what_comes_of_a_stream_that_is_over_changes_nothing() -> None:
    ends = Ends()
    stream, other = ends.opened()
    stream.reset()
    ends.exchange()
    hear(ends.there, StreamData(0, 0, b"late", True))
    hear(ends.there, StreamLimit(0, 5, 5))
    hear(ends.there, StreamGivenUp(0, 3, 5, StreamReset(1)))
    assert (ends.there.opened(), len(ends.there), other.read()) == ([], 0, b"")


def test_a_peer_that_is_silent_is_asked_at_least_every_five_seconds() -> None:
    ends = Ends()
    stream, _ = ends.opened()
    stream.write(b"anybody there?")
    assert ends.said(ends.here)
    for silence in (10.0, 100.0, 1000.0, 3000.0):
        due_at = ends.here.sender.due_at(LINK._replace(silence=silence))
        assert due_at is not None and due_at <= ends.now + policy.LONGEST_SILENT_WAIT
    ends.here.sender.hurry()
    assert ends.here.sender.due_at(LINK._replace(silence=1000.0)) == 0.0


def test_idle_streams_are_not_looked_at() -> None:
    ends = Ends()
    for _ in range(1000):
        ends.here.open().write(b"once")
    ends.exchange()
    assert ends.here.sender.due_at(LINK) is None
    assert not (len(ends.here.sender._turns) or ends.here.sender._unsettled)
