"""When things are said again: copies, quick repeats, probes, back-off, giving up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.policy import (
    COPY_GAP,
    GIVE_UP_SENDING_AFTER,
    PROBE_INTERVAL,
    PROBE_INTERVAL_MAX,
    STREAM_REPEAT_FLOOR,
    STREAM_REPEAT_MAX,
)
from rmosh.transport.repeats import LinkConditions, RepeatSchedule

CLEAN = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=1200, window_room=12000.0)
LOSSY = CLEAN._replace(loss=0.29)

LINKS = st.builds(
    LinkConditions,
    smoothed_rtt=st.floats(0, 10),
    probe_timeout=st.floats(0.01, 60),
    loss=st.floats(0, 1),
    silence=st.floats(0, 2 * GIVE_UP_SENDING_AFTER),
    room=st.integers(0, 1452),
    window_room=st.floats(0, 1e7),
)


def sayings(link: LinkConditions, *, seconds: float, copies: bool = True) -> list[float]:
    """Return when something never acknowledged is said; the peer is silent from the first time on."""
    schedule, moments, now = RepeatSchedule(), [0.0], 0.0
    schedule.renewed()
    schedule.said(now=0.0)
    while now < seconds:
        due_at = schedule.due_at(link._replace(silence=now), copies=copies)
        if due_at is None:
            break
        now = max(now, due_at)
        moments.append(now)
        schedule.said(now=now)
    return moments


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def test_nothing_is_due_before_there_is_something_and_after_it_arrived() -> None:
    schedule = RepeatSchedule()
    assert schedule.due_at(CLEAN) is None
    schedule.renewed()
    assert schedule.due_at(CLEAN) == 0.0
    schedule.settled()
    assert schedule.due_at(CLEAN) is None


def test_on_a_clean_path_nothing_is_repeated_within_a_round_trip() -> None:
    assert sayings(CLEAN, seconds=1)[1] >= CLEAN.probe_timeout


def test_on_a_lossy_path_copies_follow_some_ms_apart() -> None:
    assert sayings(LOSSY, seconds=1)[:4] == [0.0, COPY_GAP, 2 * COPY_GAP, 3 * COPY_GAP]


@pytest.mark.parametrize("copies", [True, False])
def test_in_a_stream_that_stalls_hardly_anything_is_repeated_and_yet_not_nothing(copies: bool) -> None:
    moments = sayings(CLEAN._replace(reliable=True), seconds=600, copies=copies)
    assert moments[1] >= STREAM_REPEAT_FLOOR
    assert len([moment for moment in moments if moment <= 30]) <= 5
    assert gaps(moments)[-1] == STREAM_REPEAT_MAX


def test_where_parity_makes_up_for_loss_there_are_no_copies() -> None:
    assert sayings(LOSSY, seconds=1, copies=False)[1] >= LOSSY.probe_timeout


def test_into_silence_probes_leave_every_quarter_second_for_a_minute_then_more_and_more_rarely() -> None:
    moments = sayings(CLEAN, seconds=1000)
    assert max(gaps([moment for moment in moments if moment < 60])) <= PROBE_INTERVAL + 1e-9
    assert len([moment for moment in moments if 10 <= moment < 60]) <= 50 / PROBE_INTERVAL + 1
    assert max(gaps(moments)) == PROBE_INTERVAL_MAX


def test_after_an_hour_of_silence_nothing_leaves_any_more() -> None:
    assert sayings(CLEAN, seconds=2 * GIVE_UP_SENDING_AFTER)[-1] <= GIVE_UP_SENDING_AFTER + PROBE_INTERVAL_MAX


def test_a_peer_that_answers_again_ends_all_back_off() -> None:
    schedule = RepeatSchedule()
    schedule.renewed()
    for _ in range(30):
        schedule.said(now=50.0)
    schedule.hurry()
    assert schedule.due_at(CLEAN) == 0.0


def test_hurrying_opens_nothing_that_was_settled() -> None:
    schedule = RepeatSchedule()
    schedule.hurry()
    assert schedule.due_at(CLEAN) is None


@given(LINKS, st.integers(1, 100), st.booleans())
def test_what_was_just_said_is_never_due_at_once(link: LinkConditions, times: int, copies: bool) -> None:
    schedule = RepeatSchedule()
    schedule.renewed()
    for _ in range(times):
        schedule.said(now=7.0)
    due_at = schedule.due_at(link, copies=copies)
    assert due_at is None or due_at >= 7.0 + min(COPY_GAP, link.probe_timeout)


def test_what_was_said_ten_thousand_times_as_pieces_of_a_paste_are_is_still_said_again() -> None:
    schedule = RepeatSchedule()
    schedule.renewed()
    for _ in range(10_000):
        schedule.said(now=1.0)
    silent = LOSSY._replace(silence=1.0)
    assert schedule.due_at(silent) == 1.0 + PROBE_INTERVAL
