"""When a frame is taken: at once for an echo, spaced under a flood."""

import pytest

from rmosh.channels.screen.pacer import FramePacer
from rmosh.channels.screen.policy import (
    ATTENTION,
    ATTENTIVE_INTERVAL,
    FRAME_BURST,
    FRAME_INTERVAL,
    NEAR_REDRAW_QUIET,
    NEAR_RTT,
    PICTURE_QUIET,
    PICTURE_QUIET_LIMIT,
    QUIET,
    QUIET_LIMIT,
    REDRAW_QUIET,
    REDRAW_QUIET_LIMIT,
    SYNCHRONIZED_LIMIT,
)

#: Seconds of a round trip that leaves the quiet at its full length.
RTT = 0.1


def test_on_a_lan_an_echo_does_not_wait_for_quiet_and_a_redraw_waits_less() -> None:
    pacer = FramePacer()
    pacer.changed(output=1, now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=NEAR_RTT) == 10.0
    pacer.changed(output=5000, now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=NEAR_RTT) == 10.0 + NEAR_REDRAW_QUIET


def test_nothing_is_due_while_nothing_changed() -> None:
    assert FramePacer().due_at(synchronizing=False, rtt=RTT) is None


def test_an_echo_waits_for_a_moment_of_quiet_and_no_longer() -> None:
    pacer = FramePacer()
    pacer.changed(now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.0 + QUIET
    pacer.taken(now=10.0 + QUIET)
    assert not pacer.pending


def test_a_flood_that_is_never_quiet_waits_for_the_limit_only() -> None:
    pacer = FramePacer()
    for step in range(20):
        pacer.changed(now=10.0 + step * QUIET / 2)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.0 + QUIET_LIMIT


def test_a_synchronized_update_is_held_back_but_not_for_ever() -> None:
    pacer = FramePacer()
    pacer.changed(now=10.0)
    pacer.changed(now=10.1)
    assert pacer.due_at(synchronizing=True, rtt=RTT) == 10.0 + SYNCHRONIZED_LIMIT


def test_a_flood_gets_a_burst_and_then_fifty_frames_a_second() -> None:
    pacer, now, frames = FramePacer(), 100.0, []
    while now < 102.0:
        pacer.changed(now=now)
        due_at = pacer.due_at(synchronizing=False, rtt=RTT)
        assert due_at is not None
        if due_at <= now:
            pacer.taken(now=now)
            frames.append(now)
        now += 0.0005
    assert FRAME_BURST <= len(frames) <= 2.0 / FRAME_INTERVAL + FRAME_BURST


def test_a_redraw_in_pieces_waits_for_the_last_of_them() -> None:
    pacer = FramePacer()
    pacer.changed(output=4096, now=10.0)
    pacer.changed(output=4096, now=10.002)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.002 + REDRAW_QUIET
    pacer.taken(now=10.005)
    pacer.changed(output=20, now=10.006)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.006 + QUIET


@pytest.mark.parametrize(("rtt", "quiet"), [(NEAR_RTT, PICTURE_QUIET), (RTT, REDRAW_QUIET)])
def test_the_next_part_of_a_picture_waits_for_the_last_to_be_shown_but_not_for_ever(rtt: float, quiet: float) -> None:
    pacer = FramePacer()
    pacer.changed(output=4096, now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=rtt, awaits_picture=True) == 10.0 + quiet
    for step in range(200):
        pacer.changed(output=4096, now=10.0 + step * NEAR_REDRAW_QUIET)
    assert pacer.due_at(synchronizing=False, rtt=rtt, awaits_picture=True) == 10.0 + PICTURE_QUIET_LIMIT
    assert pacer.due_at(synchronizing=False, rtt=rtt) == 10.0 + REDRAW_QUIET_LIMIT


def test_what_a_key_does_to_a_flood_does_not_wait_for_the_floods_next_frame() -> None:
    pacer, now = FramePacer(), 100.0
    for _ in range(2 * FRAME_BURST):
        pacer.changed(output=5000, now=now)
        pacer.taken(now=now)
    pacer.changed(output=5000, now=now)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == now + FRAME_INTERVAL
    pacer.attend(now=now)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == now + max(ATTENTIVE_INTERVAL, REDRAW_QUIET)
    later = now + ATTENTION
    for _ in range(2 * FRAME_BURST):
        pacer.taken(now=later)
    pacer.changed(output=5000, now=later)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == later + FRAME_INTERVAL


def test_an_update_that_its_program_calls_done_is_shown_at_once_unless_more_follows() -> None:
    pacer = FramePacer()
    pacer.changed(output=5000, is_whole=True, now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.0
    pacer.changed(now=10.0)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.0
    pacer.changed(output=10, now=10.001)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 10.001 + REDRAW_QUIET
    pacer.taken(now=10.01)
    pacer.changed(output=5000, now=20.0)
    assert pacer.due_at(synchronizing=False, rtt=RTT) == 20.0 + REDRAW_QUIET
