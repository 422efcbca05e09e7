"""The cells of a row by kinds."""

import pytest

from rmosh.terminal.cells import Cell
from rmosh_client.painting import glyphs
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.glyphs import kinds_of, where_halves, where_in_question, where_sure
from rmosh_client.painting.units import Layout


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
    layout = Layout([Cell(text) for text in texts], Drawing())
    assert [unit.sure for unit in layout.units.values()] == [False]


def test_no_more_texts_are_remembered_than_a_peer_may_cost_us() -> None:
    remembered = glyphs._Remembered()
    for number in range(2 * glyphs._MOST_REMEMBERED + 1):
        assert remembered[chr(0x4E00 + number)] is not None
    assert len(remembered) == 1
