"""One UDP port for many sessions: the keeper and sessions' ends of it, over real sockets in one process."""

import contextlib
import errno
import itertools
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath

import pytest

from rmosh.channels.closing.policy import NEVER
from rmosh.transport.path import Datagram, Path
from rmosh_server.port import keeper as keeper_module
from rmosh_server.port import messages, place
from rmosh_server.port.joining import NoSharedPort, join
from rmosh_server.port.keeper import SESSIONS_AT_ONCE, PortKeeper
from rmosh_server.port.messages import ANY_LOCAL, MAPPED, AddressPair
from rmosh_server.port.owners import MAX_OF_A_USER, MAX_SESSIONS, Owners
from rmosh_server.port.place import listen
from rmosh_server.port.public_socket import PublicSocket
from rmosh_server.port.shared_port import LAST_RETRY, SharedPort
from rmosh_server.sockets.control_socket import SHUT_TIME
from rmosh_server.sockets.udp import PortRange, bind_first_free
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(not place.is_possible(), reason="this system has no SOCK_SEQPACKET")


def ids_of(number: int, *, count: int = 21) -> frozenset[bytes]:
    """The ids of a made-up session."""
    return frozenset([number.to_bytes(4, "big") + index.to_bytes(4, "big") for index in range(count)])


def first_of(ids: frozenset[bytes]) -> bytes:
    return min(ids)


class Host:
    """A keeper that runs when the test says so, and its sessions."""

    def __init__(self, directory: FilePath) -> None:
        self.place = str(directory / "port.sock")
        self.udp = socket.socket(fileno=bind_first_free(PortRange(0, 0)).detach())
        self._opened: list[SharedPort | socket.socket] = []
        self.start()

    def start(self, *, door: socket.socket | None = None) -> None:
        self.keeper = PortKeeper(
            PublicSocket(socket.socket(fileno=os.dup(self.udp.fileno()))), door or listen(self.place)
        )
        self.is_running = True

    def run(self, turns: int = 5) -> None:
        for _ in range(turns):
            self.keeper.turn(timeout=0, now=time.monotonic())

    def run_until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline
            self.keeper.turn(timeout=0.01, now=time.monotonic())

    def stop(self) -> None:
        if self.is_running:
            self.keeper.close()
        self.is_running = False

    def close(self) -> None:
        self.stop()
        self.udp.close()
        for opened in self._opened:
            opened.close()

    def enter(self) -> socket.socket:
        """Return a connection that has said nothing yet."""
        connected = place.call(self.place)
        self._opened.append(connected)
        return connected

    def call(self, ids: frozenset[bytes]) -> socket.socket:
        """Return a connection that has told ids and was answered."""
        connected = self.enter()
        connected.send(messages.ids_message(ids))
        waiting = select.poll()
        waiting.register(connected, select.POLLIN)
        self.run_until(lambda: bool(waiting.poll(0)))
        return connected

    def session(self, ids: frozenset[bytes]) -> SharedPort:
        connected = self.call(ids)
        told = messages.read_listens(connected.recv(100))
        assert told.refused == 0
        shared = SharedPort(connected, self.place, port=told.port)
        shared.follow(ids, now=0.0)
        self.run()
        list(shared.receive(limit=10))
        return shared


@pytest.fixture
def host(tmp_path: FilePath) -> Iterator[Host]:
    started = Host(tmp_path)
    yield started
    started.close()


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.settimeout(PATIENCE)
        yield opened


def arrived(host: Host, session: SharedPort) -> list[tuple[bytes, Path]]:
    found: list[tuple[bytes, Path]] = []

    def look() -> bool:
        found.extend((data, path) for data, path, _ in session.receive(limit=10))
        return bool(found)

    host.run_until(look)
    return found


