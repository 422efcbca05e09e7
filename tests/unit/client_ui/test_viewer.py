"""The viewer's page: scrolling, keeping its place, marking, copying, saving, and what the status line says."""

from dataclasses import replace

import pytest

from rmosh.terminal.cells import Attribute, Clipboard, Modes, Style
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.viewing.gathering import Copy, LeaveViewer, Save
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_history import Desk, line_of, numbered, texts


def test_it_opens_at_the_newest_lines_and_the_screen() -> None:
    desk = Desk(numbered(20), screen=["$ make", "done"])
    assert desk.page == ["line 18", "line 19", "line 20", "$ make", "done"]
    assert not desk.frame().cursor.visible


def test_blank_rows_at_the_end_of_the_screen_are_no_lines() -> None:
    desk = Desk(numbered(3), screen=["$", "", "  ", ""])
    assert desk.page == ["line 1", "line 2", "line 3", "$", ""]


def test_an_alternate_screen_adds_nothing() -> None:
    desk = Desk(numbered(20))
    editor = replace(frame_of(["~ vi ~"], rows=3, columns=10), modes=Modes(alternate_screen=True))
    desk.viewer.screen_changed(editor)
    assert desk.page[-1] == "line 20"


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (b"k", "line 15"),
        (b"\x1b[A", "line 15"),
        (b"\x1bOA", "line 15"),
        (b"kkj", "line 15"),
        (b"kk\x1b[B", "line 15"),
        (b"b", "line 12"),
        (b"\x02", "line 12"),
        (b"\x1b[5~", "line 12"),
        (b"u", "line 14"),
        (b"\x15", "line 14"),
        (b"bbd", "line 10"),
        (b"bb ", "line 12"),
        (b"bb\x1b[6~", "line 12"),
        (b"g", "line 1"),
        (b"<", "line 1"),
        (b"\x1b[H", "line 1"),
        (b"\x1bOH", "line 1"),
        (b"\x1b[1~", "line 1"),
        (b"gG", "line 16"),
        (b"g>", "line 16"),
        (b"g\x1b[F", "line 16"),
        (b"j", "line 16"),
        (b"gk", "line 1"),
    ],
)
def test_keys_move_the_page(keys: bytes, first: str) -> None:
    desk = Desk(numbered(20))
    desk.type(keys)
    assert desk.page[0] == first


def test_at_the_end_it_follows_what_comes() -> None:
    desk = Desk(numbered(20))
    desk.history.kept.append(line_of("news"))
    assert desk.page[-1] == "news"


@pytest.mark.parametrize("keys", [b"k", b"v", b"?line 18\r"])
def test_while_the_user_reads_above_marks_or_has_searched_it_does_not_move(keys: bytes) -> None:
    desk = Desk(numbered(20), screen=["$"])
    desk.type(keys)
    before = desk.page[:-1]
    desk.history.kept += [line_of("$ ls"), line_of("file")]
    desk.show_screen(["$ more", "even more"])
    assert desk.page[:-1] == before


def test_long_line_takes_several_rows_and_scrolls_by_rows() -> None:
    desk = Desk([line_of("abcdefghijkl"), line_of("end")], rows=4, columns=5)
    assert desk.page == ["fghij", "kl", "end"]
    desk.type(b"k")
    assert desk.page == ["abcde", "fghij", "kl"]


def test_wide_character_is_never_cut() -> None:
    desk = Desk([line_of("abcd漢字")], rows=4, columns=5)
    cells = [[cell.text for cell in row.cells] for row in desk.frame().rows[:2]]
    assert cells == [["a", "b", "c", "d", " "], ["漢", "", "字", "", " "]]


def test_resize_keeps_the_line_at_the_top() -> None:
    desk = Desk(numbered(50))
    desk.type(b"bbb")
    top = desk.page[0]
    for rows, columns in [(10, 7), (3, 80), (6, 40)]:
        desk.viewer.resize(rows=rows, columns=columns)
        assert desk.page[0] == top


def test_resize_keeps_the_place_within_a_long_line() -> None:
    desk = Desk([line_of("0123456789" * 5), *numbered(20)], rows=3, columns=10)
    desk.type(b"gjj")
    desk.viewer.resize(rows=3, columns=5)
    desk.viewer.resize(rows=3, columns=10)
    desk.type(b"kk")
    assert desk.status == " 1 of 21"
    desk.type(b"j" * 4)
    assert desk.page == ["0123456789", "line 1"]


def test_styles_and_links_of_lines_are_shown_as_they_are() -> None:
    style = Style(foreground=3, attributes=int(Attribute.ITALIC), link=";https://example.org")
    desk = Desk([ScrolledLine((("plain ", Style()), ("styled", style)))])
    row = desk.frame().rows[0]
    assert row.cells[0].style == Style()
    assert {cell.style for cell in row.cells[6:12]} == {style}


