"""ReplayWindow against a plain set of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Replayed
from rmosh.transport.header import MAX_PACKET_NUMBER
from rmosh.transport.replay import ReplayWindow


def passes(window: ReplayWindow, number: int) -> bool:
    try:
        window.check(number)
    except Replayed:
        return False
    window.mark(number)
    return True


@given(st.lists(st.integers(0, 40) | st.integers(0, MAX_PACKET_NUMBER), max_size=60), st.integers(1, 20))
def test_each_number_passes_once_and_only_within_the_window(numbers: list[int], size: int) -> None:
    window, seen = ReplayWindow(size), set[int]()
    for number in numbers:
        newest = max(seen, default=-1)
        assert passes(window, number) == (number not in seen and number > newest - size)
        seen.add(number) if number > newest - size else None


def test_checking_alone_marks_nothing() -> None:
    window = ReplayWindow()
    window.check(7)
    window.check(7)
    window.mark(7)
    with pytest.raises(Replayed, match="packet 7 was received before"):
        window.check(7)


def test_a_number_older_than_the_window_is_refused_though_it_never_came() -> None:
    window = ReplayWindow()
    window.mark(4096)
    window.check(1)
    with pytest.raises(Replayed, match="older than the 4096 newest"):
        window.check(0)


def test_a_leap_to_the_last_number_costs_no_memory() -> None:
    window = ReplayWindow()
    window.mark(0)
    window.mark(MAX_PACKET_NUMBER)
    window.check(MAX_PACKET_NUMBER - 1)
    with pytest.raises(Replayed):
        window.check(0)
