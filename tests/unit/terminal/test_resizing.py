"""Resizing: soft-wrapped lines wrap again, the cursor stays with its text, what no longer fits goes to history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import UsageError
from rmosh.terminal.cells import MAX_COLUMNS, MAX_ROWS
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from tests.unit.terminal.terminal_screens import position_of, screen_after, terminal_after, text_of


@pytest.mark.parametrize(
    ("stream", "size", "new_size", "rows", "cursor"),
    [
        ("A" * 12, (5, 10), (5, 15), ["A" * 12], (0, 12)),
        ("ABCDEFGHI", (5, 10), (5, 8), ["ABCDEFGH", "I"], (1, 1)),
        ("ABCDEFGHI", (5, 10), (5, 6), ["ABCDEF", "GHI"], (1, 3)),
        ("PROMPT GOES HERE\r\n> ", (4, 10), (4, 16), ["PROMPT GOES HERE", ">"], (1, 2)),
        ("AB\r\nCD", (5, 10), (5, 20), ["AB", "CD"], (1, 2)),
        ("0123456789", (3, 10), (3, 12), ["0123456789"], (0, 10)),
        ("漢字漢字漢", (3, 10), (3, 7), ["漢字漢", "字漢"], (1, 4)),
        ("Top\x1b[3HLine 3", (6, 10), (4, 10), ["Top", "", "Line 3"], (2, 6)),
        ("Top\x1b[6HLine 6\x1b[4H", (6, 10), (4, 10), ["", "", "", "Line 6"], (1, 0)),
        ("1\r\n2\r\n3\r\n4\r\n\x1b[H", (4, 10), (2, 10), ["3", "4"], (0, 0)),
        ("1\r\n2\r\n3", (3, 10), (6, 10), ["1", "2", "3"], (2, 1)),
        ("\x1b[3;8H", (3, 10), (2, 5), [], (1, 4)),
        ("abc\x1b[44m\x1b[K\x1b[m", (2, 6), (2, 8), ["abc"], (0, 3)),
    ],
)
def test_the_screen_is_laid_out_again(
    stream: str, size: tuple[int, int], new_size: tuple[int, int], rows: list[str], cursor: tuple[int, int]
) -> None:
    emulator = terminal_after(stream, rows=size[0], columns=size[1])
    emulator.resize(rows=new_size[0], columns=new_size[1])
    frame = emulator.frame()
    assert (text_of(frame), position_of(frame)) == (rows, cursor)
    assert len(frame.rows) == new_size[0]


def test_lines_that_no_longer_fit_are_history() -> None:
    emulator = terminal_after("1\r\n2\r\n3\r\n4")
    emulator.resize(rows=2, columns=10)
    assert emulator.frame().history == 2
    assert [line.runs[0][0] for line in lines_of(emulator.take_history())] == ["1", "2"]


def test_the_alternate_screen_is_cut_and_the_main_one_behind_it_wraps() -> None:
    emulator = terminal_after("0123456789ab\x1b[?1049h\x1b[Hleft      right\x1b[2;1H", columns=20)
    emulator.resize(rows=4, columns=8)
    assert text_of(emulator.frame()) == ["left"]
    emulator.feed(b"\x1b[?1049l")
    assert text_of(emulator.frame()) == ["01234567", "89ab"]


def test_the_prompt_is_found_again_when_a_program_was_resized_on_the_alternate_screen() -> None:
    emulator = terminal_after("0123456789ab\r\n$ \x1b[?1049h\x1b[4;4H")
    emulator.resize(rows=5, columns=5)
    emulator.feed(b"\x1b[?1049lx")
    assert text_of(emulator.frame()) == ["01234", "56789", "ab", "$ x"]


def test_margins_go_and_tab_stops_stay() -> None:
    emulator = terminal_after("\x1b[2;3r\x1b[3g\x1b[4G\x1bH")
    emulator.resize(rows=5, columns=30)
    emulator.feed(b"\r\t1\t2\t3\x1b[5;1H\n")
    assert text_of(emulator.frame())[-1:] == []
    assert emulator.frame().history == 1
    assert lines_of(emulator.take_history())[0].text == "   1" + " " * 12 + "2" + " " * 7 + "3"


def test_the_same_size_changes_nothing() -> None:
    emulator = terminal_after("abc\x1b[2;3r")
    before = emulator.frame()
    emulator.resize(rows=4, columns=10)
    assert emulator.frame() == before
    emulator.feed(b"\x1bP$qr\x1b\\")
    assert emulator.take_replies() == b"\x1bP1$r2;3r\x1b\\"


@pytest.mark.parametrize(("rows", "columns"), [(0, 10), (10, 0), (MAX_ROWS + 1, 10), (10, MAX_COLUMNS + 1), (-1, -1)])
def test_a_size_that_is_not_possible_is_refused(rows: int, columns: int) -> None:
    with pytest.raises(UsageError, match=f"{rows} x {columns}"):
        Emulator(rows=rows, columns=columns)
    with pytest.raises(UsageError, match="not possible"):
        terminal_after("").resize(rows=rows, columns=columns)


@given(st.text(st.sampled_from("ab c漢e\u0301"), max_size=60), st.integers(2, 30), st.integers(2, 30))
def test_widening_and_narrowing_again_brings_the_same_text_back(text: str, columns: int, other: int) -> None:
    emulator = terminal_after(text, rows=40, columns=columns)
    before = emulator.frame()
    emulator.resize(rows=40, columns=other)
    emulator.resize(rows=40, columns=columns)
    assert text_of(emulator.frame()) == text_of(before)


@pytest.mark.slow
def test_the_largest_and_the_smallest_screens_work() -> None:
    assert text_of(screen_after("ab", rows=1, columns=1)) == ["b"]
    emulator = terminal_after("x" * 3000 + "\r\n", rows=MAX_ROWS, columns=MAX_COLUMNS)
    emulator.resize(rows=1, columns=1)
    emulator.resize(rows=MAX_ROWS, columns=MAX_COLUMNS)
    assert len(emulator.frame().rows) == MAX_ROWS
