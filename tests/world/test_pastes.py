"""Pastes over every kind of link: exact, as fast as the link, Ctrl-C right behind them; bounded where nobody reads."""

from collections.abc import Callable

import pytest

from rmosh.channels.input.policy import INPUT_WINDOW, INPUT_WINDOW_MAX, INPUT_WINDOW_STEP
from rmosh.transport.policy import CEILING_MTU
from rmosh_netem.link import LinkModel
from tests.world.paste import CONTROL_C, MEGABYTE, content, paste, pasted
from tests.world.virtual_session import EchoingSession

#: Bytes that a megabyte takes on a clean link of 1 Mbit/s, in seconds.
AT_A_MEGABIT = 8 * MEGABYTE / 1e6

#: Links and how many seconds a megabyte may take there. Reason: TCP's slow start from ten segments, the repair of some
#: losses, 6 % of headers.
LINKS = {
    "LAN": (LinkModel(delay=0.0005, rate=1e9, queue=1 << 20), 0.1),
    "RTT 300": (LinkModel(delay=0.15), 2.1),
    "RTT 300, 100 Mbit/s": (LinkModel(delay=0.15, rate=100e6, queue=1 << 20), 2.1),
    "RTT 100, 1 % loss": (LinkModel(delay=0.05, loss=0.01), 1.3),
    "RTT 100, 5 % loss": (LinkModel(delay=0.05, loss=0.05), 2.0),
    "RTT 60, 1 Mbit/s": (LinkModel(delay=0.03, rate=1e6), 1.06 * AT_A_MEGABIT + 0.1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LINKS)
def test_a_megabyte_and_control_c_behind_it_go_as_fast_as_the_link_lets_them(name: str) -> None:
    link, seconds = LINKS[name]
    took = [paste(link, MEGABYTE, seed).took for seed in (1, 2)]
    print("took", took)
    assert max(took) <= seconds


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_paste_is_exact_over_loss_reordering_short_queues_and_small_packets(seed: int) -> None:
    for link in (
        LinkModel(delay=0.05, loss=0.29),
        LinkModel(delay=0.02, jitter=0.06, reorder=True, duplicate=0.1),
        LinkModel(delay=0.05, rate=10e6, queue=16384),
        LinkModel(delay=0.05, mtu=700),
    ):
        paste(link, MEGABYTE // 4, seed)


def test_a_paste_goes_in_large_datagrams_and_keys_probe_for_none(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.05), seed=3)
    for _ in range(20):
        session.type(b"k")
        session.world.run(0.1)
    counters = session.world.up.counters
    assert counters.bytes_sent / counters.sent < 120
    session.program = lambda data: b""
    told = pasted(session, content(MEGABYTE // 2, 3))
    assert session.client.status(now=session.world.now).mtu == CEILING_MTU
    assert told.bytes_sent / told.datagrams > 1000


@pytest.mark.slow
def test_a_paste_goes_on_where_large_packets_begin_to_vanish(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.05), seed=4)
    session.program = lambda data: b""
    pasted(session, content(MEGABYTE // 2, 4))
    session.world.up.model = LinkModel(delay=0.05, mtu=600)
    told = pasted(session, content(MEGABYTE // 2, 5) + CONTROL_C)
    print("took", told.took)
    assert told.took < 3.0


@pytest.mark.slow
@pytest.mark.parametrize("link", [LinkModel(delay=0.05), LinkModel(delay=0.05, loss=0.05)], ids=["clean", "lossy"])
def test_a_program_that_does_not_read_costs_the_server_a_window_and_gets_all_when_it_does(
    make_session: Callable[..., EchoingSession], link: LinkModel
) -> None:
    session = make_session(link, seed=5)
    session.program = lambda data: b""
    session.reading = False
    session.type(content(5 * MEGABYTE, 5) + CONTROL_C)
    session.world.run(20)
    assert len(session.given) == INPUT_WINDOW
    session.read_on()
    assert session.world.run_until(session.converged, limit=30)


@pytest.mark.slow
def test_a_server_that_was_read_from_keeps_no_more_than_the_largest_window(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.02), seed=6)
    session.program = lambda data: b""
    pasted(session, content(3 * MEGABYTE, 6))
    session.reading = False
    taken = len(session.given)
    session.type(content(5 * MEGABYTE, 7))
    session.world.run(10)
    assert INPUT_WINDOW_MAX - INPUT_WINDOW_STEP <= len(session.given) - taken <= INPUT_WINDOW_MAX
