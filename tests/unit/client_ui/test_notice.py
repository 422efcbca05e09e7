"""What rmosh says over the screen, and when."""

from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.newest.frames import Person
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus, PathFigures
from rmosh.terminal.cells import Frame
from rmosh_client.showing.box import Box
from rmosh_client.showing.boxes import help_lines
from rmosh_client.showing.notice import PASSING_WORD_FOR, Notices
from rmosh_client.showing.overlays import lay_box, lay_notice
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.words import duration
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_status import HEALTHY, INSIDE_SSH, SILENT, UNHEARD

STATISTICS = PredictionStatistics(keys=10, shown_at_once=9, confirmed=8, waits=deque([0.29, 0.3, 1.4]))


def shown(notices: Notices, status: LinkStatus, *, now: float = 100.0, frame: Frame | None = None) -> list[str]:
    frame = frame or frame_of(["$ ls"] * 20, rows=24, columns=80, cursor=(5, 3))
    laid = notices.lay_over(frame, status, STATISTICS, now=now)
    return ["".join(cell.text for cell in row.cells).rstrip() for row in laid.rows]


def new_notices() -> Notices:
    return Notices(EscapeKey(), server="UDP port 60001 of 192.0.2.1", now=100.0)


def test_nothing_is_said_while_the_server_answers() -> None:
    frame = frame_of(["$ ls"], rows=24, columns=80)
    assert new_notices().lay_over(frame, HEALTHY, PredictionStatistics(), now=100.0) is frame


def test_silence_is_told_with_the_time_since_the_last_contact() -> None:
    lines = shown(new_notices(), SILENT)
    assert lines[0].startswith("rmosh: last contact 12 s ago, still trying")
    assert lines[1] == "$ ls"


def test_a_silence_is_told_with_why_udp_does_not_go_and_what_is_done_about_it() -> None:
    notices = new_notices()
    notices.why_no_udp, notices.attempt = "is refused on the way", "logging in again"
    lines = shown(notices, SILENT)
    assert lines[0].startswith("rmosh: last contact 12 s ago, UDP is refused on the way; logging in again")


def test_the_connection_box_names_the_path_and_tells_of_both() -> None:
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    assert not any("inside SSH" in line for line in shown(notices, HEALTHY))
    inside = PathFigures(srtt=0.08, rttvar=0.01, loss=0.0, delivery=0.12)
    by_udp = PathFigures(srtt=0.07, rttvar=0.01, loss=0.3, delivery=0.4)
    boxes = "\n".join(shown(notices, replace(HEALTHY, udp=by_udp, stream=inside)))
    assert "by UDP      round trip 70 ms, 9 of 10 within 400 ms" in boxes
    assert "inside SSH  round trip 80 ms, 9 of 10 within 120 ms" in boxes
    assert "path          [192.0.2.1]:60001" in boxes


def test_the_connection_box_says_why_udp_does_not_go_while_the_session_is_inside_ssh() -> None:
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    assert "by UDP      no answer" in "\n".join(shown(notices, INSIDE_SSH))
    notices.why_no_udp = "is refused on the way"
    unheard = PathFigures(srtt=None, rttvar=None, loss=0.0, delivery=None)
    boxes = "\n".join(shown(notices, replace(INSIDE_SSH, udp=unheard)))
    assert "path          inside SSH" in boxes
    assert "by UDP      is refused on the way" in boxes


def test_the_connection_box_tells_how_old_the_figures_of_udp_are_once_the_session_went_inside_ssh() -> None:
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    status = replace(INSIDE_SSH, udp=PathFigures(srtt=0.07, rttvar=0.01, loss=0.3, delivery=None, arrived=42.1))
    assert "by UDP      round trip 70 ms, 42 s ago" in "\n".join(shown(notices, status))
    notices.why_no_udp = "is refused on the way"
    boxes = "\n".join(shown(notices, status))
    assert "by UDP      is refused on the way" in boxes
    assert "70 ms" not in boxes


def test_short_silence_is_not_told() -> None:
    assert shown(new_notices(), replace(HEALTHY, last_contact=3.9, silence=3.9))[0] == "$ ls"


def test_a_server_that_talks_but_does_not_hear_us_is_told() -> None:
    lines = shown(new_notices(), replace(HEALTHY, last_contact=0.2, silence=0.1, unheard=7.3))
    assert lines[0].startswith("rmosh: not heard by the server for 7 s, still trying")


