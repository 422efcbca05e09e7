"""The UDP socket."""

import contextlib
import errno
import os
import select
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from rmosh.errors import BootstrapError
from rmosh.transport.datagram_runs import segment_message
from rmosh.transport.path import Datagram, Path
from rmosh.whole_datagrams import whole_datagram_options
from rmosh_server.sockets.udp import MAX_LOCAL_ADDRESSES, PortRange, UdpSocket, bind_first_free
from tests.patience import PATIENCE


@pytest.fixture
def server() -> Iterator[UdpSocket]:
    with contextlib.closing(bind_first_free(PortRange(0, 0))) as bound:
        yield bound


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.settimeout(PATIENCE)
        yield opened


def receive_one(server: UdpSocket) -> tuple[bytes, Path]:
    assert select.select([server], [], [], PATIENCE)[0]
    ((data, path, _),) = server.receive(limit=1)
    return data, path


def test_the_socket_is_told_by_this_systems_own_numbers_to_keep_datagrams_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(socket.socket, "setsockopt", lambda _socket, *option: told.append(option))
    bind_first_free(PortRange(0, 0)).close()
    assert set(whole_datagram_options(os.uname().sysname, ipv6=socket.has_ipv6)) <= set(told)


def test_a_datagram_comes_with_the_path_that_answers_it(server: UdpSocket, client: socket.socket) -> None:
    client.connect(("127.0.0.1", server.port))
    client.send(b"question")
    data, path = receive_one(server)
    assert data == b"question"
    assert path.port == client.getsockname()[1]
    server.send(Datagram(path, b"answer"))
    assert client.recv(100) == b"answer"


def test_the_answer_comes_from_the_address_that_was_asked(server: UdpSocket, client: socket.socket) -> None:
    client.bind(("127.0.0.1", 0))
    client.sendto(b"question", ("127.0.0.2", server.port))
    _, path = receive_one(server)
    server.send(Datagram(path, b"answer"))
    assert client.recvfrom(100) == (b"answer", ("127.0.0.2", server.port))


def test_each_local_address_is_a_path_of_its_own(server: UdpSocket, client: socket.socket) -> None:
    paths = []
    for host in ("127.0.0.1", "127.0.0.2", "127.0.0.1"):
        client.sendto(b"x", (host, server.port))
        paths.append(receive_one(server)[1])
    assert paths[0] == paths[2] != paths[1]


def test_local_addresses_are_counted_only_up_to_a_bound(server: UdpSocket, client: socket.socket) -> None:
    for last in range(1, MAX_LOCAL_ADDRESSES + 10):
        client.sendto(b"x", (f"127.0.1.{last}", server.port))
        _, path = receive_one(server)
        server.send(Datagram(path, b"y"))
    assert path.socket == 0


def test_ipv6_and_ipv4_reach_the_same_port(server: UdpSocket, client: socket.socket) -> None:
    try:
        ipv6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        ipv6.connect(("::1", server.port))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with ipv6:
        ipv6.settimeout(PATIENCE)
        ipv6.send(b"six")
        data, path = receive_one(server)
        server.send(Datagram(path, b"answer"))
        assert (data, ipv6.recv(100)) == (b"six", b"answer")
    client.sendto(b"four", ("127.0.0.1", server.port))
    assert receive_one(server)[0] == b"four"


def test_no_more_datagrams_than_asked_are_taken_in(server: UdpSocket, client: socket.socket) -> None:
    for number in range(5):
        client.sendto(bytes([number]), ("127.0.0.1", server.port))
    assert [data for data, _, _ in server.receive(limit=3)] == [b"\0", b"\1", b"\2"]
    assert [data for data, _, _ in server.receive(limit=3)] == [b"\3", b"\4"]


def run_to(path: Path, *, count: int, size: int = 1452, last: int = 700) -> list[Datagram]:
    return [Datagram(path, bytes([number]) * (last if number == count - 1 else size)) for number in range(count)]


def test_a_run_arrives_as_the_datagrams_that_it_was_and_comes_from_the_address_that_was_asked(
    server: UdpSocket, client: socket.socket
) -> None:
    client.sendto(b"question", ("127.0.0.2", server.port))
    run = run_to(receive_one(server)[1], count=40)
    assert server.send_run(run)
    came = [client.recvfrom(2000) for _ in run]
    assert [data for data, _ in came] == [datagram.data for datagram in run]
    assert {source for _, source in came} == {("127.0.0.2", server.port)}


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux takes runs")
def test_datagrams_that_come_at_once_are_taken_one_by_one(server: UdpSocket, client: socket.socket) -> None:
    run = run_to(Path(0, "", 0), count=45)
    client.sendmsg([each.data for each in run], [segment_message(1452)], 0, ("127.0.0.1", server.port))
    client.sendto(b"more", ("127.0.0.1", server.port))
    assert select.select([server], [], [], PATIENCE)[0]
    assert [data for data, *_ in server.receive(limit=1)] == [datagram.data for datagram in run]
    assert [data for data, *_ in server.receive(limit=1)] == [b"more"]


