"""Pieces of streams that fill datagrams, taken many at a time."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.streams.frames import LARGEST_FULL_PIECE, STREAM_DATA, StreamData, front_of_full_piece
from rmosh.channels.streams.policy import FIRST_WINDOW
from rmosh.channels.streams.streams import Streams
from rmosh.session.channels import FRAMES
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.policy import CEILING_MTU, FLOOR_MTU
from rmosh.transport.repeats import LinkConditions
from rmosh.wire import MAX_VARINT

ROOMS = st.integers(FLOOR_MTU - OVERHEAD_BYTES, CEILING_MTU - OVERHEAD_BYTES)


def link_of(room: int, *, silence: float = 0.0) -> LinkConditions:
    return LinkConditions(0.001, 0.01, loss=0.0, silence=silence, room=room, window_room=1e9, window=1e9)


def new_streams() -> Streams:
    return Streams(at_server=False, is_spoken=True, want_larger=lambda now: None)


@given(st.integers(0, MAX_VARINT), st.integers(0, MAX_VARINT - 1500), ROOMS | st.just(LARGEST_FULL_PIECE))
def test_the_front_makes_a_frame_that_has_exactly_the_room(number: int, offset: int, room: int) -> None:
    front = front_of_full_piece(number, min(offset, MAX_VARINT - room), room)
    data = bytes(room - len(front))
    assert FRAMES.decode(front + data) == [StreamData(number, min(offset, MAX_VARINT - room), data, is_last=False)]


@given(st.lists(st.tuples(st.integers(0, 40_000), st.booleans()), min_size=1, max_size=5), ROOMS, st.integers(1, 64))
def test_all_streams_are_said_whole_and_once_in_full_pieces_and_others(
    lengths: list[tuple[int, bool]], room: int, most: int
) -> None:
    streams = new_streams()
    written: dict[int, bytes] = {}
    for length, ends in lengths:
        stream = streams.open()
        written[stream.number] = bytes(place % 251 for place in range(length))
        assert stream.write(written[stream.number]) == length
        if ends:
            stream.finish()
    link = link_of(room)
    said: defaultdict[int, bytes] = defaultdict(bytes)
    ended: set[int] = set()
    for _ in range(1000):
        loads = streams.sender.bulk_loads(room, most, link, now=1.0)
        assert len(loads) <= most
        assert {len(load.encoded) for load in loads} <= {room}
        loads += streams.sender.loads(room, link, now=1.0)
        for frame in (frame for load in loads for frame in FRAMES.decode(load.encoded)):
            assert isinstance(frame, StreamData)
            assert frame.offset == len(said[frame.number])
            said[frame.number] += frame.data
            if frame.is_last:
                ended.add(frame.number)
        if not loads:
            break
    assert dict(said) == {number: data for number, data in written.items() if data or number in ended}
    assert ended == {2 * place for place, (_, ends) in enumerate(lengths) if ends}


def test_full_pieces_keep_within_the_streams_window_and_wait_for_what_is_lost() -> None:
    streams = new_streams()
    stream = streams.open()
    while stream.write(bytes(FIRST_WINDOW)):
        pass
    link, taken = link_of(1200), []
    while loads := streams.sender.bulk_loads(1200, 64, link, now=1.0):
        taken += loads
    assert sum(len(load.encoded) for load in taken) <= FIRST_WINDOW + 25 * len(taken)
    cargo = taken[5].cargo
    assert cargo is not None
    cargo.on_lost(now=2.0)
    assert streams.sender.bulk_loads(1200, 64, link, now=2.0) == []
    (repeated, *_) = streams.sender.loads(1200, link, now=2.0)
    assert FRAMES.decode(repeated.encoded) == FRAMES.decode(taken[5].encoded)


def test_no_full_piece_leaves_towards_silence() -> None:
    streams = new_streams()
    streams.open().write(bytes(100_000))
    assert streams.sender.bulk_loads(1200, 64, link_of(1200, silence=5.0), now=1.0) == []
    assert streams.sender.bulk_loads(LARGEST_FULL_PIECE + 1, 64, link_of(1200), now=1.0) == []


def test_a_full_piece_is_written_as_the_ordinary_way_writes_it() -> None:
    front = front_of_full_piece(2, 70_000, 1421)
    data = bytes(1421 - len(front))
    assert STREAM_DATA.encode(StreamData(2, 70_000, data, is_last=False)) == front + data
