"""Frames share what did not change; lines that scroll off are counted, kept for a while, and never made into cells."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Cell, LineDiscipline, Style, blank_row
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.lines import Line
from rmosh.terminal.scrolled import ScrolledLine, cells_of_line, row_of_line, tabs_of_line, without_tabs
from rmosh.traits import Traits
from tests.unit.terminal.terminal_screens import screen_after, terminal_after, text_of


def plain(text: str, *, wrapped: bool = False) -> ScrolledLine:
    return ScrolledLine(((text, Style()),) if text else (), wrapped)


def test_rows_that_did_not_change_are_the_same_objects() -> None:
    emulator = terminal_after("one\r\ntwo\r\nthree")
    before = emulator.frame()
    emulator.feed(b"!")
    after = emulator.frame()
    assert [old is new for old, new in zip(before.rows, after.rows, strict=True)] == [True, True, False, True]


def test_rows_that_scroll_stay_the_same_objects() -> None:
    emulator = terminal_after("one\r\ntwo\r\nthree\r\nfour")
    before = emulator.frame()
    emulator.feed(b"\r\n")
    assert [id(row) for row in emulator.frame().rows[:3]] == [id(row) for row in before.rows[1:]]


def test_a_row_drawn_again_as_it_was_stays_the_same_object() -> None:
    emulator = terminal_after("\x1b[1mone\x1b[m\r\ntwo")
    before = emulator.frame()
    emulator.feed(b"\x1b[2J\x1b[H\x1b[1mone\x1b[m\x1b[K\r\ntwo\x1b[K")
    assert all(old is new for old, new in zip(before.rows, emulator.frame().rows, strict=True))


@pytest.mark.parametrize("erased", ["\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1b[H"])
def test_nothing_is_made_of_a_row_drawn_again_as_it_was(erased: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = "\x1b[1mone\x1b[m two é\x1b[K\r\nthree\x1b[K"
    emulator = terminal_after(drawn, columns=20)
    before = emulator.frame()
    made: list[object] = []
    monkeypatch.setattr("rmosh.terminal.lines.written_over", lambda *writes: made.append(writes))
    emulator.feed((erased + drawn).encode())
    assert all(old is new for old, new in zip(before.rows, emulator.frame().rows, strict=True))
    assert not made


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ("two", False),
        ("\r0\x1b[K", False),
        ("\r\x1b[Ktwo", True),
        ("\x1b[2K\rtwo", True),
        ("\x1b[2J\x1b[Htwo", True),
        ("\r\x1b[L\x1b[2L\x1b[Htwo", True),
    ],
)
def test_a_line_that_was_cleared_is_another_line(change: str, is_another: bool) -> None:
    emulator = terminal_after("one")
    before = emulator.frame().rows[0]
    emulator.feed(change.encode())
    after = emulator.frame().rows[0]
    assert (before.origin is not after.origin) == is_another


def test_equal_cells_and_blank_rows_are_shared() -> None:
    blank_row.cache_clear()  # tests with very many styles before this one leave rows of a blank that is shared no more
    frame = screen_after("aba\x1b[31ma\x1b[ma\r\n")
    cells = frame.rows[0].cells
    assert cells[0] is cells[2] is cells[4]
    assert frame.rows[1] is blank_row(10)
    assert screen_after("a b\x1b[3G\x1b[K").rows[0].cells[1:] == blank_row(9).cells
    assert all(cell is blank_row(1).cells[0] for cell in screen_after("a b\x1b[3G\x1b[K").rows[0].cells[1:])


def test_an_old_frame_does_not_change() -> None:
    emulator = terminal_after("one")
    before = emulator.frame()
    emulator.feed(b"\x1b[2J\x1b[Htwo\r\n\n\n\n\n")
    emulator.resize(rows=2, columns=5)
    assert text_of(before) == ["one"]


def test_a_frame_carries_the_line_discipline_it_is_given_and_counts_bells() -> None:
    emulator = terminal_after("\x07\x07\x1b]2;not a bell\x07")
    assert emulator.frame(LineDiscipline(echo=True)).line_discipline == LineDiscipline(echo=True)
    assert emulator.frame().bells == 2


def test_lines_that_scroll_off_are_counted_and_kept_in_order() -> None:
    emulator = terminal_after("1\r\n2  \r\n\x1b[31m3\x1b[44m \x1b[m\r\n漢4\r\n0123456789ab\r\n6\r\n7", rows=2)
    assert emulator.frame().history == 6
    assert lines_of(emulator.take_history()) == [
        plain("1"),
        plain("2"),
        ScrolledLine((("3", Style(1)), (" ", Style(1, 4)))),
        plain("漢4"),
        plain("0123456789", wrapped=True),
        plain("ab"),
    ]
    assert lines_of(emulator.take_history()) == []
    assert emulator.frame().history == 6


def test_looking_at_lines_before_they_scroll_off_changes_nothing_in_history() -> None:
    stream = "a\x1b[1mb\x1b[m  \r\n漢字漢字漢字\r\n\x1b[44m\x1b[K\x1b[m\r\nx\r\n\r\n\r\n"
    unseen = terminal_after(stream, rows=2)
    seen = terminal_after("", rows=2)
    for part in stream.splitlines(keepends=True):
        seen.feed(part.encode())
        seen.frame()
    assert lines_of(seen.take_history()) == lines_of(unseen.take_history())


def test_nothing_goes_to_history_but_from_the_top_of_the_main_screen() -> None:
    for stream in (
        "\x1b[?1049h\r\n\r\n\r\n\r\n\r\n",
        "\x1b[2;4r\x1b[4;1H\n\n\n",
        "a\x1b[M\x1b[2J",
        "a\x1b[T\x1bM",
        "\x1b[?69h\x1b[2;5s\x1b[S",
    ):
        assert screen_after(stream).history == 0, stream
    assert screen_after("a\x1b[1;2r\x1b[2;1H\n\x1b[S").history == 2


def test_erasing_the_scrollback_forgets_lines_but_not_their_number() -> None:
    emulator = terminal_after("1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[3J")
    assert emulator.frame().history == 2
    assert lines_of(emulator.take_history()) == []
    assert text_of(emulator.frame()) == ["3", "4", "5", "6"]


def test_a_full_reset_erases_the_scrollback_as_well() -> None:
    emulator = terminal_after("1\r\n2\r\n3\r\n4\r\n5\r\n6\x1bc7")
    assert emulator.history_erased == emulator.frame().history == 2
    assert lines_of(emulator.take_history()) == []
    assert text_of(emulator.frame())[0] == "7"


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [("XTerm(412)", False), ("Konsole 26.08.0", True), ("tmux 3.3a", True), ("VTE(8400)", False), ("", False)],
)
def test_a_full_reset_leaves_the_scrollback_to_a_terminal_that_keeps_its_own(name: str, is_kept: bool) -> None:
    emulator = terminal_after("")
    emulator.use_traits(Traits(name=name))
    emulator.feed(b"1\r\n2\r\n3\r\n4\r\n5\r\n6\x1bc7")
    assert emulator.history_erased == (0 if is_kept else 2)
    assert text_of(emulator.frame()) == ["7"]
    emulator.feed(b"\r\n" * 4)
    assert [line.text for line in lines_of(emulator.take_history())] == [*("123456" if is_kept else ""), "7"]


def test_a_flood_is_counted_exactly_and_loses_no_line_until_it_is_taken() -> None:
    emulator = terminal_after("")
    for chunk in range(40):
        emulator.feed(b"".join([b"line %d\r\n" % (chunk * 100 + line) for line in range(100)]))
    assert emulator.frame().history == 4000 - 3
    history = lines_of(emulator.take_history())
    assert history == [plain(f"line {number}") for number in range(4000 - 3)]


def test_a_coloured_flood_makes_no_cells() -> None:
    emulator = terminal_after("", rows=24, columns=80)
    emulator.feed("".join([f"\x1b[38;2;1;2;3m{number}é漢\x1b[m tail\x1b[K\r\n" for number in range(30)]).encode())
    emulator.frame()
    made = _count_cells()
    emulator.feed("".join([f"\x1b[38;2;1;2;3m{number}ü字\x1b[m tail\x1b[K\r\n" for number in range(3000)]).encode())
    assert _count_cells() <= made


def _count_cells() -> int:
    import gc

    return sum(1 for item in gc.get_objects() if type(item) is Cell)


_STYLED = st.tuples(st.sampled_from(["", "\x1b[31m", "\x1b[44m", "\x1b[m"]), st.text("ab 漢", max_size=9))
_ERASING = st.sampled_from(["\x1b[K", "\x1b[m\x1b[K", "\x1b[42m\x1b[K", "\x1b[1K", "\x1b[3X", ""])
_REDRAWS = st.lists(st.tuples(st.integers(1, 3), st.lists(_STYLED, max_size=4), _ERASING), max_size=12)


@pytest.mark.slow
@given(_REDRAWS)
def test_rows_redrawn_over_and_over_are_the_same_whether_somebody_looked_or_not(
    redraws: list[tuple[int, list[tuple[str, str]], str]],
) -> None:
    looked_at, left_alone = Emulator(rows=3, columns=12), Emulator(rows=3, columns=12)
    for row, texts, erasing in redraws:
        written = f"\x1b[{row}H" + "".join(style + text for style, text in texts) + erasing
        for emulator in (looked_at, left_alone):
            emulator.feed(written.encode())
        looked_at.frame()
    assert looked_at.frame() == left_alone.frame()
    for emulator in (looked_at, left_alone):
        emulator.feed(b"\x1b[3H\r\n\n\n\n")
    assert lines_of(looked_at.take_history()) == lines_of(left_alone.take_history())


@pytest.mark.parametrize(
    ("output", "tabs"),
    [
        ("a\tb", (1,)),
        ("\t\tb\t", (0, 8, 17)),
        ("語\tb", (2,)),
        ("a\x1b[Ib", ()),
        ("abcdefghij\rab\tc", ()),
        ("a\tb\r\x1b[2C--", ()),
        ("a\tb\r\x1b[K", ()),
        ("a\tb\r\x1b[4Pc", ()),
        ("\x1b[3g\x1b[13G\x1bH\ra\tb", ()),
        ("\x1b[44m\x1b[Ka\tb", ()),
        ("a\x1b[18G\tb", (17,)),
    ],
)
@pytest.mark.parametrize("is_looked_at", [False, True])
def test_a_row_knows_where_tabs_moved_over_nothing_to_the_usual_stops(
    output: str, tabs: tuple[int, ...], is_looked_at: bool
) -> None:
    emulator = Emulator(rows=2, columns=20)
    for character in re.findall(r"\x1b\[[0-9;]*[a-zA-Z]|\x1bH|[^\x1b]", output):
        emulator.feed(character.encode())
        if is_looked_at:
            emulator.frame()
    row = emulator.frame().rows[0]
    assert row.tabs == tabs
    assert all(type(cell) is Cell for cell in row.cells)
    emulator.feed(b"\r\n\n")
    (line,) = lines_of(emulator.take_history())
    assert tabs_of_line(line) == tabs
    assert "\t" not in without_tabs(line).text_with_tabs


def test_tabs_make_no_line_of_a_flood_a_slow_one() -> None:
    emulator = Emulator(rows=2, columns=80)
    emulator.feed(b"name\tvalue\r\n" * 9)
    (entry, *_) = emulator.take_history()
    assert isinstance(entry, Line)
    assert entry.plain_text == "name\t   value"


@given(
    st.lists(st.tuples(st.text("ab \t漢é\u0301\u200dก", max_size=6), st.sampled_from([Style(), Style(3), Style(1, 4)])))
)
def test_a_line_as_a_row_has_the_cells_that_it_fills(runs: list[tuple[str, Style]]) -> None:
    line = ScrolledLine(tuple(runs))
    assert row_of_line(line).cells == tuple(cells_of_line(line))
