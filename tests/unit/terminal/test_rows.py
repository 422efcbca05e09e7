"""Rows as two strings and as cells: the same thing seen two ways; and the table of their styles."""

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal import style_table
from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Cell, Row, Style, blank_cell, blank_row
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.rows import CLUSTER, RIGHT_HALF, side_by_side
from rmosh.terminal.style_table import (
    MAX_STYLES_KEPT,
    MOST_TABLES_BEHIND,
    StyleTable,
    current_table,
    pack,
    table_for_screen,
    unpack,
)

RED = Style(foreground=1)
LINKED = Style(link=";https://example.org/")

_COLOURS = st.none() | st.integers(0, 255) | st.integers(0, 0xFFFFFF).map(TRUECOLOR.__or__)
STYLES = st.builds(
    Style,
    _COLOURS,
    _COLOURS,
    st.integers(0, 511),
    st.integers(0, 5),
    _COLOURS,
    st.sampled_from(["", ";https://example.org/", "id=1;file:///"]),
)
TEXTS = st.sampled_from(["a", "b", " ", "", "漢", "e\u0301", "\0", "\1", "\x1b", "\ud800", "👩‍🚀", "\u00a0"])
CELLS = st.builds(Cell, TEXTS, st.sampled_from([DEFAULT_STYLE, RED, Style(foreground=1), LINKED]) | STYLES)
ROWS = st.lists(CELLS, max_size=12).map(tuple)


def as_strings(row: Row) -> Row:
    """Return a row that has no cells yet."""
    return Row.of_strings(row.signs, row.styles, row.table, clusters=row.clusters, wrapped=row.wrapped)


@given(ROWS)
def test_cells_made_of_the_strings_of_cells_are_the_same_cells(cells: tuple[Cell, ...]) -> None:
    row = as_strings(Row(cells))
    assert row.cells == cells
    assert (len(row.signs), len(row.styles), row.columns) == (len(cells),) * 3
    assert row.text == "".join([cell.text for cell in cells])


@given(ROWS, ROWS, st.booleans(), st.booleans())
def test_rows_are_equal_by_their_strings_when_their_cells_are(
    cells: tuple[Cell, ...], others: tuple[Cell, ...], wrapped: bool, other_wrapped: bool
) -> None:
    equal = (cells, wrapped) == (others, other_wrapped)
    row, other = Row(cells, wrapped), Row(others, other_wrapped)
    assert (Row(cells, wrapped) == Row(others, other_wrapped)) is equal
    assert (as_strings(row) == as_strings(other)) is equal
    assert (as_strings(row) == Row(others, other_wrapped)) is equal
    if equal:
        assert hash(as_strings(row)) == hash(other)


@given(ROWS, ROWS)
def test_rows_of_two_tables_are_equal_when_their_cells_are(cells: tuple[Cell, ...], others: tuple[Cell, ...]) -> None:
    older, newer = StyleTable(1), StyleTable(2)
    newer.character(Style(background=7))  # so that the same style has another character
    row, other = as_strings(Row(cells)).in_table(older), as_strings(Row(others)).in_table(newer)
    assert (row == other) is (other == row) is (cells == others)
    assert row.in_table(newer).cells == cells


@given(STYLES)
def test_a_style_packed_and_unpacked_is_the_same_style(style: Style) -> None:
    assert unpack(pack(style)) == style
    table = StyleTable()
    assert table.style(table.character(style)) == style
    assert table.character(unpack(pack(style))) == table.character(style)


def test_the_default_style_has_the_same_character_in_every_table() -> None:
    table = StyleTable()
    assert table.character(Style()) == "\0"
    assert table.style("\0") is DEFAULT_STYLE


def test_a_row_of_ascii_has_its_text_for_signs() -> None:
    row = Row((*map(Cell, "ls"), Cell("x", RED), blank_cell()))
    assert (row.signs, row.clusters, row.is_narrow, row.is_plain) == ("lsx ", (), True, False)
    assert row.styles[0] == row.styles[3] == "\0" != row.styles[2]
    assert row.table.style(row.styles[2]) == RED


