"""Any link and anything a user, a program and a network do on it: sessions converge, input is exact, all is bounded."""

import random

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from rmosh.channels.screen.policy import MAX_RECEIVED_FRAMES, MAX_SENT_FRAMES
from rmosh.transport.policy import MAXIMUM_WINDOW, PROBE_INTERVAL
from rmosh_netem.link import Bursts, LinkModel
from tests.world.virtual_session import EchoingSession, colourful_page, make_virtual_session

#: Most bytes a second each way into silence: three kinds of probe, each a small datagram, one of them with a symbol.
SILENCE_BYTES = (508 + 256 + 3 * 60) / PROBE_INTERVAL

LINKS = st.builds(
    LinkModel,
    delay=st.floats(0, 0.4),
    jitter=st.sampled_from([0.0, 0.0, 0.01, 0.2]),
    reorder=st.booleans(),
    loss=st.sampled_from([0.0, 0.0, 0.02, 0.1, 0.29, 0.5]),
    bursts=st.none() | st.builds(Bursts, good=st.floats(0.5, 5), bad=st.floats(0.05, 0.5)),
    duplicate=st.sampled_from([0.0, 0.0, 0.3]),
    duplicate_spread=st.sampled_from([0.0, 3.0]),
    corrupt=st.sampled_from([0.0, 0.0, 0.1]),
    rate=st.sampled_from([None, None, 64_000.0, 256_000.0, 10_000_000.0]),
    queue=st.sampled_from([5_000, 65_536]),
    mtu=st.sampled_from([None, None, 576, 1000, 1300]),
)

DEEDS = st.one_of(
    st.tuples(st.just("type"), st.integers(1, 20)),
    st.tuples(st.just("paste"), st.integers(300, 20_000)),
    st.tuples(st.just("output"), st.integers(1, 50)),
    st.tuples(st.just("repaint"), st.just(0)),
    st.tuples(st.just("resize"), st.integers(5, 60)),
    st.tuples(st.just("roam"), st.just(0)),
    st.tuples(st.just("black out"), st.integers(1, 20)),
    st.tuples(st.just("sleep"), st.integers(1, 20)),
    st.tuples(st.just("stop reading"), st.just(0)),
    st.tuples(st.just("read on"), st.just(0)),
)


def do(session: EchoingSession, deed: str, amount: int, chance: random.Random) -> None:
    world, client = session.world, session.client
    if deed == "type":
        for _ in range(amount):
            session.type(bytes([chance.randrange(97, 123)]))
            world.run(0.05)
    elif deed == "paste":
        session.type(bytes(chance.randrange(97, 123) for _ in range(amount)))
    elif deed == "output":
        for line in range(amount):
            session.output(b"line %d\r\n" % line)
            world.run(0.01)
    elif deed == "repaint":
        session.output(colourful_page(chance, rows=24, columns=80))
    elif deed == "resize":
        client.resize(rows=amount, columns=2 * amount, now=world.now)
    elif deed == "roam":
        world.roam()
    elif deed == "black out":
        world.black_out(amount)
    elif deed == "sleep" and not world.client_asleep:
        world.sleep_client(amount, on_wake=lambda: client.woke_up(now=world.now))
    elif deed == "stop reading":
        session.reading = False
    elif deed == "read on":
        session.read_on()


def assert_bounded(session: EchoingSession) -> None:
    for core in (session.client, session.attachment):
        sent = core._endpoint.recovery._sent
        assert 0 <= sent.bytes_in_flight <= MAXIMUM_WINDOW
        assert len(sent) <= 2000
        assert len(core._events) <= 4
    assert len(session.attachment.screen.sender._sent) <= MAX_SENT_FRAMES
    assert len(session.client._screen.receiver._frames) <= MAX_RECEIVED_FRAMES


#: After the roam the client had nothing to say but probes that its path is too narrow for, and was never heard again.
ONLY_PROBES_LEAVE = (
    LinkModel(reorder=True, mtu=1000, queue=5000),
    LinkModel(delay=0.121, reorder=True, queue=5000),
    80879958,
    [
        (("repaint", 0), 2.88),
        (("paste", 19873), 0.0),
        (("repaint", 0), 1.98),
        (("repaint", 0), 0.0),
        (("output", 17), 1.69),
        (("roam", 0), 2.45),
        (("repaint", 0), 1.01),
    ],
)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    up=LINKS,
    down=LINKS,
    seed=st.integers(0, 1 << 30),
    deeds=st.lists(st.tuples(DEEDS, st.floats(0, 3)), min_size=1, max_size=12),
)
@example(*ONLY_PROBES_LEAVE)
@example(LinkModel(loss=0.5), LinkModel(), 24, [(("repaint", 0), 0.0)])  # a screen goes out before READS is there
def test_any_session_on_any_link_converges_with_exact_input(
    up: LinkModel, down: LinkModel, seed: int, deeds: list[tuple[tuple[str, int], float]]
) -> None:
    note(f"seed {seed}")
    session, chance = make_virtual_session(up, down=down, seed=seed), random.Random(seed)
    for (deed, amount), pause in deeds:
        do(session, deed, amount, chance)
        session.world.run(pause)
        assert_bounded(session)
    session.read_on()
    assert session.world.run_until(session.converged, limit=300)
    assert session.given == session.typed
    assert_bounded(session)


@pytest.mark.slow
@settings(max_examples=30)
@given(link=LINKS, seed=st.integers(0, 1 << 30))
def test_into_silence_either_side_sends_a_few_probes_a_second_whatever_it_has_to_say(
    link: LinkModel, seed: int
) -> None:
    session, chance = make_virtual_session(link, seed=seed), random.Random(seed)
    do(session, "type", 10, chance)
    session.world.run(3)
    session.world.black_out(60)
    do(session, "repaint", 0, chance)
    do(session, "paste", 5000, chance)
    session.world.run(10)
    before = session.world.up.counters.bytes_sent, session.world.down.counters.bytes_sent
    session.world.run(20)
    after = session.world.up.counters.bytes_sent, session.world.down.counters.bytes_sent
    assert max((later - earlier) / 20 for earlier, later in zip(before, after, strict=True)) <= SILENCE_BYTES
