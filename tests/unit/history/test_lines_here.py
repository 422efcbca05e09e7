"""Which lines are here, against a set of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.history.lines_here import LinesHere

_PLACES = st.integers(0, 60)
_STEPS = st.lists(st.tuples(st.sampled_from(["add", "add", "add", "forget"]), _PLACES, st.integers(0, 12)), max_size=30)


@given(_STEPS, _PLACES, _PLACES)
def test_the_first_gap_is_found_whatever_came_in_whatever_order(
    steps: list[tuple[str, int, int]], start: int, stop: int
) -> None:
    here, model = LinesHere(), set[int]()
    for step, place, count in steps:
        if step == "add":
            here.add(place, place + count)
            model |= set(range(place, place + count))
        else:
            here.forget_below(place)
            model = {number for number in model if number >= place}
    gap: tuple[int, int] | None = None
    for number in range(start, stop):
        if number in model:
            if gap is not None:
                break
        else:
            gap = (number if gap is None else gap[0], number + 1)
    assert here.missing(start, stop) == gap


def test_what_comes_line_by_line_becomes_one_range() -> None:
    here = LinesHere()
    for number in (3, 1, 5, 2, 4):
        here.add(number, number + 1)
    assert here.missing(1, 6) is None
    assert here.missing(0, 9) == (0, 1)
    assert here.missing(2, 9) == (6, 9)