def test_notice_does_not_cover_the_line_the_cursor_is_in() -> None:
    lines = shown(new_notices(), SILENT, frame=frame_of(["$ ls"], rows=24, columns=80, cursor=(0, 4)))
    assert lines[0] == "$ ls"
    assert lines[-1].startswith("rmosh: last contact")


def test_notice_is_laid_anew_each_second_and_when_it_first_appears() -> None:
    notices = new_notices()
    assert notices.next_wakeup(replace(HEALTHY, silence=1.5, last_contact=1.5), now=50.0) == 52.5
    wakeup = notices.next_wakeup(SILENT, now=50.0)
    assert wakeup is not None
    assert 50.0 < wakeup <= 51.0
    assert notices.next_wakeup(HEALTHY, now=50.0) is None


def test_first_answer_that_is_late_is_told_with_where_it_is_awaited_from() -> None:
    assert shown(new_notices(), UNHEARD, now=101.0)[0] == "$ ls"
    assert shown(new_notices(), UNHEARD, now=103.0)[0].startswith(
        "rmosh: no answer yet from UDP port 60001 of 192.0.2.1, still trying"
    )


def test_help_names_every_command_and_goes_with_the_next_key() -> None:
    notices = new_notices()
    notices.toggle(Box.HELP)
    text = "\n".join(shown(notices, HEALTHY))
    for wanted in ("Ctrl-^", "end the session", "suspend", "figures", "show these keys"):
        assert wanted in text
    notices.close_help()
    assert "suspend" not in "\n".join(shown(notices, HEALTHY))


def test_connection_box_shows_every_figure() -> None:
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    text = "\n".join(shown(notices, HEALTHY))
    for wanted in (
        "273 ms, ±12 ms",
        "5% lately",
        "192.0.2.1",
        "0.4 s ago",
        "34 kB",
        "2, repeated or not ours",
        "90% of 10, 100% right",
        "is answered after 300 ms",
    ):
        assert wanted in text
    notices.toggle(Box.CONNECTION)
    assert "273 ms" not in "\n".join(shown(notices, HEALTHY))


@pytest.mark.parametrize("columns", [80, 40])
def test_a_notice_hides_no_figure_and_nobody(columns: int) -> None:
    notices = new_notices()
    notices.people = (Person("anna@laptop", 24, 80, leads=True, read_only=False, is_you=True),)
    frame = frame_of(["$ ls"] * 20, rows=24, columns=columns, cursor=(5, 3))
    for box, first in ((Box.CONNECTION, "round trip"), (Box.PEOPLE, "rmosh: who is here")):
        notices.toggle(box)
        lines = shown(notices, SILENT, frame=frame)
        assert lines[0].startswith("rmosh: last contact 12 s ago")
        assert any(first in line for line in lines)
        notices.toggle(box)
    notices.toggle(Box.CONNECTION)
    assert "round trip" in shown(notices, HEALTHY, frame=frame)[0]


def test_durations_are_told_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (0.9, 119.9, 120, 7199, 7500, 172_799, 1_306_800)] == [
        "0 s", "119 s", "2 min", "119 min", "2 h 5 min", "47 h 59 min", "15 d 3 h",
    ]  # fmt: skip


@given(st.integers(1, 12), st.integers(1, 60), st.integers(0, 11), st.booleans())
def test_overlays_fit_any_screen(rows: int, columns: int, cursor_row: int, at_right: bool) -> None:
    frame = frame_of([], rows=rows, columns=columns, cursor=(min(cursor_row, rows - 1), 0))
    boxed = lay_box(frame, ["first line", "漢字 second"], at_right=at_right)
    lined = lay_notice(boxed, "a notice")
    assert len(lined.rows) == rows
    assert all(len(row.cells) == columns for row in lined.rows)


def test_a_fault_that_was_survived_is_told_for_some_seconds_and_then_no_more() -> None:
    said = new_notices()
    said.fault("a fault in drawing, it was reset (KeyError in rows.py:7)", now=105.0)
    assert "rmosh survived a fault in drawing, it was reset" in shown(said, HEALTHY, now=106.0)[0]
    assert said.next_wakeup(HEALTHY, now=106.0) == 105.0 + PASSING_WORD_FOR
    assert "survived" not in shown(said, HEALTHY, now=105.0 + PASSING_WORD_FOR)[0]


