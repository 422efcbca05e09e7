"""Standard input and output as a connection, whatever they are: nothing waits, and nobody's descriptor is changed."""

import os
import pty
import socket
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh_client.tunnel.standard_streams import StandardStreams

#: Fills any pipe and any socket's buffer.
_MUCH = memoryview(bytes(1 << 24))


class Ends:
    """What a test has of them: the ends of whoever started us."""

    def __init__(self, kind: str) -> None:
        if kind == "pipes":
            self.reading, self.to_us = os.pipe()
            self.from_us, self.writing = os.pipe()
        elif kind == "sockets":
            ours, theirs = socket.socketpair()
            self.reading, self.writing = os.dup(ours.fileno()), ours.detach()
            self.from_us, self.to_us = os.dup(theirs.fileno()), theirs.detach()
        else:
            master, slave = pty.openpty()
            tty.setraw(slave)
            self.reading, self.writing = os.dup(slave), slave
            self.from_us, self.to_us = os.dup(master), master
        self.streams = StandardStreams(self.reading, self.writing)

    def close(self) -> None:
        for descriptor in (self.reading, self.writing, self.from_us, self.to_us):
            try:
                os.close(descriptor)
            except OSError:
                continue


@pytest.fixture(params=["pipes", "sockets", "a terminal"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    made = Ends(request.param)
    yield made
    made.streams.shutdown(1)
    made.close()


def test_what_comes_is_read_and_nothing_is_waited_for(ends: Ends) -> None:
    with pytest.raises(BlockingIOError):
        ends.streams.recv(100)
    os.write(ends.to_us, b"typed")
    assert ends.streams.recv(3) == b"typ"
    assert ends.streams.recv(100) == b"ed"
    assert os.get_blocking(ends.reading)
    assert not ends.streams.has_ended


def test_what_finds_no_room_is_not_written(ends: Ends) -> None:
    written = 0
    with pytest.raises(BlockingIOError):
        for _ in range(100_000):
            written += ends.streams.send(_MUCH)
    assert written > 0
    assert os.get_blocking(ends.writing)


@pytest.mark.parametrize("ends", ["pipes", "sockets"], indirect=True)
def test_whoever_reads_sees_the_end_and_the_number_stays_taken(ends: Ends) -> None:
    assert ends.streams.send(memoryview(b"last")) == 4
    ends.streams.shutdown(1)
    assert os.read(ends.from_us, 100) == b"last"
    assert os.read(ends.from_us, 100) == b""
    assert os.fstat(ends.writing).st_rdev == os.stat(os.devnull).st_rdev


def test_who_is_gone_is_seen_at_both_ends(ends: Ends) -> None:
    assert ends.streams.is_read
    os.close(ends.to_us)
    os.close(ends.from_us)
    assert ends.streams.recv(100) == b""
    assert ends.streams.has_ended
    assert not ends.streams.is_read


def test_files_are_read_and_written_too(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file")
    with (tmp_path / "in").open("rb") as reading, (tmp_path / "out").open("wb") as writing:
        streams = StandardStreams(reading.fileno(), writing.fileno())
        assert streams.recv(100) == b"from a file"
        assert streams.recv(100) == b""
        assert streams.send(memoryview(b"into a file")) == 11
        assert streams.is_read
    assert (tmp_path / "out").read_bytes() == b"into a file"
