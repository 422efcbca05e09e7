"""Text on the screen: wrapping, wide characters, clusters, character sets, insertion, repetition."""

import pytest

from rmosh.terminal.cells import Style
from tests.unit.terminal.terminal_screens import cell_at, position_of, screen_after, terminal_after, text_of


@pytest.mark.parametrize(
    ("stream", "rows", "cursor"),
    [
        ("0123456789", ["0123456789"], (0, 9)),
        ("0123456789X", ["0123456789", "X"], (1, 1)),
        ("0123456789\rX", ["X123456789"], (0, 1)),
        ("0123456789\x1b[CX", ["012345678X"], (0, 9)),
        ("0123456789\x1b[KX", ["012345678X"], (0, 9)),
        ("0123456789\bX", ["01234567X9"], (0, 9)),
        ("0123456789\x1b7\x1b[3;3H\x1b8X", ["0123456789", "X"], (1, 1)),
        ("\x1b[?7l0123456789XYZ", ["012345678Z"], (0, 9)),
        ("1\r\n2\r\n3\r\n4\x1b[4;10HXY", ["2", "3", "4        X", "Y"], (3, 1)),
        ("\x1b[4hBCD\rA", ["ABCD"], (0, 1)),
        ("\x1b[4h漢\rA", ["A漢"], (0, 1)),
        ("x\x1b[3b", ["xxxx"], (0, 4)),
        ("漢\x1b[2b", ["漢漢漢"], (0, 6)),
        ("e\u0301\x1b[b", ["e\u0301e\u0301"], (0, 2)),
        ("漢\x1b[m\u0301\x1b[b", ["漢\u0301漢\u0301"], (0, 4)),
        ("\x1b[?69h\x1b[4s\x1b[1;4Hxy\x1b[4h\x1b[1;3HAB", ["  ABxy"], (0, 4)),
        ("ab\x1b[65535b", ["bbbbbbbbbb"] * 3 + ["bb"], (3, 2)),
        ("a\tb", ["a       b"], (0, 9)),
        ("\t\tX", ["         X"], (0, 9)),
        ("\x1b(0lqk\x1b(Bq", ["┌─┐q"], (0, 4)),
        ("\x1b)0\x0eq\x0fq", ["─q"], (0, 2)),
        ("\x1b*0\x1bNqq", ["─q"], (0, 2)),
        ("\x1b+0\x1boq\x0fq", ["─q"], (0, 2)),
        ("\x1b(A#\x1b(B#", ["£#"], (0, 2)),
        ("A\x05\x07\x01\x7fB", ["AB"], (0, 2)),
        ("A\x1b_apc\x1b\\B\x1b^pm\x1b\\C\x1bXsos\x1b\\D\x1bPdcs\x1b\\E", ["ABCDE"], (0, 5)),
        ("A\x1b[?1;2zB\x1b[>5CC\x1b[1$ D", ["ABC"], (0, 3)),
        ("\x1b[20hA\nB", ["A", "B"], (1, 1)),
        ("\x1b[00000000002;0000000003HX", ["", "  X"], (1, 3)),
    ],
)
def test_text_is_drawn_where_it_belongs(stream: str, rows: list[str], cursor: tuple[int, int]) -> None:
    frame = screen_after(stream)
    assert (text_of(frame), position_of(frame)) == (rows, cursor)


