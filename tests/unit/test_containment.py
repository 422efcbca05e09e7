"""Walls between parts: what passes them, what is told, and when a part is left off."""

import pytest

from rmosh.containment import FAULT_SPAN, LEFT_OFF_FOR, MOST_FAULTS, Containment
from rmosh.errors import Malformed


def fail(error: BaseException) -> None:
    raise error


def test_a_fault_is_told_in_one_line_without_the_words_of_the_error() -> None:
    walls = Containment(now=0.0)
    part = walls.part("the history")
    assert part.run(7, lambda: 1 // 0) == 7
    line = walls.next_told()
    assert line is not None
    assert line.startswith("a fault in the history, it was reset (ZeroDivisionError in test_containment.py:")
    part.run(None, fail, KeyError("hunter2"))
    assert "hunter2" not in str(walls.next_told())
    assert walls.next_told() is None


def test_a_part_that_goes_on_failing_is_left_off_and_tried_again() -> None:
    walls = Containment(now=100.0)
    resets: list[bool] = []
    part = walls.part("drawing", reset=resets.append)
    called = 0

    def broken() -> int:
        nonlocal called
        called += 1
        raise AssertionError

    for _ in range(1000):
        part.run(0, broken)
    assert called == MOST_FAULTS
    assert resets == [False] + [True] * (MOST_FAULTS - 1)
    assert part.is_left_off
    walls.now += LEFT_OFF_FOR
    assert not part.is_left_off
    assert part.run(0, lambda: 5) == 5


def test_rare_faults_never_leave_a_part_off() -> None:
    walls = Containment(now=0.0)
    resets: list[bool] = []
    part = walls.part("drawing", reset=resets.append)
    for _ in range(50):
        part.run(None, fail, ValueError())
        walls.now += FAULT_SPAN + 1
    assert not part.is_left_off
    assert not any(resets)


def test_a_part_whose_reset_fails_is_left_off_at_once() -> None:
    walls = Containment(now=1.0)
    part = walls.part("drawing", reset=lambda _: fail(OSError()))
    part.run(None, fail, ValueError())
    assert part.is_left_off


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), EOFError()])
def test_what_is_meant_for_somebody_outside_passes(error: BaseException) -> None:
    part = Containment(now=0.0, passing=(EOFError,)).part("drawing")
    with pytest.raises(type(error)):
        part.run(None, fail, error)


def test_what_a_peer_sent_is_refused_on_a_fault_and_dropped_while_the_part_is_left_off() -> None:
    walls = Containment(now=0.0)
    part = walls.part("the screen")
    with pytest.raises(Malformed, match="by the peer"):
        part.take(fail, Malformed("by the peer"))
    assert walls.count == 0
    for _ in range(MOST_FAULTS):
        with pytest.raises(Malformed, match="a fault of our own"):
            part.take(fail, AssertionError())
    part.take(fail, AssertionError())
    assert walls.count == MOST_FAULTS


def test_however_many_faults_there_are_few_lines_wait() -> None:
    walls = Containment(now=0.0)
    for number in range(10_000):
        walls.part(f"part {number}").run(None, fail, ValueError())
    told = 0
    while walls.next_told() is not None:
        told += 1
    assert told <= 16
    assert walls.count == 10_000
