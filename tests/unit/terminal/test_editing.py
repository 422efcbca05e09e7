"""Moving, erasing, inserting, deleting and scrolling, inside margins and out, and the background left behind."""

import pytest

from rmosh.terminal.cells import Style
from tests.unit.terminal.terminal_screens import cell_at, position_of, screen_after, text_of

LINES = "1\r\n2\r\n3\r\n4\r\n5\r\n6"
GRID = "abcdef\r\nghijkl\r\nmnopqr\r\nstuvwx"
BLUE = Style(background=4)


@pytest.mark.parametrize(
    ("stream", "cursor"),
    [
        ("\x1b[3;4H", (2, 3)),
        ("\x1b[99;99H", (5, 9)),
        ("\x1b[0;0H", (0, 0)),
        ("\x1b[3;4f\x1b[2A\x1b[B\x1b[2C\x1b[D", (1, 4)),
        ("\x1b[3;4H\x1b[99999999999A", (0, 3)),
        ("\x1b[2;4r\x1b[3;1H\x1b[9A", (1, 0)),
        ("\x1b[2;4r\x1b[3;1H\x1b[9B", (3, 0)),
        ("\x1b[2;3r\x1b[5;1H\x1b[9B", (5, 0)),
        ("\x1b[3;4H\x1b[2E", (4, 0)),
        ("\x1b[3;4H\x1b[F", (1, 0)),
        ("\x1b[3;4H\x1b[8G", (2, 7)),
        ("\x1b[3;4H\x1b[8`\x1b[2a\x1b[j", (2, 8)),
        ("\x1b[3;4H\x1b[2d\x1b[2e\x1b[k", (2, 3)),
        ("\x1b[2I", (0, 9)),
        ("\x1b[1;10H\x1b[Z", (0, 8)),
        ("\x1b[1;10H\x1b[2Z", (0, 0)),
        ("\x1b[3g\x1b[5G\x1bH\r\t", (0, 4)),
        ("\x1b[5G\x1bH\x1b[g\r\t", (0, 8)),
        ("\x1b[3g\x1b[?5W\t", (0, 8)),
        ("\x1b[2;4r\x1b[?6h", (1, 0)),
        ("\x1b[2;4r\x1b[?6h\x1b[99;3H", (3, 2)),
        ("\x1b[2;4r\x1b[?6h\x1b[2d", (2, 0)),
        ("\x1b[?6h\x1b[3;5r", (2, 0)),
        ("\x1b[5;5H\x1b[4;2r", (4, 4)),
        ("\x1b[3;3H\x1b8", (0, 0)),
        ("\x1b[2;3H\x1b[s\x1b[H\x1b[u", (1, 2)),
        ("\x1b[2;3H\x1b[3;8s\x1b[H\x1b[u", (0, 0)),  # margins where none are allowed: nothing was saved
        ("\x1b[2;3H\x1bD\x1bD\x1bM\x1bE", (3, 0)),
        ("\x1b[?45h\x1b[2;1H\b", (0, 9)),
        ("\x1b[?45h\b", (5, 9)),
        ("\x1b[?45h\x1b[3;3H\x1b[5D", (1, 7)),
        ("\x1b[?69h\x1b[3;6s\x1b[1;4H\x1b[9C", (0, 5)),
        ("\x1b[?69h\x1b[3;6s\x1b[1;4H\x1b[9D", (0, 2)),
        ("\x1b[?69h\x1b[3;6s\x1b[1;4H\r", (0, 2)),
        ("\x1b[?69h\x1b[3;6s\x1b[1;2H\r", (0, 0)),
    ],
)
def test_the_cursor_moves(stream: str, cursor: tuple[int, int]) -> None:
    assert position_of(screen_after(stream, rows=6)) == cursor


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("\x1b[3;3H\x1b[K", ["abcdef", "ghijkl", "mn", "stuvwx"]),
        ("\x1b[3;3H\x1b[1K", ["abcdef", "ghijkl", "   pqr", "stuvwx"]),
        ("\x1b[3;3H\x1b[2K", ["abcdef", "ghijkl", "", "stuvwx"]),
        ("\x1b[3;3H\x1b[J", ["abcdef", "ghijkl", "mn"]),
        ("\x1b[3;3H\x1b[1J", ["", "", "   pqr", "stuvwx"]),
        ("\x1b[2J", []),
        ("\x1b[2;2H\x1b[2X", ["abcdef", "g  jkl", "mnopqr", "stuvwx"]),
        ("\x1b[2;2H\x1b[99X", ["abcdef", "g", "mnopqr", "stuvwx"]),
        ("\x1b[2;2H\x1b[2P", ["abcdef", "gjkl", "mnopqr", "stuvwx"]),
        ("\x1b[2;2H\x1b[2@", ["abcdef", "g  hijkl", "mnopqr", "stuvwx"]),
        ("\x1b[2;2H\x1b[99@", ["abcdef", "g", "mnopqr", "stuvwx"]),
        ("\x1b[2;2H\x1b[L", ["abcdef", "", "ghijkl", "mnopqr"]),
        ("\x1b[2;2H\x1b[2M", ["abcdef", "stuvwx"]),
        ("\x1b[2;2H\x1b[99M", ["abcdef"]),
        ("\x1b[2S", ["mnopqr", "stuvwx"]),
        ("\x1b[2T", ["", "", "abcdef", "ghijkl"]),
        ("\x1b[2;3r\x1b[S", ["abcdef", "mnopqr", "", "stuvwx"]),
        ("\x1b[2;3r\x1b[1;1H\x1b[M", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("\x1b[2;3r\x1b[2H\x1bM", ["abcdef", "", "ghijkl", "stuvwx"]),
        ("\x1b[2;3r\x1b[3H\x1bD", ["abcdef", "mnopqr", "", "stuvwx"]),
        ("\x1b[?69h\x1b[2;4s\x1b[S", ["ahijef", "gnopkl", "mtuvqr", "s   wx"]),
        ("\x1b[?69h\x1b[2;4s\x1b[T", ["a   ef", "gbcdkl", "mhijqr", "snopwx"]),
        ("\x1b[?69h\x1b[2;4s\x1b[2;3H\x1b[P", ["abcdef", "ghj kl", "mnopqr", "stuvwx"]),
        ("\x1b[?69h\x1b[2;4s\x1b[2;3H\x1b[@", ["abcdef", "gh ikl", "mnopqr", "stuvwx"]),
        ("\x1b[?69h\x1b[2;4s\x1b[2;3HXYZ", ["abcdef", "ghXYkl", "mZopqr", "stuvwx"]),
        ("\x1b[2;3H\x1b['}", ["ab cdef", "gh ijkl", "mn opqr", "st uvwx"]),
        ("\x1b[2;3H\x1b['~", ["abdef", "ghjkl", "mnpqr", "stvwx"]),
        ("\x1b[ @", ["bcdef", "hijkl", "nopqr", "tuvwx"]),
        ("\x1b[ A", [" abcdef", " ghijkl", " mnopqr", " stuvwx"]),
        ("\x1b[2;1H\x1b6", [" abcdef", " ghijkl", " mnopqr", " stuvwx"]),
        ("\x1b[2;10H\x1b9", ["bcdef", "hijkl", "nopqr", "tuvwx"]),
        ("\x1b[1;2;2;3;1;3;4;1$v", ["abcdef", "ghijkl", "mnobcr", "stuhix"]),
        ("\x1b[42;2;2;3;3$x", ["abcdef", "g**jkl", "m**pqr", "stuvwx"]),
        ("\x1b[2;2;3;3$z", ["abcdef", "g  jkl", "m  pqr", "stuvwx"]),
        ("\x1b[3;3;2;2$z", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("\x1b#8", ["EEEEEEEEEE"] * 4),
    ],
)
def test_text_is_edited(stream: str, rows: list[str]) -> None:
    assert text_of(screen_after(GRID + stream)) == rows


