"""Round-trip time: smoothing, the peer's delay, the minimum's window."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.policy import INITIAL_RTT, MINIMUM_RTT_WINDOW
from rmosh.transport.rtt import RttEstimator


def sampled(*rtts: float, ack_delay: float = 0.0) -> RttEstimator:
    estimator = RttEstimator()
    for moment, rtt in enumerate(rtts):
        estimator.sample(rtt, ack_delay=ack_delay, now=float(moment))
    return estimator


def test_the_first_sample_replaces_the_assumption() -> None:
    assert RttEstimator().smoothed == INITIAL_RTT
    assert not RttEstimator().measured
    estimator = sampled(0.3)
    assert estimator.measured
    assert (estimator.smoothed, estimator.variation, estimator.minimum) == (0.3, 0.15, 0.3)


def test_a_steady_path_makes_the_probe_timeout_little_more_than_a_round_trip() -> None:
    assert sampled(*[0.1] * 60).probe_timeout == pytest.approx(0.111)


def test_the_peers_delay_is_taken_off_but_never_below_the_minimum() -> None:
    assert sampled(0.1, 0.2, ack_delay=0.05).smoothed == pytest.approx(0.1 + 0.05 / 8)
    assert sampled(0.1, 0.15, ack_delay=1e6).smoothed == pytest.approx(0.1)


def test_an_acknowledgement_that_comes_after_a_lost_one_makes_the_path_no_slower() -> None:
    estimator = sampled(*[0.1] * 60)
    estimator.sample(0.558, ack_delay=0.4581, now=61.0)
    assert estimator.probe_timeout == pytest.approx(0.111)


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1e9)), min_size=1, max_size=50))
def test_whatever_the_peer_claims_the_estimate_stays_within_what_was_measured(
    samples: list[tuple[float, float]],
) -> None:
    estimator = RttEstimator()
    for moment, (rtt, delay) in enumerate(samples):
        estimator.sample(rtt, ack_delay=delay, now=float(moment))
    slowest, slack = max(rtt for rtt, _ in samples), 1e-9
    assert 0 <= estimator.smoothed <= slowest + slack
    assert 0 <= estimator.variation <= slowest + slack
    assert estimator.minimum <= estimator.pessimistic + slack


def test_the_minimum_follows_a_longer_route_after_its_window() -> None:
    estimator = sampled(0.02)
    for step in range(40):
        estimator.sample(0.2, ack_delay=0.0, now=1 + step * MINIMUM_RTT_WINDOW / 10)
    assert estimator.minimum == 0.2


def test_nothing_is_known_of_an_empty_path_before_it_was_measured() -> None:
    estimator = RttEstimator()
    assert estimator.minimum == math.inf
    estimator.sample(0.01, ack_delay=0.0, now=1.0)
    estimator.forget_path()
    assert estimator.minimum == math.inf
    assert estimator.probe_timeout >= RttEstimator().probe_timeout


def test_a_new_path_is_measured_afresh() -> None:
    estimator = sampled(0.5, 0.5)
    estimator.forget_path()
    assert not estimator.measured
    estimator.sample(0.02, ack_delay=0.0, now=9.0)
    assert estimator.smoothed == estimator.minimum == 0.02
