"""A session's paths through SSH channels, over real pipes and with a clock of the test's own."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from rmosh.channels.closing.policy import NEVER
from rmosh.datagram_stream import DatagramStream, framed, opening_line
from rmosh.transport.path import Datagram, Path
from rmosh_server.serving.ssh_paths import MAX_SSH_PATHS_PER_CLIENT, PROOF_PATIENCE, SshPaths
from rmosh_server.sockets.ssh_channel import MAX_BACKLOG, ChannelEnds, SshChannel, may_carry

NONCE = "0a" * 16
CLIENT = b"a client"


class Core:
    """Notes what comes; whatever begins with an A is authentic."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Path]] = []
        self.paths: dict[Path, bytes] = {}
        self.heard_at: float | None = None

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        self.received.append((untrusted, source))
        if untrusted.startswith(b"A"):
            self.heard_at = now

    def add_path(self, client: bytes, path: Path, *, now: float) -> None:
        self.paths[path] = client

    def drop_path(self, path: Path, *, now: float) -> None:
        del self.paths[path]


class Far:
    """What sshd and the command that it waits for have of one channel."""

    def __init__(self, *, follows_line: bool = True) -> None:
        reading, self.writing = os.pipe()
        self.reading, writing = os.pipe()
        self.lifeline, held = os.pipe()
        self.stream = DatagramStream()
        for descriptor in (self.reading, self.lifeline):
            os.set_blocking(descriptor, False)
        self.near = SshChannel(ChannelEnds(reading, writing, held, NONCE), follows_line=follows_line)

    def say(self, data: bytes) -> None:
        os.write(self.writing, data)

    def heard(self) -> list[bytes]:
        try:
            return self.stream.feed(os.read(self.reading, 1 << 20))
        except BlockingIOError:
            return []

    @property
    def is_let_go(self) -> bool:
        """Whether the command would end now."""
        try:
            return os.read(self.lifeline, 1) == b""
        except BlockingIOError:
            return False

    def close(self) -> None:
        for descriptor in (self.reading, self.writing, self.lifeline):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Bench:
    def __init__(self) -> None:
        self.core = Core()
        self.told: list[str] = []
        self.ssh_paths = SshPaths(self.core, tell=self.told.append)
        self.fars: list[Far] = []

    def adopt(self, client: bytes = CLIENT, *, now: float = 0.0, follows_line: bool = True) -> Far:
        far = Far(follows_line=follows_line)
        self.fars.append(far)
        self.ssh_paths.adopt(far.near, client, now=now)
        return far

    def send(self, number: int, data: bytes) -> bool:
        taken = self.ssh_paths.send(Datagram(Path.stream(number), data))
        self.ssh_paths.flush(now=0.0)
        return taken


@pytest.fixture
def bench() -> Iterator[Bench]:
    started = Bench()
    yield started
    started.ssh_paths.close()
    for far in started.fars:
        far.close()


def test_datagrams_go_both_ways_and_what_stands_before_the_opening_is_passed_over(bench: Bench) -> None:
    far = bench.adopt()
    assert bench.core.paths == {Path.stream(0): CLIENT}
    far.say(b"what a login script left\nRMOSH-HELLO versions=2\n" + opening_line(NONCE) + framed(b"A one") + b"\0")
    bench.ssh_paths.attend(now=1.0)
    far.say(b"\3two")
    bench.ssh_paths.attend(now=1.0)
    assert bench.core.received == [(b"A one", Path.stream(0)), (b"two", Path.stream(0))]
    assert bench.send(0, b"three") and bench.send(0, b"four")
    assert far.heard() == [b"three", b"four"]


def test_a_session_that_ran_already_waits_until_its_line_has_been_read(bench: Bench) -> None:
    far = bench.adopt(follows_line=False)
    assert bench.send(0, b"early")
    assert far.heard() == []
    far.say(opening_line(NONCE))
    for _ in range(2):  # it is read, and there is room
        bench.ssh_paths.attend(now=1.0)
    assert far.heard() == [b"early"]


