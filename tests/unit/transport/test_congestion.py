"""The congestion window on a modelled bottleneck: near what the path holds, and deaf to random loss."""

import random

import pytest

from rmosh.transport.congestion import CongestionWindow
from rmosh.transport.policy import BASE_MTU, MAXIMUM_WINDOW, MINIMUM_WINDOW_DATAGRAMS, TARGET_QUEUE_DELAY


def after_rounds(
    rounds: int, *, rate: float, delay: float, loss: float = 0.0, limited: bool = True, policed: bool = False
) -> CongestionWindow:
    """Run whole windows over a bottleneck of `rate` bytes/s; a policer drops what is above it, a queue delays it."""
    window, chance, number = CongestionWindow(), random.Random(1), 0
    for _ in range(rounds):
        count = max(1, int(window.window / BASE_MTU))
        passing = rate * delay if policed else window.window
        rtt = delay if policed else max(delay, window.window / rate)
        for index in range(count):
            number += 1
            if chance.random() < loss or index * BASE_MTU > passing:
                window.lost()
            else:
                window.acknowledged(size=BASE_MTU, rtt=rtt, minimum_rtt=delay, limited=limited)
        window.end_round(newest_acknowledged=number, next_number=number, minimum_rtt=delay)
    return window


@pytest.mark.parametrize("rate", [32_000, 125_000, 1_250_000])
def test_the_window_settles_at_what_the_path_holds_and_a_short_queue(rate: float) -> None:
    path_holds = rate * 0.1
    window = after_rounds(60, rate=rate, delay=0.1).window
    assert path_holds <= window <= 1.1 * path_holds + max(2 * BASE_MTU, 2 * rate * TARGET_QUEUE_DELAY)


@pytest.mark.parametrize("loss", [0.05, 0.29, 0.5])
def test_random_loss_does_not_shrink_the_window(loss: float) -> None:
    clean, lossy = (after_rounds(60, rate=250_000, delay=0.1, loss=share).window for share in (0.0, loss))
    assert lossy >= 0.7 * clean


@pytest.mark.parametrize("loss", [0.29, 0.45])
def test_what_a_path_loses_from_the_start_costs_none_of_the_first_window(loss: float) -> None:
    start = CongestionWindow().window
    assert after_rounds(1, rate=1e9, delay=0.1, loss=loss).window >= start
    assert after_rounds(3, rate=1e9, delay=0.1, loss=loss).window >= start


def test_a_policer_without_a_queue_is_noticed_by_its_losses() -> None:
    assert after_rounds(60, rate=250_000, delay=0.1, policed=True).window <= 5 * 250_000 * 0.1


def test_a_window_that_was_not_filled_does_not_grow() -> None:
    start = CongestionWindow().window
    assert after_rounds(30, rate=1e9, delay=0.1, limited=False).window == start


def test_the_window_is_bounded_both_ways() -> None:
    assert after_rounds(60, rate=1e12, delay=0.1).window == MAXIMUM_WINDOW
    assert after_rounds(60, rate=1.0, delay=0.1).window >= MINIMUM_WINDOW_DATAGRAMS * BASE_MTU


def test_a_new_path_starts_over_with_no_more_than_it_had() -> None:
    fast, slow = after_rounds(60, rate=1e7, delay=0.1), after_rounds(60, rate=1000, delay=0.1)
    before = slow.window
    for window in (fast, slow):
        window.forget_path()
    assert fast.window == CongestionWindow().window
    assert slow.window == before


def test_an_answer_in_no_time_at_all_is_taken_for_a_very_quick_one() -> None:
    window = after_rounds(3, rate=1_250_000, delay=0.05, loss=0.9)
    for number in range(1000, 1010):
        window.acknowledged(size=BASE_MTU, rtt=0.0, minimum_rtt=0.0, limited=True)
        window.end_round(newest_acknowledged=number, next_number=number, minimum_rtt=0.0)
    assert BASE_MTU * MINIMUM_WINDOW_DATAGRAMS <= window.window <= MAXIMUM_WINDOW


def test_a_message_may_leave_whole_while_no_queue_shows_and_not_for_long_after_one_did() -> None:
    assert not CongestionWindow().is_calm
    assert after_rounds(20, rate=1e9, delay=0.1, loss=0.29, limited=False).is_calm
    assert not after_rounds(20, rate=32_000, delay=0.1).is_calm
