"""What ECMA-48 leaves open or says otherwise: right is what xterm 412 shows, each of it seen there."""

import pytest

from rmosh.terminal.cells import Attribute
from tests.unit.terminal.terminal_screens import cell_at, position_of, replies_to, screen_after, text_of

LINES = "".join(f"\x1b[{number + 1};1HLINE{number}" for number in range(5))


@pytest.mark.parametrize(
    ("stream", "rows", "cursor"),
    [
        pytest.param("\x1b[?45h\x1b[!p\x1b[2;1H\b\b*", ["", "*"], (1, 1), id="DECSTR-resets-reverse-wrap"),
        pytest.param("\x1b[2;4r\x1b[?6h\x1b[2;1H\x1b[9e*", ["", "", "", "*"], (3, 1), id="VPR-in-origin-mode"),
        pytest.param("\x1b[2;4r\x1b[2;1H\x1b[9e*", ["", "", "", "", "", "*"], (5, 1), id="VPR"),
        pytest.param("\x1b[?69h\x1b[3;6s\x1b[?6h\x1b[1;1H\x1b[9a*", ["     *"], (0, 5), id="HPR-in-origin-mode"),
        pytest.param(
            f"{LINES}\x1b[2;3r\x1b[5;1H\x1b[2 @*",
            ["LINE0", "LINE1", "LINE2", "LINE3", "*INE4"],
            (4, 1),
            id="SL-outside",
        ),
        pytest.param(
            f"{LINES}\x1b[2;3r\x1b[2;1H\x1b[2 @", ["LINE0", "NE1", "NE2", "LINE3", "LINE4"], (1, 0), id="SL-inside"
        ),
        pytest.param("\x1b[?7l\x1b[1;10Hxy\x1b[?7hz", ["         y", "z"], (1, 1), id="DECAWM-on-at-the-edge"),
        pytest.param("\x1b[1;10Hx\x1b[?7lyz\x1b[?7hw", ["         z", "w"], (1, 1), id="DECAWM-off-at-the-edge"),
        pytest.param("一二三x\x1b[1;2H\x1b[2P*", [" *三x"], (0, 2), id="DCH-through-two-wide-characters"),
        pytest.param("abcdef\x1b[1;3H\x1b[4hX\x1b[3b", ["abXXXXcdef"], (0, 6), id="REP-inserts"),
        pytest.param("\x1b[1;9HX\x1b[3b", ["        XX", "XX"], (1, 2), id="REP-across-lines"),
        pytest.param("\x1b[3;4H\x1b[2;5s\x1b[5;5H\x1b[u*", ["*"], (0, 1), id="CSI-s-with-numbers"),
        pytest.param("abc\x1b[2\nC*", ["abc", "     *"], (1, 6), id="LF-inside-a-sequence"),
    ],
)
def test_screen_and_cursor_are_xterms(stream: str, rows: list[str], cursor: tuple[int, int]) -> None:
    frame = screen_after(stream, rows=6)
    assert text_of(frame) == rows
    assert position_of(frame) == cursor


@pytest.mark.parametrize(
    ("stream", "answer"),
    [
        ("\x1bP$q*x\x1b\\", "\x1bP1$r0*x\x1b\\"),
        ("\x1b[2*x\x1bP$q*x\x1b\\", "\x1bP1$r2*x\x1b\\"),
        ("\x1b[2*x\x1b[!p\x1bP$q*x\x1b\\", "\x1bP1$r0*x\x1b\\"),
        ("\x1bP$q$|\x1b\\", "\x1bP1$r10$|\x1b\\"),
        ("\x1bP$q*|\x1b\\", "\x1bP1$r4*|\x1b\\"),
        ("\x1b[?45h\x1b[!p\x1b[?45$p", "\x1b[?45;2$y"),
        ("\x1b[?6h\x1b#8\x1b[?6$p", "\x1b[?6;2$y"),
        ("\x1b[1;4;32m\x1b#8\x1bP$qm\x1b\\", "\x1bP1$r32m\x1b\\"),
    ],
)
def test_answers_are_xterms(stream: str, answer: str) -> None:
    assert replies_to(stream) == answer


@pytest.mark.parametrize(
    ("extent", "bold"),
    [
        ("", ["...#######", "####......"]),
        ("\x1b[1*x", ["...#######", "####......"]),
        ("\x1b[2*x", ["...#......", "...#......"]),
    ],
)
def test_renditions_of_an_area_change_in_a_stream_or_in_a_rectangle(extent: str, bold: list[str]) -> None:
    frame = screen_after(f"abcdefg\r\nabcdefg{extent}\x1b[1;4;2;4;1$r", rows=2)
    shown = [
        "".join("#" if cell_at(frame, row, column).style.attributes & Attribute.BOLD else "." for column in range(10))
        for row in range(2)
    ]
    assert shown == bold