def test_wide_characters_and_clusters_have_signs_of_their_own() -> None:
    row = Row((Cell("漢"), Cell(""), Cell("e\u0301"), Cell("a")))
    assert row.signs == f"漢{RIGHT_HALF}{CLUSTER}a"
    assert row.clusters == ((2, "e\u0301"),)
    assert not row.is_narrow
    assert row.is_plain


def test_equal_cells_of_a_table_are_one_object() -> None:
    row, other = (as_strings(Row((Cell("a", RED), Cell(" "), Cell(" ", RED)))) for _ in range(2))
    assert all(cell is twin for cell, twin in zip(row.cells, other.cells, strict=True))
    assert row.cells[1] is blank_cell()
    assert row.cells[2] is blank_cell(RED)


def test_what_a_row_is_besides_its_cells_can_be_replaced() -> None:
    row = Row.of_strings("ab", "\0\0", None, wrapped=True, origin="a line", written=2, tabs=(1,))
    changed = row.replace(wrapped=False, tabs=())
    assert (changed.wrapped, changed.origin, changed.written, changed.tabs) == (False, "a line", 2, ())
    assert changed.cells == row.cells
    assert changed != row


def test_a_full_table_gives_way_to_a_new_one_and_goes_with_its_last_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_table, "_current", StyleTable())
    first = current_table()
    row = Row.of_strings("a", first.character(RED), first)
    for colour in range(MAX_STYLES_KEPT):
        first.character(Style(TRUECOLOR | colour))
    assert current_table() is first  # in the middle of a screen it goes on
    second = table_for_screen(cells=1)
    assert current_table() is second
    assert second is not first
    assert second.generation == first.generation + 1
    assert row == Row((Cell("a", RED),))
    assert row.table is first
    gone = weakref.ref(first)
    row = row.in_table(second)
    gc.disable()  # nobody collects at the server for a while: it must go by itself
    try:
        del first
        assert gone() is None
    finally:
        gc.enable()
    assert row.cells == (Cell("a", RED),)


def test_a_row_in_the_default_style_belongs_to_every_table() -> None:
    row, table = blank_row(3), StyleTable()
    assert row.in_table(table) is row
    assert row.table is current_table()
    assert as_strings(Row((Cell("a"),))).in_table(table).styles == "\0"


@pytest.fixture
def tables_made(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[StyleTable]]:
    """References to all tables made from now on, the first of them being current."""
    made: list[weakref.ref[StyleTable]] = []

    def noted(generation: int = 0) -> StyleTable:
        table = StyleTable(generation)
        made.append(weakref.ref(table))
        return table

    monkeypatch.setattr(style_table, "StyleTable", noted)
    monkeypatch.setattr(style_table, "_current", noted())
    return made


def _page(first_colour: int, rows: range, columns: int) -> bytes:
    """Return a page with a 24-bit colour of its own in every cell of some rows."""
    lines = []
    for place, row in enumerate(rows):
        colours = range(first_colour + place * columns, first_colour + (place + 1) * columns)
        cells = [f"\x1b[38;2;{colour >> 16};{colour >> 8 & 255};{colour & 255}mx" for colour in colours]
        lines.append(f"\x1b[{row + 1};1H{''.join(cells)}")
    return "".join(lines).encode()


