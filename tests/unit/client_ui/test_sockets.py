"""The UDP sockets, on loopback."""

import os
import select
import socket
import time
from collections.abc import Iterator

import pytest

from rmosh.transport.datagram_runs import run_options, segment_message
from rmosh.transport.path import Datagram, Path
from rmosh.whole_datagrams import whole_datagram_options
from rmosh_client.link.refusal import Refusal, RefusalProbe
from rmosh_client.link.sockets import MAX_SOCKETS, SendOutcome, SocketTable
from tests.patience import PATIENCE


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(PATIENCE)
        yield listening


@pytest.fixture
def table(server: socket.socket) -> Iterator[SocketTable]:
    opened = SocketTable(["127.0.0.1"], server.getsockname()[1])
    yield opened
    opened.close()


def test_without_a_port_no_address_is_tried_or_asked_for_a_refusal() -> None:
    table = SocketTable(["127.0.0.1", "::1"], 0)
    paths, _ = table.open_fresh()
    assert not paths
    assert not table.targets
    probe = RefusalProbe()
    probe.send(table.targets)
    assert probe.take_answer() is None
    table.close()


def wait_readable(table: SocketTable, path: Path) -> None:
    assert select.select([table.descriptors[path.socket]], [], [], 5)[0]


def test_a_socket_is_told_by_this_systems_own_numbers_to_keep_datagrams_whole(
    table: SocketTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(socket.socket, "setsockopt", lambda _socket, *option: told.append(option))
    table.open_fresh()
    assert set(whole_datagram_options(os.uname().sysname, ipv6=False)) <= set(told)


def test_a_datagram_goes_out_and_its_answer_names_the_same_path(table: SocketTable, server: socket.socket) -> None:
    (path,), _ = table.open_fresh()
    assert table.send(Datagram(path, b"question")) is SendOutcome.SENT
    data, source = server.recvfrom(100)
    assert data == b"question"
    server.sendto(b"answer", source)
    wait_readable(table, path)
    assert [(data, came_by) for data, came_by, _ in table.receive(path.socket)] == [(b"answer", path)]


@pytest.mark.linux
def test_what_waited_in_a_socket_tells_when_it_came(
    table: SocketTable, server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,), _ = table.open_fresh()
    table.send(Datagram(path, b"question"))
    source = server.recvfrom(100)[1]
    sent_at = time.monotonic()
    server.sendto(b"answer", source)
    wait_readable(table, path)
    late, time_of_day = time.monotonic() + 0.5, time.time() + 0.5
    monkeypatch.setattr("rmosh_client.link.sockets.monotonic", lambda: late)
    monkeypatch.setattr("rmosh_client.link.sockets.time.time", lambda: time_of_day)
    ((_, _, received_at),) = table.receive(path.socket)
    assert received_at is not None
    assert sent_at - 0.01 < received_at < late - 0.49


def test_each_family_gets_one_socket_and_paths_keep_the_order_of_addresses() -> None:
    table = SocketTable(["::1", "127.0.0.1", "127.0.0.2"], 60001)
    paths, _ = table.open_fresh()
    assert [path.host for path in paths if path.host != "::1"] == ["127.0.0.1", "127.0.0.2"]
    assert len(table.descriptors) == len({path.socket for path in paths})
    table.close()


def test_addresses_of_a_family_that_is_new_all_become_paths() -> None:
    table = SocketTable(["127.0.0.1"], 60001)
    (first,), _ = table.open_fresh()
    fresh, gone = table.aim(["127.0.0.2", "::1", "fd00::3"])
    assert [path.host for path in fresh] == ["127.0.0.2", "::1", "fd00::3"]
    assert gone == [first]
    assert table.aim(["127.0.0.2", "::1"]) == ([], [path for path in fresh if path.host == "fd00::3"])
    table.close()


def test_addresses_are_spelt_as_answers_will_spell_them() -> None:
    table = SocketTable(["0:0:0:0:0:0:0:1"], 60001)
    paths, _ = table.open_fresh()
    assert {path.host for path in paths} <= {"::1"}
    table.close()


def test_fresh_sockets_replace_the_oldest_but_never_the_one_in_use(table: SocketTable) -> None:
    (in_use,), _ = table.open_fresh()
    closed: list[Path] = []
    for _ in range(3 * MAX_SOCKETS):
        _, gone = table.open_fresh(keep=in_use)
        closed += gone
    assert len(table.descriptors) == MAX_SOCKETS
    assert in_use.socket in table.descriptors
    assert in_use not in closed
    assert len(closed) == 2 * MAX_SOCKETS + 1


def test_opening_and_closing_is_told(table: SocketTable) -> None:
    seen: list[tuple[str, int]] = []
    table.on_open = lambda number, descriptor: seen.append(("open", number))
    table.on_close = lambda number, descriptor: seen.append(("close", number))
    for _ in range(MAX_SOCKETS + 1):
        table.open_fresh()
    assert seen[0] == ("open", 0)
    assert seen[-1] == ("close", 0)


def test_refusal_makes_no_socket_ready_for_a_loop_would_be_woken_by_it_for_ever(
    table: SocketTable, server: socket.socket
) -> None:
    server.close()
    (path,), _ = table.open_fresh()
    probe = RefusalProbe()
    probe.send(table.targets)
    assert table.send(Datagram(path, b"anyone there")) is SendOutcome.SENT
    while (told := probe.take_answer()) is None:
        pass
    assert told is Refusal.PORT
    assert not select.select([table.descriptors[path.socket]], [], [], 0)[0]
    assert table.send(Datagram(path, b"again")) is SendOutcome.SENT
    probe.close()


def test_udp_is_not_refused_while_one_address_may_answer(server: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        closed = ("127.0.0.3", other.getsockname()[1])
        probe = RefusalProbe()
        probe.send([(socket.AF_INET, closed), (socket.AF_INET, other.getsockname())])
        for _ in range(100):
            assert probe.take_answer() is None
        probe.send([(socket.AF_INET, closed)])
        while probe.take_answer() is None:
            pass
        assert probe.take_answer() is None, "an answer is told once"


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="others say it by other errors")
def test_an_address_that_no_route_leads_to_is_told_at_once() -> None:
    probe = RefusalProbe()
    probe.send([(socket.AF_INET, ("255.255.255.255", 9))])
    assert probe.take_answer() is Refusal.ON_THE_WAY  # EACCES: a broadcast, as a mistaken address would be
    probe.close()


def test_a_port_where_someone_listens_is_not_refused(table: SocketTable, server: socket.socket) -> None:
    probe = RefusalProbe()
    assert not probe.take_answer()
    probe.send(table.targets)
    assert server.recvfrom(10)[0] == b""
    assert not probe.take_answer()
    probe.close()


def test_datagram_too_long_for_the_way_is_told_apart(table: SocketTable) -> None:
    (path,), _ = table.open_fresh()
    assert table.send(Datagram(path, b"x" * 65508)) is SendOutcome.TOO_LONG


def test_a_run_goes_out_and_one_that_comes_is_taken_apart(table: SocketTable, server: socket.socket) -> None:
    (path,), _ = table.open_fresh()
    run = [Datagram(path, bytes([number]) * (1452 if number < 39 else 700)) for number in range(40)]
    assert table.send_run(run) is SendOutcome.SENT
    came = [server.recvfrom(2000) for _ in run]
    assert [data for data, _ in came] == [datagram.data for datagram in run]
    beside = [segment_message(1452)] if run_options(os.uname().sysname) else []
    for group in [run] if beside else [[datagram] for datagram in run]:
        server.sendmsg([datagram.data for datagram in group], beside, 0, came[0][1])
    taken: list[tuple[bytes, Path]] = []
    while len(taken) < 40:
        wait_readable(table, path)
        taken += [(data, came_by) for data, came_by, _ in table.receive(path.socket)]
    assert taken == [(datagram.data, path) for datagram in run]


def test_a_run_that_is_too_long_or_has_no_way_is_told(table: SocketTable) -> None:
    (path,), _ = table.open_fresh()
    assert table.send_run(2 * [Datagram(path, bytes(65508))]) is SendOutcome.TOO_LONG
    nowhere = Path(path.socket, "255.255.255.255", path.port)
    assert table.send_run(2 * [Datagram(nowhere, b"x")]) is SendOutcome.PATH_FAILED
    assert table.send_run(2 * [Datagram(path, b"x")]) is SendOutcome.SENT


@pytest.mark.parametrize("host", ["255.255.255.255", "not an address", "::1"])
def test_impossible_ways_are_outcomes_not_exceptions(table: SocketTable, host: str) -> None:
    (path,), _ = table.open_fresh()
    assert table.send(Datagram(Path(path.socket, host, path.port), b"x")) is SendOutcome.PATH_FAILED


def test_closed_socket_is_an_outcome_not_an_exception(table: SocketTable) -> None:
    (path,), _ = table.open_fresh()
    table.close()
    assert table.send(Datagram(path, b"x")) is SendOutcome.PATH_FAILED
    assert list(table.receive(path.socket)) == []


def test_source_addresses_are_compared_with_those_at_the_last_look(table: SocketTable) -> None:
    assert not table.look_at_source_addresses()