@pytest.mark.parametrize(
    ("stream", "cells"),
    [
        ("a漢b", ["a", "漢", "", "b"]),
        ("漢\rx", ["x", " "]),
        ("漢\x1b[2Gx", [" ", "x"]),
        ("a漢\x1b[3G\x1b[K", ["a", " ", " "]),
        ("漢BC\r\x1b[P", [" ", "B", "C"]),
        ("漢BC\x1b[2G\x1b[P", [" ", "B", "C"]),
        ("漢字\x1b[2G\x1b[@", [" ", " ", " ", "字", ""]),
        ("漢\x1b[2G\x1b[X", [" ", " "]),
        ("e\u0301Z", ["e\u0301", "Z"]),
        ("か\u3099x", ["か\u3099", "", "x"]),
        ("👩\u200d💻x", ["👩\u200d", "", "💻", "", "x"]),
        ("🇫🇷x", ["🇫", "🇷", "x"]),
        ("❤\ufe0fx", ["❤\ufe0f", "x"]),
        (" ❤\ufe0f\x1b[1;3H X", [" ", "❤\ufe0f", " ", "X"]),  # the heart stays: xterm 412, tmux 3.3a
        ("\x1b[?2027h👩\u200d👩\u200d👧x", ["👩\u200d👩\u200d👧", "", "x"]),
        ("\x1b[?2027h🇫🇷x", ["🇫🇷", "", "x"]),
        ("\x1b[?2027h👍🏽x", ["👍🏽", "", "x"]),
        ("\x1b[?2027h❤\ufe0fx", ["❤\ufe0f", "", "x"]),
        ("\x1b[?2027h1\ufe0f\u20e3x", ["1\ufe0f\u20e3", "", "x"]),
        ("\x1b[?2027hकिx", ["कि", "x"]),
        ("\x1b[?2027h❤\ufe0f\x1b[?2027l❤\ufe0fx", ["❤\ufe0f", "", "❤\ufe0f", "x"]),
        ("\x1b[?2027h❤\ufe0fx\x1b[3G\x1b[@", ["❤\ufe0f", "", " ", "x"]),
        ("\x1b[?2027h❤\ufe0fx\x1b[2G\x1b[@", [" ", " ", " ", "x"]),
        ("कि\x1b[2Gx", ["क", "x"]),
        ("\x1b[?7l\x1b[9Gabe\u0301\r", [" ", " ", " ", " ", " ", " ", " ", " ", "a", "e\u0301"]),
        ("e\u0301\ra", ["a"]),
        ("\u0301a", ["a"]),
        ("a\u200bb", ["a\u200b", "b"]),
        ("±─●x", ["±", "─", "●", "x"]),
        ("क\u094dx", ["क\u094d", "x"]),
    ],
)
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "byte by byte"])
def test_wide_characters_and_clusters_keep_their_cells(stream: str, cells: list[str], cut: bool) -> None:
    emulator = terminal_after("")
    data = stream.encode()
    for chunk in [data[index : index + 1] for index in range(len(data))] if cut else [data]:
        emulator.feed(chunk)
    assert [cell.text for cell in emulator.frame().rows[0].cells[: len(cells)]] == cells


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("012345678漢", ["012345678", "漢"]),
        ("01234567漢x", ["01234567漢", "x"]),
        ("012345678❤\ufe0f", ["012345678❤\ufe0f"]),
        ("\x1b[?2027h012345678❤\ufe0f", ["012345678", "❤\ufe0f"]),
        ("012345678e\u0301x", ["012345678e\u0301", "x"]),
        ("\x1b[?7l012345678漢", ["012345678"]),
    ],
)
def test_a_wide_character_that_does_not_fit_goes_to_the_next_line_whole(stream: str, rows: list[str]) -> None:
    assert text_of(screen_after(stream)) == rows


def test_a_terminal_one_column_wide_drops_wide_characters_and_goes_on() -> None:
    assert text_of(screen_after("a漢b", rows=3, columns=1)) == ["a", "b"]


def test_only_a_line_that_wrapped_by_itself_is_marked_so() -> None:
    frame = screen_after("0123456789abc\r\n0123456789\r\nx")
    assert [row.wrapped for row in frame.rows] == [True, False, False, False]


@pytest.mark.parametrize(
    "again", ["\x1b[H\x1b[K", "\x1b[H\x1b[2K", "\x1b[2J", "\x1b[H0123456789", "\x1b[H\x1b[P", "\x1b[2;1H\x1b[L"]
)
def test_a_line_whose_end_is_written_anew_is_not_wrapped_any_more(again: str) -> None:
    assert not screen_after("0123456789abc" + again).rows[0].wrapped


def test_text_takes_the_style_of_its_moment() -> None:
    frame = screen_after("\x1b[1;31mr\x1b[44mb\x1b[mp")
    assert [cell.style for cell in frame.rows[0].cells[:4]] == [Style(1, None, 1), Style(1, 4, 1), Style(), Style()]


def test_a_cluster_keeps_the_style_of_its_first_character() -> None:
    frame = screen_after("\x1b[31me\x1b[32m\u0301x")
    assert cell_at(frame, 0, 0).style == Style(1)
    assert cell_at(frame, 0, 1).style == Style(2)