@pytest.mark.slow
def test_colours_without_end_take_a_bounded_number_of_tables(tables_made: list[weakref.ref[StyleTable]]) -> None:
    emulator = Emulator(rows=24, columns=100)
    emulator.feed(b"\x1b[31mstays\x1b[m")
    expected = emulator.frame().rows[0].cells
    for page in range(50):
        emulator.feed(_page(page * 2000, range(1, 21), 100))
        frame = emulator.frame()
        assert frame.rows[0].cells == expected
        assert frame.rows[20].cells[99] == Cell("x", Style(TRUECOLOR | page * 2000 + 1999))
        assert frame.rows[1].cells[0] == Cell("x", Style(TRUECOLOR | page * 2000))
    assert len(tables_made) >= 100_000 // (MAX_STYLES_KEPT + 2000)
    alive = [made for made in (reference() for reference in tables_made) if made is not None]
    assert len(alive) <= MOST_TABLES_BEHIND + 1
    assert all(len(table) < MAX_STYLES_KEPT + 24 * 100 for table in alive)


@pytest.mark.slow
def test_a_picture_of_more_styles_than_a_table_keeps_is_shown_row_by_row_with_one_table(
    tables_made: list[weakref.ref[StyleTable]],
) -> None:
    columns = 400
    rows = 3 * MAX_STYLES_KEPT // columns
    emulator = Emulator(rows=rows, columns=columns)
    for row in range(rows):
        assert len(tables_made) == 1
        emulator.feed(_page(row * columns, range(row, row + 1), columns))
        frame = emulator.frame()
    assert len(tables_made) == 2  # the next picture's
    assert len({id(row.table) for row in frame.rows}) == 1
    assert frame.rows[-1].cells[-1] == Cell("x", Style(TRUECOLOR | rows * columns - 1))


def test_a_table_for_a_screen_has_room_for_its_cells_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_table, "MAX_STYLES_KEPT", 4)
    monkeypatch.setattr(style_table, "MAX_STYLES_ADDED", 16)
    for cells, expected in ((0, 4), (4, 4), (10, 10), (400_000, 16)):
        first = StyleTable()
        monkeypatch.setattr(style_table, "_current", first)
        for colour in range(expected - 1):
            assert table_for_screen(cells=cells) is first
            first.character(Style(foreground=colour))
        assert table_for_screen(cells=cells) is not first


def test_a_flood_of_colours_that_scrolls_off_unseen_takes_no_place_in_a_table(
    tables_made: list[weakref.ref[StyleTable]],
) -> None:
    emulator = Emulator(rows=4, columns=100)
    for colour in range(0, 2 * MAX_STYLES_KEPT, 100):
        emulator.feed(_page(colour, range(3, 4), 50) + b"\n" * 8)
    emulator.frame()
    assert len(tables_made) == 1
    assert len(current_table()) <= 2


_TEXTS = ["a", "bcd", "漢", "e\u0301", "\t", "\r"]
_SEQUENCES = ["31m", "48;5;9m", "m", "3G", "K", "2X", "@", "P", '1"q', '0"q', "?K"]
_LINKS = ["\x1b]8;;x:y\x07", "\x1b]8;;\x07"]
_PIECES = st.sampled_from([*_TEXTS, *[f"\x1b[{each}" for each in _SEQUENCES], *_LINKS])


@given(st.lists(_PIECES, max_size=30))
def test_a_screen_looks_the_same_before_and_after_a_new_table(pieces: list[str]) -> None:
    expected, emulator = (Emulator(rows=3, columns=9) for _ in range(2))
    current = style_table._current
    for piece in pieces:
        expected.feed(piece.encode())
    try:
        for number, piece in enumerate(pieces):
            emulator.feed(piece.encode())
            style_table._current = StyleTable(current.generation + number)
            style_table._current.character(Style(foreground=number))
            emulator.frame()
        assert emulator.frame() == expected.frame()
        assert [row.tabs for row in emulator.frame().rows] == [row.tabs for row in expected.frame().rows]
    finally:
        style_table._current = current


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_rows_side_by_side_have_the_cells_of_all(parts: list[tuple[Cell, ...]]) -> None:
    rows = [as_strings(Row(cells)).in_table(StyleTable(number)) for number, cells in enumerate(parts)]
    assert side_by_side(*rows).cells == tuple([cell for cells in parts for cell in cells])
