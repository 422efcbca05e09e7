"""The terminal under pyte's names: driven by pyte's streams it shows what it shows by itself, and what pyte shows."""

import copy
import doctest
import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyte import modes as mo
from pyte.screens import Char

import rmosh.terminal
from rmosh.errors import UsageError
from rmosh.terminal import Emulator, HistoryScreen, Screen, as_pyte
from rmosh.terminal.cells import TRUECOLOR, Attribute, Style

COLUMNS, LINES = 10, 5


class Answering(Screen):
    """A screen that remembers what it answered."""

    def __init__(self, columns: int, lines: int) -> None:
        self.answers = ""
        super().__init__(columns, lines)

    def write_process_input(self, data: str) -> None:
        self.answers += data


@pytest.mark.parametrize(
    "module", ["rmosh.terminal", "rmosh.terminal.as_pyte.screen", "rmosh.terminal.as_pyte.history_screen"]
)
def test_examples_in_docstrings_do_what_they_say(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 3
    assert results.failed == 0


def test_the_package_names_what_it_offers_and_nothing_else() -> None:
    assert {getattr(rmosh.terminal, name).__name__ for name in rmosh.terminal.__all__} == set(rmosh.terminal.__all__)
    with pytest.raises(AttributeError, match="Konsole"):
        _ = rmosh.terminal.Konsole


def test_an_emulator_is_had_without_pyte_and_its_tables_of_widths() -> None:
    program = "import sys, rmosh.session.server; print({'pyte', 'wcwidth'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert printed == "set()\n"


# What pyte's screens have


@pytest.mark.parametrize(("theirs", "ours"), [(pyte.Screen, Screen), (pyte.HistoryScreen, HistoryScreen)])
def test_every_operation_of_pytes_screen_can_be_called_alike(theirs: type, ours: type) -> None:
    expected = {name: member for name, member in inspect.getmembers(theirs, callable) if not name.startswith("_")}
    for name in expected.keys() - {"before_event", "after_event"}:
        wanted = [parameter for parameter in inspect.signature(expected[name]).parameters if parameter != "kwargs"]
        given = [
            parameter.name
            for parameter in inspect.signature(getattr(ours, name)).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.VAR_POSITIONAL)
        ]
        wanted = [parameter for parameter in wanted if parameter not in ("args", "private")]
        assert given[: len(wanted)] == wanted, name


@pytest.mark.parametrize(
    ("theirs", "ours"), [(pyte.Screen(3, 2), Screen(3, 2)), (pyte.HistoryScreen(3, 2), HistoryScreen(3, 2))]
)
def test_every_attribute_of_pytes_screen_is_there(theirs: object, ours: object) -> None:
    assert {name for name in vars(theirs) if not hasattr(ours, name)} == set()


# Driven by pyte's streams

