"""What trains of datagrams tell of a path."""

import pytest

from rmosh.transport.bottleneck_rate import BottleneckRate


def trains(*spacings: float, size: int = 1000) -> BottleneckRate:
    """Return what trains of four datagrams tell, so many seconds apart each; the last is not over yet."""
    rate, now = BottleneckRate(), 0.0
    for number, spacing in enumerate(spacings):
        for _ in range(4):
            rate.arrived(number, size, sent_at=0.0, arrived_at=now)
            now += spacing
    return rate


def test_datagrams_that_left_at_once_arrive_as_fast_as_the_path_passes_them() -> None:
    assert trains(0.001, 0.001, 0.001).rate == pytest.approx(1e6)


def test_one_train_that_was_held_up_tells_nothing() -> None:
    assert trains(0.001, 0.001, 0.5, 0.001, 0.001).rate == pytest.approx(1e6)


def test_a_single_train_or_single_datagrams_tell_nothing() -> None:
    assert trains(0.001, 0.001).rate is None
    rate = BottleneckRate()
    for number in range(10):
        rate.arrived(number, 1000, sent_at=0.0, arrived_at=float(number))
    assert rate.rate is None


def test_what_arrives_at_one_moment_is_taken_for_no_endless_rate() -> None:
    assert trains(0.0, 0.0, 0.0).rate == pytest.approx(3000 / 0.000_02)


def test_what_comes_late_of_a_train_before_is_left_out() -> None:
    rate = trains(0.001, 0.001, 0.001)
    rate.arrived(0, 10**6, sent_at=0.0, arrived_at=0.012)
    rate.arrived(3, 1000, sent_at=0.0, arrived_at=0.012)
    assert rate.rate == pytest.approx(1e6)


def test_what_we_took_to_send_a_train_is_no_time_of_the_path() -> None:
    rate = BottleneckRate()
    for train in range(4):
        for place in range(4):
            sent_at = train + 0.002 * place
            rate.arrived(train, 1000, sent_at=sent_at, arrived_at=sent_at + 0.1)
    assert rate.rate == pytest.approx(3000 / 0.000_02)
