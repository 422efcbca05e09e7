"""What a clear of the whole main screen erases is history, once and in order, unless the program draws it anew."""

from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.clears import CLEAR_SETTLES, OWN_CLEARS_END, Clear, Cleared
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.scrolled import ScrolledLine
from tests.unit.terminal.terminal_screens import terminal_after, text_of

_LINES = "1\r\n2\r\n\r\n$ "


class Desk:
    """A terminal at which somebody types, with a clock."""

    def __init__(self, *, rows: int = 6, columns: int = 12) -> None:
        self.emulator = Emulator(rows=rows, columns=columns)
        self.now = 0.0
        self.lines: list[ScrolledLine] = []

    def output(self, text: str) -> None:
        self.emulator.feed(text.encode(), now=self.now)

    def type(self, *, echoing: str = "") -> None:
        self.emulator.typed(now=self.now)
        self.output(echoing)

    def wait(self, seconds: float = CLEAR_SETTLES) -> None:
        self.now += seconds
        self.emulator.settle(now=self.now)

    @property
    def history(self) -> list[str]:
        self.lines += lines_of(self.emulator.take_history())
        assert self.emulator.history_count == len(self.lines)
        return [line.text.rstrip() for line in self.lines]

    @property
    def screen(self) -> list[str]:
        return text_of(self.emulator.frame())


@pytest.mark.parametrize(
    ("clear", "how"),
    [
        ("\x1b[H\x1b[2J", Clear.ALL),  # Ctrl-L in bash 5.2 and zsh 5.9, `clear -x`
        ("\x1b[2J\x1b[H", Clear.ALL),
        ("\x1b[3;2H\x1b[2J\x1b[H", Clear.ALL),
        ("\x1b[H\x1b[J", Clear.FROM_HOME),
        ("\x1b[2;4r\x1b[H\x1b[0J", Clear.FROM_HOME),
        ("\x1b[6;12H\x1b[1J\x1b[H", Clear.TO_END),
        ("\x1b[41m\x1b[H\x1b[2J\x1b[m", Clear.ALL),
    ],
)
def test_what_a_clear_of_the_whole_screen_erases_is_history(clear: str, how: Clear) -> None:
    desk = Desk()
    desk.output(_LINES)
    desk.output(clear + "$ ")
    desk.wait()
    assert desk.history == ["1", "2", "", "$"]
    assert desk.emulator.take_cleared() == [Cleared(0, 4, how)]
    assert desk.emulator.take_cleared() == []
    assert desk.screen[0] == "$"


@pytest.mark.parametrize(
    "erasing",
    [
        "\x1b[H\x1b[1J",
        "\x1b[2;1H\x1b[J",
        "\x1b[1;2H\x1b[J",
        "\x1b[6;11H\x1b[1J",
        "\x1b[?2J",
        "\x1b[H\x1b[2J\x1b[3J",  # clear of ncurses 6.4 with TERM=xterm-256color
        "\x1b[H\x1b[2J$ \x1b[3J",
        "\x1b[3J\x1b[H\x1b[2J\x1b[3J",
        "\x1bc",
        "\x1b[?1049h1\x1b[H\x1b[2J2\x1b[2J",
        "\x1b[?47h1\x1b[H\x1b[2J2\x1b[2J\x1b[?47l",
    ],
)
def test_nothing_else_is_and_nothing_that_the_scrollback_is_erased_with(erasing: str) -> None:
    desk = Desk()
    desk.output(_LINES + erasing)
    desk.wait()
    assert desk.history == []
    assert desk.emulator.take_cleared() == []


def test_a_blank_screen_adds_nothing_and_blank_rows_at_its_end_neither() -> None:
    desk = Desk()
    for output in ("\x1b[H\x1b[2J", "\r\n\r\n   \r\n\x1b[H\x1b[2J"):
        desk.type(echoing=output)
        desk.wait()
    assert desk.history == []
    desk.type(echoing="\r\nlow\r\n  \r\n\x1b[H\x1b[2J")
    desk.wait()
    assert desk.history == ["", "low"]


def test_a_row_that_is_blank_but_coloured_is_not_blank() -> None:
    desk = Desk()  # tmux 3.3a and alacritty 0.17 keep such a row, too
    desk.output("a\r\n\x1b[41m  \x1b[m\x1b[H\x1b[2J")
    desk.wait()
    assert desk.history == ["a", ""]


def test_the_rows_are_lines_as_they_were_published() -> None:
    desk = Desk()
    desk.output(_LINES)
    before = desk.emulator.frame()
    desk.output("\x1b[H\x1b[2J$ ")
    desk.wait()
    assert desk.emulator.frame().history == before.history + 4
    taken = desk.emulator.take_history()
    assert [entry is row for entry, row in zip(taken, before.rows, strict=False)] == [True, True, True, True]


