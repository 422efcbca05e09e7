"""The relay on loopback: real sockets, real time, short and bounded."""

import contextlib
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rmosh_netem.addresses import Address
from rmosh_netem.errors import Unavailable
from rmosh_netem.firewall import Firewall
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
from rmosh_netem.relay import Relay
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

ANY_PORT = Address("127.0.0.1", 0)

#: Seconds a busy machine may add to one datagram before a test calls it the relay's fault.
NOISE = 0.25


def profile(up: LinkModel | None = None, down: LinkModel | None = None) -> Profile:
    return Profile("test", "", "", up or LinkModel(), down or up or LinkModel())


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE)
        yield sock


@pytest.fixture
def near_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE)
        yield sock


def address_of(sock: socket.socket) -> Address:
    return Address(*sock.getsockname())


def forward(relay: Relay, far_end: socket.socket) -> tuple[str, int]:
    return relay.forward_udp(listen=ANY_PORT, to=address_of(far_end)).pair


def arrives_nothing(sock: socket.socket, *, within: float = 0.15) -> bool:
    sock.settimeout(within)
    with contextlib.suppress(TimeoutError, ConnectionRefusedError):
        sock.recv(2000)
        return False
    sock.settimeout(PATIENCE)
    return True


def test_datagrams_take_the_delay_each_way(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(profile(LinkModel(delay=0.05)), seed=1) as relay:
        near_end.sendto(b"ping", forward(relay, far_end))
        start = time.monotonic()
        data, source = far_end.recvfrom(2000)
        assert data == b"ping"
        assert 0.049 <= time.monotonic() - start < 0.05 + NOISE
        far_end.sendto(b"pong", source)
        assert near_end.recv(2000) == b"pong"
        assert 0.099 <= time.monotonic() - start < 0.1 + NOISE


def test_the_relay_itself_adds_less_than_half_a_millisecond_as_a_rule(
    far_end: socket.socket, near_end: socket.socket
) -> None:
    with Relay(profile(LinkModel(delay=0.002)), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        added = []
        for _ in range(100):
            start = time.monotonic()
            near_end.send(b"x")
            far_end.recv(2000)
            added.append(time.monotonic() - start - 0.002)
        assert min(added) > -0.0005
        assert statistics.quantiles(added, n=10)[1] < 0.0005  # the quiet fifth: the machine may be busy
        assert relay.lateness().timers >= 100


def test_each_client_has_its_own_upstream_port(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(profile(), seed=1) as relay, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
        listen = forward(relay, far_end)
        sources = []
        for client in (near_end, second, near_end):
            client.sendto(b"x", listen)
            sources.append(far_end.recvfrom(2000)[1])
        assert sources[0] == sources[2] != sources[1]


def test_rebinding_changes_the_upstream_port_and_forgets_the_old(
    far_end: socket.socket, near_end: socket.socket
) -> None:
    with Relay(profile(), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        near_end.send(b"x")
        old = far_end.recvfrom(2000)[1]
        assert relay.rebind() == 1
        near_end.send(b"x")
        new = far_end.recvfrom(2000)[1]
        assert new != old
        far_end.sendto(b"to the old port", old)
        assert arrives_nothing(near_end)
        far_end.sendto(b"to the new port", new)
        assert near_end.recv(2000) == b"to the new port"


def test_a_client_can_move_to_another_address(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(profile(), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        near_end.send(b"x")
        far_end.recvfrom(2000)
        relay.rebind("127.0.0.77")
        near_end.send(b"x")
        assert far_end.recvfrom(2000)[1][0] == "127.0.0.77"


def test_moving_to_an_address_of_another_machine_is_refused_and_changes_nothing(
    far_end: socket.socket, near_end: socket.socket
) -> None:
    with Relay(profile(), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        near_end.send(b"x")
        source = far_end.recvfrom(2000)[1]
        with pytest.raises(Unavailable, match="choose an address of this machine"):
            relay.rebind("203.0.113.1")
        near_end.send(b"x")
        assert far_end.recvfrom(2000)[1] == source


def test_a_blackout_begins_now_and_ends(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(profile(), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        relay.blackout(0.3)
        start = time.monotonic()
        near_end.send(b"lost")
        assert arrives_nothing(far_end)
        time_left = 0.31 - (time.monotonic() - start)
        far_end.settimeout(max(time_left, 0.001))
        with pytest.raises(TimeoutError):
            far_end.recv(2000)
        far_end.settimeout(PATIENCE)
        near_end.send(b"through")
        assert far_end.recv(2000) == b"through"
        assert relay.counters()["up"]["dropped_by_blackout"] == 1


def test_the_model_changes_while_it_runs(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(profile(), seed=1) as relay:
        near_end.connect(forward(relay, far_end))
        relay.change(up=LinkModel(loss=1.0))
        near_end.send(b"lost")
        assert arrives_nothing(far_end)
        relay.change(up=LinkModel())
        near_end.send(b"through")
        assert far_end.recv(2000) == b"through"
        assert relay.counters()["up"]["lost"] == 1


def test_a_profile_s_firewall_eats_udp_until_it_is_told_otherwise(
    far_end: socket.socket, near_end: socket.socket
) -> None:
    blocked = replace(profile(), firewall=Firewall(blocked=True))
    with Relay(blocked, seed=1) as relay:
        near_end.sendto(b"x", forward(relay, far_end))
        assert arrives_nothing(far_end)
        relay.put_up(Firewall())
        near_end.sendto(b"y", relay._udp[0].address.pair)
        assert far_end.recv(100) == b"y"


def test_a_profile_s_nat_forgets_a_silent_flow(far_end: socket.socket, near_end: socket.socket) -> None:
    with Relay(replace(profile(), nat_timeout=0.2), seed=1) as relay:
        front = forward(relay, far_end)
        near_end.sendto(b"x", front)
        _, before = far_end.recvfrom(100)
        time.sleep(0.4)
        far_end.sendto(b"late", before)
        assert arrives_nothing(near_end)
        near_end.sendto(b"x", front)
        assert far_end.recvfrom(100)[1] != before


def test_ipv6_is_relayed_as_well() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as far:
        try:
            far.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        far.settimeout(PATIENCE)
        with Relay(profile(), seed=1) as relay, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as near:
            to = Address("::1", far.getsockname()[1])
            near.sendto(b"x", relay.forward_udp(listen=Address("::1", 0), to=to).pair)
            assert far.recv(2000) == b"x"


def test_a_port_in_use_is_said_with_the_remedy(far_end: socket.socket) -> None:
    with Relay(profile(), seed=1) as relay, pytest.raises(Unavailable, match=r"UDP 127.*choose another port"):
        relay.forward_udp(listen=address_of(far_end), to=address_of(far_end))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


def connect_through(relay: Relay, listener: socket.socket) -> socket.socket:
    to = Address(*listener.getsockname())
    return socket.create_connection(relay.forward_tcp(listen=ANY_PORT, to=to).pair, timeout=PATIENCE)


def test_a_connection_takes_the_round_trips_of_a_real_one(listener: socket.socket) -> None:
    """SYN, SYN-ACK and the first data: the server hears the client after one and a half round trips."""
    with Relay(profile(LinkModel(delay=0.04)), seed=1) as relay:
        start = time.monotonic()
        with connect_through(relay, listener) as near:
            near.sendall(b"ping")
            far, _ = listener.accept()
            with far:
                assert far.recv(2000) == b"ping"
                assert 0.119 <= time.monotonic() - start < 0.12 + NOISE
                far.sendall(b"pong")
                assert near.recv(2000) == b"pong"
                assert 0.159 <= time.monotonic() - start < 0.16 + NOISE


def read_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


def test_a_stream_arrives_whole_and_its_end_too(listener: socket.socket) -> None:
    sent = bytes(range(256)) * 4000
    model = LinkModel(jitter=0.002, loss=0.5)
    with Relay(profile(model), seed=1) as relay, connect_through(relay, listener) as near:
        far, _ = listener.accept()
        with far:
            far.settimeout(PATIENCE)
            near.sendall(sent)
            near.shutdown(socket.SHUT_WR)
            assert read_all(far) == sent
            far.sendall(b"answer")
            far.shutdown(socket.SHUT_WR)
            assert read_all(near) == b"answer"


def test_a_stream_keeps_to_the_rate(listener: socket.socket) -> None:
    size, rate = 30_000, 1_000_000
    with Relay(profile(LinkModel(rate=rate)), seed=1) as relay, connect_through(relay, listener) as near:
        far, _ = listener.accept()
        with far:
            start = time.monotonic()
            near.sendall(bytes(size))
            near.shutdown(socket.SHUT_WR)
            assert len(read_all(far)) == size
            assert size * 8 / rate <= time.monotonic() - start < size * 8 / rate + NOISE


def test_a_refused_connection_is_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = Address(*closed.getsockname())
    with Relay(profile(), seed=1) as relay:
        listen = relay.forward_tcp(listen=ANY_PORT, to=nobody)
        # The reset may come before connect() itself returns.
        with pytest.raises(ConnectionResetError), socket.create_connection(listen.pair, timeout=PATIENCE) as near:
            near.recv(100)


def test_a_flow_too_many_is_counted(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr("rmosh_netem.tcp_relay.MAX_CONNECTIONS", 1)
    with Relay(profile(), seed=1) as relay:
        listen = relay.forward_tcp(listen=ANY_PORT, to=address_of(listener))
        with (
            socket.create_connection(listen.pair, timeout=PATIENCE),
            socket.create_connection(listen.pair, timeout=PATIENCE) as late,
        ):
            assert late.recv(100) == b""
        assert relay.describe()["refused"] == {"TCP connections": 1, "UDP clients": 0}


def test_stopping_closes_every_port(far_end: socket.socket) -> None:
    relay = Relay(profile(), seed=1)
    listen = relay.forward_udp(listen=ANY_PORT, to=address_of(far_end))
    relay.stop()
    relay.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(listen.pair)
