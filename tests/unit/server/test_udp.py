"""The UDP socket."""

import contextlib
import os
import select
import socket
from collections.abc import Iterator

import pytest

from rmosh.errors import BootstrapError
from rmosh.transport.path import Datagram, Path
from rmosh.whole_datagrams import whole_datagram_options
from rmosh_server.sockets.udp import MAX_LOCAL_ADDRESSES, PortRange, UdpSocket, bind_first_free

#: How long loopback may take to deliver, in seconds; only a failing test waits for it.
PATIENCE = 5.0


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
    (received,) = server.receive(limit=1)
    return received


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
    assert [data for data, _ in server.receive(limit=3)] == [b"\0", b"\1", b"\2"]
    assert [data for data, _ in server.receive(limit=3)] == [b"\3", b"\4"]


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