@pytest.mark.parametrize(
    ("stream", "row", "column"),
    [
        ("\x1b[2J", 5, 9),
        ("\x1b[1;1H\x1b[K", 0, 9),
        ("\x1b[1;1H\x1b[X", 0, 0),
        ("\x1b[1;1H\x1b[P", 0, 9),
        ("\x1b[1;1H\x1b[@", 0, 0),
        ("\x1b[2;1H\x1b[M", 5, 3),
        ("\x1b[2;1H\x1b[L", 1, 3),
        ("\x1b[6;1H\n", 5, 3),
        ("\x1b[1;1H\x1bM", 0, 3),
        ("\x1b[S", 5, 3),
        ("\x1b[T", 0, 3),
        ("\x1b[6;10Hxy", 5, 5),
        ("\x1b[2;2;3;3$z", 1, 1),
        ("\x1b[?69h\x1b[2;4s\x1b[S", 5, 2),
    ],
)
def test_blanks_take_the_background_of_the_pen_and_nothing_else(stream: str, row: int, column: int) -> None:
    frame = screen_after(LINES + "\x1b[1;4;7;31;44m" + stream, rows=6)
    assert (cell_at(frame, row, column).text, cell_at(frame, row, column).style) == (" ", BLUE)


def test_selective_erase_passes_over_protected_cells() -> None:
    protected = 'A\x1b[1"qB\x1b["qC'
    assert text_of(screen_after(protected + "\x1b[2G\x1b[?2K")) == [" B"]
    assert text_of(screen_after(protected + "\x1b[?2J")) == [" B"]
    assert text_of(screen_after(protected + "\x1b[1;1;1;3${")) == [" B"]
    assert text_of(screen_after(protected + "\x1b[2K")) == []
    assert type(cell_at(screen_after(protected), 0, 1)).__name__ == "Cell"


def test_renditions_of_an_area_are_changed_and_reversed() -> None:
    frame = screen_after(GRID + "\x1b[2;2;2;3;1;4$r\x1b[2;3;2;4;1$t")
    assert [cell.style for cell in frame.rows[1].cells[1:4]] == [
        Style(attributes=1, underline=1),
        Style(underline=1),
        Style(attributes=1),
    ]


@pytest.mark.parametrize(
    ("erasing", "left"),
    [
        ("\x1b[2J", "  cd"),
        ("\x1b[2K", "  cd"),
        ("\x1b[6X", "  cd"),
        ("\x1b[?2J", ""),
        ("\x1b[?2K", ""),
        ("\x1b[${", ""),
        ('\x1b["q\x1b[2J', ""),
    ],
)
def test_guarded_areas_withstand_ordinary_erasing_and_selective_erasing_does_not_know_them(
    erasing: str, left: str
) -> None:
    frame = screen_after(f"ab\x1bVcd\x1bWef\r{erasing}")
    assert (text_of(frame) or [""])[0] == left


@pytest.mark.parametrize("final", ["L", "M"])
def test_inserting_or_deleting_lines_takes_the_cursor_to_the_left_margin(final: str) -> None:
    # Source: xterm 412, kitty 0.48, VTE 0.84, foot 1.28; ECMA-48 section 8.3.67, the line's home position.
    assert position_of(screen_after(f"\x1b[2;5H\x1b[{final}")) == (1, 0)
    assert position_of(screen_after(f"\x1b[?69h\x1b[3;8s\x1b[2;5H\x1b[{final}")) == (1, 2)
    assert position_of(screen_after(f"\x1b[3;4r\x1b[2;5H\x1b[{final}")) == (1, 4)