_NUMBERS = st.integers(0, 12) | st.sampled_from([9999, 65536])
_PARAMETERS = st.lists(_NUMBERS, max_size=4).map(lambda numbers: ";".join(map(str, numbers)))
_PRIVATE = (1, 3, 5, 6, 7, 25, 40, 45, 47, 69, 1000, 1006, 1047, 1048, 1049, 2004, 2026, 2027)
_MODES = st.sampled_from(["4", "20", *[f"?{mode}" for mode in _PRIVATE]])
_CONTROL_FUNCTIONS = st.one_of(
    st.sampled_from("\a\b\t\n\v\f\r\0\x01\x7f"),
    st.sampled_from(["\x1bD", "\x1bM", "\x1bH", "\x1b7", "\x1b8", "\x1b#8", "\x1bc"]),
    st.builds("\x1b[{}{}".format, _PARAMETERS, st.sampled_from("@ABCDEFGHJKLMPXacdfgmnr")),
    st.builds("\x1b[{}\n;{}H".format, _NUMBERS, _NUMBERS),
    st.builds("\x9b{};{}H".format, _NUMBERS, _NUMBERS),
    st.builds("\x1b[?{}{}".format, _PARAMETERS, st.sampled_from("JKcn")),
    st.builds("\x1b[{}{}".format, _MODES, st.sampled_from("hl")),
    st.builds("\x1b[3{};4{};{}m".format, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    st.builds("\x1b[38;5;{};48;2;1;2;{}m".format, st.integers(0, 300), st.integers(0, 255)),
    st.builds("\x1b]{};{}\x07".format, st.integers(0, 2), st.text("abc ü", max_size=5)),
)
_TEXTS = st.text(st.sampled_from("abcdefgxyz  ~éßж漢字가\u0301\u200d\ufe0f☀😀👩🇩"), min_size=1, max_size=14)
STREAMS = st.lists(_TEXTS | _CONTROL_FUNCTIONS, max_size=25)


@given(STREAMS, st.integers(1, 40))
def test_pytes_stream_leaves_the_frame_and_the_answers_that_our_tokenizer_leaves(pieces: list[str], size: int) -> None:
    screen, emulator = Answering(COLUMNS, LINES), Emulator(rows=LINES, columns=COLUMNS)
    data = "".join(pieces).encode()
    stream = pyte.ByteStream(screen)
    for start in range(0, len(data), size):
        stream.feed(data[start : start + size])
    emulator.feed(data)
    assert screen.frame() == emulator.frame()
    assert screen.answers.encode("latin-1") == emulator.take_replies()


_DESIGNATED = st.builds("\x1b{}{}".format, st.sampled_from("()"), st.sampled_from("AB0"))
_OF_ONE_BYTE = st.lists(
    st.text("abqx_~", min_size=1, max_size=8) | _DESIGNATED | st.sampled_from("\x0e\x0f\n"), max_size=20
)


@given(_OF_ONE_BYTE)
def test_character_sets_are_those_that_our_tokenizer_chooses(pieces: list[str]) -> None:
    screen, emulator = Screen(COLUMNS, LINES), Emulator(rows=LINES, columns=COLUMNS)
    data = "".join(pieces).encode()
    stream = pyte.ByteStream(screen)
    stream.select_other_charset("@")  # which lets pyte's stream look at character sets
    stream.feed(data)
    emulator.feed(data)
    assert screen.frame() == emulator.frame()


# Beside pyte

_COUNTS = st.integers(0, 12).map(str)
_AGREED = st.one_of(
    st.text("abcxyz  ~éßж", min_size=1, max_size=14),
    st.sampled_from(["\r", "\n", "\r\n", "\b", "\t", "\x1bD", "\x1bM", "\x1bH"]),
    st.builds("\x1b[{}{}".format, _COUNTS, st.sampled_from("@ABCDEFGLMPXad")),
    st.builds("\x1b[{};{}H".format, _COUNTS, _COUNTS),
    st.builds("\x1b[{}{}".format, st.sampled_from("012"), st.sampled_from("JK")),
    st.builds("\x1b[{};{}r".format, st.integers(1, 12), st.integers(1, 12)),
    st.sampled_from(["\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[20l", "\x1b[?7h", "\x1b[?7l", "\x1b[?25l", "\x1b[3g"]),
    st.builds("\x1b[{}m".format, st.sampled_from(["", "1", "3;4", "5;7;9", "22;23", "24;25;27;29", "31", "94", "39"])),
    st.builds("\x1b[38;5;{};38;2;1;2;{}m".format, st.integers(0, 255), st.integers(0, 255)),
)


def _onto_common_ground(screen: pyte.Screen, piece: str) -> str:
    """Return what takes the cursor from where the two differ: outside of the margins, and in a pending wrap."""
    if screen.margins and not screen.margins.top <= screen.cursor.y <= screen.margins.bottom:
        return f"\x1b[{screen.margins.top + 1};1H"
    return "\r" if screen.cursor.x == screen.columns and piece[0] < " " else ""


def _characters(screen: pyte.Screen | Screen) -> list[Char]:
    """Return what is not blank, with its attributes."""
    characters = [screen.buffer[row][column] for row in range(LINES) for column in range(COLUMNS)]
    return [character for character in characters if character.data != " "]


@given(st.lists(_AGREED, max_size=25))
def test_what_pyte_shows_is_shown(pieces: list[str]) -> None:
    theirs, ours = pyte.Screen(COLUMNS, LINES), Screen(COLUMNS, LINES)
    streams = pyte.ByteStream(theirs), pyte.ByteStream(ours)
    for piece in pieces:
        before = ours.display
        theirs.dirty.clear()
        ours.dirty.clear()
        piece = _onto_common_ground(theirs, piece) + piece
        for stream in streams:
            stream.feed(piece.encode())
        assert ours.display == theirs.display
        assert _characters(ours) == _characters(theirs)
        assert (ours.cursor.y, ours.cursor.x) == (theirs.cursor.y, theirs.cursor.x)
        assert (ours.cursor.attrs, ours.cursor.hidden) == (theirs.cursor.attrs, theirs.cursor.hidden)
        assert ours.mode - {8 << 5, 12} == theirs.mode
        changed = {row for row, text in enumerate(ours.display) if text != before[row]}
        assert changed <= ours.dirty <= theirs.dirty


@given(st.lists(st.sampled_from(["a", "b ", "漢", "字", "가", "é", "e\u0301"]), max_size=16))
def test_wide_and_combined_text_is_drawn_as_pyte_draws_it(pieces: list[str]) -> None:
    theirs, ours = pyte.Screen(40, 2), Screen(40, 2)
    for screen in (theirs, ours):
        pyte.ByteStream(screen).feed("".join(pieces).encode())
    assert [normalize("NFC", row) for row in ours.display] == theirs.display
    assert ours.cursor.x == theirs.cursor.x
    assert [ours.buffer[0][column].data == "" for column in range(40)] == [
        theirs.buffer[0][column].data == "" for column in range(40)
    ]


# Where the two differ


def _after(screen: Any, stream: str) -> Any:
    pyte.ByteStream(screen).feed(stream.encode())
    return screen


def _shown(stream: str, **size: int) -> Callable[[Any], tuple[str, int, int]]:
    """Return what tells a screen's text after a stream, without the blanks at its ends, and the cursor's place."""

    def probe(screen: Any) -> tuple[str, int, int]:
        _after(screen, stream)
        if size:
            screen.resize(**size)
        return "|".join([row.rstrip() for row in screen.display]).rstrip("|"), screen.cursor.y, screen.cursor.x

    return probe


def _answer(screen: Any) -> str:
    answers: list[str] = []
    screen.write_process_input = answers.append
    _after(screen, "\x1b[c")
    return "".join(answers)


def _linefeeds_in_a_wrap(screen: Any) -> int:
    calls: list[None] = []
    screen.linefeed = lambda: calls.append(None)
    _after(screen, "1234567")
    return len(calls)


def _events_when_text_comes(screen: Any) -> int:
    calls: list[str] = []
    screen.before_event = calls.append
    screen.draw("a")
    return len(calls)


_VT420, _VT102 = "\x1b[?64;6;18;21;22;28;52c", "\x1b[?6c"

#: What differs on a screen of 4 rows and 6 columns: the docstring's words, a probe, and what it finds in either; None
#: for a failure.
DIFFERENCES: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("Characters that have no column", _shown("a\u200db"), ("a\u200db", 0, 2), ("a", 0, 1)),
    ("A character and its marks", lambda s: _after(s, "e\u0301").buffer[0][0].data, "e\u0301", "\u00e9"),
    ("A mark behind a wide character", lambda s: _after(s, "漢\u0301").buffer[0][0].data, "漢\u0301", "漢"),
    ("A wide character that does not fit into the line", _shown("12345漢"), ("12345|漢", 1, 2), ("12345漢", 0, 6)),
    ("Without autowrap a wide character", _shown("\x1b[?7l123456漢"), ("123456", 0, 5), ("1234漢", 0, 6)),
    ("Writing over half of a wide character", _shown("漢\rx"), ("x", 0, 1), None),
    ("A pending wrap ends", _shown("123456\nx"), ("123456|     x", 1, 6), ("123456||x", 2, 1)),
    ("One cursor is saved", _shown("\x1b7ab\x1b7c\x1b8\x1b8x"), ("abx", 0, 3), ("xbc", 0, 1)),
    ("A reset forgets", _shown("ab\x1b7\x1bc\x1b8x"), ("x", 0, 1), ("  x", 0, 3)),
    ("A position outside", _shown("\x1b[2;3r\x1b[?6h\x1b[9;2H"), ("", 2, 1), ("", 1, 0)),
    ("A cursor above the top margin", _shown("\x1b[2;3r\x1b[A"), ("", 0, 0), ("", 1, 0)),
    ("Margins 0 and 0", _shown("ab\x1b[0;0rx"), ("xb", 0, 1), ("abx", 0, 3)),
    ("There is an alternate screen", _shown("ab\x1b[?1049hx\x1b[?1049l"), ("ab", 0, 2), ("abx", 0, 3)),
    (
        "What is erased",
        lambda s: _after(s, "\x1b[31;44m\x1b[K").buffer[0][0][1:3],
        ("default", "blue"),
        ("red", "blue"),
    ),
    ("Erasing the history", _shown("ab\x1b[3J"), ("ab", 0, 2), ("", 0, 2)),
    ("Only lines that leave", lambda s: len(_after(s, "\x1b[2;3r\x1b[3;1Ha\n").history.top), 0, 1),
    ("A resize wraps", _shown("1234567", columns=4), ("1234|567", 1, 3), ("1234|7", 1, 1)),
    ("The width is the user's", lambda s: _after(s, "\x1b[?3h").columns, 6, 132),
    ("Device attributes", _answer, _VT420, _VT102),
    ("A background named by its index", lambda s: _after(s, "\x1b[48;5;1m").cursor.attrs.bg, "red", "cd0000"),
    ("A bright magenta background", lambda s: _after(s, "\x1b[105m").cursor.attrs.bg, "brightmagenta", "bfightmagenta"),
    ("Faint, hidden", lambda s: _after(s, "\x1b[2mx").frame().rows[0].cells[0].style, Style(attributes=2), None),
    ("The buffer holds", lambda s: len(_after(s, "a").buffer), 4, 1),
    ("`mode` and `tabstops`", lambda s: (type(s.mode), type(s.tabstops)), (frozenset, frozenset), (set, set)),
    ("No `before_event` and `after_event`", _events_when_text_comes, 0, 1),
    ("Operations do not call one another", _linefeeds_in_a_wrap, 0, 1),
    ("They are no subclasses", lambda s: isinstance(s, pyte.Screen), False, True),
]


