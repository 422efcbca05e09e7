"""A stream joined with a socket that has datagrams: their bounds are kept, and none waits for another."""

from rmosh.datagram_stream import DatagramStream, framed
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.datagram_junction import DatagramJunction
from tests.unit.forwarding.streams import stream_pair


class FakeDatagrams:
    def __init__(self, *arriving: bytes) -> None:
        self.arriving: list[bytes | OSError] = list(arriving)
        self.sent: list[bytes] = []
        self.error: OSError | None = None

    def recv(self, limit: int, /) -> bytes:
        if not self.arriving:
            raise BlockingIOError
        first = self.arriving.pop(0)
        if isinstance(first, OSError):
            raise first
        return first[:limit]

    def send(self, data: bytes, /) -> int:
        if self.error is not None:
            raise self.error
        self.sent.append(data)
        return len(data)


def test_datagrams_keep_their_bounds_both_ways() -> None:
    ours, theirs = stream_pair()
    sockets = FakeDatagrams(b"one", b"two")
    junction = DatagramJunction(ours, sockets)
    junction.receive()
    assert DatagramStream().feed(theirs.read()) == [b"one", b"two"]
    theirs.write(framed(b"three") + framed(b"four")[:3])
    junction.send()
    assert sockets.sent == [b"three"]
    theirs.write(framed(b"four")[3:])
    junction.send()
    assert sockets.sent == [b"three", b"four"]


def test_a_datagram_that_finds_no_room_is_lost_and_the_next_that_fits_is_not() -> None:
    ours, theirs = stream_pair(window=20)
    junction = DatagramJunction(ours, FakeDatagrams(bytes(19), b"fits", b""))
    junction.receive()
    assert DatagramStream().feed(theirs.read()) == [b"fits"]
    assert junction.lost == 2


def test_a_port_that_nobody_listens_at_ends_nothing() -> None:
    ours, theirs = stream_pair()
    sockets = FakeDatagrams()
    sockets.arriving = [ConnectionRefusedError(), b"there now"]
    junction = DatagramJunction(ours, sockets)
    sockets.error = ConnectionRefusedError()
    theirs.write(framed(b"anybody?"))
    junction.send()
    junction.receive()
    assert DatagramStream().feed(theirs.read()) == [b"there now"]
    assert (junction.lost, junction.is_over) == (1, False)


def test_a_length_of_nothing_resets_the_stream() -> None:
    ours, theirs = stream_pair()
    junction = DatagramJunction(ours, FakeDatagrams())
    theirs.write(b"\0\0")
    junction.send()
    assert junction.is_broken
    assert theirs.was_reset is not None
    assert theirs.was_reset.code == ResetCode.MALFORMED.value


def test_it_is_over_when_the_stream_ends() -> None:
    ours, theirs = stream_pair()
    junction = DatagramJunction(ours, FakeDatagrams())
    theirs.finish()
    junction.send()
    assert junction.is_over
    assert not junction.is_broken
