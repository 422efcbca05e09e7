"""Modes, screens, saved state, resets, and what the terminal answers."""

import pytest

from rmosh import __version__
from rmosh.terminal.cells import Cursor, Modes, Style
from rmosh.terminal.reports import MAX_REPLIES
from tests.unit.terminal.terminal_screens import cell_at, position_of, replies_to, screen_after, terminal_after, text_of


@pytest.mark.parametrize(
    ("stream", "modes"),
    [
        ("\x1b[?1h\x1b=", Modes(application_cursor=True, application_keypad=True)),
        ("\x1b=\x1b>", Modes()),
        ("\x1b[?66h", Modes(application_keypad=True)),
        ("\x1b[?2004h\x1b[?1004h\x1b[?5h", Modes(bracketed_paste=True, focus_events=True, reverse_screen=True)),
        ("\x1b[?1000h\x1b[?1003h\x1b[?1005;1006h", Modes(mouse=1003, mouse_encoding=1006)),
        ("\x1b[?1003h\x1b[?1003l", Modes()),
        ("\x1b[?1002h\x1b[?1002s\x1b[?1002l\x1b[?1002r", Modes(mouse=1002)),
        ("\x1b[>1u\x1b[>5u", Modes(keyboard_flags=5)),
        ("\x1b[>1u\x1b[>5u\x1b[<u", Modes(keyboard_flags=1)),
        ("\x1b[=5u\x1b[=2;2u\x1b[=1;3u", Modes(keyboard_flags=6)),
        ("\x1b[>1u\x1b[<99u\x1b[=999u", Modes(keyboard_flags=999 & 31)),
        ("\x1b[>1u\x1b[?1049h", Modes(alternate_screen=True)),
        ("\x1b[?1007h", Modes(alternate_scroll=1)),
        ("\x1b[?1007h\x1b[?1007l", Modes(alternate_scroll=2)),
        ("\x1b[?1007l\x1bc", Modes()),
        ("\x1b[>4;2m", Modes(modify_other_keys=2)),
        ("\x1b[>4;2m\x1b[>4m", Modes()),
        ("\x1b[>4;2m\x1b[>4n", Modes()),
        ("\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[>4;1m\x1b[>1u\x1b=\x1bc", Modes()),
    ],
)
def test_modes_are_published(stream: str, modes: Modes) -> None:
    assert screen_after(stream).modes == modes


def test_the_cursor_is_hidden_and_shaped() -> None:
    assert screen_after("\x1b[?25l\x1b[5 q").cursor == Cursor(visible=False, shape=5)
    assert screen_after("\x1b[?25l\x1b[5 q\x1b[?25h\x1b[0 q\x1b[9 q").cursor == Cursor()


def test_synchronized_output_is_told_until_it_ends() -> None:
    emulator = terminal_after("\x1b[?2026h")
    assert emulator.synchronizing
    emulator.feed(b"\x1b[?2026l")
    assert not emulator.synchronizing


@pytest.mark.parametrize(
    ("stream", "rows", "cursor"),
    [
        ("main\x1b[?1049h\x1b[Halt\x1b[?1049l", ["main"], (0, 4)),
        ("main\x1b[?1049h\x1b[?1049hX\x1b[?1049l", ["main"], (0, 4)),
        ("main\x1b[?47hZ\x1b[?47l", ["main"], (0, 5)),
        ("\x1b[?47h\x1b[HZ\x1b[?47l\x1b[?47h", ["Z"], (0, 1)),
        ("\x1b[?1047h\x1b[HZ\x1b[?1047l\x1b[?47h", [], (0, 1)),
        ("\x1b[2;2H\x1b[?1048h\x1b[H\x1b[?1048l", [], (1, 1)),
        ("\x1b[2;2H\x1b7\x1b[?47h\x1b[3;5H\x1b7\x1b[?47l\x1b8", [], (1, 1)),
        ("m\x1b[?1049hX\x1bc", [], (0, 0)),
        ("ABC\x1b[4h\x1b[!p\x1b[HX", ["XBC"], (0, 1)),
        ("\x1b[2;4r\x1b[?6h\x1b7\x1b[?6l\x1b8\x1b[H", [], (1, 0)),
    ],
)
def test_screens_are_switched_and_cursors_restored(stream: str, rows: list[str], cursor: tuple[int, int]) -> None:
    frame = screen_after(stream)
    assert (text_of(frame), position_of(frame)) == (rows, cursor)


def test_a_soft_reset_forgets_the_pen() -> None:
    assert cell_at(screen_after("\x1b[1;4;31m\x1b[!pX"), 0, 0).style == Style()


