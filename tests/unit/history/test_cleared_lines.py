"""Which lines were cleared is told right whatever order that comes in, and within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.history.cleared_lines import MAX_CLEARS, ClearedLines
from rmosh.terminal.clears import Clear, Cleared


@st.composite
def _clears(draw: st.DrawFn) -> list[Cleared]:
    """Draw clears as a terminal makes them: each behind the one before."""
    clears, start = [], 0
    for gap, count, how in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.sampled_from(Clear)), max_size=9)
    ):
        clears.append(Cleared(start + gap, count, how))
        start += gap + count
    return clears


@given(_clears().flatmap(lambda clears: st.tuples(st.just(clears), st.permutations(clears + clears))))
def test_each_line_is_told_as_it_was_cleared(known: tuple[list[Cleared], list[Cleared]]) -> None:
    clears, arrived = known
    lines = ClearedLines()
    for cleared in arrived:
        lines.add(cleared)
    expected = {cleared.start + place: cleared.how for cleared in clears for place in range(cleared.count)}
    assert [lines.how(number) for number in range(60)] == [expected.get(number) for number in range(60)]


@given(_clears(), st.integers(0, 40), st.integers(0, 40))
def test_lines_are_parted_where_another_clear_begins_or_ends(clears: list[Cleared], start: int, count: int) -> None:
    lines = ClearedLines()
    for cleared in clears:
        lines.add(cleared)
    alike = lines.alike(range(start, start + count))
    owners = [lines.clear_of(number) for number in range(start, start + count + 1)]
    expected = 0
    while expected < count and owners[expected] == owners[0]:
        expected += 1
    assert alike == range(start, start + expected)


@given(_clears(), st.integers(0, 40))
def test_what_was_given_up_is_forgotten(clears: list[Cleared], number: int) -> None:
    lines = ClearedLines()
    for cleared in clears:
        lines.add(cleared)
    lines.forget_below(number)
    for cleared in clears:
        assert lines.how(cleared.start) == (cleared.how if cleared.start >= number else None)


@given(st.lists(st.builds(Cleared, st.integers(0, 99), st.integers(1, 99), st.sampled_from(Clear))))
def test_clears_that_no_terminal_makes_are_of_no_harm(clears: list[Cleared]) -> None:
    lines = ClearedLines()
    for cleared in clears:
        lines.add(cleared)
    for start in range(0, 200, 7):
        assert lines.how(start) in {None, *Clear}
        alike = lines.alike(range(start, start + 50))
        assert alike.start == start and 0 < len(alike) <= 50


def test_the_newest_are_remembered() -> None:
    lines = ClearedLines()
    for number in range(MAX_CLEARS + 5):
        lines.add(Cleared(number, 1, Clear.ALL))
    assert lines.how(4) is None
    assert lines.how(5) is lines.how(MAX_CLEARS + 4) is Clear.ALL