def test_each_datagram_goes_to_whom_its_id_belongs_to_and_the_answer_comes_from_the_shared_port(
    host: Host, client: socket.socket
) -> None:
    sessions = [host.session(ids_of(number)) for number in range(3)]
    port = host.udp.getsockname()[1]
    client.connect(("127.0.0.1", port))
    for number in (2, 0, 1):
        client.send(first_of(ids_of(number)) + b"question")
        ((data, path),) = arrived(host, sessions[number])
        assert data == first_of(ids_of(number)) + b"question"
        assert path.port == client.getsockname()[1]
        assert sessions[number].send(Datagram(path, b"answer"))
        host.run()
        assert client.recv(100) == b"answer"
    assert [session.port for session in sessions] == [port] * 3


def test_the_answer_comes_from_the_address_that_was_asked(host: Host, client: socket.socket) -> None:
    session = host.session(ids_of(1))
    client.bind(("127.0.0.1", 0))
    client.sendto(first_of(ids_of(1)), ("127.0.0.2", session.port))
    ((_, path),) = arrived(host, session)
    session.send(Datagram(path, b"answer"))
    host.run()
    assert client.recvfrom(100) == (b"answer", ("127.0.0.2", session.port))


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")])
def test_a_port_of_either_family_alone_answers_from_the_address_that_was_asked(
    family: socket.AddressFamily, address: str
) -> None:
    bound = socket.socket(family, socket.SOCK_DGRAM)
    bound.bind(("", 0))
    with contextlib.closing(PublicSocket(bound)) as public, socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.sendto(b"question", (address, public.port))
        assert select.select([public], [], [], PATIENCE)[0]
        ((data, pair),) = public.receive(limit=1)
        assert (data, pair.local) == (b"question", messages.packed_address(address))
        assert public.send(pair, b"answer")
        answer, source = client.recvfrom(100)
        assert (answer, source[0]) == (b"answer", address)


def test_datagrams_of_unknown_ids_are_counted_and_not_answered(host: Host, client: socket.socket) -> None:
    session = host.session(ids_of(1))
    client.settimeout(0)
    for data in (b"nobody's datagram", b"short"):
        client.sendto(data, ("127.0.0.1", session.port))
    host.run_until(lambda: host.keeper.dropped["datagrams of no session"] == 2)
    host.run()
    assert list(session.receive(limit=10)) == []
    with pytest.raises(BlockingIOError):
        client.recv(100)


def test_a_client_that_goes_on_to_further_ids_is_followed_and_old_ids_are_let_go(
    host: Host, client: socket.socket
) -> None:
    session = host.session(ids_of(1))
    session.follow(ids_of(2), now=0.0)
    host.run()
    client.sendto(first_of(ids_of(2)) + b"new", ("127.0.0.1", session.port))
    ((data, _),) = arrived(host, session)
    assert data.endswith(b"new")
    client.sendto(first_of(ids_of(1)) + b"old", ("127.0.0.1", session.port))
    host.run_until(lambda: host.keeper.dropped["datagrams of no session"] == 1)


def test_the_first_owner_keeps_an_id_until_he_goes(host: Host, client: socket.socket) -> None:
    owner = host.session(ids_of(1))
    thief = host.call(ids_of(1) | ids_of(2))
    assert messages.read_listens(thief.recv(100)).refused == len(ids_of(1))
    client.sendto(first_of(ids_of(1)), ("127.0.0.1", owner.port))
    arrived(host, owner)
    owner.close()
    host.run_until(lambda: host.keeper.sessions == 1)
    thief.send(messages.ids_message(ids_of(1)))
    host.run()
    assert messages.read_listens(thief.recv(100)).refused == 0


def test_only_a_session_with_an_id_may_send(host: Host, client: socket.socket) -> None:
    client.bind(("127.0.0.1", 0))
    client.settimeout(0)
    stranger = host.enter()
    pair = AddressPair(MAPPED + socket.inet_aton("127.0.0.1"), client.getsockname()[1], 0, ANY_LOCAL)
    stranger.send(messages.carry_message(pair, b"spoofed"))
    host.run_until(lambda: host.keeper.dropped["datagrams of sessions without an id"] == 1)
    with pytest.raises(BlockingIOError):
        client.recv(100)


