"""The cells of a row by kinds."""

import gc
import weakref

import pytest

from rmosh.terminal.cells import Cell, Row, Style
from rmosh.terminal.style_table import StyleTable
from rmosh_client.painting import glyphs
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.glyphs import kinds_of, where_halves, where_in_question, where_sure
from rmosh_client.painting.layouts import Layouts, lay_out


@pytest.mark.parametrize(
    ("texts", "sure", "halves", "in_question"),
    [
        (["a", "é", "─"], "111", "000", "000"),
        (["漢", "", "x"], "111", "010", "000"),
        (["漢", "x"], "01", "00", "10"),
        (["x", "", "漢", ""], "1011", "0101", "0100"),
        (["ि", "❤\ufe0f", "\u00ad"], "000", "000", "111"),
        (["", "a"], "01", "10", "10"),
    ],
)
def test_each_column_is_sure_or_in_question(texts: list[str], sure: str, halves: str, in_question: str) -> None:
    found = kinds_of(texts)
    marks = [where_sure(found), where_halves(found), where_in_question(found)]
    assert ["".join(map(str, columns)) for columns in marks] == [sure, halves, in_question]


@pytest.mark.parametrize("texts", [["漢", "x"], ["x", "", "漢", ""], ["é", "", "b"]])
def test_a_sign_in_other_columns_than_its_own_is_doubtful(texts: list[str]) -> None:
    layout = lay_out(Row(tuple([Cell(text) for text in texts])), Drawing())
    assert [unit.sure for unit in layout.units.values()] == [False]


def test_no_more_texts_are_remembered_than_a_peer_may_cost_us() -> None:
    remembered = glyphs._Remembered()
    for number in range(2 * glyphs._MOST_REMEMBERED + 1):
        assert remembered[chr(0x4E00 + number)] is not None
    assert len(remembered) == 1


@pytest.mark.parametrize("text", ["é漢\0", "ि漢\0"])
def test_no_more_layouts_are_kept_than_some_screens_have_rows(text: str) -> None:
    layouts, table = Layouts(Drawing()), StyleTable()
    for number in range(600):
        row = Row.of_strings(f"{number:03}{text}", "\0" * 6, table)
        assert layouts.of(row) is layouts.of(row.replace(wrapped=True))
    assert 0 < len(layouts._by_signs) + sum([len(kept) for kept in layouts._by_strings.values()]) <= 256


def test_layouts_keep_no_table_of_styles_alive() -> None:
    layouts, table = Layouts(Drawing()), StyleTable()
    layouts.of(Row.of_strings("ि", table.character(Style(1)), table))
    gone = weakref.ref(table)
    del table
    gc.collect()
    assert gone() is None
