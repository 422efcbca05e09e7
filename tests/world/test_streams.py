"""Streams over bad links: every byte once and in order, both ways, whatever happens to the link."""

import random

import pytest

from rmosh.channels.streams.stream import Stream
from rmosh.errors import NoStreams
from rmosh_netem.link import LinkModel
from tests.world.stream_beside_udp import make_two_paths
from tests.world.trace_reading import trace_both
from tests.world.virtual_session import make_virtual_session, percentile

LOSSY = LinkModel(delay=0.05, jitter=0.02, loss=0.1, reorder=True, duplicate=0.05)


@pytest.mark.parametrize("link", [LinkModel(delay=0.02), LOSSY], ids=["clean", "lossy"])
def test_what_is_written_comes_whole_and_in_order_both_ways(link: LinkModel) -> None:
    session = make_virtual_session(link, seed=1, streams=True)
    upward, downward = random.Random(1).randbytes(300_000), random.Random(2).randbytes(400_000)
    here = session.client.streams.open()
    there: list[Stream] = []
    heard = {here: bytearray(), None: bytearray()}
    left = {"up": upward, "down": downward}

    def turn() -> bool:
        for _, streams in session.server.streams():
            there.extend(streams.opened())
        left["up"] = left["up"][here.write(left["up"]) :]
        if not left["up"]:
            here.finish()
        heard[here] += here.read()
        if there:
            left["down"] = left["down"][there[0].write(left["down"]) :]
            if not left["down"]:
                there[0].finish()
            heard[None] += there[0].read()
        return here.is_over and bool(there) and there[0].is_over

    while not turn():
        assert session.world.now < 1060
        session.world.run(0.01)
    assert (bytes(heard[None]), bytes(heard[here])) == (upward, downward)
    assert (len(session.client.streams), len(next(iter(session.server.streams()))[1])) == (0, 0)


def test_a_trace_tells_of_frames_of_streams_and_nothing_of_what_they_carry() -> None:
    session = make_virtual_session(LinkModel(delay=0.02, loss=0.2), seed=9, streams=True)
    traces = trace_both(session)
    stream = session.client.streams.open()
    stream.write(b"correct-horse-battery" * 100)
    session.world.run(2)
    stream.reset(1, "staple")
    session.world.run(2)
    for trace in traces:
        text = bytes(trace.written).decode()
        assert "stream_data" in text.lower() and "stream_given_up" in text.lower()
        assert "horse" not in text and b"horse".hex() not in text and "staple" not in text


def test_a_client_of_an_older_server_opens_none_and_says_nothing_of_them() -> None:
    session = make_virtual_session(LinkModel(delay=0.02), seed=10, server_lacks=("streams",))
    with pytest.raises(NoStreams):
        session.client.streams.open()
    session.type(b"ls")
    assert session.world.run_until(session.converged, limit=10)
    assert not session.server.dropped


def test_a_server_that_was_not_asked_for_streams_refuses_them() -> None:
    session = make_virtual_session(LinkModel(delay=0.02), seed=11)
    session.client.streams.is_spoken = True
    session.client.streams.open().write(b"whoever you are")
    session.world.run(5)
    assert session.server.dropped["Malformed"] > 0
    assert list(session.server.streams()) == []


def test_what_is_typed_through_a_stream_survives_loss_as_keys_do() -> None:
    session = make_virtual_session(LinkModel(delay=0.05, loss=0.29), seed=12, streams=True)
    stream, latencies = session.client.streams.open(), []
    stream.write(b"begin")
    session.world.run(3)
    ((_, streams),) = session.server.streams()
    (other,) = streams.opened()
    other.read()
    for _ in range(200):
        pressed = session.world.now
        stream.write(b"k")
        assert session.world.run_until(lambda: other.readable > 0, limit=10)
        other.read()
        latencies.append(session.world.now - pressed)
        session.world.run(0.2)
    print(percentile(latencies, 0.5), percentile(latencies, 0.99))
    assert percentile(latencies, 0.5) < 0.07
    assert percentile(latencies, 0.99) < 0.4


@pytest.mark.parametrize("udp", ["blocked", "comes and goes"])
def test_streams_go_through_ssh_where_udp_does_not_and_survive_its_end(udp: str) -> None:
    paths = make_two_paths(
        LinkModel(delay=0.03), LinkModel(delay=0.04), seed=13, blocked=udp == "blocked", streams=True
    )
    world, stream = paths.session.world, paths.session.client.streams.open()
    said, heard = random.Random(3).randbytes(300_000), bytearray()
    left = memoryview(said)
    others: list[Stream] = []
    for step in range(3000):
        left = left[stream.write(left) :]
        world.run(0.02)
        for _, streams in paths.session.server.streams():
            others += streams.opened()
        heard += b"".join([other.read(1 << 20) for other in others])
        if udp == "comes and goes" and step == 10:
            paths.cut_udp()
        if step == 20:
            paths.restore_udp()
            paths.close_stream()
        if len(heard) == len(said):
            break
    assert bytes(heard) == said


def test_a_session_has_begun_none_before_somebody_wants_one() -> None:
    """What they are made of is 0.1 MB."""
    session = make_virtual_session(LinkModel(delay=0.01), seed=30, streams=True)
    session.world.run(1)
    assert session.client.begun_streams is None
    stream = session.client.streams.open()
    assert session.client.begun_streams is session.client.streams
    stream.reset(0)