@pytest.mark.parametrize(
    "nonsense",
    [b"\xff", b"\x01short", b"\x01" + bytes(8 * (messages.MAX_IDS + 1)), b"\x03", b"\x03" + bytes(20), b"\x02\x00\x01"],
)
def test_who_says_what_means_nothing_is_shown_out_and_nobody_else_notices(
    host: Host, client: socket.socket, nonsense: bytes
) -> None:
    session = host.session(ids_of(1))
    hostile = host.call(ids_of(2))
    hostile.send(nonsense)
    host.run_until(lambda: host.keeper.sessions == 1)
    client.sendto(first_of(ids_of(1)), ("127.0.0.1", session.port))
    arrived(host, session)


def test_a_session_that_does_not_listen_costs_nobody_else_a_datagram(host: Host, client: socket.socket) -> None:
    deaf, session = host.session(ids_of(1)), host.session(ids_of(2))
    for _ in range(100):
        for _ in range(30):
            client.sendto(first_of(ids_of(1)) + bytes(1000), ("127.0.0.1", deaf.port))
        host.run(2)
        if host.keeper.dropped["datagrams of sessions that are behind"]:
            break
    assert host.keeper.dropped["datagrams of sessions that are behind"]
    client.sendto(first_of(ids_of(2)), ("127.0.0.1", session.port))
    arrived(host, session)


def test_after_a_restart_sessions_come_again_by_themselves_and_what_waited_meanwhile_arrives(
    host: Host, client: socket.socket
) -> None:
    session = host.session(ids_of(1))
    client.connect(("127.0.0.1", session.port))
    client.send(first_of(ids_of(1)) + b"1")
    ((_, path),) = arrived(host, session)
    descriptor = session.fileno()
    host.stop()
    os.unlink(host.place)
    assert list(session.receive(limit=10)) == []
    retry_at = session.follow(ids_of(1), now=100.0)
    assert 100.0 < retry_at < 101.0
    assert not select.select([session], [], [], 0)[0]
    assert session.send(Datagram(path, b"lost on the way"))
    assert session.failed_sends == 1
    client.send(first_of(ids_of(1)) + b"2")
    host.start()
    assert session.follow(ids_of(1), now=retry_at) == NEVER
    ((data, path),) = arrived(host, session)
    assert data == first_of(ids_of(1)) + b"2"
    session.send(Datagram(path, b"answer"))
    host.run()
    assert client.recv(100) == b"answer"
    assert session.fileno() == descriptor


def test_a_keeper_that_stays_away_is_looked_for_ever_more_seldom(host: Host) -> None:
    session = host.session(ids_of(1))
    host.stop()
    list(session.receive(limit=10))
    now, pauses = 0.0, []
    for _ in range(12):
        again = session.follow(ids_of(1), now=now)
        pauses.append(again - now)
        now = again
    assert all(later >= sooner - 1e-6 for sooner, later in itertools.pairwise(pauses))
    assert pauses[-1] == pytest.approx(LAST_RETRY)


