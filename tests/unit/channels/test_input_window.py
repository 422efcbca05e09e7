"""How far a client may type ahead: further the more the PTY takes at once, and never beyond a bound."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.input.policy import INPUT_WINDOW, INPUT_WINDOW_MAX, INPUT_WINDOW_STEP
from rmosh.channels.input.receiver import InputWindow


def test_a_pty_that_takes_all_at_once_lets_each_flight_be_as_long_as_all_before_it() -> None:
    window, taken = InputWindow(), 0
    for flight in (12_000, 24_000, 48_000, 96_000, 192_000, 384_000, 768_000):
        assert taken + flight <= window.limit
        taken += flight
        window.taken(taken, received=taken)


def test_a_pty_that_takes_nothing_earns_nothing() -> None:
    window = InputWindow()
    window.taken(1000, received=INPUT_WINDOW)
    window.taken(5000, received=INPUT_WINDOW)
    assert window.limit == 5000 + INPUT_WINDOW


def test_keys_tell_of_no_window() -> None:
    window = InputWindow()
    assert not any(window.taken(offset, received=offset) for offset in range(1, INPUT_WINDOW_STEP // 2))


@given(st.lists(st.tuples(st.integers(0, INPUT_WINDOW_MAX), st.integers(0, INPUT_WINDOW)), max_size=40))
def test_the_limit_never_goes_back_and_what_may_wait_is_bounded(steps: list[tuple[int, int]]) -> None:
    window, received, taken, told = InputWindow(), 0, 0, INPUT_WINDOW
    for more, left in steps:
        received = min(received + more, window.limit)
        taken = max(taken, received - left)
        before = window.limit
        if window.taken(taken, received=received):
            told = window.limit
        assert before <= window.limit <= max(before, taken + INPUT_WINDOW_MAX)
        assert window.limit >= taken + INPUT_WINDOW
        assert window.limit - told < INPUT_WINDOW_STEP
