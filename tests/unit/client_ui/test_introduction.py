"""The terminal is asked while SSH logs in: it stays the user's, and no answer ends as somebody's key."""

import os
import pty
import select
import termios
import threading
from collections.abc import Iterator

import pytest

from rmosh.traits import Traits
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.typing import introduction as introductions
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.introduction import Introduction, Mailbox, await_answers
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.typing.traits_answers import TraitsAnswers
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_typing import bytes_of

_ANSWERS = b"\x1b[?0u\x1bP>|kitty(0.48.2)\x1b\\"
_FENCE = b"\x1b[?62;c"
_KITTY = Traits(keyboard_protocol=True, direct_colour=True, name="kitty(0.48.2)")


class Login:
    """A terminal's other end, and an introduction that is to begin on it."""

    def __init__(self) -> None:
        self.loop = EventLoop()
        self.master, slave = pty.openpty()
        self.slave = os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.close(slave)
        self.before = termios.tcgetattr(self.slave)
        self.terminal = LocalTerminal(self.slave, owned=True)
        self.interview = Interview()
        about = TraitsAnswers(lambda _: None, size=lambda: (24, 80), direct_colour=True, device_strings=True)
        self.introduction = Introduction(self.terminal, self.interview, about, can_be_asked=True)

    @property
    def attributes(self) -> object:
        return termios.tcgetattr(self.slave)

    def say(self, data: bytes) -> None:
        os.write(self.master, data)

    def told(self) -> Traits:
        """Wait for what the login is told."""
        told: list[Traits] = []
        self.introduction.tell(told.append)
        self.loop.run_until(lambda: bool(told))
        return told[0]


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Iterator[Login]:
    monkeypatch.setattr(LocalTerminal, "is_ours", True)
    monkeypatch.setattr(introductions, "_LOGIN_WAITS", 0.02)
    made = Login()
    yield made
    made.terminal.close()
    os.close(made.master)


def test_a_terminal_that_answers_is_known_to_the_login_and_is_as_it_was(login: Login) -> None:
    login.introduction.begin(login.loop)
    assert login.attributes != login.before
    login.say(b"l" + _ANSWERS + _FENCE)
    assert login.told() == _KITTY
    assert login.attributes == login.before
    assert bytes_of(login.introduction.typed) == b"l"
    assert os.read(login.master, 99).endswith(b"\x1b[c")


def test_a_login_that_asks_after_the_answers_is_told_at_once(login: Login) -> None:
    login.introduction.begin(login.loop)
    login.say(_ANSWERS + _FENCE)
    login.loop.run_until(lambda: login.interview.due_by is None)
    told: list[Traits] = []
    login.introduction.tell(told.append)
    assert told == [_KITTY] == [login.introduction.told]


def test_a_terminal_that_does_not_answer_is_not_waited_for_long_and_echoes_nothing_meanwhile(login: Login) -> None:
    login.introduction.begin(login.loop)
    assert login.told() == Traits(direct_colour=True)
    os.read(login.master, 999)
    login.say(_ANSWERS)
    with pytest.raises(BlockingIOError):
        os.set_blocking(login.master, False)
        os.read(login.master, 99)
    login.introduction.finish()
    assert login.attributes == login.before
    assert login.interview.due_by is not None


def test_the_login_is_told_where_the_terminal_has_not_answered_by_its_end(login: Login) -> None:
    told: list[Traits] = []
    login.introduction.begin(login.loop)
    login.introduction.tell(told.append)
    login.introduction.finish()
    login.introduction.finish()
    assert told == [Traits(direct_colour=True)]


def test_an_answer_that_is_due_never_becomes_the_users_answer_to_a_question(login: Login) -> None:
    login.introduction.begin(login.loop)
    answering = threading.Timer(0.01, login.say, [b"typed ahead" + _ANSWERS + _FENCE])
    answering.start()
    login.introduction.make_way()
    answering.join()
    assert login.attributes == login.before
    assert login.interview.due_by is None
    assert login.introduction.typed == []


def test_a_background_process_does_not_touch_the_terminal(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalTerminal, "is_ours", False)
    login.introduction.begin(login.loop)
    assert login.told() == Traits(direct_colour=True)
    assert not login.introduction.was_begun
    os.set_blocking(login.master, False)
    with pytest.raises(BlockingIOError):
        os.read(login.master, 99)


def test_a_login_that_fails_takes_what_the_terminal_still_answers_before_it_gives_it_back(login: Login) -> None:
    login.introduction.begin(login.loop)
    login.say(_ANSWERS)
    login.say(_FENCE)
    await_answers(login.terminal, login.interview)
    assert login.interview.due_by is None
    with pytest.raises(BlockingIOError):
        os.read(login.slave, 99)


def test_the_wait_for_late_answers_is_bounded(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.5, 1.49, 1.51])
    monkeypatch.setattr(introductions, "monotonic", lambda: next(moments))
    monkeypatch.setattr(select, "select", lambda *_: ([], [], []))
    login.interview.ask((), now=0.0)
    await_answers(login.terminal, login.interview)
    assert next(moments, None) is None


def test_an_answer_cut_in_its_first_byte_is_not_typed_ahead_and_keys_are(login: Login) -> None:
    login.introduction.begin(login.loop)
    for piece in (b"\x1b", _ANSWERS[1:] + b"l\x1b", b"[A" + _FENCE):
        login.say(piece)
        login.loop.turn(within=PATIENCE)
    login.introduction.finish()
    assert bytes_of(login.introduction.typed) == b"l\x1b[A"


def test_news_wait_for_whoever_takes_them() -> None:
    box, taken = Mailbox[int](), list[int]()
    box.put(1)
    box.put(2)
    box.connect(taken.append)
    box.put(3)
    assert taken == [2, 3]
