"""Programs that ask for colours get those of the user's own terminal; notifications and prompts are told."""

import pytest

from rmosh.terminal.cells import Notification, Prompt
from rmosh.terminal.notifications import MAX_NOTIFICATION
from rmosh.terminal.reports import MAX_REPLIES
from tests.unit.terminal.terminal_screens import replies_to, screen_after, terminal_after


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("\x1b]11;?\x07", "\x1b]11;rgb:0000/2b2b/3636\x07"),
        ("\x1b]10;?;?\x1b\\", "\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/2b2b/3636\x1b\\"),
        ("\x1b]12;?\x07", ""),
        ("\x1b]4;1;?;2;?\x1b\\", "\x1b]4;1;rgb:cdcd/0000/0000\x1b\\"),
        ("\x1b]4;16;?;244;?\x1b\\", "\x1b]4;16;rgb:0000/0000/0000\x1b\\\x1b]4;244;rgb:8080/8080/8080\x1b\\"),
        ("\x1b]4;231;?\x1b\\", "\x1b]4;231;rgb:ffff/ffff/ffff\x1b\\"),
        ("\x1b]4;17;?\x1b\\", "\x1b]4;17;rgb:0000/0000/5f5f\x1b\\"),
        ("\x1b]11;#fff\x07\x1b]4;1;red\x07\x1b]4;x;?\x07\x1b]4;999;?\x07\x1b]4;²;?\x07", ""),
    ],
)
def test_colours_are_answered_as_far_as_they_are_known(question: str, answer: str) -> None:
    assert replies_to(question, told={1: 0xCD0000, 16: 0xFFFFFF, 17: 0x002B36}) == answer


def test_a_flood_of_questions_gets_a_bounded_answer() -> None:
    assert len(replies_to("\x1b]11;?\x07" * 10000, told={17: 0})) <= MAX_REPLIES


@pytest.mark.parametrize(
    ("stream", "notification"),
    [
        ("\x1b]9;done\x07", Notification(1, "", "done")),
        ("\x1b]9;done\x07\x1b]9;done\x07", Notification(2, "", "done")),
        ("\x1b]777;notify;make;it is; done\x1b\\", Notification(1, "make", "it is; done")),
        ("\x1b]9;4;1;50\x07\x1b]9;2\x07\x1b]777;preexec\x07\x1b]9;\x07", Notification()),
        ("\x1b]9;a\x07\x1bc", Notification(1, "", "a")),
    ],
)
def test_notifications_are_told_with_a_serial(stream: str, notification: Notification) -> None:
    assert screen_after(stream).notification == notification


def test_a_notification_is_bounded_and_printable() -> None:
    told = screen_after("\x1b]777;notify;a\tb;" + "x" * 9999 + "\x07").notification
    assert told.title == "ab"
    assert len(told.body) == MAX_NOTIFICATION


def test_a_prompt_is_told_by_its_line_in_history() -> None:
    terminal = terminal_after("1\r\n2\r\n3\r\n4\r\n5\r\n\x1b]133;A\x07$ \x1b]133;B\x07ls\x1b]133;C\x07")
    assert terminal.frame().prompt == Prompt(1, 5)
    terminal.feed(b"\r\n6\r\n\x1b]133;D;0\x07\x1b]133;A;cl=m\x07$ ")
    frame = terminal.frame()
    assert frame.prompt == Prompt(2, 7)
    assert "".join(cell.text for cell in frame.rows[frame.prompt.line - frame.history].cells).rstrip() == "$"
    terminal.feed(b"\x1b[?1049h\x1b]133;A\x07")
    assert terminal.frame().prompt == Prompt(2, 7)