@pytest.mark.parametrize(("words", "probe", "ours", "theirs"), DIFFERENCES, ids=[words for words, *_ in DIFFERENCES])
def test_a_difference_from_pyte_is_as_the_package_says(
    words: str, probe: Callable[[Any], Any], ours: Any, theirs: Any
) -> None:
    assert f"\n- {words}" in (as_pyte.__doc__ or "")
    assert probe(HistoryScreen(6, 4)) == ours
    if theirs is None:
        with pytest.raises((IndexError, AttributeError)):
            probe(pyte.HistoryScreen(6, 4))
    else:
        assert probe(pyte.HistoryScreen(6, 4)) == theirs


def test_every_difference_that_the_package_tells_of_is_tried() -> None:
    assert (as_pyte.__doc__ or "").count("\n- ") == len(DIFFERENCES)


# What a program does with a screen besides


def test_characters_written_to_the_buffer_are_shown_with_their_attributes() -> None:
    screen = Screen(4, 2)
    for column, data in enumerate(["a", "漢", ""]):
        screen.buffer[1][column] = Char(data, fg="brown", bg="102030", bold=True)
    assert screen.display == ["    ", "a漢 "]
    assert screen.buffer[1][1] == Char("漢", fg="brown", bg="102030", bold=True)
    assert screen.frame().rows[1].cells[0].style == Style(3, TRUECOLOR | 0x102030, Attribute.BOLD.value)


