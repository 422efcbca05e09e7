"""Paths that swallow large packets, from the start or all at once."""

import random
from collections.abc import Callable

import pytest

from rmosh.transport.policy import CEILING_MTU, FLOOR_MTU, MTU_MAX_PROBES, WIRE_HEADERS
from rmosh_netem.link import LinkModel
from tests.world.test_history_over_bad_links import long_lines
from tests.world.virtual_session import EchoingSession, colourful_page, make_virtual_session


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_coloured_screen_gets_past_a_path_that_swallows_large_packets_within_three_round_trips(
    make_session: Callable[..., EchoingSession], mtu: int
) -> None:
    session = make_session(LinkModel(delay=0.05, mtu=mtu), seed=6, rows=48, columns=160)
    session.world.run(2)
    chance = random.Random(6)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        began = session.world.now
        assert session.world.run_until(session.same_screen, limit=10)
        assert session.world.now - began < 0.3
        session.world.run(1)
    assert session.world.down.counters.dropped_by_mtu <= 7 * MTU_MAX_PROBES


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_path_that_begins_to_swallow_large_packets_is_noticed_within_six_round_trips(
    make_session: Callable[..., EchoingSession], mtu: int
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=7, rows=48, columns=160)
    chance = random.Random(7)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        session.world.run(1)
    session.world.down.model = LinkModel(delay=0.05, mtu=mtu)
    session.output(colourful_page(chance, rows=48, columns=160))
    began = session.world.now
    assert session.world.run_until(session.same_screen, limit=10)
    print("noticed after", session.world.now - began)
    assert session.world.now - began < 0.6


def attached(link: LinkModel, *, seed: int, lines: int, after: bytes = b"") -> EchoingSession:
    """Return a session of so many lines that a client is just coming to."""
    print(f"seed {seed}, {link}")
    return make_virtual_session(link, seed=seed, before=long_lines(0, lines) + after, history_depth=lines)


def fed(session: EchoingSession) -> Callable[[], bool]:
    return lambda: session.same_screen() and session.client.history.is_complete(session.client.frame.history)


@pytest.mark.slow
@pytest.mark.parametrize("mtu", [600, 1000, None])
def test_scrollback_below_an_empty_screen_looks_for_larger_datagrams_at_little_cost(mtu: int | None) -> None:
    session = attached(LinkModel(delay=0.05, mtu=mtu), seed=8, lines=3000, after=b"\x1b[2J\x1b[H")
    assert session.world.run_until(session.same_screen, limit=5)
    assert session.world.run_until(fed(session), limit=2)
    found, counters = session.attachment._endpoint.recovery.mtu.size, session.world.down.counters
    print("largest", found, counters)
    assert counters.dropped_by_mtu <= 7 * MTU_MAX_PROBES
    assert found == CEILING_MTU if mtu is None else found <= mtu - WIRE_HEADERS


@pytest.mark.slow
@pytest.mark.parametrize("mtu", [600, 1000])
def test_scrollback_goes_on_where_large_packets_begin_to_vanish(mtu: int) -> None:
    session = attached(LinkModel(delay=0.05), seed=9, lines=8000)
    session.world.run(0.45)
    assert session.attachment._endpoint.recovery.mtu.size == CEILING_MTU
    assert not fed(session)()
    session.world.down.model = LinkModel(delay=0.05, mtu=mtu)
    began = session.world.now
    assert session.world.run_until(fed(session), limit=60)
    print("whole after", session.world.now - began)
    assert session.world.now - began < 4


@pytest.mark.parametrize("rtt", [0.02, 0.4])
def test_no_larger_datagrams_are_looked_for_once_nobody_would_fill_them(
    make_session: Callable[..., EchoingSession], rtt: float
) -> None:
    session = make_session(LinkModel(delay=rtt / 2, mtu=900), seed=11)
    session.world.run(2)
    session.type(bytes(3000))
    session.world.run(30)
    counters = session.world.up.counters
    before = counters.bytes_sent
    session.world.run(60)
    print("sent in a minute", counters.bytes_sent - before, counters)
    assert counters.bytes_sent - before < 60 * 75
    assert counters.dropped_by_mtu <= 7 * MTU_MAX_PROBES


@pytest.mark.slow
def test_a_session_that_only_types_looks_for_no_larger_datagrams(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.02), seed=10)
    for _ in range(60):
        session.type(b"k")
        session.world.run(0.05)
        session.type(b"\r\n")
        session.world.run(0.05)
    assert (
        session.client.status(now=session.world.now).mtu == session.attachment._endpoint.recovery.mtu.size == FLOOR_MTU
    )