def test_lines_the_server_dropped_are_out_of_reach() -> None:
    desk = Desk(numbered(20))
    desk.type(b"g")
    desk.history.oldest = 7
    assert desk.page[0] == "line 8"
    desk.type(b"k")
    assert desk.page[0] == "line 8"


def test_line_that_is_not_here_is_stood_in_for() -> None:
    desk = Desk([*numbered(18), None, line_of("line 20")])
    assert desk.page[-2:] == ["line 19 is on its way", "line 20"]
    assert desk.frame().rows[3].cells[0].style.attributes & Attribute.DIM


def test_out_of_reach_the_status_line_says_that_lines_received_are_shown() -> None:
    desk = Desk([None] * 20, columns=120)
    assert "not fetched: waiting for the server" in desk.status
    lost = texts(desk.frame(reachable=False))
    assert lost[0] == "~"
    assert "the server cannot be reached: lines received are shown" in lost[-1]


def test_it_wants_the_page_in_view_first_and_then_what_is_around() -> None:
    desk = Desk([None] * 100)
    assert desk.viewer.wanted == (95, 100)
    desk.history.kept[95:] = numbered(100)[95:]
    assert desk.viewer.wanted == (85, 95)
    desk.history.kept[85:] = numbered(100)[85:]
    assert desk.viewer.wanted is None


def test_marked_lines_are_copied() -> None:
    desk = Desk(numbered(20))
    desk.type(b"vkk")
    assert "3 lines marked" in desk.status
    assert desk.type(b"y") == [Copy("line 18\nline 19\nline 20", 3, leaves=True)]


def test_enter_copies_marked_lines_only() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"\r") == []
    assert desk.type(b"vk\r") == [Copy("line 19\nline 20", 2, leaves=True)]


def test_without_marks_the_page_in_view_is_copied() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"gy") == [Copy("line 1\nline 2\nline 3\nline 4\nline 5", 5)]


def test_any_lines_can_be_marked_by_moving_both_ends() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"vkkkkokky") == [Copy("line 16\nline 17\nline 18", 3, leaves=True)]


def test_page_keys_move_the_marked_end_and_the_page_goes_with_it() -> None:
    desk = Desk(numbered(20), rows=6)
    desk.type(b"vbb")
    assert desk.page[0] == "line 12"
    desk.type(b"g")
    assert desk.page[0] == "line 1"
    assert desk.type(b"y")[0] == Copy("\n".join(f"line {number}" for number in range(1, 21)), 20, leaves=True)


def test_marks_that_are_finished_stay_while_scrolling() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"vkvggy") == [Copy("line 19\nline 20", 2, leaves=True)]


def test_marked_lines_are_shown_in_reverse() -> None:
    desk = Desk(numbered(3))
    desk.type(b"vk")
    reverse = [bool(row.cells[0].style.attributes & Attribute.REVERSE) for row in desk.frame().rows[:3]]
    assert reverse == [False, True, True]


def test_soft_wrapped_lines_are_joined_and_blanks_at_the_end_cut() -> None:
    desk = Desk([line_of("a long ", wrapped=True), line_of("line   "), line_of(""), line_of("end")])
    assert desk.type(b"y") == [Copy("a long line\n\nend", 4)]


def test_control_characters_are_not_copied() -> None:
    desk = Desk([line_of("a\x1b]0;evil\x07b")])
    assert desk.type(b"y") == [Copy("a]0;evilb", 1)]


def test_everything_is_saved_where_nothing_is_marked() -> None:
    desk = Desk(numbered(3), screen=["$ exit"])
    assert desk.type(b"s~/all.txt\r") == [Save("~/all.txt", "line 1\nline 2\nline 3\n$ exit\n")]


def test_marked_lines_are_saved() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"vks./part\r") == [Save("./part", "line 19\nline 20\n")]


def test_save_without_a_name_does_nothing() -> None:
    desk = Desk(numbered(20))
    assert desk.type(b"s\r") == []
    assert "no file name" in desk.status


def test_save_waits_for_all_lines_and_is_asked_for_later() -> None:
    lines = numbered(3000)
    desk = Desk([None] * 2990 + lines[2990:], rows=5)
    assert desk.type(b"sf\r") == []
    assert "saving: waiting for line 1" in desk.status
    desk.history.kept[2900:2990] = lines[2900:2990]
    assert desk.viewer.history_changed() == []
    assert desk.viewer.wanted == (0, 2900)
    desk.history.kept[:1500] = lines[:1500]
    assert desk.viewer.history_changed() == []
    assert desk.viewer.wanted == (1500, 2900)
    desk.history.oldest = 2000
    desk.history.kept[2000:2900] = lines[2000:2900]
    (request,) = desk.viewer.history_changed()
    assert isinstance(request, Save)
    assert request.text.splitlines() == [f"line {number}" for number in [*range(1, 1501), *range(2001, 3001)]]


