"""Intervals say where the median of other such runs may lie."""

import random

from rmosh_netem.intervals import Interval, bootstrap_interval


def test_too_few_runs_have_no_interval() -> None:
    assert bootstrap_interval([1.0, 2.0]) is None


def test_an_interval_holds_the_true_median_about_as_often_as_it_says() -> None:
    chance = random.Random(7)
    intervals = [bootstrap_interval([chance.gauss(100, 10) for _ in range(15)]) for _ in range(60)]
    holding = sum(interval is not None and interval.low <= 100 <= interval.high for interval in intervals)
    assert holding >= 52  # 95 % of 60 are 57


def test_equal_runs_have_an_interval_without_width() -> None:
    assert bootstrap_interval([5.0] * 4) == Interval(5.0, 5.0)


def test_intervals_overlap_where_they_share_a_value() -> None:
    assert Interval(1, 3).overlaps(Interval(3, 4)) and Interval(1, 9).overlaps(Interval(2, 3))
    assert not Interval(1, 2).overlaps(Interval(3, 4))
