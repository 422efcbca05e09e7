"""The predictor hears of things when nobody waits for what it does, and at once where guesses are painted."""

from dataclasses import replace
from functools import partial

import pytest

from rmosh.containment import Containment
from rmosh.prediction import PredictMode, Predictor
from rmosh.prediction.predictor import PASTE
from rmosh.terminal.cells import Frame
from rmosh_client.running.contained_prediction import ContainedPredictor
from tests.unit.client_ui.client_ui_driver import FakeSession, at_work, desk
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_status import HEALTHY

SHELL = frame_of(["$ "], rows=1, columns=20, cursor=(0, 2))
ANSWERED = frame_of(["$ a"], rows=1, columns=20, cursor=(0, 3))


def predictor_in(mode: PredictMode) -> ContainedPredictor:
    return ContainedPredictor(mode, Containment(now=0.0))


def near(mode: PredictMode = PredictMode.ADAPTIVE) -> ContainedPredictor:
    """Return one on a link too quick for guesses to be painted."""
    predictor = predictor_in(mode)
    predictor.follow(srtt=0.001, now=0.0)
    assert not predictor.painting
    return predictor


def test_what_happens_on_a_quick_link_is_thought_about_only_when_there_is_time() -> None:
    predictor = near()
    predictor.screen_changed(SHELL, input_offset=0, now=1.0)
    predictor.typed(b"a", input_offset=1, now=1.5)
    assert predictor.statistics.keys == 0
    assert predictor.overlay(SHELL) is SHELL
    predictor.follow(srtt=0.001, now=1.6)
    assert predictor.statistics.keys == 1


def test_what_was_put_off_is_learned_from_in_its_order_and_with_its_times() -> None:
    quick, plain = near(), Predictor(PredictMode.ADAPTIVE)
    plain.link(srtt=0.001)
    plain.tick(now=0.0)
    for each in (quick, plain):
        each.screen_changed(SHELL, input_offset=0, now=1.0)
        each.typed(b"a", input_offset=1, now=1.5)
        each.echo_advanced(input_offset=1, age=0.0, now=1.502)
        each.screen_changed(ANSWERED, input_offset=1, now=1.503)
    quick.follow(srtt=0.001, now=1.504)
    assert quick.statistics == plain.statistics
    assert list(quick.statistics.waits) == [pytest.approx(0.002)]


def test_where_guesses_are_painted_a_key_is_guessed_at_once() -> None:
    predictor = predictor_in(PredictMode.ALWAYS)
    predictor.typed(b"a", input_offset=1, now=1.0)
    assert predictor.statistics.keys == 1


def test_where_no_guesses_are_wished_nothing_is_guessed_but_waits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Predictor, "__init__", lambda self, mode: pytest.fail("a predictor was made"))
    predictor = predictor_in(PredictMode.NEVER)
    predictor.typed(b"a", input_offset=1, now=1.0)
    predictor.typed(b"b", input_offset=2, now=1.1)
    predictor.echo_advanced(input_offset=1, age=0.0, now=1.2)
    predictor.screen_changed(ANSWERED, input_offset=1, now=1.25)
    predictor.follow(srtt=0.5, now=1.3)
    assert list(predictor.statistics.waits) == [pytest.approx(0.2)]
    assert predictor.next_wakeup() is None


def test_keys_that_come_together_are_counted_each_where_no_guesses_are_wished() -> None:
    predictor = predictor_in(PredictMode.NEVER)
    predictor.typed("aé\x1b[A".encode(), input_offset=6, now=1.0)
    predictor.typed(b"\xc3", input_offset=7, now=1.0)
    predictor.echo_advanced(input_offset=3, age=0.0, now=1.2)
    predictor.typed(b"\xa9" + b"x" * PASTE, input_offset=8 + PASTE, now=1.2)
    predictor.follow(srtt=0.5, now=1.3)
    assert predictor.statistics.keys == 4
    assert list(predictor.statistics.waits) == [pytest.approx(0.2)] * 2


def test_guesses_that_were_not_wished_may_be_switched_on() -> None:
    predictor = predictor_in(PredictMode.NEVER)
    assert predictor.switch()
    predictor.follow(srtt=0.5, now=1.0)
    assert predictor.painting
    assert not predictor.switch()
    assert not predictor.painting


def test_a_screen_is_painted_before_it_is_thought_about(monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession(link=replace(HEALTHY, srtt=0.001))
    with desk(session) as place:
        place.predict = PredictMode.ADAPTIVE
        seen: list[bool] = []

        def screen_changed(_self: Predictor, _frame: Frame, *, input_offset: int, now: float) -> None:
            seen.append(place.has("first words"))

        with at_work(place) as work:
            monkeypatch.setattr(Predictor, "screen_changed", screen_changed)
            session.shows("first words")
            work.driver.guarded(lambda: None)()
            place.until(partial(place.has, "first words"))
        assert seen == [True]
