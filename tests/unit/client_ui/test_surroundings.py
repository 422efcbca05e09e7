"""Colours, pointer, progress, marks and notifications that programs ask for are told, and given back at the end.

What restores them was tried in xterm 412, kitty 0.48, VTE 0.84, foot 1.28, alacritty 0.17, konsole 26.08, urxvt 9.31.
"""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import (
    Frame,
    Mark,
    MarkKind,
    Notification,
    NotificationDetails,
    Progress,
    ProgressState,
    Prompt,
)
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from tests.unit.client_ui.client_ui_frames import frame_of

ROWS, COLUMNS = 4, 20
BLANK = frame_of([""] * ROWS, rows=ROWS, columns=COLUMNS)

#: What a terminal may be given: sequences that are whole, and text; nothing that a peer chose can end one early.
_WHOLE = re.compile(rb"(?:[^\x1b]|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x1b\x07]*\x1b\\|\x1b[78=>M])*")


def painted(*frames: Frame, abilities: Abilities | None = None, finish: bool = False) -> bytes:
    """Return what the last of some frames adds, or what gives the terminal back after them."""
    painter = Painter(abilities or Abilities())
    painter.start(rows=ROWS, columns=COLUMNS)
    said = b""
    for frame in frames:
        said = painter.paint(frame, now=0.0)
    return painter.finish() if finish else said


def showing(**fields: object) -> Frame:
    return replace(BLANK, **fields)  # type: ignore[arg-type]  # as the caller names them


def test_colours_are_set_once_and_kept_before_the_first() -> None:
    colours = ((1, 0x102030), (2, 0x405060), (258, 0xFFA500))
    first = painted(BLANK, showing(colours=colours))
    assert first == b"\x1b[#P\x1b]4;1;#102030;2;#405060\x1b\\\x1b]12;#ffa500\x1b\\"
    assert painted(showing(colours=colours), showing(colours=colours, bells=0)) == b""
    assert painted(showing(colours=colours), showing(colours=((1, 0x102030), (2, 0), (258, 0xFFA500)))) == (
        b"\x1b]4;2;#000000\x1b\\"
    )


def test_colours_that_are_reset_are_the_terminals_own_again() -> None:
    colours = ((1, 0x102030), (255, 0), (256, 0), (265, 0))
    assert painted(showing(colours=colours), BLANK) == (
        b"\x1b]4;255;#eeeeee\x1b\\" + b"\x1b]104;1;255\x1b\\\x1b]110\x1b\\\x1b]119\x1b\\"
    )


@pytest.mark.parametrize("way", ["finish", "reset"])
def test_a_terminal_that_knows_no_reset_is_given_the_colours_that_it_told(way: str) -> None:
    painter = Painter(Abilities())
    painter.own_colours({1: 0xCD0000, 17: 0xFFFFFF})
    painter.start(rows=ROWS, columns=COLUMNS)
    painter.paint(showing(colours=((1, 0), (2, 0), (257, 0))), now=0.0)
    said = painter.finish() if way == "finish" else painter.paint(BLANK, now=0.0)
    assert b"\x1b]4;1;#cd0000\x1b\\\x1b]11;#ffffff\x1b\\\x1b]104;1;2\x1b\\\x1b]111\x1b\\" in said
    assert (b"\x1b[#Q" in said) == (way == "finish")


def test_all_is_given_back_at_the_end_and_set_again_afterwards() -> None:
    frame = showing(
        colours=((258, 0xFFA500),), pointer="wait", progress=Progress(ProgressState.NORMAL, 30), is_titled=True
    )
    painter = Painter(Abilities())
    painter.start(rows=ROWS, columns=COLUMNS)
    assert painter.watch_colours() == b"\x1b[?2031h"
    assert painter.watch_colours() == b""
    first = painter.paint(frame, now=0.0)
    for part in (b"\x1b]12;#ffa500\x1b\\", b"\x1b]22;wait\x1b\\", b"\x1b]9;4;1;30\x1b\\", b"\x1b]0;\x1b\\"):
        assert part in first
    last = painter.finish()
    for part in (b"\x1b]112\x1b\\", b"\x1b[#Q", b"\x1b]22;\x1b\\", b"\x1b]9;4;0\x1b\\", b"\x1b[?2031l", b"\x1b[23;0t"):
        assert part in last
    assert painter.finish().count(b"\x1b]") == 1
    painter.start(rows=ROWS, columns=COLUMNS)
    again = painter.paint(frame, now=0.0)
    assert again.startswith(first[:0]) and b"\x1b[#P\x1b]12;#ffa500\x1b\\" in again and b"\x1b]22;wait\x1b\\" in again


def test_a_terminal_without_strings_is_told_nothing_of_them() -> None:
    frame = showing(
        colours=((1, 0),),
        pointer="wait",
        progress=Progress(ProgressState.ERROR, 1),
        marks=(Mark(MarkKind.OUTPUT, 1, 0, 0),),
    )
    plain = Abilities(strings=False)
    assert painted(BLANK, frame, abilities=plain) == b""
    assert b"\x1b]" not in painted(frame, abilities=plain, finish=True)


def test_a_title_that_the_user_keeps_for_himself_is_neither_set_nor_given_back() -> None:
    kept = Abilities(title=False)
    titled = showing(title="vim", icon_name="vim", is_titled=True)
    assert b"vim" in painted(titled)
    assert b"vim" not in painted(titled, abilities=kept)
    assert b"\x1b[23;0t" not in painted(titled, abilities=kept, finish=True)


