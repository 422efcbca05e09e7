"""A session without a terminal: streams, one client at a time, and how it ends."""

import random
from dataclasses import dataclass

import pytest

from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.streams.stream import Stream
from rmosh.session.events import ClientLeft
from rmosh_netem.link import LinkModel
from tests.world.virtual_tunnel import VirtualTunnel, make_virtual_tunnel, tunnel_announce

LOSSY = LinkModel(delay=0.05, jitter=0.02, loss=0.1, reorder=True)


def closes(told: list[object]) -> list[CloseKind]:
    return [event.close.kind for event in told if isinstance(event, SessionClosed)]


def answer(tunnel: VirtualTunnel) -> bytes:
    """Say something on a stream of the client's and have it answered; return what comes."""
    stream = tunnel.client.streams.open()
    stream.write(b"question")
    stream.finish()
    heard = bytearray()

    def is_answered() -> bool:
        for _, streams in tunnel.server.streams():
            for opened in streams.opened():
                opened.write(b"answer")
                opened.finish()
            for changed in streams.changed():
                changed.read()
        heard.extend(stream.read())
        return stream.is_over

    while not is_answered():
        assert tunnel.world.now < 1120
        tunnel.world.run(0.01)
    return bytes(heard)


def test_a_tunnel_carries_streams_through_a_roam_and_a_blackout() -> None:
    tunnel = make_virtual_tunnel(LOSSY, seed=3)
    assert answer(tunnel) == b"answer"
    tunnel.world.roam()
    tunnel.world.black_out(8.0)
    assert answer(tunnel) == b"answer"
    assert tunnel.client.active_path is not None
    assert not (tunnel.client.status(now=tunnel.world.now).datagrams_dropped or tunnel.server.dropped)


def test_a_client_that_quits_ends_the_tunnel_and_knows_that_it_was_heard() -> None:
    tunnel = make_virtual_tunnel(LOSSY, seed=4)
    answer(tunnel)
    tunnel.client.quit(now=tunnel.world.now)
    assert tunnel.world.run_until(lambda: tunnel.client.quit_arrived, limit=20)
    assert closes(tunnel.at_server) == [CloseKind.CLIENT_QUIT]
    assert sum(isinstance(event, ClientLeft) for event in tunnel.at_server) == 1
    assert tunnel.server.is_ending and tunnel.server.client is None
    tunnel.world.run(10)
    assert not tunnel.server.connection_ids


def test_a_server_that_ends_is_finished_once_its_client_knows() -> None:
    tunnel = make_virtual_tunnel(LOSSY, seed=5)
    answer(tunnel)
    tunnel.server.end(Close(CloseKind.SERVER_STOPPED, 15), now=tunnel.world.now)
    assert not tunnel.server.finished
    assert tunnel.world.run_until(lambda: tunnel.server.finished, limit=20)
    assert closes(tunnel.at_client) == [CloseKind.SERVER_STOPPED]


def test_a_later_login_takes_the_tunnel_over_and_the_one_before_is_told() -> None:
    tunnel = make_virtual_tunnel(LinkModel(delay=0.02), seed=6)
    assert answer(tunnel) == b"answer"
    before = tunnel.server.client
    assert before is not None
    announce = tunnel_announce(random.Random(7))
    tunnel.server.attach(announce, name="another", now=tunnel.world.now)
    assert [event for event in tunnel.at_server if isinstance(event, ClientLeft)] == []
    tunnel.world.run(1)
    assert closes(tunnel.at_client) == [CloseKind.DETACHED]
    left = [event.client for event in tunnel.at_server if isinstance(event, ClientLeft)]
    assert left == [before.session_id]
    assert tunnel.server.client is not None and tunnel.server.client.session_id == announce.session_id
    assert [client for client, _ in tunnel.server.streams()] == [announce.session_id]
    tunnel.world.run(5)
    assert list(tunnel.server._contacts) == [announce.session_id]


def test_a_client_unheard_for_too_long_is_forgotten_and_its_leave_told_once() -> None:
    tunnel = make_virtual_tunnel(LinkModel(delay=0.02), seed=8, client_timeout=600.0)
    answer(tunnel)
    tunnel.world.black_out(1e9)
    tunnel.world.run(700)
    assert sum(isinstance(event, ClientLeft) for event in tunnel.at_server) == 1
    assert tunnel.server.client is None


def echoing(tunnel: VirtualTunnel) -> Stream:
    """Return a stream on which each byte that is written comes back, once the first has."""
    stream = tunnel.client.streams.open()
    stream.write(b"?")
    assert tunnel.world.run_until(lambda: turn(tunnel) and stream.readable > 0, limit=10)
    assert stream.read() == b"?"
    return stream


def turn(tunnel: VirtualTunnel) -> bool:
    """Let the server's user echo."""
    for _, streams in tunnel.server.streams():
        streams.opened()
        for other in streams.changed():
            other.write(other.read())
    return True


