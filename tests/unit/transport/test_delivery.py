"""Delivery times: what is compared of two paths."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.delivery import DeliveryTimes
from rmosh.transport.policy import DELIVERIES_FEWEST, DELIVERIES_KEPT, DELIVERIES_KEPT_FOR

#: Seconds without a datagram in which nothing was open.
REST = 0.19


def filled(*, seconds: float = 0.1, now: float) -> DeliveryTimes:
    """Return the times of a path that took so long lately."""
    times = DeliveryTimes()
    for number in range(DELIVERIES_FEWEST):
        times.arrived(now - seconds + number / 1e6, now=now)
    return times


def test_nothing_is_told_of_too_few() -> None:
    times = DeliveryTimes()
    for number in range(DELIVERIES_FEWEST - 1):
        times.arrived(0.8 + number / 1000, now=1.0)
    assert times.at_most(0.9, now=1.0) is None
    times.arrived(0.9, now=1.0)
    assert times.at_most(0.9, now=1.0) is not None


def test_what_is_lost_counts_until_something_arrived_after_it() -> None:
    times = DeliveryTimes()
    for number in range(20):
        times.sent(number / 10, rest=REST)
        times.given_up(number / 10, rest=REST, now=number / 10)
    times.arrived(4.9, now=5.0)
    slowest = times.at_most(0.99, now=5.0)
    assert slowest is not None and 4.0 < slowest <= 5.0


def test_what_was_given_up_and_comes_after_all_counts_once() -> None:
    times = DeliveryTimes()
    times.sent(0.0, rest=REST)
    times.given_up(0.0, rest=REST, now=0.1)
    times.arrived(0.0, now=1.0)
    for number in range(DELIVERIES_FEWEST - 1):
        times.arrived(1.8 + number / 1000, now=2.0)
    assert times.count == DELIVERIES_FEWEST
    assert times.at_most(0.0, now=2.0) is not None
    times.begin_again()
    assert times.at_most(0.0, now=2.0) is None


def test_the_last_copies_are_not_missed_where_nothing_was_said_for_a_while() -> None:
    times = filled(now=2.0)
    times.sent(2.0, rest=REST)
    times.sent(2.008, rest=REST)
    times.given_up(2.008, rest=REST, now=2.3)
    times.sent(3.0, rest=REST)
    times.overtaken(2.008, now=3.1)
    times.arrived(3.0, now=3.1)
    slowest = times.at_most(0.99, now=3.1)
    assert slowest is not None and slowest <= 0.11


def test_what_is_said_again_and_again_was_missed() -> None:
    times = filled(now=2.0)
    for number in range(10):
        times.sent(2.0 + number / 10, rest=REST)
        times.given_up(2.0, rest=REST, now=2.0 + number / 10)
    times.arrived(2.9, now=3.0)
    slowest = times.at_most(0.99, now=3.0)
    assert slowest is not None and slowest > 0.9


def test_what_arrives_at_once_counts_once() -> None:
    times = filled(now=2.0)
    for _ in range(16):
        times.arrived(2.0, now=3.0)
    share_of_the_others = (DELIVERIES_FEWEST - 1) / (DELIVERIES_FEWEST + 1)
    others = times.at_most(share_of_the_others, now=3.0)
    assert others is not None and others <= 0.11
    assert times.count == DELIVERIES_FEWEST + 16


@given(st.lists(st.integers(0, 10_000), min_size=DELIVERIES_FEWEST, max_size=3 * DELIVERIES_KEPT, unique=True))
def test_the_share_that_is_told_took_at_most_what_is_told_and_the_old_is_forgotten(milliseconds: list[int]) -> None:
    times = DeliveryTimes()
    taken = [each / 1000 for each in milliseconds]
    for seconds in taken:
        times.arrived(100 - seconds, now=100.0)
    told = times.at_most(0.9, now=100.0)
    kept = taken[-DELIVERIES_KEPT:]
    assert told is not None
    assert sum(seconds <= told + 1e-9 for seconds in kept) >= 0.9 * len(kept)
    assert times.at_most(0.9, now=100.0 + DELIVERIES_KEPT_FOR + 1) is None