def test_a_datagram_that_is_too_long_for_this_host_is_refused_the_next_time(
    host: Host, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = host.session(ids_of(1))
    client.sendto(first_of(ids_of(1)), ("127.0.0.1", session.port))
    ((_, path),) = arrived(host, session)
    monkeypatch.setattr(PublicSocket, "send", lambda _public, _pair, data: len(data) <= 1400)
    assert session.send(Datagram(path, bytes(1452)))
    host.run()
    assert list(session.receive(limit=10)) == []
    assert session.send(Datagram(path, bytes(1200)))
    assert not session.send(Datagram(path, bytes(1452)))
    assert session.failed_sends == 1


def test_a_new_session_joins_or_is_told_why_not(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: FilePath
) -> None:
    with pytest.raises(NoSharedPort, match="nothing: No such file"):
        join(str(tmp_path / "nothing"), ids_of(1))
    monkeypatch.setattr("rmosh_server.port.joining.PATIENCE", 0.01)
    with pytest.raises(NoSharedPort, match=r"did not answer within 0\.01 s"):
        join(host.place, ids_of(1))
    host.stop()
    with pytest.raises(NoSharedPort, match="refused"):
        join(host.place, ids_of(1))


def test_a_user_has_so_many_sessions_and_no_more_and_others_go_on() -> None:
    owners: Owners[int] = Owners()
    assert all(owners.admit(number, user=1000) for number in range(MAX_OF_A_USER))
    assert not owners.admit(-1, user=1000)
    assert owners.admit(-1, user=1001)
    owners.release(5)
    assert owners.admit(5, user=1000)
    user = 2000
    while len(owners) < MAX_SESSIONS:
        owners.admit(10_000 + len(owners), user=user)
        user += 1
    assert not owners.admit(-2, user=5)


def test_users_take_turns_however_many_sessions_one_has(
    host: Host, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.bind(("127.0.0.1", 0))
    loopback, port = MAPPED + socket.inet_aton("127.0.0.1"), client.getsockname()[1]
    monkeypatch.setattr(keeper_module, "peer_user", lambda _session: 1000)
    crowd = [host.call(ids_of(number)) for number in range(3 * SESSIONS_AT_ONCE)]
    monkeypatch.setattr(keeper_module, "peer_user", lambda _session: 1001)
    alone = host.call(ids_of(9999))
    sent: list[bytes] = []

    def note(_public: PublicSocket, _pair: AddressPair, data: bytes) -> bool:
        sent.append(data)
        return True

    monkeypatch.setattr(PublicSocket, "send", note)
    for _ in range(40):
        for number, session in enumerate(crowd):
            session.send(messages.carry_message(AddressPair(loopback, port, 0, ANY_LOCAL), b"%d" % number))
    alone.send(messages.carry_message(AddressPair(loopback, port, 0, ANY_LOCAL), b"alone"))
    host.run(1)
    assert b"alone" in sent
    assert len(sent) <= 4 * SESSIONS_AT_ONCE + 1
    host.run(2)
    assert {b"%d" % number for number in range(len(crowd))} <= set(sent)


class DoorOfAFullHost(socket.socket):
    """Lets nobody in while the host has no descriptors to give."""

    is_full = True

    def accept(self) -> tuple[socket.socket, object]:
        if self.is_full:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_where_no_descriptor_is_left_the_door_is_shut_for_a_moment_and_opened_again(
    host: Host, client: socket.socket
) -> None:
    session = host.session(ids_of(1))
    port = session.port
    host.stop()
    door = DoorOfAFullHost(fileno=listen(host.place).detach())
    host.start(door=door)
    list(session.receive(limit=10))
    session.follow(ids_of(1), now=0.0)
    now = 100.0
    host.keeper.turn(timeout=60, now=now)
    host.keeper.turn(timeout=0, now=now + SHUT_TIME / 2)
    assert host.keeper.sessions == 0
    door.is_full = False
    host.keeper.turn(timeout=60, now=now + SHUT_TIME - 0.001)  # which takes a millisecond, and not a minute
    host.keeper.turn(timeout=0, now=now + SHUT_TIME)
    assert host.keeper.sessions == 1
    client.sendto(first_of(ids_of(1)), ("127.0.0.1", port))
    arrived(host, session)


@pytest.mark.slow
def test_a_thousand_sessions_each_get_their_own_and_come_again_after_a_restart(
    host: Host, client: socket.socket
) -> None:
    port = host.udp.getsockname()[1]
    sessions = [host.session(ids_of(number)) for number in range(1000)]
    for start in range(0, 1000, 50):
        batch = range(start, start + 50)
        for number in batch:
            client.sendto(first_of(ids_of(number)) + b"%d" % number, ("127.0.0.1", port))
        host.run(3)
        for number in batch:
            ((data, *_),) = sessions[number].receive(limit=10)
            assert data == first_of(ids_of(number)) + b"%d" % number
    host.stop()
    client.sendto(first_of(ids_of(999)) + b"meanwhile", ("127.0.0.1", port))
    host.start()
    for number, session in enumerate(sessions):
        assert list(session.receive(limit=10)) == []
        assert session.follow(ids_of(number), now=0.0) == NEVER
    ((data, _),) = arrived(host, sessions[999])
    assert data.endswith(b"meanwhile")
    assert host.keeper.sessions == 1000
