"""Figures are what the samples say, what never came included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.bench.figures import in_words, latencies, percentile, share_below
from rmosh_netem.bench.workloads import _in_round_trips

samples = st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=50)


@pytest.mark.parametrize(("share", "value"), [(0, 1.0), (0.5, 2.0), (0.75, 3.0), (0.9, 4.0), (1, 4.0)])
def test_percentiles_are_by_nearest_rank(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value


def test_what_never_came_is_later_than_everything() -> None:
    assert percentile([1.0, None, 2.0, None], 0.5) == 2.0
    assert percentile([1.0, None, 2.0, None], 0.75) is None


def test_no_samples_give_no_percentile() -> None:
    assert percentile([], 0.5) is None
    assert share_below([], 1.0) is None


def test_latencies_are_in_milliseconds_with_the_missing_counted() -> None:
    assert latencies([0.1, 0.2, None]) == {"p50_ms": 200.0, "p90_ms": None, "p99_ms": None, "never": 1}


def test_share_below_counts_the_missing_as_above() -> None:
    assert share_below([0.001, 0.009, 0.010, None], 0.010) == 50.0


@pytest.mark.slow
@given(samples, st.floats(0, 1))
def test_at_least_its_share_of_samples_is_not_above_a_percentile(
    values: list[None] | list[float | None] | list[float], share: float
) -> None:
    value = percentile(values, share)
    if value is not None:
        assert sum(each is not None and each <= value for each in values) >= share * len(values) - 1e-9


def test_a_session_is_never_ready_in_less_than_no_round_trips() -> None:
    assert _in_round_trips(0.3, 0.1) == 3.0
    assert _in_round_trips(-0.42, 0.1) is None  # the machine's own noise
    assert _in_round_trips(0.3, 0.001) is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("p50_ms", 22.6, "p50 22.6 ms"),
        ("ms", 585.8, "585.8 ms"),
        ("at_once_percent", 93.0, "at once 93 %"),
        ("up_bytes_per_key", 140, "up bytes per key 140"),
        ("whole_s", None, "whole none"),
        ("server_cpu_ms_s", 1.89, "server cpu 1.89 ms/s"),
        ("client_wake_ups_s", 0.2, "client 0.2 wake-ups/s"),
    ],
)
def test_a_figure_is_told_with_its_unit(name: str, value: float | None, words: str) -> None:
    assert in_words(name, value) == words