def test_a_wrapped_line_goes_on_from_what_scrolled_off_and_into_what_was_cleared() -> None:
    desk = Desk(rows=3, columns=4)
    desk.output("0123456789\r\n\r\n$ \x1b[H\x1b[2J$ ")
    desk.wait()
    desk.history  # noqa: B018 - takes the lines
    assert [(line.text, line.wrapped) for line in desk.lines] == [
        ("0123", True),
        ("4567", True),
        ("89", False),
        ("", False),
        ("$", False),
    ]


def test_ctrl_l_over_and_over_leaves_as_many_copies_of_the_prompt_as_in_tmux_vte_and_alacritty() -> None:
    desk = Desk()
    desk.output(_LINES)
    for _ in range(5):
        desk.type(echoing="\x1b[H\x1b[2J$ ")
        desk.wait()
    assert desk.history == ["1", "2", "", "$", "$", "$", "$", "$"]


def test_a_page_that_a_key_has_drawn_again_adds_no_line_however_often_it_is_cleared_for_that() -> None:
    desk = Desk()
    desk.output("$ menu\r\n")
    for key in range(5):
        desk.type(echoing=f"\x1b[H\x1b[J\x1b[2J\x1b[H\x1b[Jone\r\ntwo\r\nthree\r\nfour\r\n: {key}")
        desk.wait(1.5)
    assert desk.history == ["$ menu"]


@pytest.mark.parametrize("redrawing", ["\x1b[J$ \x1b[K", "$ \r\x1b[J$ "])
def test_a_line_editor_that_erases_its_prompt_from_home_on_is_no_program_that_clears(redrawing: str) -> None:
    desk = Desk()
    desk.output(_LINES)
    for command in range(3):
        desk.type(echoing="\x1b[H\x1b[2J" + redrawing)
        desk.wait(0.3)
        desk.type(echoing=f"say {command}\r\nsaid {command}\r\n$ ")
        desk.wait(0.3)
    said = [line for line in desk.history if line.startswith("said")]
    assert said == ["said 0", "said 1"]


def test_what_was_shown_between_two_clears_is_kept_however_fast_somebody_types() -> None:
    desk = Desk()
    for command in range(4):
        desk.type(echoing=f"say {command}\r\nsaid {command}\r\n$ ")
        desk.type(echoing="\x1b[H\x1b[2J$ ")
    desk.wait()
    expected = [["say 0", f"said {0}", "$"], *[[f"$ say {n}", f"said {n}", "$"] for n in (1, 2, 3)]]
    assert desk.history == [line for lines in expected for line in lines]


@pytest.mark.parametrize("clear", ["\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1b[H\x1b[2J"])
@pytest.mark.parametrize("interval", [0.02, 0.1, 1.0, 2.0])
@pytest.mark.parametrize("rows_written", [3, 6])
def test_a_program_that_clears_and_writes_its_screen_over_and_over_adds_no_line(
    clear: str, interval: float, rows_written: int
) -> None:
    desk = Desk()
    desk.output("$ agent\r\n")
    desk.type()
    for number in range(20):
        page = "\r\n".join([f"page {number} {row}" for row in range(rows_written)])
        desk.output(clear + page)
        desk.wait(interval)
    assert desk.history == ["$ agent"]


def test_typing_at_such_a_program_makes_no_difference() -> None:
    desk = Desk()
    desk.output("$ agent\r\n")
    for number in range(40):
        desk.output("\x1b[2J\x1b[H" + "\r\n".join([f"page {number} {row}" for row in range(6)]))
        if number > 1:
            desk.type()
        desk.wait(0.1)
    assert desk.history == ["$ agent"]
    desk.output("\r\n$ ")
    desk.wait(OWN_CLEARS_END)
    desk.type(echoing="\x1b[H\x1b[2J$ ")
    desk.wait()
    assert desk.history == ["$ agent", *[f"page 39 {row}" for row in range(6)], "$"]


def test_a_page_that_a_key_has_drawn_again_adds_no_line() -> None:
    desk = Desk()
    desk.output("$ less\r\n")
    page = "\x1b[H\x1b[2Jone\r\ntwo\r\nthree\r\nfour\r\n"
    for key in range(9):
        desk.type(echoing=f"{page}: {key}")
        desk.wait(1.5)
    assert desk.history == ["$ less"]


