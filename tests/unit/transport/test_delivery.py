"""Delivery times: what is compared of two paths."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.delivery import DeliveryTimes
from rmosh.transport.policy import DELIVERIES_FEWEST, DELIVERIES_KEPT, DELIVERIES_KEPT_FOR


def test_nothing_is_told_of_too_few() -> None:
    times = DeliveryTimes()
    for _ in range(DELIVERIES_FEWEST - 1):
        times.arrived(0.9, now=1.0)
    assert times.at_most(0.9, now=1.0) is None
    times.arrived(0.9, now=1.0)
    assert times.at_most(0.9, now=1.0) is not None


def test_what_is_lost_counts_until_something_arrived_after_it() -> None:
    times = DeliveryTimes()
    for number in range(20):
        times.given_up(number / 10)
    times.arrived(4.9, now=5.0)
    slowest = times.at_most(0.99, now=5.0)
    assert slowest is not None and 4.0 < slowest <= 5.0


def test_what_was_given_up_and_comes_after_all_counts_once() -> None:
    times = DeliveryTimes()
    times.given_up(0.0)
    times.arrived(0.0, now=1.0)
    for _ in range(DELIVERIES_FEWEST - 1):
        times.arrived(1.9, now=2.0)
    assert times.count == DELIVERIES_FEWEST
    assert times.at_most(0.0, now=2.0) is not None
    times.begin_again()
    assert times.at_most(0.0, now=2.0) is None


@given(st.lists(st.floats(0, 10), min_size=DELIVERIES_FEWEST, max_size=3 * DELIVERIES_KEPT))
def test_the_share_that_is_told_took_at_most_what_is_told_and_the_old_is_forgotten(taken: list[float]) -> None:
    times = DeliveryTimes()
    for seconds in taken:
        times.arrived(100 - seconds, now=100.0)
    told = times.at_most(0.9, now=100.0)
    kept = taken[-DELIVERIES_KEPT:]
    assert told is not None
    assert sum(seconds <= told + 1e-9 for seconds in kept) >= 0.9 * len(kept)
    assert times.at_most(0.9, now=100.0 + DELIVERIES_KEPT_FOR + 1) is None
