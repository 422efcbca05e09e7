"""When a client logs in again for a path inside SSH, in virtual time."""

from dataclasses import replace

import pytest

from rmosh.session.status import LinkStatus
from rmosh_client.reaching.login_again import LoginAgain, PathOutcome
from tests.unit.client_ui.client_ui_status import HEALTHY, UNHEARD


def link(*, silence: float, round_trip: float) -> LinkStatus:
    return replace(
        HEALTHY, srtt=round_trip, rttvar=round_trip / 8, last_contact=silence, silence=silence, unheard=silence
    )


def first_due(again: LoginAgain, *, silent_since: float, round_trip: float, limit: float) -> float | None:
    """Return the first moment at which a login is due, looking a hundred times a round trip."""
    steps = int(limit / round_trip * 100)
    for step in range(steps):
        now = silent_since + step * round_trip / 100
        again.look(link(silence=now - silent_since, round_trip=round_trip), now=now)
        if again.is_due(now=now):
            return now
    return None


@pytest.mark.parametrize("round_trip", [0.01, 0.05, 0.3, 2.0])
def test_a_silence_is_judged_by_the_round_trip(round_trip: float) -> None:
    due = first_due(LoginAgain(), silent_since=100.0, round_trip=round_trip, limit=50 * round_trip)
    assert due is not None
    assert due - 100.0 == pytest.approx(24 * round_trip, rel=0.01)  # 16 times a round trip and half of one


@pytest.mark.parametrize("round_trip", [0.05, 2.0])
def test_what_was_cut_is_healed_sooner(round_trip: float) -> None:
    again = LoginAgain()
    again.look(link(silence=0.0, round_trip=round_trip), now=100.0)
    again.cut(now=100.0)
    due = first_due(again, silent_since=100.0, round_trip=round_trip, limit=50 * round_trip)
    assert due is not None
    assert due - 100.0 == pytest.approx(6 * round_trip, rel=0.01)


def test_what_was_cut_is_healed_though_no_answer_is_owed() -> None:
    again = LoginAgain()
    again.look(link(silence=0.0, round_trip=0.1), now=100.0)
    again.cut(now=100.0)
    again.look(replace(link(silence=0.0, round_trip=0.1), last_contact=1.0), now=101.0)
    assert again.is_due(now=101.0)


def test_who_is_heard_after_a_cut_by_another_path_needs_no_login() -> None:
    again = LoginAgain()
    again.cut(now=100.0)
    for tenth in range(1, 100):
        again.look(link(silence=0.0, round_trip=0.1), now=100.0 + tenth / 10)
        assert not again.is_due(now=100.0 + tenth / 10)
    assert again.next_wakeup() is None


def test_nothing_is_due_while_the_server_answers_nor_before_it_ever_did() -> None:
    again = LoginAgain()
    for second in range(1000):
        again.look(link(silence=0.1 * (second % 2), round_trip=0.1), now=second)
        again.look(UNHEARD, now=second)
        assert not again.is_due(now=second)
    assert again.in_words(key="Ctrl-^ l", now=1000.0) == ""


def silent(again: LoginAgain, *, now: float) -> None:
    again.look(link(silence=now, round_trip=0.1), now=now)


def failed_at(again: LoginAgain, moment: float, *, took: float) -> None:
    again.began(now=moment)
    again.ended(PathOutcome.FAILED, now=moment + took)


def test_rests_double_up_to_five_minutes_and_are_no_shorter_than_the_login_was() -> None:
    again, now, rests = LoginAgain(), 100.0, []
    silent(again, now=now)
    for _ in range(60):
        failed_at(again, now, took=2.0)
        due = again.next_wakeup()
        assert due is not None
        rests.append(due - now - 2.0)
        now = due
        silent(again, now=now)
        assert again.is_due(now=now)
    assert rests[:4] == [2.0, 4.0, 8.0, 16.0]
    assert max(rests) == rests[-1] == 300.0


def test_a_key_or_another_network_ends_a_rest_at_once_but_no_more_often_than_once_a_round_trip() -> None:
    again = LoginAgain()
    silent(again, now=100.0)
    failed_at(again, 100.0, took=0.01)
    again.hurry(now=100.02)
    assert not again.is_due(now=100.02)
    assert again.is_due(now=100.16)
    failed_at(again, 101.0, took=5.0)
    assert not again.is_due(now=106.1)
    again.hurry(now=106.2)
    assert again.is_due(now=106.2)


def test_one_login_at_a_time_whatever_is_pressed() -> None:
    again = LoginAgain()
    silent(again, now=100.0)
    again.began(now=100.0)
    again.hurry(now=100.1)
    silent(again, now=100.2)
    assert not again.is_due(now=100.2)
    assert again.in_words(key="", now=100.2) == "logging in again"


def test_a_login_that_would_ask_something_waits_for_the_user_and_says_for_which_key() -> None:
    again = LoginAgain()
    silent(again, now=100.0)
    again.began(now=100.0)
    again.ended(PathOutcome.NEEDS_USER, now=101.0)
    for second in range(102, 10_000):
        silent(again, now=second)
        again.hurry(now=second)
        assert not again.is_due(now=second)
    assert again.in_words(key="Ctrl-^ l", now=10_000.0) == "Ctrl-^ l logs in again"
    again.look(link(silence=0.0, round_trip=0.1), now=10_001.0)
    assert again.in_words(key="Ctrl-^ l", now=10_001.0) == ""


def test_a_path_that_was_opened_ends_it_all() -> None:
    again = LoginAgain()
    again.cut(now=99.0)
    silent(again, now=100.0)
    failed_at(again, 100.0, took=30.0)
    assert again.in_words(key="", now=131.0) == "logging in again in 29 s, or at a key"
    again.began(now=160.0)
    again.ended(PathOutcome.OPENED, now=161.0)
    again.look(link(silence=0.0, round_trip=0.1), now=161.1)
    assert again.next_wakeup() is None
    assert again.in_words(key="", now=161.1) == ""
