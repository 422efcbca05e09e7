"""A stream beside UDP, over the socket to a login process: nothing is lost in it, and nobody waits for it."""

import socket
from collections.abc import Iterator

import pytest

from rmosh.transport.path import Datagram, Path
from rmosh_client.link.sockets import MAX_SOCKETS, SendOutcome, SocketTable
from rmosh_client.link.stream_end import MOST_WAITING
from tests.patience import PATIENCE


class Beside:
    """A table with a stream, and the login process's end of it."""

    def __init__(self) -> None:
        self.table = SocketTable(["127.0.0.1"], 9)
        self.told: list[tuple[str, int] | tuple[str, int, bool]] = []
        self.table.on_open = lambda number, _: self.told.append(("open", number))
        self.table.on_close = lambda number, _: self.told.append(("close", number))
        self.table.on_stuck = lambda number, _, stuck: self.told.append(("stuck", number, stuck))
        ours, self.login = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.login.settimeout(PATIENCE)
        self.path = self.table.add_stream(ours)

    def send(self, data: bytes) -> SendOutcome:
        return self.table.send(Datagram(self.path, data))


@pytest.fixture
def beside() -> Iterator[Beside]:
    made = Beside()
    yield made
    made.table.close()
    made.login.close()


def test_datagrams_go_both_ways_by_a_path_that_is_a_stream(beside: Beside) -> None:
    assert beside.path.is_stream
    assert beside.told == [("open", beside.path.socket)]
    assert beside.send(b"question") is SendOutcome.SENT
    assert beside.login.recv(100) == b"question"
    beside.login.send(b"answer")
    assert list(beside.table.receive(beside.path.socket)) == [(b"answer", beside.path, None)]
    assert beside.path.socket in beside.table.descriptors


def test_what_a_login_process_does_not_take_yet_waits_in_order(beside: Beside) -> None:
    datagrams = [f"{number}".encode() * 100 for number in range(600)]
    assert {beside.send(data) for data in datagrams} == {SendOutcome.SENT}
    assert beside.told[-1] == ("stuck", beside.path.socket, True)
    arrived: list[bytes] = []
    while len(arrived) < len(datagrams):
        arrived.append(beside.login.recv(1000))
        beside.table.send_waiting(beside.path.socket)
    assert arrived == datagrams
    assert beside.told[1:] == [("stuck", beside.path.socket, True), ("stuck", beside.path.socket, False)]


def test_a_login_process_that_is_stopped_takes_no_more_memory_than_so_much(beside: Beside) -> None:
    outcomes = [beside.send(bytes(1000)) for _ in range(2 * MOST_WAITING // 1000)]
    assert outcomes[0] is SendOutcome.SENT
    assert outcomes[-1] is SendOutcome.LOST
    beside.login.recv(1000)
    beside.table.send_waiting(beside.path.socket)
    assert beside.send(b"room again") is SendOutcome.SENT


def test_a_stream_whose_login_process_is_gone_fails_as_a_path(beside: Beside) -> None:
    while beside.told[-1][0] != "stuck":
        beside.send(b"never read")
    beside.login.close()
    beside.table.send_waiting(beside.path.socket)
    assert beside.told[-1] == ("stuck", beside.path.socket, False), "nothing of it waits any more"
    assert beside.send(b"anyone there") is SendOutcome.PATH_FAILED
    assert list(beside.table.receive(beside.path.socket)) == []


def test_a_closed_stream_is_watched_no_more_and_fails_as_a_path(beside: Beside) -> None:
    beside.table.close_stream(beside.path)
    beside.table.close_stream(beside.path)
    assert beside.told[-1] == ("close", beside.path.socket)
    assert beside.send(b"too late") is SendOutcome.PATH_FAILED
    assert list(beside.table.receive(beside.path.socket)) == []
    beside.table.send_waiting(beside.path.socket)


def test_fresh_sockets_never_take_a_stream_s_place_nor_its_number(beside: Beside) -> None:
    numbers = [path.socket for _ in range(2 * MAX_SOCKETS) for path in beside.table.open_fresh()[0]]
    assert beside.path.socket not in numbers
    assert beside.send(b"still there") is SendOutcome.SENT
    assert Path.stream(beside.path.socket) == beside.path