def test_renditions_are_pushed_and_popped() -> None:
    assert cell_at(screen_after("\x1b[31m\x1b[#{\x1b[1;32m\x1b[#}X"), 0, 0).style == Style(1)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("\x1b[c", "\x1b[?64;6;18;21;22;28;52c"),
        ("\x1b[0c", "\x1b[?64;6;18;21;22;28;52c"),
        ("\x1b[>c", "\x1b[>41;370;0c"),
        ("\x1b[=c", "\x1bP!|00000000\x1b\\"),
        ("\x1b[>q", f"\x1bP>|rmosh({__version__})\x1b\\"),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[3;4H\x1b[6n", "\x1b[3;4R"),
        ("0123456789\x1b[6n", "\x1b[1;10R"),
        ("\x1b[2;4r\x1b[?6h\x1b[2;2H\x1b[6n", "\x1b[2;2R"),
        ("\x1b[3;4H\x1b[?6n", "\x1b[?3;4R"),
        ("\x1b[?15n\x1b[?26n", "\x1b[?13n\x1b[?27;1;0;0n"),
        (
            "\x1b[?7$p\x1b[?2004$p\x1b[?1000$p\x1b[?9999$p\x1b[?2026$p\x1b[?2027$p\x1b[?2027h\x1b[?2027$p",
            "\x1b[?7;1$y\x1b[?2004;2$y\x1b[?1000;2$y\x1b[?9999;0$y\x1b[?2026;2$y\x1b[?2027;2$y\x1b[?2027;1$y",
        ),
        ("\x1b[4h\x1b[4$p\x1b[20$p\x1b[1$p", "\x1b[4;1$y\x1b[20;2$y\x1b[1;4$y"),
        ("\x1b[?1049h\x1b[?1049$p\x1b[?47$p", "\x1b[?1049;1$y\x1b[?47;1$y"),
        ("\x1b[18t", "\x1b[8;4;10t"),
        ("\x1b]2;secret\x07\x1b[21t", "\x1b]l\x1b\\"),
        ("\x1b[>3u\x1b[?u", "\x1b[?3u"),
        ("\x1b[>4;1m\x1b[?4m", "\x1b[>4;1m"),
        ("\x1b[1;5;7;31m\x1bP$qm\x1b\\", "\x1bP1$r1;5;7;31m\x1b\\"),
        ("\x1b[2;3r\x1bP$qr\x1b\\", "\x1bP1$r2;3r\x1b\\"),
        ("\x1b[?69h\x1b[2;3s\x1bP$qs\x1b\\", "\x1bP1$r2;3s\x1b\\"),
        ('\x1b[4 q\x1bP$q q\x1b\\\x1b[1"q\x1bP$q"q\x1b\\', '\x1bP1$r4 q\x1b\\\x1bP1$r1"q\x1b\\'),
        ("\x1bP$qwhat\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP+q544e;zz\x1b\\", "\x1bP1+r544e=787465726D2D323536636F6C6F72\x1b\\\x1bP0+r\x1b\\"),
        ("A\x1b[7;1;1;1;1;1*y", "\x1bP7!~FFBF\x1b\\"),
        ("\x1b[x", "\x1b[2;1;1;128;128;1;0x"),
        ("\x1b]52;c;?\x07\x1b]10;?\x07\x1b[>0;1;2Q", ""),
    ],
)
def test_questions_are_answered(question: str, answer: str) -> None:
    assert replies_to(question) == answer


def test_answers_are_given_once() -> None:
    emulator = terminal_after("\x1b[5n")
    assert emulator.take_replies() == b"\x1b[0n"
    assert emulator.take_replies() == b""


def test_a_program_that_asks_and_never_reads_gets_a_bounded_answer() -> None:
    assert len(terminal_after("\x1b[c" * 10_000).take_replies()) <= MAX_REPLIES


def test_answers_have_controls_of_one_byte_where_a_program_wants_them() -> None:
    assert terminal_after("\x1b G\x1b[5n\x1bP$qm\x1b\\").take_replies() == b"\x9b0n\x901$rm\x9c"
    assert terminal_after("\x1b G\x1b F\x1b[5n").take_replies() == b"\x1b[0n"
    assert terminal_after("\x1b G\x1bc\x1b[5n").take_replies() == b"\x1b[0n"


@pytest.mark.parametrize(
    ("stream", "row", "column"),
    [
        ("\x1b[3;1H\b", 2, 80),
        ("\x1b[3;2H\x1b[5D", 2, 77),
        ("\x1b[1;1H\b", 24, 80),
        ("\x1b[3;10r\x1b[3;1H\b", 10, 80),
        ("\x1b[?7l\x1b[3;1H\b", 3, 1),
        ("\x1b[?69h\x1b[5;20s\x1b[3;5H\b", 2, 20),
        ("\x1b[?69h\x1b[5;20s\x1b[3;1H\b", 2, 20),
        ("\x1b[2;79Hab\b", 2, 80),
        ("\x1b[3;2H\x1b[500D", 20, 62),
        ("\x1b[!p\x1b[3;1H\b", 3, 1),
        ("\x1b[?1045l\x1b[3;1H\b", 3, 1),
    ],
)
def test_extended_reverse_wrap_goes_up_from_any_line(stream: str, row: int, column: int) -> None:
    """Source: xterm 412, 80x24."""
    terminal = terminal_after(f"\x1b[?1045h{stream}\x1b[6n", rows=24, columns=80)
    assert terminal.take_replies().decode() == f"\x1b[{row};{column}R"


def test_reverse_wrap_is_on_while_either_of_its_modes_is() -> None:
    stream = "\x1b[?45h\x1b[?1045h\x1b[?45l\x1b[?45$p\x1b[?1045$p\x1b[3;1H\b\x1b[6n"
    assert terminal_after(stream, columns=9).take_replies() == b"\x1b[?45;2$y\x1b[?1045;1$y\x1b[2;9R"


def test_a_question_for_origin_mode_is_answered_by_what_the_saved_cursor_brought_back() -> None:
    # Source: xterm 412, kitty 0.48, VTE 0.84; DECRC restores the state of DECOM (VT510 manual).
    assert replies_to("\x1b7\x1b[?6h\x1b[?6$p\x1b8\x1b[?6$p") == "\x1b[?6;1$y\x1b[?6;2$y"
