"""Repeats of what is overdue: since when, how dense, how many bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.overdue import OverdueRepeats
from rmosh.transport.policy import (
    FIRST_SAYINGS_KEPT,
    OVERDUE_GAP,
    PROBE_EAGERLY_FOR,
    PROBE_INTERVAL,
    SILENT_AFTER,
    SILENT_RATE,
)
from rmosh.transport.repeats import LinkConditions

LINK = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=1200, window_room=12000.0)


def repeats(overdue: OverdueRepeats, link: LinkConditions, *, until: float, size: int = 1) -> list[float]:
    """Return when something said at 0 is said again, as nothing arrives."""
    moments: list[float] = []
    while (due_at := overdue.due_at(link, scheduled=None)) is not None and due_at < until:
        moments.append(due_at)
        overdue.said(1, size=size, now=due_at)
    return moments


def said_once(*, size: int = 1) -> OverdueRepeats:
    overdue = OverdueRepeats()
    overdue.said(1, size=size, now=0.0)
    return overdue


def test_nothing_is_due_before_something_was_said_and_after_it_arrived() -> None:
    overdue = OverdueRepeats()
    assert overdue.due_at(LINK, scheduled=None) is None
    overdue.said(3, size=1, now=0.0)
    overdue.arrived(3)
    assert overdue.due_at(LINK, scheduled=None) is None
    assert overdue.due_at(LINK, scheduled=5.0) == 5.0


def test_what_is_typed_on_does_not_put_off_the_repeat_of_the_first_key() -> None:
    overdue = OverdueRepeats()
    for count, moment in enumerate((0.0, 0.05, 0.1), 1):
        overdue.said(count, size=count, now=moment)
    assert overdue.due_at(LINK, scheduled=0.22) == LINK.probe_timeout


def test_the_next_key_is_reckoned_from_its_own_first_saying_once_the_first_arrived() -> None:
    overdue = OverdueRepeats()
    overdue.said(1, size=1, now=0.0)
    overdue.said(2, size=2, now=0.05)
    overdue.arrived(1)
    assert overdue.due_at(LINK, scheduled=None) == pytest.approx(0.05 + LINK.probe_timeout)


def test_repeats_are_dense_at_first_and_as_rare_as_probes_after_a_second() -> None:
    moments = repeats(said_once(), LINK, until=3.0)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[0] == LINK.probe_timeout
    assert gaps[0] == pytest.approx(OVERDUE_GAP)
    assert gaps == pytest.approx(sorted(gaps))
    assert gaps[-1] == pytest.approx(PROBE_INTERVAL)
    assert len(moments) < 50


def test_large_frames_are_repeated_no_faster_than_a_narrow_link_bears() -> None:
    moments = repeats(said_once(size=1100), LINK, until=1.0, size=1100)
    assert len(moments) * 1200 * 8 <= 100_000


@given(st.integers(1, 1000), st.floats(0.0, 0.1))
def test_in_a_long_silence_nothing_exceeds_its_rate_however_fast_somebody_types(size: int, typed_after: float) -> None:
    overdue = OverdueRepeats()
    overdue.said(1, size=size, now=7.0)
    silent = LINK._replace(silence=SILENT_AFTER + 0.1)
    due_at = overdue.due_at(silent, scheduled=7.0 + typed_after)
    assert due_at is not None
    assert due_at - 7.0 >= size / SILENT_RATE


def test_a_stream_and_a_long_silence_are_left_to_the_schedule_and_udp_beside_a_stream_is_not() -> None:
    overdue = said_once()
    assert overdue.due_at(LINK._replace(reliable=True), scheduled=9.0) == 9.0
    beside = overdue.due_at(LINK._replace(has_stream=True), scheduled=9.0)
    assert beside is not None and beside < 9.0
    assert overdue.due_at(LINK._replace(silence=PROBE_EAGERLY_FOR + 1), scheduled=9.0) == 9.0


def test_a_blackout_in_which_much_is_typed_keeps_the_oldest_moment_and_few_others() -> None:
    overdue = OverdueRepeats()
    for count in range(10 * FIRST_SAYINGS_KEPT):
        overdue.said(count, size=1, now=count / 10)
    assert overdue.due_at(LINK, scheduled=None) == pytest.approx(count / 10 + PROBE_INTERVAL)
    overdue.arrived(10 * FIRST_SAYINGS_KEPT - 2)
    due_at = overdue.due_at(LINK, scheduled=None)
    assert due_at is not None
    assert due_at <= count / 10 + PROBE_INTERVAL


def test_what_may_be_answered_late_is_overdue_as_much_later_but_no_later_than_what_follows() -> None:
    overdue = OverdueRepeats()
    overdue.said(1, size=1, now=0.0, wait=0.15)
    assert overdue.due_at(LINK, scheduled=None) == pytest.approx(0.15 + LINK.probe_timeout)
    overdue.said(2, size=1, now=0.1)
    assert overdue.due_at(LINK, scheduled=None) == pytest.approx(0.1 + LINK.probe_timeout)
