"""A session's door: who is let in, what he may have there, and that nobody is kept waiting by one who is stuck."""

import contextlib
import os
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import pytest

from rmosh.errors import RmoshError
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.byte_stream import StreamEnded
from rmosh.forwarding.requests import Serve, encode_request
from rmosh.session.status import LinkStatus
from rmosh.transport.path import Path
from rmosh_client.sharing.asking import ask, ask_any
from rmosh_client.sharing.doors import LoginDoors, NoLoginDoors, usual_login_doors
from rmosh_client.sharing.messages import Answer, DoorQuestion, Here, Refused, Served, Wish
from rmosh_client.sharing.sharing import Sharing
from tests.patience import PATIENCE

_LIKENESS = "0123456789abcdef0123"
_SERVE = DoorQuestion(Wish.SERVE, ("new", "--hello"), "RMOSH-HELLO versions=2 nonce=00")
_UDP = Path(0, "192.0.2.7", 60001)


@dataclass(eq=False)
class FakeStream:
    """A stream whose other end is the test."""

    number: int = 0
    room: int = 1 << 20
    coming: bytes = b""
    is_finished_there: bool = False
    was_reset: StreamEnded | None = None
    nobody_reads: StreamEnded | None = None
    written: bytes = b""
    is_finished_here: bool = False
    is_over: bool = False

    @property
    def readable(self) -> int:
        return len(self.coming)

    @property
    def at_end(self) -> bool:
        return self.is_finished_there and not self.coming

    def write(self, data: bytes, /) -> int:
        self.written += data
        return len(data)

    def read(self, limit: int = 1 << 20, /) -> bytes:
        data, self.coming = self.coming[:limit], self.coming[limit:]
        return data

    def finish(self) -> None:
        self.is_finished_here = True

    def reset(self, code: int, reason: str = "") -> None:
        self.is_over = True

    def stop_reading(self, code: int, reason: str = "") -> None:
        self.is_over = True

    def say(self, answer: RequestAnswer, output: bytes = b"") -> None:
        self.coming, self.is_finished_there = encode_answer(answer) + output, True


@dataclass
class FakeStreams:
    opened: list[FakeStream] = field(default_factory=list)
    is_spoken: bool = True

    def open(self) -> FakeStream:
        if not self.is_spoken:
            raise RmoshError("the server knows no streams")
        self.opened.append(FakeStream())
        return self.opened[-1]


@dataclass
class FakeSession:
    streams: FakeStreams = field(default_factory=FakeStreams)
    active_path: Path | None = _UDP
    silence: float = 0.0

    def status(self, *, now: float) -> LinkStatus:
        return LinkStatus(0.1, 0.0, 0.1, 0.0, "192.0.2.7", 0.0, self.silence, 0.0, 0, 0, 0, 0, 0, 0, 0, 1200)


class Asked:
    """Somebody who asks at a door, in a thread: he waits, as a process of his own would."""

    def __init__(self, doors: LoginDoors, question: DoorQuestion) -> None:
        self.answer: Answer | None = None
        self._thread = threading.Thread(target=self._ask, args=(doors, question))
        self._thread.start()

    def _ask(self, doors: LoginDoors, question: DoorQuestion) -> None:
        self.answer = ask_any(doors, _LIKENESS, question, within=PATIENCE)

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> Answer:
        self._thread.join(PATIENCE)
        assert self.answer is not None
        return self.answer


@pytest.fixture
def doors() -> Iterator[LoginDoors]:
    # Not tmp_path, whose own path may be too long for a socket's.
    with tempfile.TemporaryDirectory(prefix="doors-") as directory:
        yield LoginDoors(f"{directory}/doors")


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def sharing(session: FakeSession, doors: LoginDoors) -> Iterator[Sharing]:
    opened = Sharing(session, doors, _LIKENESS, now=0.0)
    yield opened
    opened.close()


def until(is_so: Callable[[], bool], sharing: Sharing) -> None:
    """Have the session take turns until the other process has come so far."""
    give_up_at = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up_at
        sharing.turn(now=1.0)


def answered(sharing: Sharing, doors: LoginDoors, question: DoorQuestion) -> Answer:
    """Return what is answered at once."""
    asked = Asked(doors, question)
    until(lambda: not asked.waits, sharing)
    return asked.end()


def test_a_server_that_is_asked_for_is_started_and_its_word_handed_on(
    sharing: Sharing, session: FakeSession, doors: LoginDoors
) -> None:
    asked = Asked(doors, _SERVE)
    until(lambda: bool(session.streams.opened), sharing)
    [stream] = session.streams.opened
    assert stream.written == encode_request(Serve(_SERVE.words, _SERVE.hello))
    assert stream.is_finished_here
    stream.say(RequestAnswer(AnswerStatus.DONE), b"\nRMOSH-ANNOUNCE 2 port=60002\n")
    sharing.turn(now=1.2)
    assert asked.end() == Served("\nRMOSH-ANNOUNCE 2 port=60002\n", ("192.0.2.7",))
    assert sharing.used_at == 1.0


def test_why_the_host_starts_none_is_handed_on(sharing: Sharing, session: FakeSession, doors: LoginDoors) -> None:
    asked = Asked(doors, _SERVE)
    until(lambda: bool(session.streams.opened), sharing)
    session.streams.opened[0].say(RequestAnswer(AnswerStatus.NOT_ALLOWED, "server.toml forbids it"))
    sharing.turn(now=1.2)
    assert asked.end() == Refused("server.toml forbids it")