def test_a_title_that_is_empty_from_the_start_is_told() -> None:
    assert painted(showing(is_titled=True)).startswith(b"\x1b[22;0t\x1b]0;\x1b\\")
    assert b"\x1b]0;" not in painted(BLANK)


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress(ProgressState.NORMAL, 50), b"\x1b]9;4;1;50\x1b\\"),
        (Progress(ProgressState.ERROR, 0), b"\x1b]9;4;2;0\x1b\\"),
        (Progress(ProgressState.UNKNOWN), b"\x1b]9;4;3\x1b\\"),
        (Progress(ProgressState.PAUSED, 7), b"\x1b]9;4;4;7\x1b\\"),
    ],
)
def test_progress_is_told_as_it_came(progress: Progress, said: bytes) -> None:
    assert painted(BLANK, showing(progress=progress)) == said


def test_marks_are_set_where_they_belong_each_once_in_their_order() -> None:
    marks = (
        Mark(MarkKind.PROMPT, 1, 5, 0),
        Mark(MarkKind.TYPED, 2, 5, 2),
        Mark(MarkKind.OUTPUT, 3, 6, 0),
        Mark(MarkKind.ENDED, 4, 7, 0, 7),
        Mark(MarkKind.INTEREST, 5, 7, 3),
    )
    frame = showing(marks=marks, history=5, prompt=Prompt(1, 5))
    said = painted(replace(BLANK, history=5), frame)
    kinds = [b"133;A;redraw=0", b"133;B", b"133;C", b"133;D;7", b"1337;SetMark"]
    assert re.findall(rb"\x1b\]([^\x1b]*)", said) == kinds
    terminal = Emulator(rows=ROWS, columns=COLUMNS)
    terminal.feed(said)
    assert [(mark.kind, mark.line, mark.column, mark.status) for mark in terminal.frame().marks] == [
        (mark.kind, mark.line - 5, mark.column, mark.status) for mark in marks
    ]
    assert painted(frame, replace(frame, bells=0)) == b""
    newer = replace(frame, marks=(*marks[1:], Mark(MarkKind.PROMPT, 6, 8, 0)), prompt=Prompt(2, 8))
    assert painted(frame, newer).count(b"\x1b]") == 1
    assert b"133" not in painted(replace(BLANK, history=50), replace(frame, history=50))


def test_a_prompt_is_marked_also_where_the_server_tells_no_other_marks() -> None:
    assert b"\x1b]133;A;redraw=0\x1b\\" in painted(BLANK, showing(prompt=Prompt(1, 2)))


@pytest.mark.parametrize(
    ("told", "details", "said"),
    [
        (Notification(1, "", "done"), NotificationDetails(1), b"\x1b]99;;done\x1b\\"),
        (Notification(1, "", "done"), NotificationDetails(1, "7", 2), b"\x1b]99;i=7:u=2;done\x1b\\"),
        (Notification(1, "", "done"), NotificationDetails(1, "", 0), b"\x1b]99;u=0;done\x1b\\"),
        (
            Notification(1, "Mail", "a;b"),
            NotificationDetails(1, "x", 1),
            b"\x1b]99;i=x:d=0;Mail\x1b\\\x1b]99;i=x:p=body;a;b\x1b\\",
        ),
        (
            Notification(1, "Mail", "b"),
            NotificationDetails(1, "\x1b]", 1),
            b"\x1b]99;i=rmosh:d=0;Mail\x1b\\\x1b]99;i=rmosh:p=body;b\x1b\\",
        ),
        (Notification(2, "", "later"), NotificationDetails(1, "x", 1), b"\x1b]9;later\x1b\\"),
    ],
)
def test_a_notification_is_told_in_the_protocol_that_it_came_in(
    told: Notification, details: NotificationDetails, said: bytes
) -> None:
    frame = showing(notification=told, notification_details=details)
    assert painted(BLANK, frame) == said
    assert painted(BLANK, frame, abilities=Abilities(notifications=False)) == b""


_HOSTILE = st.text(alphabet="ab;\x1b\x07\x9c\\]\n\u2028=1", max_size=12)


@given(
    st.builds(
        showing,
        pointer=_HOSTILE,
        colours=st.dictionaries(st.integers(0, 265), st.integers(0, 0xFFFFFF)).map(
            lambda set_: tuple(sorted(set_.items()))
        ),
        notification=st.builds(Notification, st.just(1), _HOSTILE, _HOSTILE),
        notification_details=st.builds(NotificationDetails, st.integers(0, 1), _HOSTILE, st.integers(-5, 99)),
        progress=st.builds(Progress, st.sampled_from(ProgressState), st.integers(0, 1000)),
        marks=st.lists(
            st.builds(Mark, st.sampled_from(MarkKind), st.integers(0, 9), st.integers(-3, 9), st.integers(0, 999)),
            max_size=5,
        ).map(tuple),
        title=_HOSTILE,
    )
)
def test_nothing_that_a_peer_sends_ends_a_string_or_begins_another(frame: Frame) -> None:
    painter = Painter(Abilities())
    painter.start(rows=ROWS, columns=COLUMNS)
    assert _WHOLE.fullmatch(painter.paint(frame, now=0.0) + painter.finish())


def test_an_odd_pointer_is_the_usual_one() -> None:
    assert strings.pointer("text;evil") == b"\x1b]22;\x1b\\"
