"""Where rows and strings differ, told for all columns at once as for each by itself."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Cell, Row, Style
from rmosh.terminal.differences import differences, row_differences, style_runs
from rmosh.terminal.style_table import StyleTable

TEXTS = st.text(st.sampled_from("ab\0\1\u0100\u6f22\U0001f469\ud800"), max_size=40)
STYLES = st.builds(Style, st.sampled_from([None, 1, 2, 1 << 24]), link=st.sampled_from(["", ";file:///"]))
CELLS = st.builds(Cell, st.sampled_from(["a", "b", " ", "", "漢", "e\u0301", "o\u0301"]), STYLES)


@given(st.lists(st.tuples(*[st.characters()] * 2), max_size=40), TEXTS)
def test_characters_are_told_apart_wherever_in_unicode_they_are(pairs: list[tuple[str, str]], same: str) -> None:
    old, new = ("".join([pair[side] for pair in pairs]) + same for side in (0, 1))
    assert list(differences(old, new)) == [a != b for a, b in zip(old, new, strict=True)]


@given(st.lists(st.tuples(CELLS, CELLS), max_size=20), st.booleans())
def test_columns_of_rows_differ_where_their_cells_do(pairs: list[tuple[Cell, Cell]], in_one_table: bool) -> None:
    old, new = (Row(tuple([pair[side] for pair in pairs])) for side in (0, 1))
    if not in_one_table:
        table = StyleTable(1)
        table.character(Style(background=7))  # so that the same style has another character
        old = old.in_table(table)
        assert list(row_differences(old, new)) == [a != b for a, b in pairs]
        new = new.in_table(StyleTable(2))
        assert list(row_differences(new, old)) == [a != b for a, b in pairs]
    assert list(row_differences(old, new)) == [a != b for a, b in pairs]


def test_a_table_does_not_grow_by_what_its_rows_are_compared_with() -> None:
    table = StyleTable(1)
    row, other = Row((Cell("a", Style(1)),)).in_table(table), Row((Cell("a", Style(2)),)).in_table(StyleTable(2))
    assert row_differences(other, row) == b"\1"
    assert row != other
    assert len(table) == 2


@given(TEXTS)
def test_runs_are_of_one_character_each_and_make_up_the_string(text: str) -> None:
    runs = [(ord(character), len(list(run))) for character, run in groupby(text)]
    assert list(zip(*style_runs(text), strict=True)) == runs


@given(st.lists(CELLS, max_size=12), st.data())
def test_a_part_of_a_row_is_a_row_of_its_cells(cells: list[Cell], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(cells)))
    end = data.draw(st.integers(start, len(cells)))
    part = Row(tuple(cells)).part(start, end)
    assert part == Row(tuple(cells[start:end]))
    assert part.cells == tuple(cells[start:end])
