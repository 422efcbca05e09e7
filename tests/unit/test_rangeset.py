"""RangeSet against a plain set of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rmosh.rangeset import RangeSet

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=30)
PLACES = st.integers(0, 60)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "add", "add", "forget"]), PLACES, st.integers(0, 12)), max_size=30)


def numbers_of(ranges: RangeSet) -> set[int]:
    return {number for start, stop in ranges.newest_first() for number in range(start, stop)}


@given(SPANS)
def test_ranges_equal_a_set_of_numbers(spans: list[tuple[int, int]]) -> None:
    ranges, model = RangeSet(), set[int]()
    for start, length in spans:
        ranges.add(start, start + length)
        model.update(range(start, start + length))
    assert numbers_of(ranges) == model
    assert all((number in ranges) == (number in model) for number in range(-1, 70))
    assert ranges.largest == max(model, default=None)
    assert bool(ranges) == bool(model)


@given(SPANS)
def test_ranges_are_newest_first_and_never_touch(spans: list[tuple[int, int]]) -> None:
    ranges = RangeSet()
    for start, length in spans:
        ranges.add(start, start + length)
    told = ranges.newest_first()
    assert all(start < stop for start, stop in told)
    assert all(newer[0] > older[1] for newer, older in pairwise(told))
    assert ranges.newest_first(2) == told[:2]
    assert len(ranges) == len(told)
    assert ranges.lowest == (told[-1] if told else None)


@given(SPANS, st.integers(0, 70))
def test_forgetting_below_a_number_leaves_the_numbers_from_there(spans: list[tuple[int, int]], below: int) -> None:
    ranges, model = RangeSet(), set[int]()
    for start, length in spans:
        ranges.add(start, start + length)
        model.update(range(start, start + length))
    ranges.forget_below(below)
    assert numbers_of(ranges) == {number for number in model if number >= below}


@given(SPANS, st.integers(0, 70), st.integers(0, 20))
def test_removing_some_leaves_the_others(spans: list[tuple[int, int]], start: int, length: int) -> None:
    ranges, model = RangeSet(), set[int]()
    for first, count in spans:
        ranges.add(first, first + count)
        model.update(range(first, first + count))
    ranges.remove(start, start + length)
    assert numbers_of(ranges) == model - set(range(start, start + length))
    assert all(newer[0] > older[1] for newer, older in pairwise(ranges.newest_first()))


@given(STEPS, PLACES, PLACES)
def test_gaps_are_found_whatever_came_in_whatever_order(
    steps: list[tuple[str, int, int]], start: int, stop: int
) -> None:
    ranges, model = RangeSet(), set[int]()
    for step, place, count in steps:
        if step == "add":
            ranges.add(place, place + count)
            model |= set(range(place, place + count))
        else:
            ranges.forget_below(place)
            model = {number for number in model if number >= place}
    gap: tuple[int, int] | None = None
    for number in range(start, stop):
        if number in model:
            if gap is not None:
                break
        else:
            gap = (number if gap is None else gap[0], number + 1)
    assert ranges.missing(start, stop) == gap
    absent = [number for number in range(start, stop) if number not in model]
    assert ranges.missing_within(start, stop) == ((absent[0], absent[-1] + 1) if absent else None)


@given(st.lists(st.integers(0, 10_000), max_size=200), st.integers(1, 5))
def test_never_more_ranges_than_allowed_and_the_newest_number_is_kept(numbers: list[int], limit: int) -> None:
    ranges = RangeSet(limit)
    for number in numbers:
        ranges.add(number)
        assert len(ranges) <= limit
    assert ranges.largest == max(numbers, default=None)


def test_the_oldest_range_is_forgotten_first() -> None:
    ranges = RangeSet(2)
    for number in (10, 20, 30, 5):
        ranges.add(number)
    assert ranges.newest_first() == ((30, 31), (20, 21))


def test_what_comes_one_by_one_becomes_one_range() -> None:
    ranges = RangeSet()
    for number in (3, 1, 5, 2, 4):
        ranges.add(number)
    assert ranges.missing(1, 6) is None
    assert ranges.missing(0, 9) == (0, 1)
    assert ranges.missing(2, 9) == (6, 9)


def test_in_order_numbers_stay_one_range() -> None:
    ranges = RangeSet()
    for number in range(1000):
        ranges.add(number)
    assert ranges.newest_first() == ((0, 1000),)
    assert repr(ranges) == "RangeSet(0..999)"
