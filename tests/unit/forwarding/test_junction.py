"""A stream joined with a connection: every byte once and in order, both ways, at the pace of whoever is slower."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.junction import BYTES_PER_TURN, CHUNK, Junction
from tests.unit.forwarding.streams import Ended, FakeStream, stream_pair


class FakeConnection:
    """A connection to a program that is played by the test, with a send buffer of a given size."""

    def __init__(self, *, buffer: int = 1 << 30) -> None:
        self.written_by_program = bytearray()
        self.program_has_finished = False
        self.read_by_program = bytearray()
        self.room = buffer
        self.has_shut = False
        self.error: OSError | None = None

    def recv(self, limit: int, /) -> bytes:
        if self.error is not None:
            raise self.error
        if not self.written_by_program and not self.program_has_finished:
            raise BlockingIOError
        data = bytes(self.written_by_program[:limit])
        del self.written_by_program[:limit]
        return data

    def send(self, data: memoryview, /) -> int:
        if self.error is not None:
            raise self.error
        if not self.room:
            raise BlockingIOError
        taken = data[: self.room]
        self.read_by_program += taken
        self.room -= len(taken)
        return len(taken)

    def shutdown(self, how: int, /) -> None:
        assert how == 1
        assert not self.has_shut
        self.has_shut = True


def _joined(*, window: int = 1 << 20, buffer: int = 1 << 30) -> tuple[Junction, FakeConnection, FakeStream]:
    ours, theirs = stream_pair(window=window)
    connection = FakeConnection(buffer=buffer)
    return Junction(ours, connection), connection, theirs


STEPS = st.lists(
    st.tuples(st.sampled_from(["program writes", "peer writes", "peer reads", "room", "turn"]), st.integers(1, 300)),
    max_size=60,
)


@given(STEPS, st.integers(1, 200), st.integers(0, 100))
def test_every_byte_arrives_once_and_in_order_both_ways_however_slow_either_side_is(
    steps: list[tuple[str, int]], window: int, buffer: int
) -> None:
    junction, connection, peer = _joined(window=window, buffer=buffer)
    out, in_, received = bytearray(), bytearray(), bytearray()
    for step, size in steps:
        data = bytes([len(out) % 251 for _ in range(size)])
        if step == "program writes":
            connection.written_by_program += data
            out += data
        elif step == "peer writes":
            in_ += data[: peer.write(data)]
        elif step == "peer reads":
            received += peer.read(size)
        elif step == "room":
            connection.room += size
        else:
            junction.receive()
            junction.send()
    connection.program_has_finished = True
    peer.finish()
    for _ in range(20_000):
        if junction.is_over:
            break
        connection.room += 50
        received += peer.read(100)
        junction.receive()
        junction.send()
    received += peer.read()
    assert (bytes(received), bytes(connection.read_by_program)) == (bytes(out), bytes(in_))
    assert junction.is_over
    assert not junction.is_broken
    assert peer.at_end
    assert connection.has_shut


def test_a_program_that_finished_still_gets_what_the_peer_says() -> None:
    junction, connection, peer = _joined()
    connection.written_by_program += b"the question"
    connection.program_has_finished = True
    junction.receive()
    junction.receive()
    assert peer.read() == b"the question"
    assert peer.at_end
    assert not junction.wants_to_receive
    peer.write(b"the answer")
    junction.send()
    assert connection.read_by_program == b"the answer"
    assert not junction.is_over
    peer.finish()
    junction.send()
    assert connection.has_shut
    assert junction.is_over


def test_a_peer_that_finished_still_gets_what_the_program_says() -> None:
    junction, connection, peer = _joined()
    peer.write(b"the question")
    peer.finish()
    junction.send()
    assert connection.read_by_program == b"the question"
    assert connection.has_shut
    connection.written_by_program += b"the answer"
    assert junction.wants_to_receive
    junction.receive()
    assert peer.read() == b"the answer"
    assert not junction.is_over


def test_a_program_that_never_reads_keeps_no_more_than_a_chunk_here() -> None:
    junction, connection, peer = _joined(window=4 * CHUNK, buffer=0)
    assert peer.write(bytes(5 * CHUNK)) == 4 * CHUNK
    junction.send()
    junction.send()
    assert peer.write(bytes(5 * CHUNK)) == CHUNK, "one chunk was read off the stream, the rest keeps its window shut"
    assert junction.wants_to_send
    connection.written_by_program += b"and yet it is heard"
    junction.receive()
    assert peer.read() == b"and yet it is heard"


def test_a_peer_that_never_reads_leaves_the_programs_bytes_in_the_kernel() -> None:
    junction, connection, _ = _joined(window=1000)
    connection.written_by_program += bytes(5000)
    junction.receive()
    assert len(connection.written_by_program) == 4000
    assert not junction.wants_to_receive


def test_one_turn_moves_a_bounded_number_of_bytes_and_wants_another() -> None:
    junction, connection, peer = _joined(window=4 * BYTES_PER_TURN)
    peer.write(bytes(2 * BYTES_PER_TURN))
    connection.written_by_program += bytes(2 * BYTES_PER_TURN)
    junction.send()
    junction.receive()
    assert len(connection.read_by_program) == peer.readable == BYTES_PER_TURN
    assert junction.wants_to_send
    assert junction.wants_to_receive


def test_a_connection_that_was_reset_resets_the_stream_and_says_why() -> None:
    junction, connection, peer = _joined()
    connection.error = ConnectionResetError(104, "Connection reset by peer")
    junction.receive()
    assert peer.was_reset == Ended(ResetCode.CONNECTION_BROKEN.value, "Connection reset by peer")
    assert junction.is_broken


def test_a_stream_that_was_reset_breaks_the_connection() -> None:
    junction, _, peer = _joined()
    peer.write(b"half of it")
    peer.reset(7)
    junction.send()
    assert junction.is_over
    assert junction.is_broken


def test_a_stream_whose_client_is_gone_breaks_the_connection() -> None:
    junction, _, peer = _joined()
    peer.other.is_gone = True
    junction.send()
    assert junction.is_broken


def test_what_a_program_wrote_before_it_closed_arrives_though_it_reads_nothing_more() -> None:
    junction, connection, peer = _joined()
    connection.error = BrokenPipeError(32, "Broken pipe")
    peer.write(b"too late")
    junction.send()
    assert peer.nobody_reads == Ended(ResetCode.CONNECTION_BROKEN.value, "Broken pipe")
    connection.error = None
    connection.written_by_program += b"the last answer"
    connection.program_has_finished = True
    junction.receive()
    junction.receive()
    assert peer.read() == b"the last answer"
    assert peer.at_end
    assert junction.is_over
    assert not junction.is_broken


def test_a_program_that_nobody_reads_and_nobody_talks_to_is_broken_off() -> None:
    junction, connection, peer = _joined()
    peer.stop_reading(1)
    junction.send()
    connection.written_by_program += b"in vain"
    junction.receive()
    assert not junction.is_over, "the peer may still have something to say"
    peer.write(b"the last word")
    peer.finish()
    junction.send()
    assert connection.read_by_program == b"the last word"
    assert junction.is_broken
