"""The painter's parts by themselves: movement, scroll detection, glyphs, fitting, control strings."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal import styles
from rmosh.terminal.cells import (
    DEFAULT_STYLE,
    Attribute,
    Cell,
    Clipboard,
    Cursor,
    Row,
    Style,
    blank_cell,
    blank_row,
)
from rmosh.terminal_input import InputTokenizer
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities, ColourDepth
from rmosh_client.painting.fitting import cut, fit, letterbox, margins
from rmosh_client.painting.motion import absolute, motion
from rmosh_client.painting.rendition import rendition_change
from rmosh_client.painting.scrolls import Scroll, find_scroll, scrolled
from rmosh_client.painting.terminfo import read_terminfo
from rmosh_client.plain_text import cleaned
from rmosh_client.typing.mouse import displaced
from tests.unit.client_ui.client_ui_frames import frame_of, row_of
from tests.unit.client_ui.client_ui_terminal import TerminalModel
from tests.unit.client_ui.client_ui_typing import bytes_of, tokens_of

_PLACES = st.tuples(st.integers(0, 29), st.integers(0, 99))


@given(_PLACES, _PLACES)
def test_every_movement_arrives_and_is_never_longer_than_the_absolute_one(
    start: tuple[int, int], goal: tuple[int, int]
) -> None:
    terminal = TerminalModel(rows=30, columns=100)
    terminal.feed(absolute(row=start[0], column=start[1]))
    moved = motion(row=start[0], column=start[1], to_row=goal[0], to_column=goal[1])
    terminal.feed(moved)
    assert terminal.cursor()[:2] == goal
    assert len(moved) <= len(absolute(row=goal[0], column=goal[1]))


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        ((5, 10), (5, 9), b"\b"),
        ((5, 10), (5, 11), b"\x1b[C"),
        ((5, 10), (5, 0), b"\r"),
        ((5, 10), (6, 0), b"\x1b[E"),
        ((5, 10), (6, 10), b"\x1b[B"),
        ((5, 10), (4, 10), b"\x1bM"),
        ((5, 10), (0, 0), b"\x1b[H"),
    ],
)
def test_common_movements_are_short(start: tuple[int, int], goal: tuple[int, int], expected: bytes) -> None:
    assert motion(row=start[0], column=start[1], to_row=goal[0], to_column=goal[1]) == expected


def _rows(count: int) -> list[Row]:
    return [row_of(f"line {place}", 20) for place in range(count)]


def test_scroll_of_a_region_is_found_by_its_rows() -> None:
    old = _rows(10)
    new = [*old[:2], *old[4:8], *_rows(2), *old[8:]]
    assert find_scroll(old, new) == Scroll(2, 7, 2)


def test_scroll_downwards_is_found_too() -> None:
    old = _rows(6)
    new = [row_of("new", 20), *old[:5]]
    assert find_scroll(old, new) == Scroll(0, 5, -1)


def test_blank_rows_prove_no_scroll() -> None:
    blank = blank_row(20)
    old = [row_of("a", 20), blank, blank, blank, blank]
    new = [row_of("b", 20), blank, blank, blank, row_of("c", 20)]
    assert find_scroll(old, new) is None


@given(st.integers(2, 12), st.data())
def test_what_a_scroll_leaves_is_what_deleting_and_inserting_rows_would(count: int, data: st.DataObject) -> None:
    top = data.draw(st.integers(0, count - 2))
    bottom = data.draw(st.integers(top + 1, count - 1))
    size = bottom - top
    distance = data.draw(st.integers(-size, size).filter(bool))
    rows, blank = _rows(count), blank_row(20)
    after = scrolled(rows, Scroll(top, bottom, distance), blank)
    for place in range(count):
        source = place + distance
        if not top <= place <= bottom:
            assert after[place] is rows[place]
        elif top <= source <= bottom:
            assert after[place] is rows[source]
        else:
            assert after[place] is blank


@given(st.text())
def test_no_text_holds_a_control_character_once_it_is_cleaned(text: str) -> None:
    shown = cleaned(text)
    assert len(shown) == len(text)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)


def test_a_frame_too_tall_is_cut_so_that_the_cursor_is_seen() -> None:
    frame = frame_of([str(place) for place in range(10)], rows=10, columns=20, cursor=(9, 1))
    fitted = fit(frame, rows=4, columns=20)
    assert [row.cells[0].text for row in fitted.rows] == ["6", "7", "8", "9"]
    assert fitted.cursor.row == 3


def test_a_wide_character_cut_in_two_becomes_blank() -> None:
    wide = Row((Cell("a"), Cell("漢"), Cell("")))
    frame = replace(frame_of([], rows=1, columns=3), rows=(wide,))
    assert [cell.text for cell in fit(frame, rows=1, columns=2).rows[0].cells] == ["a", " "]


def test_a_wide_character_is_cut_at_either_end_whatever_it_is_made_of() -> None:
    style = Style(background=4)
    row = Row((Cell("漢", style), Cell("", style), Cell("か\u3099", style), Cell("", style), Cell("x")))
    assert [cell.text for cell in cut(row, 1, 3).cells] == [" ", " "]
    assert {cell.style for cell in cut(row, 1, 3).cells} == {style}
    assert [cell.text for cell in cut(row, 2, 5).cells] == ["か\u3099", "", "x"]
    assert cut(row, 2, 2).columns == 0


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_cursor_outside_the_frame_is_brought_inside(row: int, column: int) -> None:
    frame = replace(frame_of([], rows=3, columns=4), cursor=Cursor(row, column))
    fitted = fit(frame, rows=3, columns=4)
    assert fitted.cursor.row < 3
    assert fitted.cursor.column < 4


def test_links_that_are_none_open_none() -> None:
    assert strings.link("http://no-parameters") == strings.LINK_END
    assert strings.link(";" + "x" * 5000) == strings.LINK_END
    assert strings.link("id=1;http://x") == b"\x1b]8;id=1;http://x\x1b\\"


def test_clipboard_of_impossible_size_or_selection_is_left_out() -> None:
    assert strings.clipboard(Clipboard(1, "c", b"x" * (1 << 21))) == b""
    assert strings.clipboard(Clipboard(1, "c;?", b"x")) == b""


def test_terminfo_of_a_name_nobody_knows_is_none() -> None:
    assert read_terminfo("never-heard-of-this-terminal") is None
    assert read_terminfo("no text: \udcff") is None


def test_a_smaller_screen_stands_in_the_middle_with_marks_around() -> None:
    frame = frame_of(["ab", "cd"], rows=2, columns=2, cursor=(1, 1))
    placed = letterbox(frame, rows=5, columns=6)
    assert ["".join(cell.text for cell in each.cells) for each in placed.rows] == [
        "······",
        "··ab··",
        "··cd··",
        "······",
        "······",
    ]
    assert (placed.cursor.row, placed.cursor.column) == (2, 3)
    assert margins(frame, rows=5, columns=6) == (1, 2)


def test_a_larger_screen_is_cut_and_one_of_our_size_untouched() -> None:
    frame = frame_of(["abcd", "efgh"], rows=2, columns=4, cursor=(1, 0))
    assert ["".join(cell.text for cell in each.cells) for each in letterbox(frame, rows=1, columns=2).rows] == ["ef"]
    assert letterbox(frame, rows=2, columns=4) is frame


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        (b"\x1b[<0;3;2M", b"\x1b[<0;1;1M"),
        (b"a\x1b[<0;2;2Mb", b"ab"),
        (b"\x1b[<0;7;2m", b""),
        (b"plain", b"plain"),
        (b"\x1b[<99999999;1;1M", b"\x1b[<99999999;1;1M"),
    ],
)
def test_the_mouse_counts_from_where_the_screen_is_shown(typed: bytes, arrives: bytes) -> None:
    assert bytes_of(displaced(tokens_of(typed), top=1, left=2, rows=3, columns=4)) == arrives


def test_a_mouse_report_that_is_cut_is_moved_all_the_same() -> None:
    report, tokenizer = b"\x1b[<0;3;2M", InputTokenizer()
    for at in range(1, len(report)):
        tokens = [token for piece in (report[:at], report[at:]) for token in tokenizer.feed(piece, now=float(at))]
        assert bytes_of(displaced(tokens, top=1, left=2, rows=3, columns=4)) == b"\x1b[<0;1;1M"


def test_bold_text_keeps_a_colour_that_was_named_by_its_index() -> None:
    bold, indexed = int(Attribute.BOLD), int(Attribute.BOLD | Attribute.INDEXED)
    assert rendition_change(Style(), Style(1, attributes=indexed), Abilities()) == b"\x1b[1;38;5;1m"
    assert rendition_change(Style(1, attributes=bold), Style(1, attributes=indexed), Abilities()) == b"\x1b[38;5;1m"
    assert rendition_change(Style(1, attributes=indexed), Style(1, attributes=bold), Abilities()) == b"\x1b[31m"
    assert rendition_change(Style(1, attributes=indexed), Style(2, attributes=indexed), Abilities()) == b"\x1b[38;5;2m"
    assert rendition_change(Style(), Style(1, attributes=int(Attribute.INDEXED)), Abilities()) == b"\x1b[31m"
    few = Abilities(colours=ColourDepth.SIXTEEN)
    assert rendition_change(Style(), Style(1, attributes=indexed), few) == b"\x1b[1;31m"


def test_blanks_of_the_default_style_hold_that_very_style() -> None:
    assert styles._shared_blank.__wrapped__(Style()).style is DEFAULT_STYLE  # as where it was not asked for before
    assert blank_cell().style is DEFAULT_STYLE
