"""The painter against an independent terminal model, and the sizes of what it writes."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.terminal.cells import (
    TRUECOLOR,
    Cell,
    Clipboard,
    Cursor,
    Frame,
    Modes,
    Notification,
    Prompt,
    Row,
    Style,
    blank_frame,
)
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.feeding import Feed
from rmosh_client.painting.fitting import fit
from rmosh_client.painting.painter import Painter
from tests.unit.client_ui.client_ui_frames import frame_of, frame_sequences, row_of, with_row
from tests.unit.client_ui.client_ui_terminal import TerminalModel, expected_cells

PLAIN_ABILITIES = Abilities(strings=False, extended_keys=False, underline_styles=False)


def started(rows: int, columns: int, abilities: Abilities = PLAIN_ABILITIES) -> tuple[Painter, TerminalModel]:
    painter, terminal = Painter(abilities), TerminalModel(rows=rows, columns=columns)
    terminal.feed(painter.start(rows=rows, columns=columns))
    return painter, terminal


def assert_shows(terminal: TerminalModel, frame: Frame) -> None:
    assert terminal.cells() == expected_cells(frame)
    row, column, visible = terminal.cursor()
    assert visible == frame.cursor.visible
    assert (row, column) == (frame.cursor.row, frame.cursor.column)


@pytest.mark.slow
@settings(max_examples=250)
@given(frame_sequences(), st.booleans())
def test_any_sequence_of_frames_is_shown_exactly(frames: list[Frame], erases_with_background: bool) -> None:
    height, columns = len(frames[0].rows), frames[0].columns
    painter, terminal = started(height, columns, replace(PLAIN_ABILITIES, back_colour_erase=erases_with_background))
    for frame in frames:
        terminal.feed(painter.paint(frame, now=0.0))
        assert_shows(terminal, frame)


@pytest.mark.slow
@settings(max_examples=60)
@given(frame_sequences(), st.data())
def test_repaint_heals_a_terminal_that_shows_anything(frames: list[Frame], data: st.DataObject) -> None:
    height, columns = len(frames[0].rows), frames[0].columns
    painter, terminal = started(height, columns)
    terminal.feed(painter.paint(frames[0], now=0.0))
    terminal.feed(data.draw(st.sampled_from([b"\x1b[Hgarbage", b"\x1b[41m\x1b[2J", b"x" * 500])))
    painter.invalidate()
    terminal.feed(painter.paint(frames[-1], now=0.0))
    assert_shows(terminal, frames[-1])


@pytest.mark.slow
@settings(max_examples=60)
@given(frame_sequences(most=2), st.integers(1, 10), st.integers(1, 45))
def test_a_frame_of_another_size_is_fitted(frames: list[Frame], rows: int, columns: int) -> None:
    painter, terminal = started(rows, columns)
    for frame in frames:
        terminal.feed(painter.paint(frame, now=0.0))
        assert_shows(terminal, fit(frame, rows=rows, columns=columns))


@pytest.mark.slow
@settings(max_examples=60)
@given(frame_sequences())
def test_painting_the_same_frame_again_writes_nothing(frames: list[Frame]) -> None:
    painter, _ = started(len(frames[0].rows), frames[0].columns)
    for frame in frames:
        painter.paint(frame, now=0.0)
        assert painter.paint(replace(frame), now=0.0) == b""


def test_one_key_costs_one_byte() -> None:
    painter, _ = started(24, 80)
    painter.paint(frame_of(["$ l"], rows=24, columns=80, cursor=(0, 3)), now=0.0)
    assert painter.paint(frame_of(["$ ls"], rows=24, columns=80, cursor=(0, 4)), now=0.0) == b"s"


def test_one_backspace_erases_in_four_bytes() -> None:
    painter, _ = started(24, 80)
    painter.paint(frame_of(["$ ls"], rows=24, columns=80, cursor=(0, 4)), now=0.0)
    assert painter.paint(frame_of(["$ l"], rows=24, columns=80, cursor=(0, 3)), now=0.0) == b"\b\x1b[K"


def test_a_styled_key_costs_at_most_twelve_bytes() -> None:
    painter, _ = started(24, 80)
    before = frame_of(["$ l"], rows=24, columns=80, cursor=(0, 3))
    painter.paint(before, now=0.0)
    cells = list(before.rows[0].cells)
    cells[3] = Cell("s", Style(underline=1))
    after = replace(with_row(before, 0, Row(tuple(cells))), cursor=Cursor(0, 4))
    assert len(painter.paint(after, now=0.0)) <= 12


def test_key_in_the_last_column_leaves_the_wrap_to_the_next_key() -> None:
    painter, terminal = started(4, 5)
    painter.paint(frame_of(["abcd"], rows=4, columns=5, cursor=(0, 4)), now=0.0)
    full = frame_of(["abcde"], rows=4, columns=5, cursor=(0, 4))
    assert painter.paint(full, now=0.0) == b"e"
    wrapped = full.rows[0].replace(wrapped=True)
    after = replace(full, rows=(wrapped, row_of("f", 5), *full.rows[2:]), cursor=Cursor(1, 1))
    assert painter.paint(after, now=0.0) == b"f"
    terminal.feed(b"abcdef")


@pytest.mark.parametrize(
    ("printed", "painted"),
    [
        ("ab漢字", "ab漢字"),
        ("a漢字", "a漢字"),
        ("abc 漢", "abc 漢"),
        ("abcd漢", "abcd漢"),
        ("ab漢\x1b[41m字", "ab漢\x1b[41m\x1b[K字"),
        ("ab漢👩‍🚀", "ab漢\u3000   \r\x1b[?7l👩‍🚀\x1b[?7h\x1b[5G"),
        ("abcd  漢", "abcd  漢"),
        ("a  ", "a  "),
        ("\x1b[41ma\x1b[K", "\x1b[41ma\x1b[K"),
        ("a\tb", "a\t\x1b[5Gb"),
        ("\t", "\t\x1b[5G"),
        ("\x1b[3Ga\x1b[2D\tb", "\x1b[2Ca b"),
    ],
)
def test_a_row_is_printed_as_the_program_printed_it(printed: str, painted: str) -> None:
    remote = Emulator(rows=2, columns=5)
    remote.feed(printed.encode())
    painter, _ = started(2, 5)
    assert painter.paint(remote.frame(), now=0.0).decode() == painted


def test_a_line_that_scrolls_off_is_fed_by_a_line_feed_where_it_stands() -> None:
    painter, terminal = started(4, 20)
    before = frame_of(["one", "two", "three", "$ "], rows=4, columns=20, cursor=(3, 2))
    terminal.feed(painter.paint(before, now=0.0))
    rows = (*before.rows[1:], row_of("$ ls", 20))
    after = replace(before, rows=rows, history=1, cursor=Cursor(3, 4))
    painted = painter.paint(after, Feed(rows=[row_of("one", 20)]), now=0.0)
    assert painted == b"\r\n$ ls"
    terminal.feed(painted)
    assert_shows(terminal, after)


def test_scroll_of_the_alternate_screen_keeps_out_of_the_scrollback() -> None:
    painter, terminal = started(5, 20)
    full_screen = Modes(alternate_screen=True)
    before = replace(frame_of(["1", "2", "3", "4", "status"], rows=5, columns=20), modes=full_screen)
    terminal.feed(painter.paint(before, now=0.0))
    rows = (*before.rows[1:4], row_of("5", 20), before.rows[4])
    after = replace(before, rows=rows)
    painted = painter.paint(after, now=0.0)
    assert painted == b"\x1b[M\x1b[4H\x1b[L5\x1b[H"
    terminal.feed(painted)
    assert_shows(terminal, after)


def test_a_scroll_of_the_whole_main_screen_leaves_the_first_row_where_it_is() -> None:
    before = frame_of(["1", "2", "3", "4", "5"], rows=5, columns=20)
    after = replace(before, rows=(*before.rows[1:], row_of("6", 20)))
    painter, terminal = started(5, 20)
    terminal.feed(painter.paint(before, now=0.0))
    painted = painter.paint(after, now=0.0)
    assert painted.startswith(b"\x1b[B\x1b[M\x1bM2")
    terminal.feed(painted)
    assert_shows(terminal, after)


def test_nothing_is_moved_in_the_main_screen_of_a_terminal_whose_scrollback_would_change_with_it() -> None:
    before = frame_of(["1", "2", "3", "4", "5"], rows=5, columns=20)
    after = replace(before, rows=(before.rows[0], *before.rows[2:], row_of("6", 20)))
    painter = Painter(Abilities(scrolls_apart=False))
    painter.start(rows=5, columns=20)
    painter.paint(before, now=0.0)
    assert painter.paint(after, now=0.0) == b"\x1b[B3\x1b[E4\x1b[E5\x1b[E6\x1b[H"


def test_keyboard_flags_are_pushed_on_each_screen_and_taken_back_before_it_is_left() -> None:
    painter = Painter(Abilities())
    painter.start(rows=2, columns=20)
    plain = frame_of(["$ "], rows=2, columns=20)
    shell, program = (replace(plain, modes=Modes(alternate_screen=on, keyboard_flags=5)) for on in (False, True))
    assert b"\x1b[>5u" in painter.paint(shell, now=0.0)
    assert re.search(rb"\x1b\[\?1049h.*\x1b\[>5u", painter.paint(program, now=0.0))
    assert re.search(rb"\x1b\[<u\x1b\[\?1049l.*\x1b\[=5u", painter.paint(shell, now=0.0))
    finished = painter.finish()
    assert finished.count(b"\x1b[<u") == 1
    assert b"1049" not in finished


def test_what_scrolled_off_is_with_the_terminal_before_the_alternate_screen_comes() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "$"], rows=4, columns=10, cursor=(2, 1)), now=0.0)
    program = replace(frame_of(["text"], rows=4, columns=10), modes=Modes(alternate_screen=True))
    assert b"\x1b[r\x1b[3;2H\x1b[?1049h" in painter.paint(program, now=0.0), "else xterm 412 forgets its scrollback"


def test_the_wheel_of_the_alternate_screen_is_switched_as_the_program_says_and_then_as_it_was() -> None:
    painter = Painter(Abilities())
    painter.start(rows=2, columns=20)
    plain = frame_of(["$ "], rows=2, columns=20)
    assert b"1007" not in painter.paint(plain, now=0.0)
    assert b"\x1b[?1007s\x1b[?1007h" in painter.paint(replace(plain, modes=Modes(alternate_scroll=1)), now=0.0)
    assert b"\x1b[?1007l" in painter.paint(replace(plain, modes=Modes(alternate_scroll=2)), now=0.0)
    assert b"\x1b[?1007r" in painter.finish()
    assert b"1007" not in painter.finish()


def test_finish_leaves_the_alternate_screen_with_the_cursor_under_the_main_ones_last_line() -> None:
    painter, _ = started(4, 20)
    painter.paint(frame_of(["$ vim"], rows=4, columns=20, cursor=(0, 5)), now=0.0)
    painter.paint(
        replace(frame_of(["text", "~", "~", "~"], rows=4, columns=20), modes=Modes(alternate_screen=True)), now=0.0
    )
    assert painter.finish().endswith(b"\x1b[?1049l\x1b[m\x1b[H\n\x1b[J\x1b[?25h")
    assert b"1049" not in painter.finish()


def test_start_scrolls_away_what_was_shown_and_loses_none_of_it() -> None:
    terminal = TerminalModel(rows=4, columns=10)
    seen: list[str] = []
    original = terminal.screen.index

    def recording_index() -> None:
        if terminal.screen.cursor.y == 3:
            seen.append(terminal.screen.display[0].strip())
        original()

    terminal.screen.index = recording_index  # type: ignore[method-assign]  # ours in its place
    terminal.feed(b"one\r\ntwo\r\nprompt")
    terminal.feed(Painter(PLAIN_ABILITIES).start(rows=4, columns=10))
    assert seen == ["one", "two", "prompt"]
    assert all(not line.strip() for line in terminal.screen.display)


def test_finish_puts_the_cursor_under_the_last_used_line_and_keeps_the_screen() -> None:
    painter, terminal = started(5, 20)
    terminal.feed(painter.paint(frame_of(["$ exit", "logout"], rows=5, columns=20, cursor=(1, 6)), now=0.0))
    terminal.feed(painter.finish())
    assert [line.strip() for line in terminal.screen.display] == ["$ exit", "logout", "", "", ""]
    assert terminal.cursor() == (2, 0, True)


def test_finish_on_a_full_screen_scrolls_one_line_up() -> None:
    painter, terminal = started(2, 20)
    terminal.feed(painter.paint(frame_of(["one", "two"], rows=2, columns=20, cursor=(1, 3)), now=0.0))
    terminal.feed(painter.finish())
    assert [line.strip() for line in terminal.screen.display] == ["two", ""]


def test_finish_restores_every_mode_ever_set() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=20)
    modes = Modes(
        application_cursor=True,
        application_keypad=True,
        bracketed_paste=True,
        focus_events=True,
        reverse_screen=True,
        mouse=1003,
        mouse_encoding=1006,
        keyboard_flags=5,
        modify_other_keys=2,
    )
    frame = replace(blank_frame(rows=4, columns=20), modes=modes, cursor=Cursor(0, 0, False, 5), title="remote")
    painter.paint(frame, now=0.0)
    painter.invalidate()
    finished = painter.finish()
    for restored in (
        b"\x1b[?1l", b"\x1b>", b"\x1b[?2004l", b"\x1b[?1004l", b"\x1b[?5l", b"\x1b[?1003l", b"\x1b[?1006l",
        b"\x1b[<u", b"\x1b[>4m", b"\x1b[0 q", b"\x1b[?25h", b"\x1b[23;0t", b"\x1b]8;;\x1b\\", b"\x1b[m",
    ):  # fmt: skip
        assert restored in finished


def test_finish_of_a_plain_session_touches_no_mode() -> None:
    painter, _ = started(4, 20, Abilities())
    painter.paint(frame_of(["$ exit"], rows=4, columns=20), now=0.0)
    assert b"?1000" not in painter.finish()
    assert b"[<u" not in painter.finish()


def test_modes_are_set_again_after_a_suspension() -> None:
    painter, _ = started(4, 20, Abilities())
    frame = replace(blank_frame(rows=4, columns=20), modes=Modes(bracketed_paste=True, keyboard_flags=1), title="t")
    painter.paint(frame, now=0.0)
    painter.finish()
    painter.start(rows=4, columns=20)
    painted = painter.paint(frame, now=0.0)
    assert b"\x1b[?2004h" in painted
    assert b"\x1b[>1u" in painted
    assert b"\x1b]2;t" in painted


def test_bell_title_directory_and_clipboard_are_passed_on_once() -> None:
    painter, _ = started(4, 20, Abilities())
    frame = replace(
        blank_frame(rows=4, columns=20),
        bells=2,
        title="build",
        icon_name="build",
        working_directory="file://host/srv",
        clipboard=Clipboard(1, "c", b"copied"),
        notification=Notification(1, "make; test", "done"),
        prompt=Prompt(1, 2),
    )
    painted = painter.paint(frame, now=0.0)
    assert painted.count(b"\a") == 1
    assert b"\x1b]777;notify;make, test;done\x1b\\" in painted
    assert painted.count(b"\x1b]133;A;redraw=0\x1b\\") == 1
    assert b"\x1b]0;build\x1b\\" in painted
    assert b"\x1b]7;file://host/srv\x1b\\" in painted
    assert b"\x1b]52;c;Y29waWVk\x1b\\" in painted
    painter.invalidate()
    assert painter.paint(frame, now=0.0).count(b"\x1b]") == 0


def test_bell_and_clipboard_are_not_repeated_after_a_suspension() -> None:
    painter, _ = started(4, 20, Abilities())
    frame = replace(blank_frame(rows=4, columns=20), bells=2, title="build", clipboard=Clipboard(1, "c", b"copied"))
    painter.paint(frame, now=0.0)
    painter.finish()
    painter.start(rows=4, columns=20)
    painted = painter.paint(frame, now=0.0)
    assert b"\x1b]2;build\x1b\\" in painted
    assert b"\a" not in painted
    assert b"]52" not in painted


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (Notification(1, "", "done"), b"\x1b]9;done\x1b\\"),
        (Notification(1, "", "4;1;50"), b""),
        (Notification(1, "a", "b;c"), b"\x1b]777;notify;a;b;c\x1b\\"),
    ],
)
def test_a_notification_is_words_and_never_a_command(told: Notification, shown: bytes) -> None:
    assert strings.notification(told) == shown


def test_a_prompt_is_marked_in_its_row_after_the_screen_scrolled() -> None:
    painter, model = started(4, 20, Abilities())
    frame = replace(blank_frame(rows=4, columns=20), history=7, prompt=Prompt(1, 9))
    painted = painter.paint(frame, now=0.0)
    before, _, _ = painted.partition(b"\x1b]133;A")
    model.feed(before)
    assert model.cursor()[0] == 2
    gone = replace(frame, history=20, prompt=Prompt(2, 9))
    assert b"]133" not in painter.paint(gone, now=0.0)


_HOSTILE = "\x1b]0;x\a\x9b31m\x07\x90q\n\r\x7f"


@given(st.text(max_size=8), st.text(max_size=30), st.text(max_size=30), st.text(max_size=8))
def test_no_control_character_of_the_peer_reaches_the_terminal(cell: str, title: str, link: str, kind: str) -> None:
    painter, _ = started(2, 10, Abilities())
    hostile = Cell(cell + _HOSTILE, Style(link=f"{link};{_HOSTILE}http://x"))
    frame = replace(
        with_row(blank_frame(rows=2, columns=10), 0, Row((hostile,) * 10)),
        title=title + _HOSTILE,
        working_directory=_HOSTILE + title,
        clipboard=Clipboard(1, kind + _HOSTILE, _HOSTILE.encode()),
        notification=Notification(1, kind + _HOSTILE if kind else "", title + _HOSTILE),
        prompt=Prompt(1, len(link)),
    )
    painted = painter.paint(frame, now=0.0).decode("utf-8")
    assert "\a" not in painted
    assert "\x9b" not in painted
    assert "\x90" not in painted
    assert "\x7f" not in painted
    assert "\x1b[31m" not in painted
    for escape in painted.split("\x1b")[1:]:
        assert escape[0] in "[]\\M=>"


def test_doubtful_cluster_is_followed_by_an_explicit_position() -> None:
    painter, _ = started(1, 20, Abilities())
    family = Cell("\U0001f468\u200d\U0001f469\u200d\U0001f467")
    cells = (family, Cell(""), *[Cell("x")] * 18)
    painted = painter.paint(with_row(blank_frame(rows=1, columns=20), 0, Row(cells)), now=0.0)
    assert b"\x1b[3Gxxxx" in painted


def test_cluster_that_may_spill_over_the_edge_is_drawn_without_autowrap() -> None:
    painter, _ = started(1, 4, Abilities())
    family = Cell("\U0001f468\u200d\U0001f469\u200d\U0001f467")
    cells = (Cell("a"), Cell("b"), family, Cell(""))
    painted = painter.paint(with_row(blank_frame(rows=1, columns=4), 0, Row(cells)), now=0.0)
    assert painted.index(b"\x1b[?7l") < painted.index(family.text.encode()) < painted.index(b"\x1b[?7h")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (1000, 400)])
def test_smallest_and_largest_windows_are_painted(size: tuple[int, int]) -> None:
    height, columns = size
    painter, _ = started(2, 2)
    painter.start(rows=height, columns=columns)
    lines = [str(place % 10) * columns for place in range(height)]
    assert painter.paint(frame_of(lines, rows=height, columns=columns), now=0.0)


@pytest.mark.parametrize(
    ("lines", "cursor"),
    [(["one", "$ exit"], (2, 0)), (["one", "$ "], (1, 2)), (["", ""], (0, 0))],
    ids=["behind the last line", "in a line", "empty"],
)
def test_the_local_prompt_stands_right_under_the_last_line(lines: list[str], cursor: tuple[int, int]) -> None:
    painter, terminal = started(6, 20)
    terminal.feed(painter.paint(frame_of(lines, rows=6, columns=20, cursor=cursor), now=0.0))
    terminal.feed(painter.finish())
    assert terminal.cursor()[:2] == (len([line for line in lines if line]), 0)


def picture(seed: int) -> Frame:
    """Return a screen of 60 kB: each cell in a colour of its own."""
    chance = random.Random(seed)
    rows = [
        Row(tuple(Cell("#", Style(TRUECOLOR | chance.randrange(1 << 24))) for _ in range(100)), written=100)
        for _ in range(30)
    ]
    return Frame(tuple(rows), 100, Cursor(3, 4))


@pytest.mark.parametrize("synchronized", [True, False])
def test_a_picture_is_given_in_pieces_that_are_one_update_and_a_page_is_not(synchronized: bool) -> None:
    abilities = replace(PLAIN_ABILITIES, synchronized_output=synchronized)
    (painter, terminal), (other, _) = started(30, 100, abilities), started(30, 100, abilities)
    pieces: list[bytes] = []
    for frame in (picture(1), picture(2)):
        pieces.clear()
        last = painter.paint(frame, now=0.0, give_ahead=pieces.append)
        assert b"".join([*pieces, last]) == other.paint(frame, now=0.0)
        assert len(pieces) == 1
        terminal.feed(pieces[0] + last)
        assert_shows(terminal, frame)
    pieces.clear()
    painter.paint(frame_of(["$"], rows=30, columns=100), now=0.0, give_ahead=pieces.append)
    assert not pieces


def test_an_update_that_a_fault_broke_off_is_ended_with_the_next_or_at_last() -> None:
    def fails(_piece: bytes) -> None:
        raise ZeroDivisionError

    begun, ended = b"\x1b[?2026h", b"\x1b[?2026l"
    for painted_again in (True, False):
        painter, _ = started(30, 100)
        with pytest.raises(ZeroDivisionError):
            painter.paint(picture(1), now=0.0, give_ahead=fails)
        painter.invalidate()
        rest = painter.paint(picture(2), now=0.0) if painted_again else painter.finish()
        assert (rest.count(begun), rest.count(ended)) == (0, 1)
        assert ended not in painter.finish()
