"""When datagrams may leave while typing is obscured: the client's beats and the server's answers."""

import pytest

from rmosh.transport.policy import BEAT, BEATS_AFTER_TYPING, BEATS_AWAITED
from rmosh.transport.rhythm import AnsweringRhythm, NoRhythm, TypingRhythm

LEAST, MOST = BEATS_AFTER_TYPING


def beats(rhythm: TypingRhythm, *, until: float) -> list[float]:
    moments = []
    while (moment := rhythm.beat_at) is not None and moment <= until:
        moments.append(moment)
        rhythm.beaten(now=moment)
    return moments


def test_without_a_rhythm_all_may_leave_at_once_and_nothing_must() -> None:
    rhythm = NoRhythm()
    rhythm.heard(now=5.0)
    assert (rhythm.opens_at(now=5.0), rhythm.beat_at) == (0.0, None)


def test_before_the_first_key_all_may_leave_at_once() -> None:
    rhythm = TypingRhythm(bytes)
    rhythm.heard(now=5.0)
    assert (rhythm.opens_at(now=5.0), rhythm.beat_at) == (0.0, None)


def test_a_key_starts_beats_at_equal_spaces_that_others_do_not_move() -> None:
    rhythm = TypingRhythm(bytes)
    rhythm.typed(now=5.0)
    first = beats(rhythm, until=5.5)
    rhythm.typed(now=5.507)
    more = [*first, *beats(rhythm, until=9.0)]
    assert more == pytest.approx([5.0 + number * BEAT for number in range(len(more))])
    assert more[-1] == pytest.approx(5.507 + LEAST, abs=BEAT)


@pytest.mark.parametrize(("entropy", "length"), [(b"\0\0", LEAST), (b"\xff\xff", MOST)])
def test_beats_go_on_for_as_long_as_chance_says(entropy: bytes, length: float) -> None:
    rhythm = TypingRhythm(lambda count: entropy[:count])
    rhythm.typed(now=5.0)
    assert beats(rhythm, until=20.0)[-1] == pytest.approx(5.0 + length, abs=1.5 * BEAT)


def test_between_two_beats_nothing_leaves_and_with_one_as_much_as_there_is() -> None:
    rhythm = TypingRhythm(bytes)
    rhythm.typed(now=5.0)
    rhythm.beaten(now=5.0)
    assert rhythm.opens_at(now=5.0) <= 5.0
    assert rhythm.opens_at(now=5.001) == pytest.approx(5.0 + BEAT)


def test_beats_that_were_slept_through_are_left_out() -> None:
    rhythm = TypingRhythm(bytes)
    rhythm.typed(now=5.0)
    rhythm.beaten(now=5.0 + 3.5 * BEAT)
    assert rhythm.beat_at == pytest.approx(5.0 + 4 * BEAT)


def test_an_answer_leaves_at_once_and_what_comes_later_with_the_next() -> None:
    rhythm = AnsweringRhythm()
    rhythm.heard(now=5.0)
    assert (rhythm.opens_at(now=5.0), rhythm.beat_at) == (0.0, 5.0)
    rhythm.beaten(now=5.0)
    assert rhythm.beat_at is None
    assert rhythm.opens_at(now=5.001) == pytest.approx(5.0 + BEATS_AWAITED * BEAT)
    rhythm.heard(now=5.0 + BEAT)
    assert rhythm.opens_at(now=5.0 + BEAT) == 0.0