def test_a_line_of_the_buffer_can_be_put_elsewhere_cleared_and_taken_out() -> None:
    screen = _after(Screen(4, 3), "one\r\ntwo")
    screen.buffer[2] = screen.buffer[0]
    screen.buffer[0].clear()
    del screen.buffer[1]
    assert screen.display == ["    ", "    ", "one "]
    screen.buffer.clear()
    assert screen.display == ["    "] * 3


def test_a_colour_that_no_terminal_has_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'mauve'"):
        Screen(4, 2).buffer[0][0] = Char("a", fg="mauve")


def test_the_cursor_can_be_moved_hidden_coloured_and_copied() -> None:
    screen = Screen(4, 3)
    screen.cursor.x, screen.cursor.y, screen.cursor.hidden = 4, 1, True
    screen.cursor.attrs = Char(" ", fg="red")
    copied = copy.copy(screen.cursor)
    screen.draw("x")
    assert (copied.x, copied.y, copied.hidden, copied.attrs) == (4, 1, True, Char(" ", fg="red"))
    assert (screen.cursor.x, screen.cursor.y) == (1, 2)
    assert screen.buffer[2][0] == Char("x", fg="red")
    assert not screen.frame().cursor.visible


def test_modes_are_switched_by_their_own_number_or_pytes_shifted_one() -> None:
    screen = Screen(4, 3)
    screen.set_mode(mo.LNM, mo.DECOM)
    screen.set_mode(2004, private=True)
    assert {mo.LNM, mo.DECOM, 2004 << 5} <= screen.mode
    screen.reset_mode(mo.LNM, mo.DECOM)
    assert screen.mode.isdisjoint({mo.LNM, mo.DECOM})