def test_a_byte_is_answered_soon_after_a_long_blackout_whether_or_not_anybody_knows_of_its_end() -> None:
    link = LinkModel(delay=0.05)
    tunnel = make_virtual_tunnel(link, seed=9)
    world, stream = tunnel.world, echoing(tunnel)
    waits = []
    for told in (True, False):
        world.black_out(600.0)
        stream.write(b"!")
        world.run(600.0)
        back_at = world.now
        if told:
            tunnel.client.network_changed(now=world.now)
        while not (turn(tunnel) and stream.readable):
            assert world.now < back_at + 10
            world.run(0.005)
        waits.append(world.now - back_at)
        assert stream.read() == b"!"
        world.run(5)
    print(waits)
    assert waits[0] <= 0.1 + 0.2
    assert waits[1] <= 5.0 + 0.3


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_through_ten_roams_in_the_middle_of_much() -> None:
    tunnel = make_virtual_tunnel(LinkModel(delay=0.03, loss=0.05, rate=4_000_000), seed=10)
    world, stream = tunnel.world, tunnel.client.streams.open()
    said, heard = random.Random(1).randbytes(400_000), bytearray()
    left = memoryview(said)
    others: list[Stream] = []
    for step in range(3000):
        left = left[stream.write(left) :]
        world.run(0.02)
        for _, streams in tunnel.server.streams():
            others += streams.opened()
        heard += b"".join([other.read(1 << 20) for other in others])
        if step % 4 == 3 and step < 40:
            world.roam()
        if len(heard) == len(said):
            break
    assert bytes(heard) == said


def test_a_thousand_streams_at_once_come_to_their_ends() -> None:
    tunnel = make_virtual_tunnel(LinkModel(delay=0.02, loss=0.02), seed=11)
    echoing(tunnel)
    streams = [tunnel.client.streams.open() for _ in range(1000)]
    for stream in streams:
        stream.write(b"%d" % stream.number)
    for _ in range(300):
        tunnel.world.run(0.02)
        turn(tunnel)
        if all(stream.readable for stream in streams):
            break
    assert [stream.read() for stream in streams] == [b"%d" % stream.number for stream in streams]
    for stream in streams:
        stream.reset()
    tunnel.world.run(2)
    assert len(tunnel.client.streams) == 1


@dataclass
class Download:
    """What the server says all the time on a stream, and the client only reads."""

    tunnel: VirtualTunnel
    stream: Stream
    other: Stream
    heard: int = 0
    is_on: bool = True

    def turn(self) -> None:
        """Say and read as much as there is room for."""
        if self.is_on:
            self.other.write(bytes(1 << 16))
        self.heard += len(self.stream.read(1 << 20))

    def run(self, seconds: float) -> None:
        """Let it go on for a while."""
        end = self.tunnel.world.now + seconds
        while self.tunnel.world.now < end:
            self.turn()
            self.tunnel.world.run(0.005)


def download(tunnel: VirtualTunnel) -> Download:
    """Return one that has gone on for a while."""
    stream = tunnel.client.streams.open()
    stream.write(b"?")
    others: list[Stream] = []
    while not others:
        tunnel.world.run(0.01)
        for _, streams in tunnel.server.streams():
            others += streams.opened()
    flow = Download(tunnel, stream, others[0])
    flow.run(2)
    return flow


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.002, 0.1])
def test_a_download_goes_on_soon_after_each_change_of_address_that_nobody_tells(rtt: float) -> None:
    tunnel = make_virtual_tunnel(LinkModel(delay=rtt / 2, rate=1_000_000, queue=30_000), seed=12)
    tunnel.world.run(120)  # nobody is active any more
    flow, waits = download(tunnel), []
    for _ in range(3):
        tunnel.world.roam()
        roamed_at = tunnel.world.now
        flow.run(rtt / 2 + 0.06)  # what was on its way arrives
        before = flow.heard
        while flow.heard == before:
            flow.run(0.005)
        waits.append(tunnel.world.now - roamed_at)
        flow.run(0.7 + 5 * rtt)
    print(waits)
    assert max(waits) <= 0.35 + 2 * rtt


@pytest.mark.slow
def test_a_stream_that_is_open_and_idle_costs_no_datagram_more() -> None:
    sent = []
    for has_stream in (True, False):
        tunnel = make_virtual_tunnel(LinkModel(delay=0.02, rate=300_000), seed=13)
        if has_stream:
            flow = download(tunnel)
            flow.is_on = False
            flow.run(2)
        tunnel.world.run(60)
        before = tunnel.client.status(now=tunnel.world.now).datagrams_sent
        tunnel.world.run(300)
        sent.append(tunnel.client.status(now=tunnel.world.now).datagrams_sent - before)
    print(sent)
    assert sent[0] <= sent[1] + 1