def test_what_is_waited_for_after_the_end_is_told_once_it_lasts() -> None:
    notices = new_notices()
    notices.wait_for("12 lines still to come from the host", now=100.0)
    assert shown(notices, HEALTHY, now=100.4)[0] == "$ ls"
    assert notices.next_wakeup(HEALTHY, now=100.0) == 100.5
    notices.wait_for("9 lines still to come from the host", now=100.5)
    assert shown(notices, HEALTHY, now=100.5)[0] == (
        "rmosh: over; 9 lines still to come from the host, any key skips them"
    )
    notices.wait_for("", now=101.0)
    assert shown(notices, HEALTHY, now=101.0)[0] == "$ ls"


def test_nothing_is_said_to_be_right_of_keys_that_were_not_shown() -> None:
    unshown = PredictionStatistics(keys=14, shown_at_once=0, confirmed=12)
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    frame = frame_of([], rows=24, columns=80)
    laid = notices.lay_over(frame, replace(HEALTHY, datagrams_dropped=0), unshown, now=100.0)
    text = "\n".join("".join(cell.text for cell in row.cells).rstrip() for row in laid.rows)
    assert text.rstrip().endswith("0% of 14")
    assert "ignored" not in text


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (24, 40), (10, 80), (10, 40), (9, 40), (9, 60), (7, 34)])
@pytest.mark.parametrize("key", [EscapeKey(), EscapeKey(ord("~"))])
def test_help_is_whole_in_every_window(rows: int, columns: int, key: EscapeKey) -> None:
    notices = Notices(key, server="", now=100.0, with_tunnel=True)
    notices.toggle(Box.HELP)
    frame = frame_of([], rows=rows, columns=columns)
    text = " ".join(shown(notices, HEALTHY, frame=frame))
    for wanted in (str(key), "detach", "history", "suspend", "guesses", "figures", "tunnel", "Ctrl-Z"):
        assert wanted in text
    lines = help_lines(key, rows=rows, columns=columns, with_tunnel=True)
    assert len([line for line in lines if line]) <= rows
    assert max(map(len, lines)) <= columns


def test_a_question_stands_on_the_screen_with_the_keys_that_answer_it_until_it_is_answered() -> None:
    notices = new_notices()
    notices.question = "ssh (process 7) there wants to use your key me@home"
    line = shown(notices, HEALTHY, now=200.0)[0]
    assert line == "rmosh: ssh (process 7) there wants to use your key me@home: Ctrl-^ y allows it,"
    notices.question = ""
    assert shown(notices, HEALTHY, now=200.0)[0] == "$ ls"


def test_a_printable_escape_key_is_said_to_count_after_enter() -> None:
    assert "after Enter, type ~" in "".join(help_lines(EscapeKey(ord("~")), rows=24, columns=80))
    assert "Enter" not in "".join(help_lines(EscapeKey(), rows=24, columns=80))


@pytest.mark.parametrize("box", [Box.CONNECTION, Box.PEOPLE])
@pytest.mark.parametrize("columns", [20, 40, 80])
def test_boxes_are_wrapped_where_the_window_is_narrow(box: Box, columns: int) -> None:
    notices = new_notices()
    notices.people = tuple(
        Person(f"somebody{number}@a-host-with-a-long-name", 40, 120, read_only=True, is_you=False, leads=False)
        for number in range(2)
    )
    notices.toggle(box)
    lines = shown(notices, HEALTHY, frame=frame_of([], rows=24, columns=columns))
    told = "".join("".join(lines).split())
    wanted = ("readsonly", "somebody1") if box is Box.PEOPLE else ("±12ms", "192.0.2.1", "90%of10,100%right")
    assert all(word in told for word in wanted)


def test_a_notice_that_is_wider_than_the_window_is_wrapped() -> None:
    lines = shown(new_notices(), SILENT, frame=frame_of(["$ ls"] * 3, rows=10, columns=40, cursor=(2, 4)))
    assert lines[:3] == ["rmosh: last contact 12 s ago, still", "  trying (Ctrl-^ . quits)", "$ ls"]


def test_a_box_takes_the_place_of_another() -> None:
    notices = new_notices()
    notices.toggle(Box.CONNECTION)
    notices.toggle(Box.PEOPLE)
    text = "\n".join(shown(notices, HEALTHY))
    assert "only you are here" in text
    assert "round trip" not in text


def test_that_guesses_were_switched_is_told_with_the_key_that_brings_them_back() -> None:
    notices = new_notices()
    notices.guesses_switched(on=False, now=100.0)
    assert shown(notices, HEALTHY)[0] == "rmosh: guesses are off: keys show when the host answers; Ctrl-^ p: on"
    notices.guesses_switched(on=True, now=101.0)
    assert shown(notices, HEALTHY)[0] == "rmosh: guesses are on again"