def test_a_host_that_does_not_answer_in_time_is_given_up(
    sharing: Sharing, session: FakeSession, doors: LoginDoors
) -> None:
    asked = Asked(doors, _SERVE)
    until(lambda: bool(session.streams.opened), sharing)
    due_at = sharing.next_wakeup
    assert due_at is not None
    sharing.turn(now=due_at)
    assert asked.end() == Refused("the host took too long")
    assert session.streams.opened[0].is_over


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"silence": 3.0}, "its host does not answer now"),
        ({"active_path": None}, "its host is not reached by UDP"),
        ({"active_path": Path.stream(0)}, "its host is not reached by UDP"),
        ({"streams": FakeStreams(is_spoken=False)}, "the server knows no streams"),
    ],
    ids=["silent", "no path yet", "inside SSH", "an older server"],
)
def test_where_a_login_of_its_own_may_do_better_nobody_is_let_in(
    sharing: Sharing, session: FakeSession, doors: LoginDoors, change: dict[str, object], why: str
) -> None:
    for name, value in change.items():
        setattr(session, name, value)
    if "streams" in change:
        sharing._opened_access()._streams = session.streams
    assert answered(sharing, doors, _SERVE) == Refused(why)


def test_whether_somebody_is_there_is_told_and_his_end_obeyed(sharing: Sharing, doors: LoginDoors) -> None:
    assert answered(sharing, doors, DoorQuestion(Wish.CHECK)) == Here(os.getpid())
    assert not sharing.is_over
    assert answered(sharing, doors, DoorQuestion(Wish.STOP)) == Here(os.getpid())
    assert sharing.is_over
    assert doors.found() == []


def test_who_says_nothing_is_shown_out_and_keeps_nobody_else_waiting(sharing: Sharing, doors: LoginDoors) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(doors.found()[0])
        sharing.turn(now=1.0)
        assert answered(sharing, doors, DoorQuestion(Wish.CHECK)) == Here(os.getpid())
        due_at = sharing.next_wakeup
        assert due_at is not None
        sharing.turn(now=due_at)
        silent.settimeout(PATIENCE)
        assert silent.recv(1) == b""


def test_who_asks_for_too_much_is_shown_out(sharing: Sharing, doors: LoginDoors) -> None:
    with socket.socket(socket.AF_UNIX) as talker:
        talker.connect(doors.found()[0])
        talker.setblocking(False)
        sharing.turn(now=1.0)
        with contextlib.suppress(OSError):
            for _ in range(100):
                with contextlib.suppress(BlockingIOError):
                    talker.send(b"x" * 65536)
                sharing.turn(now=1.0)
            raise AssertionError("it is listened to without an end")


def test_a_session_that_is_stopped_keeps_nobody_from_logging_in(sharing: Sharing, doors: LoginDoors) -> None:
    assert ask(doors.found()[0], _SERVE, within=5.0) == Refused("no answer in time")


def test_a_door_that_nobody_is_behind_is_removed(doors: LoginDoors) -> None:
    doors.prepare()
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(doors.own(_LIKENESS, 1))
    assert ask_any(doors, _LIKENESS, _SERVE, within=5.0) == Refused("nobody is behind that door any more")
    assert doors.found() == []


def test_only_a_door_of_the_same_likeness_is_asked_at(sharing: Sharing, doors: LoginDoors) -> None:
    assert doors.found(_LIKENESS) == doors.found()
    assert doors.found("f" * 20) == []
    assert ask_any(doors, "f" * 20, _SERVE, within=5.0) == Refused("no session here has such a login")


def test_a_door_is_its_users_alone(sharing: Sharing, doors: LoginDoors) -> None:
    assert stat.S_IMODE(os.stat(doors.directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(doors.found()[0]).st_mode) == 0o600


def test_a_directory_that_others_may_write_to_has_no_doors(session: FakeSession, doors: LoginDoors) -> None:
    os.mkdir(doors.directory)
    os.chmod(doors.directory, 0o770)
    with pytest.raises(NoLoginDoors, match="not a directory of this user's alone"):
        Sharing(session, doors, _LIKENESS, now=0.0)
    (FilePath(doors.directory) / f"{_LIKENESS}-1").touch()
    assert doors.found() == []


def test_a_link_to_a_directory_is_none(session: FakeSession, doors: LoginDoors, tmp_path: FilePath) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    os.symlink(tmp_path / "elsewhere", doors.directory)
    with pytest.raises(NoLoginDoors):
        Sharing(session, doors, _LIKENESS, now=0.0)


def test_a_path_that_no_socket_may_have_is_refused(session: FakeSession, tmp_path: FilePath) -> None:
    with pytest.raises(NoLoginDoors, match="more than the 103 bytes"):
        Sharing(session, LoginDoors(str(tmp_path / ("x" * 100))), _LIKENESS, now=0.0)


def test_a_door_that_another_has_put_there_stays_when_ours_closes(session: FakeSession, doors: LoginDoors) -> None:
    opened = Sharing(session, doors, _LIKENESS, now=0.0)
    [path] = doors.found()
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        opened.close()
        assert doors.found() == [path]


def test_the_usual_place_goes_with_the_login_or_is_in_the_cache_of_this_machine() -> None:
    assert usual_login_doors({"XDG_RUNTIME_DIR": "/run/user/7"}).directory == "/run/user/7/rmosh"
    cached = usual_login_doors({"XDG_CACHE_HOME": "/home/me/.cache"}).directory
    assert cached.startswith("/home/me/.cache/rmosh/doors-")