def test_reversing_the_screen_reverses_every_character_and_back() -> None:
    screen = _after(Screen(4, 1), "a\x1b[7mb")
    screen.set_mode(mo.DECSCNM)
    assert [character.reverse for character in screen.buffer[0].values()] == [True, False, True, True]
    screen.reset_mode(mo.DECSCNM)
    assert [character.reverse for character in screen.buffer[0].values()] == [False, True, False, False]


@pytest.mark.parametrize("text", ["\x1b[2Jx", "\x9b2Jx", "a\x07\x1b]2;t\x07x"])
def test_controls_in_drawn_text_and_in_titles_do_nothing(text: str) -> None:
    screen = Screen(20, 1)
    screen.draw(text)
    screen.set_title(text)
    assert screen.display[0].rstrip() == screen.title == "".join([c for c in text if c.isprintable()])


def test_what_a_clear_erases_is_no_history_of_a_screen_that_pages() -> None:
    screen = _after(HistoryScreen(6, 2), "one\r\ntwo\x1b[H\x1b[2Jthree\r\nfour\r\nfive")
    assert ["".join([character.data for character in line.values()]) for line in screen.history.top] == ["three "]


def test_a_paged_screen_goes_back_to_the_bottom_before_it_takes_anything() -> None:
    screen = _after(HistoryScreen(6, 2, ratio=1), "1\r\n2\r\n3\r\n4")
    screen.prev_page()
    assert (screen.display, screen.cursor.hidden) == (["1     ", "2     "], True)
    _after(screen, "x")
    assert (screen.display, screen.cursor.hidden) == (["3     ", "4x    "], False)


def test_lines_paged_back_have_the_width_that_the_screen_has_now() -> None:
    screen = _after(HistoryScreen(6, 2, ratio=1), "abcd漢\r\n2\r\n3\r\n4")
    screen.resize(columns=5)
    screen.prev_page()
    assert screen.display == ["abcd ", "2    "]
    assert [len(row.cells) for row in screen.frame().rows] == [5, 5]


@example(["a\r\n" * 6, "\x1b[H\x1bM"], ["prev_page"])
@given(STREAMS, st.lists(st.sampled_from(["prev_page", "next_page"]), max_size=4))
def test_paging_there_and_back_changes_no_screen(pieces: list[str], pages: list[str]) -> None:
    screen = _after(HistoryScreen(COLUMNS, LINES), "".join(pieces))
    before = screen.display
    for page in pages:
        getattr(screen, page)()
    screen.bell()
    assert screen.display == before