def test_escape_stops_a_save_that_waits() -> None:
    desk = Desk([None, *numbered(20)])
    desk.type(b"sf\r\x1b")
    desk.history.kept[0] = line_of("late")
    assert desk.viewer.history_changed() == []


def test_nothing_to_copy_is_said() -> None:
    desk = Desk()
    assert desk.type(b"y") == []
    assert "there are no lines yet" in desk.status


def test_message_is_shown_until_the_next_key() -> None:
    desk = Desk(numbered(20))
    desk.viewer.done("12 lines copied\x1b")
    assert desk.status.startswith(" 12 lines copied |")
    desk.type(b"k")
    assert "copied" not in desk.status


@pytest.mark.parametrize("key", [b"q", b"\x03", b"\x1b"])
def test_it_is_left_by_each_of_three_keys(key: bytes) -> None:
    assert Desk(numbered(20)).type(key) == [LeaveViewer()]


def test_keys_behind_leaving_are_not_obeyed() -> None:
    assert Desk(numbered(20)).type(b"qyyy") == [LeaveViewer()]


def test_escape_drops_prompt_marks_and_highlights_before_it_leaves() -> None:
    desk = Desk(numbered(20))
    desk.type(b"?line\rvk/x")
    assert [desk.type(b"\x1b") for _ in range(4)] == [[], [], [], [LeaveViewer()]]


def test_prompt_has_the_cursor() -> None:
    desk = Desk(numbered(20))
    desk.type(b"?ab")
    cursor = desk.frame().cursor
    assert (cursor.visible, cursor.row, cursor.column) == (True, 5, 4)
    assert desk.status == " ?ab"


def test_help_box_is_taken_away_by_any_key() -> None:
    desk = Desk(numbered(50), rows=24, columns=80)
    desk.type(b"h")
    assert any("search towards newer" in row for row in desk.page)
    desk.type(b"k")
    assert not any("search towards newer" in row for row in desk.page)


def test_paste_does_nothing() -> None:
    desk = Desk(numbered(50))
    before = desk.page
    assert desk.type(b"\x1b[200~kkqy\x1b[201~") == []
    assert desk.page == before
    assert desk.frame().modes.bracketed_paste


def test_paste_fills_a_prompt_but_does_not_accept_it() -> None:
    desk = Desk(numbered(50))
    desk.type(b"?\x1b[200~line\r\n 4\x1b[201~")
    assert desk.status == " ?line 4"


def test_what_is_not_on_the_screen_stays_as_in_the_live_frame() -> None:
    desk = Desk(numbered(50))
    clipboard = Clipboard(2, "c", b"kept")
    live = replace(frame_of(["$"], rows=2, columns=9), bells=3, clipboard=clipboard, title="t", history=50)
    desk.viewer.screen_changed(live)
    shown = desk.frame()
    assert (shown.bells, shown.clipboard, shown.title, shown.history) == (3, clipboard, "t", 50)
    assert shown.modes.alternate_screen


def test_painting_it_rings_nothing_and_copies_nothing() -> None:
    desk = Desk(numbered(50), rows=6, columns=20)
    live = replace(frame_of(["$"], rows=6, columns=20), bells=3, clipboard=Clipboard(2, "c", b"kept"), history=50)
    desk.viewer.screen_changed(live)
    painter = Painter(Abilities())
    painter.start(rows=6, columns=20)
    painter.paint(live, now=0.0)
    painted = painter.paint(desk.frame(), now=0.0)
    desk.type(b"k")
    painted += painter.paint(desk.frame(), now=0.0) + painter.paint(live, now=0.0)
    assert b"\x1b]52;" not in painted
    assert b"\a" not in painted


@pytest.mark.parametrize("columns", [1, 2, 10, 20, 40, 80, 200])
def test_status_line_fits_every_width(columns: int) -> None:
    desk = Desk([None] * 50_000, columns=columns)
    desk.type(b"?foo\rv")
    desk.viewer.done("saved all")
    row = desk.frame().rows[-1]
    assert len(row.cells) == columns
    if columns >= 20:
        assert "saved all" in desk.status


def test_at_twenty_columns_a_search_still_tells_its_line() -> None:
    desk = Desk([None] * 50_000, columns=20)
    desk.type(b"?foo\r")
    assert desk.status == " ... line 50,000"


def test_at_twenty_columns_the_status_line_still_tells_the_place() -> None:
    desk = Desk(numbered(5000), columns=20)
    assert desk.status == " 5,000 of 5,000"
