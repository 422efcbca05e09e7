"""Jitter in order wanders on absolute time: dense traffic meets the same delays as sparse traffic."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.link import Link, LinkModel
from rmosh_netem.ordered_jitter import OrderedJitter

#: 5 ms and up to 10 ms more: the mean is 10 ms, the deviation of a uniform delay 10 / sqrt(12) = 2.9 ms.
WIFI = LinkModel(delay=0.005, jitter=0.010)


def delays(link: Link, *, gap: float, seconds: float = 120.0) -> list[float]:
    times = [number * gap for number in range(round(seconds / gap))]
    return [arrival.time - now for now in times for arrival in link.send(b"x", now=now)]


@pytest.mark.slow
@pytest.mark.parametrize("gap", [1.0, 0.1, 0.01, 0.001, 0.0002], ids="{:g} s apart".format)
def test_the_distribution_is_the_same_for_sparse_and_for_dense_traffic(gap: float) -> None:
    found = delays(Link(WIFI, 1), gap=gap, seconds=1000 if gap > 0.05 else 30)
    assert statistics.mean(found) == pytest.approx(0.010, abs=0.0006)
    assert statistics.stdev(found) == pytest.approx(0.0029, abs=0.0003)
    assert 0.005 <= min(found) <= 0.0055 and 0.0145 <= max(found) <= 0.015 + 1e-9


@given(jitter=st.floats(1e-6, 0.3), seed=st.integers(0, 1000), gap=st.floats(1e-4, 0.05))
def test_nothing_overtakes_and_no_delay_is_above_what_was_asked(jitter: float, seed: int, gap: float) -> None:
    link = Link(LinkModel(jitter=jitter), seed)
    times = [number * gap for number in range(300)]
    arrivals = [arrival.time for now in times for arrival in link.send(b"x", now=now)]
    assert arrivals == sorted(arrivals)
    assert all(0 <= late - now <= jitter + 1e-9 for now, late in zip(times, arrivals, strict=True))


def test_what_one_program_sends_changes_no_delay_of_another() -> None:
    sparse, dense = Link(WIFI, 7), Link(WIFI, 7)
    alone = {now: sparse.send(b"x", now=now)[0].time for now in (0.5, 1.0, 1.5)}
    for number in range(2000):
        now = number / 1000
        arrival = dense.send(b"x" * 100, now=now)[0].time
        if now in alone:
            assert arrival == pytest.approx(alone[now], abs=1e-6)


def test_packets_close_together_meet_nearly_the_same_delay() -> None:
    jitter = OrderedJitter(0.010, seed=1)
    assert all(abs(jitter.at(time) - jitter.at(time + 0.001)) <= 0.0005 + 1e-9 for time in (0.1, 0.7, 1.3, 2.9))


def test_any_moment_can_be_asked_for_in_any_order_even_hours_later() -> None:
    jitter = OrderedJitter(0.010, seed=1)
    times = [number * 37.7 for number in range(-20, 200)]
    assert [jitter.at(time) for time in times] == [jitter.at(time) for time in reversed(times)][::-1]
    assert 0 <= jitter.at(1e9) <= 0.010