class RefusesRuns:
    """A socket whose kernel takes one datagram at a time."""

    def __init__(self, client: socket.socket, error: int) -> None:
        self._client, self._error = client, error
        self.family = socket.AF_INET
        self.refused = 0
        self.others = True

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 60001

    def sendmsg(self, buffers: list[bytes], beside: object, _flags: int, _address: object) -> None:
        if len(buffers) > 1:
            self.refused += 1
            raise OSError(self._error, "refused")
        if not self.others:
            raise OSError(errno.ENETUNREACH, "unreachable")
        self._client.send(buffers[0])


@pytest.mark.parametrize("error", [errno.EIO, errno.EINVAL, errno.EMSGSIZE])
def test_where_a_run_is_refused_its_datagrams_go_one_by_one_from_then_on(client: socket.socket, error: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
        hearing.bind(("127.0.0.1", 0))
        hearing.settimeout(PATIENCE)
        client.connect(hearing.getsockname())
        refusing = RefusesRuns(client, error)
        server = UdpSocket(cast(socket.socket, refusing))
        for _ in range(2):
            run = run_to(Path(0, "127.0.0.1", 9), count=5)
            assert server.send_run(run)
            assert [hearing.recv(2000) for _ in run] == [datagram.data for datagram in run]
        assert refusing.refused <= 1


def test_a_full_buffer_is_no_word_on_runs(client: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
        hearing.bind(("127.0.0.1", 0))
        client.connect(hearing.getsockname())
        refusing = RefusesRuns(client, errno.ENOBUFS)
        server = UdpSocket(cast(socket.socket, refusing))
        for _ in range(2):
            assert server.send_run(run_to(Path(0, "127.0.0.1", 9), count=5))
        assert refusing.refused == (2 if os.uname().sysname == "Linux" else 0)


def test_a_network_that_is_away_is_no_word_on_runs(client: socket.socket) -> None:
    refusing = RefusesRuns(client, errno.ENETUNREACH)
    refusing.others = False
    server = UdpSocket(cast(socket.socket, refusing))
    for _ in range(2):
        assert server.send_run(run_to(Path(0, "127.0.0.1", 9), count=5))
    assert refusing.refused == (2 if os.uname().sysname == "Linux" else 0)
    assert server.failed_sends == 10


def test_a_run_that_is_too_long_for_its_way_is_told(server: UdpSocket, client: socket.socket) -> None:
    client.sendto(b"x", ("127.0.0.1", server.port))
    path = receive_one(server)[1]
    assert not server.send_run(run_to(path, count=2, size=65508))
    assert server.send_run(run_to(path, count=2))


def test_an_empty_and_a_largest_datagram_are_read_whole(server: UdpSocket, client: socket.socket) -> None:
    client.sendto(b"", ("127.0.0.1", server.port))
    client.sendto(bytes(65507), ("127.0.0.1", server.port))
    assert receive_one(server)[0] == b""
    assert len(receive_one(server)[0]) == 65507


@pytest.mark.parametrize(
    "host", ["::ffff:127.0.0.1", "::ffff:240.0.0.1", "2001:db8::1", "fe80::1%1", "fe80::1%999999", "::"]
)
def test_no_failing_send_is_fatal(server: UdpSocket, client: socket.socket, host: str) -> None:
    client.sendto(b"x", ("127.0.0.2", server.port))
    local = receive_one(server)[1].socket
    server.send(Datagram(Path(local, host, 9), bytes(65508)))
    server.send(Datagram(Path(local, host, 9), b"small"))
    server.send(Datagram(Path(0, host, 9), b"small"))
    assert server.failed_sends >= 1


def test_the_first_free_port_of_the_range_is_taken() -> None:
    with contextlib.closing(bind_first_free(PortRange(0, 0))) as taken:
        first = taken.port
        with contextlib.closing(bind_first_free(PortRange(first, min(first + 20, 65535)))) as second:
            assert first < second.port <= first + 20


def test_a_range_without_a_free_port_is_named_in_the_error() -> None:
    with (
        contextlib.closing(bind_first_free(PortRange(0, 0))) as taken,
        pytest.raises(BootstrapError, match=f"UDP port {taken.port} is not free") as error,
    ):
        bind_first_free(PortRange(taken.port, taken.port))
    assert "--port" in error.value.hint


def test_a_port_that_only_ipv4_has_taken_is_not_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        with pytest.raises(BootstrapError):
            bind_first_free(PortRange(port, port))
