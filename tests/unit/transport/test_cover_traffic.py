"""When datagrams may leave while typing is obscured: the client's slots and the server's answers."""

import pytest

from rmosh.transport.cover_traffic import AnsweringCover, NoCoverTraffic, TypingCover
from rmosh.transport.policy import COVER_AFTER_TYPING, SLOT_INTERVAL, SLOTS_AWAITED

LEAST, MOST = COVER_AFTER_TYPING


def slots(cover: TypingCover, *, until: float) -> list[float]:
    moments = []
    while (moment := cover.slot_at) is not None and moment <= until:
        moments.append(moment)
        cover.slot_used(now=moment)
    return moments


def test_without_a_rhythm_all_may_leave_at_once_and_nothing_must() -> None:
    cover = NoCoverTraffic()
    cover.heard(now=5.0)
    assert (cover.opens_at(now=5.0), cover.slot_at) == (0.0, None)


def test_before_the_first_key_all_may_leave_at_once() -> None:
    cover = TypingCover(bytes)
    cover.heard(now=5.0)
    assert (cover.opens_at(now=5.0), cover.slot_at) == (0.0, None)


def test_a_key_starts_beats_at_equal_spaces_that_others_do_not_move() -> None:
    cover = TypingCover(bytes)
    cover.typed(now=5.0)
    first = slots(cover, until=5.5)
    cover.typed(now=5.507)
    more = [*first, *slots(cover, until=9.0)]
    assert more == pytest.approx([5.0 + number * SLOT_INTERVAL for number in range(len(more))])
    assert more[-1] == pytest.approx(5.507 + LEAST, abs=SLOT_INTERVAL)


@pytest.mark.parametrize(("entropy", "length"), [(b"\0\0", LEAST), (b"\xff\xff", MOST)])
def test_beats_go_on_for_as_long_as_chance_says(entropy: bytes, length: float) -> None:
    cover = TypingCover(lambda count: entropy[:count])
    cover.typed(now=5.0)
    assert slots(cover, until=20.0)[-1] == pytest.approx(5.0 + length, abs=1.5 * SLOT_INTERVAL)


def test_between_two_beats_nothing_leaves_and_with_one_as_much_as_there_is() -> None:
    cover = TypingCover(bytes)
    cover.typed(now=5.0)
    cover.slot_used(now=5.0)
    assert cover.opens_at(now=5.0) <= 5.0
    assert cover.opens_at(now=5.001) == pytest.approx(5.0 + SLOT_INTERVAL)


def test_beats_that_were_slept_through_are_left_out() -> None:
    cover = TypingCover(bytes)
    cover.typed(now=5.0)
    cover.slot_used(now=5.0 + 3.5 * SLOT_INTERVAL)
    assert cover.slot_at == pytest.approx(5.0 + 4 * SLOT_INTERVAL)


def test_an_answer_leaves_at_once_and_what_comes_later_with_the_next() -> None:
    cover = AnsweringCover()
    cover.heard(now=5.0)
    assert (cover.opens_at(now=5.0), cover.slot_at) == (0.0, 5.0)
    cover.slot_used(now=5.0)
    assert cover.slot_at is None
    assert cover.opens_at(now=5.001) == pytest.approx(5.0 + SLOTS_AWAITED * SLOT_INTERVAL)
    cover.heard(now=5.0 + SLOT_INTERVAL)
    assert cover.opens_at(now=5.0 + SLOT_INTERVAL) == 0.0
