"""The quick ways from one style to another are those that would be found by looking at all of both."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import INDEXED, TRUECOLOR, Attribute, Row, Style, blank_frame
from rmosh.terminal.style_table import PackedStyle, StyleTable, pack
from rmosh_client.painting.abilities import Abilities, ColourDepth
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.rendition import rendition_change
from rmosh_client.painting.restyling import Restyling
from tests.unit.client_ui.client_ui_frames import row_of

_COLOURS = st.one_of(
    st.none(), st.integers(0, 255), st.sampled_from([TRUECOLOR, TRUECOLOR | 0x102030, TRUECOLOR | 0xFFFFFF])
)
_BY_INDEX = int(Attribute.BOLD | Attribute.INDEXED)
_STYLES = st.builds(
    Style,
    foreground=_COLOURS,
    background=_COLOURS,
    attributes=st.sampled_from([0, 0, 0, int(Attribute.BOLD), INDEXED, _BY_INDEX, int(Attribute.REVERSE)]),
    underline=st.sampled_from([0, 0, 0, 1, 3]),
    underline_colour=st.sampled_from([None, None, 5]),
)


@given(st.sampled_from(ColourDepth), st.lists(_STYLES, min_size=2, max_size=6))
def test_each_change_is_the_shortest_from_the_style_before(colours: ColourDepth, styles: list[Style]) -> None:
    abilities = Abilities(colours=colours)
    first, *others = styles
    changes = Restyling(abilities).changes(pack(first), map(pack, others))
    shortest = [rendition_change(old, new, abilities).decode() for old, new in pairwise(styles)]
    assert changes == shortest


def test_links_begin_and_end_with_the_text_that_they_are_of() -> None:
    restyling = Restyling(Abilities())
    one, other = pack(Style(1, link=";http://a")), pack(Style(1, link=";http://b"))
    assert restyling.changes(pack(Style(1)), [one, one, other, pack(Style(1))]) == [
        "\x1b]8;;http://a\x1b\\",
        "",
        "\x1b]8;;http://b\x1b\\",
        "\x1b]8;;\x1b\\",
    ]


@pytest.mark.parametrize("depth", ColourDepth)
def test_of_a_picture_with_a_colour_in_every_cell_no_more_is_remembered_than_of_text(depth: ColourDepth) -> None:
    restyling, chance = Restyling(Abilities(colours=depth)), random.Random(1)
    old: PackedStyle = 0
    for number in range(1, 3000):
        new = pack(Style(TRUECOLOR | number, chance.choice((None, TRUECOLOR | number)), chance.randrange(3)))
        restyling.change(old, new)
        old = new
    colours = (restyling._foregrounds, restyling._backgrounds, restyling._by_index)
    assert len(restyling._remembered) <= 1024
    assert max(map(len, colours)) <= 1024


def test_signs_are_written_in_their_styles_and_right_halves_are_not() -> None:
    pen, table = PaintPen(Abilities(), columns=80), StyleTable()
    pen.at_home()
    pen.unstyle()
    pen.take()
    red, blue = table.character(Style(1)), table.character(Style(4))
    pen.write_signs("a漢\0bc", red * 3 + blue + "\0", table.packed)
    assert pen.take().decode() == "\x1b[31ma漢\x1b[34mb\x1b[mc"
    assert pen.column == 5


def test_rows_of_another_style_table_are_painted_as_those_of_one() -> None:
    plain, styled = row_of("same text", 20), row_of("same text", 20, style=Style(3))
    changed = row_of("some text", 20, style=Style(3))

    def painted(rows: list[Row]) -> list[bytes]:
        painter, frame = Painter(Abilities()), blank_frame(rows=1, columns=20)
        painter.start(rows=1, columns=20)
        return [painter.paint(replace(frame, rows=(row,)), now=0.0) for row in rows]

    rows = [plain, styled, changed, styled, plain]
    tables = [StyleTable(generation) for generation in range(len(rows))]
    for table in tables:
        for number in range(table.generation):
            table.character(Style(100 + number))  # so that a style has another character in each
    apart = [row.in_table(table) for row, table in zip(rows, tables, strict=True)]
    assert painted(apart) == painted(rows)