def test_a_program_started_after_a_clear_does_not_take_what_was_cleared_along() -> None:
    desk = Desk()
    desk.output("before\r\n$ ")
    desk.type(echoing="\x1b[H\x1b[2J" + "".join([f"{number}\r\n" for number in range(8)]))
    assert desk.history == ["before", "$", "0", "1", "2"]
    assert desk.screen == ["3", "4", "5", "6", "7"]


def test_the_first_line_that_scrolls_off_settles_it_even_in_a_flood() -> None:
    desk = Desk()
    desk.output("before\r\n$ \x1b[H\x1b[2J")
    desk.output("".join([f"{number:099}"[-9:] + "\r\n" for number in range(999)]))
    assert desk.history[:4] == ["before", "$", "000000000", "000000001"]


def test_what_was_cleared_is_settled_before_the_other_screen_is_shown() -> None:
    desk = Desk()
    desk.output("before\r\n$ \x1b[H\x1b[2J$ less\r\n\x1b[?1049h\x1b[H\x1b[2Jbefore\r\n$ ")
    assert desk.history == ["before", "$"]


def test_a_program_that_draws_itself_for_another_size_adds_no_line_but_the_next_clear_does() -> None:
    desk = Desk()
    desk.output("one\r\ntwo")
    desk.emulator.resize(rows=6, columns=20)
    desk.output("\x1b[H\x1b[2Jone one\r\ntwo two")
    desk.wait()
    assert desk.history == []
    desk.wait(OWN_CLEARS_END)
    desk.type(echoing="\x1b[H\x1b[2J$ ")
    desk.wait()
    assert desk.history == ["one one", "two two"]


def test_a_resize_settles_what_was_cleared() -> None:
    desk = Desk()
    desk.output("one\r\ntwo\x1b[H\x1b[2Ja\r\nb\r\nc")
    desk.emulator.resize(rows=2, columns=12)
    assert desk.history == ["one", "two", "a"]


@pytest.mark.parametrize("mark", ["\x1b]133;A\x07", "\x1b]133;C\x07", "\x1b]1337;SetMark\x07"])
def test_a_line_marked_after_a_clear_is_numbered_behind_what_was_cleared(mark: str) -> None:
    desk = Desk()
    desk.output(f"$ one\r\ntwo\r\n\x1b[H\x1b[2J\r\n{mark}$ ")
    lines = [[made.line for made in desk.emulator.frame().marks]]
    desk.wait()
    lines.append([made.line for made in desk.emulator.frame().marks])
    assert lines == [[3], [3]]
    assert desk.history == ["$ one", "two"]


def test_a_prompt_marked_before_a_clear_goes_with_its_line() -> None:
    emulator = terminal_after("\r\n\x1b]133;A\x07$ one\r\ntwo\r\n\x1b[H\x1b[2J")
    emulator.settle(now=CLEAR_SETTLES)
    assert emulator.frame().prompt.line == 1
    assert [line.text for line in lines_of(emulator.take_history())][1] == "$ one"


_CLEARS = st.sampled_from(["\x1b[H\x1b[2J", "\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1b[6;12H\x1b[1J\x1b[H"])
_STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30), _CLEARS | st.none(), st.booleans()), max_size=20)


@pytest.mark.slow
@given(_STEPS)
def test_each_line_is_in_the_history_or_on_the_screen_once_and_in_order(
    steps: list[tuple[int, int, str | None, bool]],
) -> None:
    desk = Desk()
    written: list[str] = []
    for count, length, clear, waits in steps:
        desk.type()
        for _ in range(count):
            # Rows of different lines differ: a page whose rows stand again in their places would be drawn anew.
            text = f"{len(written)}".rjust(length, ascii_letters[len(written) % len(ascii_letters)])
            desk.output(text + "\r\n")
            written.append(text)
        if clear:
            desk.output(clear)
        if waits:
            desk.wait()
    desk.wait()
    history = desk.history
    frame = desk.emulator.frame()
    wrapped = [line.wrapped for line in desk.lines] + [row.wrapped for row in frame.rows]
    rows = zip([*history, *["".join(c.text for c in row.cells).rstrip() for row in frame.rows]], wrapped, strict=True)
    joined = "".join([text + ("" if goes_on else "\n") for text, goes_on in rows])
    assert [line for line in joined.split("\n") if line] == written


def test_a_line_that_is_compared_with_what_was_cleared_keeps_the_screens_width() -> None:
    desk = Desk(columns=20)
    desk.output("two\r\n" * 3 + "one")
    desk.output("\x1b[H\x1b[2J$ \x1b[1;4r\x1b[H\x1bM\x1b[r" + "two\r\n" * 6)
    assert [len(row.cells) for row in desk.emulator.frame().rows] == [20] * 6
