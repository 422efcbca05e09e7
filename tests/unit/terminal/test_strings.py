"""Strings around the screen: the pointer's shape, progress, marks, kitty's notifications, iTerm2's words, titles."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Mark, MarkKind, Notification, NotificationDetails, Progress, ProgressState
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.notifications import MAX_NOTIFICATION
from tests.unit.terminal.terminal_screens import screen_after, terminal_after


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("\x1b]22;hand2\x07", "hand2"),
        ("\x1b]22;pointer\x1b\\\x1b]22;\x1b\\", ""),
        ("\x1b]22;=wait\x1b\\", "wait"),
        ("\x1b]22;>wait,text\x1b\\", "text"),
        ("\x1b]22;>wait,text\x1b\\\x1b]22;<\x1b\\", "wait"),
        ("\x1b]22;>wait\x1b\\\x1b]22;<\x1b\\\x1b]22;<\x1b\\", ""),
        ("\x1b]22;wait\x1b\\\x1b]22;?__current__\x1b\\", "wait"),
        ("\x1b]22;" + "x" * 33 + "\x07", ""),
        ("\x1b]22;wait;evil\x07", ""),
        ("\x1b]22;wait\x07\x1bc", ""),
    ],
)
def test_the_pointer_has_the_shape_that_was_asked_for(stream: str, name: str) -> None:
    assert screen_after(stream).pointer == name


@pytest.mark.parametrize(
    ("stream", "progress"),
    [
        ("\x1b]9;4;1;50\x07", Progress(ProgressState.NORMAL, 50)),
        ("\x1b]9;4;1;500\x07", Progress(ProgressState.NORMAL, 100)),
        ("\x1b]9;4;1;40\x07\x1b]9;4;2\x07", Progress(ProgressState.ERROR, 40)),
        ("\x1b]9;4;3\x07", Progress(ProgressState.UNKNOWN, 0)),
        ("\x1b]9;4;4;7;\x07", Progress(ProgressState.PAUSED, 7)),
        ("\x1b]9;4;1;40\x07\x1b]9;4;0\x07", Progress()),
        ("\x1b]9;4;1;40\x07\x1b]9;4;9;1\x07\x1b]9;4\x07", Progress(ProgressState.NORMAL, 40)),
        ("\x1b]9;4;1;40\x07\x1bc", Progress()),
    ],
)
def test_progress_is_what_was_told_last(stream: str, progress: Progress) -> None:
    frame = screen_after(stream)
    assert (frame.progress, frame.notification) == (progress, Notification())


@pytest.mark.parametrize(
    ("stream", "words", "details"),
    [
        ("\x1b]99;;hello\x1b\\", ("", "hello"), ("", 1)),
        ("\x1b]99;i=1:d=0;Mail\x1b\\\x1b]99;i=1:p=body;for you\x1b\\", ("Mail", "for you"), ("1", 1)),
        ("\x1b]99;i=1:d=0:u=2;a\x1b\\\x1b]99;i=1:d=0;b\x1b\\\x1b]99;i=1:p=body;c\x1b\\", ("ab", "c"), ("1", 2)),
        (f"\x1b]99;e=1;{base64.b64encode('über'.encode()).decode()}\x1b\\", ("", "über"), ("", 1)),
        (f"\x1b]99;e=1;{base64.b64encode(bytes([27, 93, 65])).decode()}\x1b\\", ("", "]A"), ("", 1)),
        ("\x1b]99;i=a b:u=9;x\x1b\\", ("", "x"), ("", 1)),
    ],
)
def test_a_notification_of_kittys_is_told_when_it_is_whole(
    stream: str, words: tuple[str, str], details: tuple[str, int]
) -> None:
    frame = screen_after(stream)
    assert frame.notification == Notification(1, *words)
    assert frame.notification_details == NotificationDetails(1, *details)


@pytest.mark.parametrize(
    "stream",
    [
        "\x1b]99;i=1:d=0;x\x1b\\",
        "\x1b]99;p=?;\x1b\\",
        "\x1b]99;p=close:i=1;\x1b\\",
        "\x1b]99;e=1;!\x1b\\",
        "\x1b]99;x\x1b\\",
    ],
)
def test_what_is_no_whole_notification_is_not_told(stream: str) -> None:
    terminal = terminal_after(stream)
    assert terminal.frame().notification == Notification()
    assert terminal.take_replies() == b""


@given(st.lists(st.text(alphabet="99;:=ipdeu01title body?\n\t", max_size=40), max_size=12))
def test_any_parts_of_notifications_are_bounded(parts: list[str]) -> None:
    emulator = Emulator(rows=2, columns=10)
    for part in parts:
        emulator.feed(f"\x1b]99;{part};{'words ' * 200}\x1b\\".encode())
    told = emulator.frame().notification
    assert len(told.title) <= MAX_NOTIFICATION and len(told.body) <= MAX_NOTIFICATION


def test_marks_are_told_in_order_with_their_places() -> None:
    terminal = terminal_after(
        "1\r\n\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07x\r\n\x1b]133;D;7\x07\x1b]133;A;cl=m\x07"
    )
    assert terminal.frame().marks == (
        Mark(MarkKind.TYPED, 2, 1, 2),
        Mark(MarkKind.OUTPUT, 3, 2, 0),
        Mark(MarkKind.ENDED, 4, 3, 0, 7),
        Mark(MarkKind.PROMPT, 5, 3, 0),
    )
    terminal.feed(b"\x1b]1337;SetMark\x07\x1b]133;D;aid=3\x07\x1b]133;D;999\x07\x1b]133;Cx\x07")
    assert terminal.frame().marks[-2:] == (Mark(MarkKind.INTEREST, 6, 3, 0), Mark(MarkKind.ENDED, 8, 3, 0, None))
    terminal.feed(b"\x1b[?1049h\x1b]133;C\x07\x1b]1337;SetMark\x07")
    assert terminal.frame().marks[-1].serial == 8


def test_iterms_host_and_directory_are_told_as_one_location() -> None:
    frame = screen_after("\x1b]1337;RemoteHost=ann@far.example\x07\x1b]1337;CurrentDir=/home/ann/a b\x07")
    assert frame.working_directory == "file://far.example/home/ann/a%20b"
    assert (
        screen_after("\x1b]1337;RemoteHost=x/y\x07\x1b]1337;CurrentDir=/ü\x07").working_directory == "file://xy/%C3%BC"
    )
    assert screen_after("\x1b]1337;CurrentDir=relative\x07").working_directory == ""


def test_text_in_another_size_is_shown_in_the_one_there_is() -> None:
    frame = screen_after("\x1b]66;s=2;Head\x1b\\ing\x1b]66;w=2;\x1b\\\x1b]66;none\x1b\\")
    assert "".join(cell.text for cell in frame.rows[0].cells).rstrip() == "Heading"


def test_a_title_is_taken_as_screen_and_tmux_take_it() -> None:
    frame = screen_after("a\x1bkmutt\x1b\\b")
    assert (frame.title, frame.icon_name) == ("mutt", "")
    assert "".join(cell.text for cell in frame.rows[0].cells).rstrip() == "ab"


@pytest.mark.parametrize("cut", range(1, 12))
def test_such_a_title_may_come_in_pieces(cut: int) -> None:
    emulator = Emulator(rows=2, columns=10)
    stream = b"\x1bkmutt\x1b\\b\x1bk"
    emulator.feed(stream[:cut])
    emulator.feed(stream[cut:])
    assert (emulator.frame().title, emulator.frame().cursor.column) == ("mutt", 1)
