"""PINGs: how often, by activity and silence."""

import pytest

from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.policy import (
    FLOW_BYTES,
    FLOW_PAUSE,
    GIVE_UP_SENDING_AFTER,
    HEARTBEAT_ACTIVE,
    HEARTBEAT_ANSWERING,
    HEARTBEAT_ANSWERING_MAX,
    HEARTBEAT_BUSY,
    HEARTBEAT_IDLE,
    PROBE_INTERVAL,
    PROBE_INTERVAL_MAX,
)
from rmosh.transport.repeats import LinkConditions

CLEAN = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=1200, window_room=12000.0)


def next_ping(heartbeat: Heartbeat, link: LinkConditions = CLEAN) -> float:
    due_at = heartbeat.due_at(link)
    assert due_at is not None
    return due_at


@pytest.mark.parametrize(
    ("idle", "interval"), [(1.0, HEARTBEAT_BUSY), (30.0, HEARTBEAT_ACTIVE), (300.0, HEARTBEAT_IDLE)]
)
def test_the_interval_follows_the_activity(idle: float, interval: float) -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.asked(now=idle)
    assert next_ping(heartbeat) == idle + interval


def test_whatever_else_asks_for_an_answer_puts_the_ping_off() -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.asked(now=0.5)
    assert heartbeat.loads(1000, CLEAN, now=HEARTBEAT_BUSY) == []
    assert next_ping(heartbeat) == 0.5 + HEARTBEAT_BUSY


def test_answers_to_a_screen_that_changes_once_a_second_stand_in_for_pings_for_a_minute() -> None:
    heartbeat = Heartbeat(now=0.0)
    for second in range(1, 60):
        heartbeat.active(now=float(second))
        heartbeat.answered(now=float(second))
        assert next_ping(heartbeat) >= min(second + 1, HEARTBEAT_ANSWERING_MAX)
    assert next_ping(heartbeat) == HEARTBEAT_ANSWERING_MAX


def test_once_nothing_is_to_be_answered_any_more_it_is_asked_for_soon() -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.answered(now=5.0)
    assert next_ping(heartbeat) == 5.0 + HEARTBEAT_ANSWERING


def test_an_answered_ping_is_not_repeated_and_an_unanswered_one_is() -> None:
    heartbeat = Heartbeat(now=0.0)
    (load,) = heartbeat.loads(1000, CLEAN, now=1.0)
    heartbeat.asked(now=1.0)
    assert load.elicits_ack
    assert next_ping(heartbeat) == 1.0 + CLEAN.probe_timeout
    heartbeat.on_acknowledged(now=1.1)
    assert next_ping(heartbeat) == 1.0 + HEARTBEAT_BUSY


def test_a_probe_leaves_at_once() -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.probe()
    assert next_ping(heartbeat) <= 0.0


def test_a_client_never_stops_asking_however_long_the_silence() -> None:
    heartbeat, now = Heartbeat(now=0.0), 1.0
    gaps = []
    while now < 3 * GIVE_UP_SENDING_AFTER:
        link = CLEAN._replace(silence=now - 1.0)
        due_at = next_ping(heartbeat, link)
        if due_at <= now:
            assert heartbeat.loads(1000, link, now=now)
            heartbeat.asked(now=now)
            continue
        gaps.append(due_at - now)
        now = due_at
    assert max(gaps) == pytest.approx(PROBE_INTERVAL_MAX)
    assert max(gaps[:200]) <= PROBE_INTERVAL + 1e-9
    assert gaps[-1] == pytest.approx(PROBE_INTERVAL_MAX)


def test_a_flow_that_pauses_is_asked_for_once_and_what_is_none_is_not() -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.asked(now=100.0)
    heartbeat.flowed(FLOW_BYTES - 1, now=100.0)
    assert next_ping(heartbeat) == 100.0 + HEARTBEAT_IDLE
    heartbeat.flowed(1, now=101.0)
    assert next_ping(heartbeat) == 101.0 + FLOW_PAUSE
    assert next_ping(heartbeat, CLEAN._replace(smoothed_rtt=0.6)) == 101.6
    assert heartbeat.loads(1000, CLEAN, now=101.3)
    heartbeat.asked(now=101.3)
    heartbeat.on_acknowledged(now=101.4)
    assert next_ping(heartbeat) == 101.3 + HEARTBEAT_IDLE


def test_a_flow_that_went_on_while_it_was_asked_for_is_asked_for_when_it_pauses_again() -> None:
    heartbeat = Heartbeat(now=0.0)
    heartbeat.flowed(FLOW_BYTES, now=100.0)
    assert heartbeat.loads(1000, CLEAN, now=100.3)
    heartbeat.flowed(1, now=100.35)
    heartbeat.on_acknowledged(now=100.4)
    heartbeat.asked(now=100.4)
    assert next_ping(heartbeat) == 100.35 + FLOW_PAUSE
