"""Input arrives once and in order whatever the network does to it, and within bounds whoever sends it."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.input.frames import Input
from rmosh.channels.input.policy import INPUT_CARRIED_WHOLE, INPUT_WINDOW, INPUT_WINDOW_MAX
from rmosh.channels.input.receiver import InputReceiver
from rmosh.channels.input.sender import InputSender
from rmosh.errors import Malformed
from rmosh.session.channels import FRAMES
from rmosh.transport.policy import INITIAL_WINDOW
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo

CLEAN = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=477, window_room=12000.0)

PIECES = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), max_size=60)


def sender_of() -> InputSender:
    return InputSender(want_larger=lambda now: None)


def said(sender: InputSender, *, now: float, room: int = 477) -> tuple[Input, Cargo] | None:
    loads = sender.loads(room, CLEAN, now=now)
    if not loads:
        return None
    (frame,) = FRAMES.decode(loads[0].encoded)
    assert isinstance(frame, Input)
    assert loads[0].cargo is not None
    return frame, loads[0].cargo


def stream(sender: InputSender, *, now: float) -> Iterator[tuple[Input, Cargo]]:
    """Take what the sender has to say at the moments at which it wants to."""
    while (due_at := sender.due_at(CLEAN)) is not None:
        now = max(now, due_at)
        packet = said(sender, now=now)
        assert packet is not None
        yield packet
        if sender._next_new in (sender.end, sender._limit):
            return


@given(PIECES, st.randoms(use_true_random=False))
def test_pieces_in_any_order_and_overlap_give_the_stream_once(pieces: list[tuple[int, int]], chance: object) -> None:
    stream = random.Random(1).randbytes(600)
    receiver, given_bytes = InputReceiver(), b""
    arrivals = [*pieces, *[(start, 25) for start in range(0, 600, 25)]]
    chance.shuffle(arrivals)  # type: ignore[attr-defined]  # hypothesis gives a list
    for start, length in arrivals:
        frame = Input(start, stream[start : start + length])
        receiver.check(frame)
        given_bytes += receiver.receive(frame)
    assert given_bytes == stream
    assert receiver.received == len(stream)


@pytest.mark.slow
@given(
    st.lists(st.binary(min_size=1, max_size=2000), min_size=1, max_size=8),
    st.lists(st.sampled_from(["arrive", "lose", "late", "twice"]), min_size=1, max_size=40),
)
def test_what_is_typed_arrives_exactly_over_loss_reordering_and_duplication(
    typed: list[bytes], fates: list[str]
) -> None:
    sender, receiver, given_bytes = sender_of(), InputReceiver(), b""
    on_their_way: list[tuple[Input, Cargo]] = []
    now, turn = 0.0, 0
    to_type = list(typed)
    while to_type or sender.backlog:
        turn += 1
        assert turn < 5000, "the sender is stuck"
        if to_type:
            sender.append(to_type.pop(0))
        now += 0.3
        packet = said(sender, now=now)
        fate = fates[turn % len(fates)] if turn < 200 else "arrive"
        if packet is not None and fate == "lose":
            packet[1].on_lost(now=now)
        elif packet is not None:
            on_their_way += [packet] * (2 if fate == "twice" else 1)
        if fate == "late":
            continue
        for frame, cargo in reversed(on_their_way):
            receiver.check(frame)
            given_bytes += receiver.receive(frame)
            receiver.given(receiver.received)
            cargo.on_acknowledged(now=now)
            sender.given(receiver.taken)
            sender.allowed(receiver.limit)
        on_their_way.clear()
    assert given_bytes == b"".join(typed)


def test_a_few_keys_travel_whole_in_every_datagram_until_they_arrive() -> None:
    sender = sender_of()
    sender.append(b"l")
    assert said(sender, now=0.0) is not None
    sender.append(b"s")
    packet = said(sender, now=0.01)
    assert packet is not None
    assert packet[0] == Input(0, b"ls")


def test_a_lost_key_is_repeated_in_time_however_fast_others_follow_it() -> None:
    sender = sender_of()
    for moment in (0.0, 0.05, 0.1):
        sender.append(b"k")
        assert said(sender, now=moment) is not None
    repeated = said(sender, now=CLEAN.probe_timeout)
    assert repeated is not None
    assert repeated[0] == Input(0, b"kkk")


def test_a_paste_is_streamed_and_only_its_lost_chunk_is_sent_again() -> None:
    sender = sender_of()
    sender.append(bytes(range(200)) * 10)
    packets = list(stream(sender, now=0.0))
    assert len(packets[0][0].data) > INPUT_CARRIED_WHOLE
    for _, cargo in packets[1:]:
        cargo.on_acknowledged(now=0.1)
    packets[0][1].on_lost(now=0.1)
    again = said(sender, now=1.0)
    assert again is not None
    assert again[0] == packets[0][0]


def test_input_stops_at_the_window_and_goes_on_when_it_moves() -> None:
    sender = sender_of()
    sender.append(bytes(2 * INPUT_WINDOW))
    for packet in stream(sender, now=0.0):
        packet[1].on_acknowledged(now=0.0)
    assert sender.backlog == INPUT_WINDOW
    assert sender.due_at(CLEAN) is None
    sender.given(1000)
    further = said(sender, now=1.0)
    assert further is not None
    assert further[0].offset == INPUT_WINDOW
    sender.allowed(INPUT_WINDOW + 5000)
    (*_, last) = stream(sender, now=2.0)
    assert last[0].offset + len(last[0].data) == INPUT_WINDOW + 5000
    sender.allowed(0)
    assert sender.due_at(CLEAN) != 0.0


def test_a_paste_leaves_at_twice_a_window_a_round_trip_and_not_in_one_burst() -> None:
    sender, at_once = sender_of(), 0
    sender.append(bytes(INPUT_WINDOW))
    roomy = CLEAN._replace(room=1421, window=32000.0, window_room=32000.0)
    while (due_at := sender.due_at(roomy)) is not None and due_at <= 10.0:
        at_once += len(sender.loads(1421, roomy, now=10.0)[0].encoded)
    assert INITIAL_WINDOW <= at_once <= INITIAL_WINDOW + 0.2 * roomy.window
    assert due_at is not None
    assert due_at - 10.0 <= 1421 * roomy.smoothed_rtt / roomy.window


def test_a_paste_asks_for_larger_datagrams_and_keys_do_not() -> None:
    asked: list[float] = []
    sender = InputSender(want_larger=asked.append)
    for key in range(2 * INPUT_CARRIED_WHOLE):
        sender.append(b"k")
        said(sender, now=float(key))
        if key % 5 == 4:
            sender.given(key + 1)
    assert asked == []
    sender.append(bytes(5000))
    said(sender, now=9999.0)
    assert asked == [9999.0]


def test_a_chunk_that_seemed_lost_and_arrived_late_is_not_sent_again() -> None:
    sender = sender_of()
    sender.append(bytes(2000))
    first, *_ = stream(sender, now=0.0)
    first[1].on_lost(now=1.0)
    first[1].on_acknowledged(now=1.1)
    assert [start for start, _ in sender._to_repeat.newest_first()] == []


def test_nothing_is_due_that_could_not_be_said() -> None:
    sender = sender_of()
    sender.append(bytes(1000))
    first = said(sender, now=0.0)
    assert first is not None
    first[1].on_acknowledged(now=0.1)
    shut = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=477, window_room=0.0)
    assert sender.due_at(shut) is None


def test_a_server_that_claims_input_never_typed_is_refused() -> None:
    sender = sender_of()
    sender.append(b"ls")
    with pytest.raises(Malformed):
        sender.given(3)


def test_input_beyond_the_window_is_refused() -> None:
    receiver = InputReceiver()
    receiver.check(Input(INPUT_WINDOW - 1, b"x"))
    with pytest.raises(Malformed):
        receiver.check(Input(INPUT_WINDOW, b"x"))


def test_a_hostile_client_cannot_make_the_server_keep_more_than_a_window() -> None:
    receiver = InputReceiver()
    for offset in range(1, 150):
        receiver.receive(Input(offset, bytes(INPUT_WINDOW - offset)))
    assert len(receiver._ahead) <= INPUT_WINDOW


def test_a_hostile_client_cannot_make_the_server_keep_track_of_any_number_of_pieces() -> None:
    receiver, refused = InputReceiver(), 0
    for offset in range(20_001, 0, -2):
        try:
            receiver.receive(Input(offset, bytes(1)))
        except Malformed:
            refused += 1
    assert refused > 5_000
    assert receiver.receive(Input(0, bytes(INPUT_WINDOW_MAX))) == bytes(INPUT_WINDOW_MAX)


def test_a_whole_window_arrives_in_which_every_second_datagram_of_the_smallest_size_was_lost() -> None:
    receiver, size = InputReceiver(), 460
    for offset in range(size, INPUT_WINDOW_MAX, 2 * size):
        assert receiver.receive(Input(offset, bytes(size))) == b""
    arrived = b"".join(
        [receiver.receive(Input(offset, bytes(size))) for offset in range(0, INPUT_WINDOW_MAX, 2 * size)]
    )
    assert len(arrived) >= INPUT_WINDOW_MAX
