"""A stream fills the link, and somebody who types beside it hardly notices."""

import random
from dataclasses import dataclass
from itertools import cycle
from statistics import fmean

import pytest

from rmosh_netem.link import LinkModel
from tests.benchmarks.stream_fairness import EndlessStream, at_rate, run
from tests.world.virtual_session import colourful_page, make_virtual_session, percentile

pytestmark = pytest.mark.slow

#: What a key may take more beside a stream, in seconds.
FELT = 0.010


@dataclass(frozen=True)
class Case:
    """A link, which share of it a stream gets at least, headers being most of what is left, and which way it goes."""

    link: LinkModel
    share: float
    way: str = "down"


CASES = {
    "1 Mbit/s, near": Case(at_rate(1, 0.001), 0.7),
    "1 Mbit/s, RTT 100, upward": Case(at_rate(1, 0.1), 0.65, "up"),
    "1 Mbit/s, RTT 600": Case(at_rate(1, 0.6), 0.6),
    "2 Mbit/s, RTT 100, a queue of 20 ms": Case(at_rate(2, 0.1, queue=0.02), 0.7),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_keys_hardly_wait_for_a_stream_that_fills_the_link(case: Case) -> None:
    settle = 1 + 10 * case.link.delay
    beside = run(case.link, seconds=2, seed=1, way=case.way, settle=settle)
    alone = run(case.link, seconds=2, seed=1, way=None, settle=1)
    assert case.link.rate is not None
    assert 8 * beside.goodput / case.link.rate > case.share
    for share in (0.5, 0.99):
        assert percentile(beside.keys, share) < percentile(alone.keys, share) + FELT


def test_loss_by_chance_takes_from_a_stream_no_more_than_what_is_lost() -> None:
    loss = 0.05
    link = at_rate(3, 0.1, loss)
    beside = run(link, seconds=2, seed=1, way="down", settle=3)
    assert link.rate is not None
    assert 8 * beside.goodput / link.rate > 0.77 * (1 - loss)  # headers are most of the rest
    assert percentile(beside.queues, 0.75) < FELT


@pytest.mark.parametrize("loss", [0.0, 0.05])
def test_a_stream_does_not_starve_where_radio_delays_what_it_passes(loss: float) -> None:
    link = LinkModel(delay=0.005, jitter=0.01, loss=loss, rate=5_000_000, queue=1 << 18)
    beside = run(link, seconds=3, seed=1, way="down", settle=7)
    assert link.rate is not None
    assert 8 * beside.goodput / link.rate > 0.15  # it took 3 %, and less with each second


def test_a_stream_that_begins_meets_no_queue_of_its_own_making() -> None:
    beside = run(at_rate(5, 0.1), seconds=1.2, seed=1, way="down")
    assert max(beside.queues) < 2 * FELT


def test_a_link_that_drops_instead_of_queueing_is_not_overrun() -> None:
    session = make_virtual_session(at_rate(3, 0.05, queue=0.001), seed=1, streams=True)
    session.world.run(1)
    EndlessStream(session, way="down")
    session.world.run(2)
    counters = session.world.down.counters
    sent, dropped = counters.sent, counters.dropped_by_queue
    session.world.run(2)
    assert (counters.dropped_by_queue - dropped) / (counters.sent - sent) < 0.03


def test_a_stream_goes_on_soon_after_a_blackout() -> None:
    session = make_virtual_session(at_rate(3, 0.1), seed=1, streams=True)
    session.world.run(1)
    stream = EndlessStream(session, way="down")
    session.world.run(1.5)
    session.world.black_out(10)
    session.world.run(10)
    arrived = stream.arrived
    assert session.world.run_until(lambda: stream.arrived > arrived, limit=6)
    session.world.run(1.5)
    before = stream.arrived
    session.world.run(0.5)
    assert 8 * (stream.arrived - before) > 0.5 * 0.6 * 3e6


def interrupts(link: LinkModel, *, way: str | None, presses: int, seed: int) -> list[float]:
    """Flood the screen and type Ctrl-C, several times; return after how many seconds each time all is still."""
    session, chance = make_virtual_session(link, seed=seed, streams=True), random.Random(seed)
    pages = cycle([colourful_page(chance, rows=24, columns=80) for _ in range(3)])
    floods = False
    waits = []

    def stop(_key: bytes) -> bytes:
        nonlocal floods
        floods = False
        return b"\x1b[0m\x1b[2J\x1b[Hstopped"

    def flood() -> None:
        if floods:
            session.output(next(pages))
            session.world.at(session.world.now + 0.04, flood)

    session.program = stop
    session.world.run(1)
    if way is not None:
        EndlessStream(session, way=way)
    session.world.run(2)
    for _ in range(presses):
        floods = True
        flood()
        session.world.run(chance.uniform(0.3, 0.4))
        pressed_at = session.world.now
        session.type(b"\x03")
        assert session.world.run_until(session.converged, limit=10)
        waits.append(session.world.now - pressed_at)
    return waits


def test_ctrl_c_beats_a_flood_as_soon_beside_a_stream_that_fills_the_link() -> None:
    alone, downward, upward = (interrupts(at_rate(1, 0.1), way=way, presses=10, seed=1) for way in (None, "down", "up"))
    print(sorted(alone), sorted(downward), sorted(upward))
    for beside in (downward, upward):
        # Each wait is one round trip, or that and a frame's time: a median of ten is the one or the other by chance.
        assert fmean(beside) < fmean(alone) + FELT
        assert percentile(beside, 0.8) < percentile(alone, 0.8) + FELT