def test_a_channel_that_sshd_closes_ends_its_path_and_the_command(bench: Bench) -> None:
    far = bench.adopt()
    os.close(far.writing)
    assert not far.is_let_go
    bench.ssh_paths.attend(now=1.0)
    assert (bench.core.paths, far.is_let_go) == ({}, True)
    assert bench.told[-1].endswith("went: the SSH connection was closed")
    assert not bench.send(0, b"lost")


def test_a_reader_that_is_gone_is_noticed_while_sending(bench: Bench) -> None:
    far = bench.adopt()
    os.close(far.reading)
    bench.send(0, b"lost")
    assert (bench.core.paths, far.is_let_go) == ({}, True)
    assert bench.told[-1].endswith("Broken pipe")


def test_a_wrong_length_ends_the_path(bench: Bench) -> None:
    far = bench.adopt()
    far.say(opening_line(NONCE) + b"\0\0")
    bench.ssh_paths.attend(now=1.0)
    assert (bench.core.paths, far.is_let_go) == ({}, True)


def test_a_channel_by_which_nothing_authentic_comes_is_let_go(bench: Bench) -> None:
    far = bench.adopt()
    assert bench.ssh_paths.next_wakeup == PROOF_PATIENCE
    far.say(opening_line(NONCE) + framed(b"forged"))
    bench.ssh_paths.attend(now=PROOF_PATIENCE - 1)
    assert bench.core.paths
    bench.ssh_paths.attend(now=PROOF_PATIENCE)
    assert (bench.core.paths, far.is_let_go) == ({}, True)
    proven = bench.adopt()
    proven.say(opening_line(NONCE) + framed(b"A"))
    bench.ssh_paths.attend(now=1.0)
    assert bench.ssh_paths.next_wakeup == NEVER


def test_what_a_dead_network_does_not_take_is_bounded_and_goes_on_in_order_once_it_lives(bench: Bench) -> None:
    far = bench.adopt()
    sent = [b"%06d" % number + bytes(1000) for number in range(600)]
    taken = [data for data in sent if bench.send(0, data)]
    assert len(b"".join(taken)) <= MAX_BACKLOG + (1 << 17)
    assert bench.ssh_paths.failed_sends == len(sent) - len(taken) > 0
    heard: list[bytes] = []
    while more := far.heard():
        heard += more
        bench.ssh_paths.attend(now=1.0)
    assert heard == taken == sent[: len(taken)]


def test_a_client_keeps_its_newest_channels(bench: Bench) -> None:
    fars = [bench.adopt() for _ in range(MAX_SSH_PATHS_PER_CLIENT + 1)]
    other = bench.adopt(b"another")
    assert [far.is_let_go for far in fars] == [True] + [False] * MAX_SSH_PATHS_PER_CLIENT
    assert not other.is_let_go
    assert [path.socket for path in bench.core.paths] == [1, 2, 3]


def test_a_client_that_leaves_takes_its_channels_along(bench: Bench) -> None:
    far, other = bench.adopt(), bench.adopt(b"another")
    bench.ssh_paths.client_left(CLIENT, now=1.0)
    assert (far.is_let_go, other.is_let_go) == (True, False)


def test_descriptors_go_no_further_and_wait_for_nobody() -> None:
    far = Far()
    ends = far.near._ends
    assert not any(map(os.get_inheritable, ends.descriptors))
    assert not any(map(os.get_blocking, (ends.reading, ends.writing)))
    kept = os.dup(ends.reading)
    far.near.close()
    assert os.get_blocking(kept)  # as the login shell knew it
    os.close(kept)
    far.close()


def test_only_pipes_and_sockets_are_channels(tmp_path: FilePath) -> None:
    reading, writing = os.pipe()
    terminal, other_end = os.openpty()
    opened = os.open(tmp_path / "file", os.O_CREAT | os.O_RDWR)
    near, far = socket.socketpair()
    assert [may_carry(each) for each in (reading, writing, near.fileno())] == [True] * 3
    assert [may_carry(each) for each in (terminal, other_end, opened)] == [False] * 3
    near.close()
    far.close()
    for descriptor in (reading, writing, terminal, other_end, opened):
        os.close(descriptor)
    assert not may_carry(opened)
