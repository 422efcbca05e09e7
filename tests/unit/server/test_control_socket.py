"""A session's private door: questions and answers between processes of one user."""

import os
import resource
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_server.sockets.asking import Door, Unanswered, ask, ask_all
from rmosh_server.sockets.control_message import MAX_ANSWER, MAX_DEPTH, MAX_QUESTION, decode_message, encode_message
from rmosh_server.sockets.control_socket import MAX_VISITORS, SHUT_TIME, VISIT_TIMEOUT, ControlSocket
from rmosh_server.sockets.passing import MAX_PASSED, PassedDescriptors
from rmosh_server.sockets.unix_sockets import BACKLOG, listen
from rmosh_server.systems import peer_user
from rmosh_server.systems.bsd import ask_getpeereid
from tests.patience import PATIENCE


class Session:
    """A session's end, which answers with what was asked whenever it is given a turn.

    Attributes:
        now: what it takes the time to be.
    """

    def __init__(self, directory: Path, name: str = "s.sock") -> None:
        self.door = Door(str(directory), name)
        self.now = 0.0
        self.control = ControlSocket(listen(str(directory), name))
        self.answer: dict[str, object] = {}
        self.questions = 0
        self.stopped = False
        self.takes = False
        self.passed: tuple[int, ...] = ()

    def turn(self, longest: float = 0.0) -> None:
        select.select([self.control], [], [], longest)
        self.control.answer_questions(self._answer, now=self.now)

    def turns_until(self, asking: threading.Thread) -> None:
        while asking.is_alive():
            self.turn(0.01)

    def visit(self) -> socket.socket:
        """Come in without a word."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(PATIENCE)
        connection.connect(str(Path(self.door.directory) / self.door.name))
        return connection

    def _answer(self, question: object, passed: PassedDescriptors) -> dict[str, object]:
        self.questions += 1
        self.passed += passed.take() if self.takes else ()
        return self.answer or {"asked": question}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    started = Session(tmp_path)
    yield started
    started.control.close()


def lowest_descriptor() -> int:
    """The one that the next file would get."""
    lowest = os.dup(0)
    os.close(lowest)
    return lowest


def ask_while_answered(session: Session, question: dict[str, object], passing: Sequence[int] = ()) -> object:
    outcomes: list[object] = []
    asking = threading.Thread(target=lambda: outcomes.append(ask(session.door, question, passing=passing)))
    asking.start()
    session.turns_until(asking)
    return outcomes[0]


def test_a_question_gets_its_answer_and_the_door_is_for_its_owner_only(session: Session, tmp_path: Path) -> None:
    assert (tmp_path / "s.sock").stat().st_mode & 0o777 == 0o600
    assert ask_while_answered(session, {"do": "describe"}) == {"asked": {"do": "describe"}}


@pytest.mark.linux
def test_whoever_asks_binds_no_name(session: Session) -> None:
    visitor = session.visit()
    with visitor:
        assert visitor.getsockname() == ""
    assert ask_while_answered(session, {"do": "x"}) == {"asked": {"do": "x"}}
    assert not [line for line in Path("/proc/net/unix").read_text().splitlines() if line.endswith("@s.sock")]


def test_a_directory_deeper_than_a_sockets_address_may_be_long_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    session = Session(deep)
    before = Path.cwd()
    assert ask_while_answered(session, {"do": "x"}) == {"asked": {"do": "x"}}
    assert Path.cwd() == before
    session.control.close()


def test_an_answer_longer_than_a_sockets_buffer_arrives_whole(session: Session) -> None:
    session.answer = {"title": "x" * (MAX_ANSWER - 100)}
    visitor = session.visit()
    visitor.sendall(b"{}\n")
    session.turn(1.0)
    # As small as macOS makes them; what does not fit waits for a reader.
    for connection in (inside.connection for inside in session.control._visitors):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    told = b""
    visitor.setblocking(False)
    while not told.endswith(b"\n"):
        session.turn()
        try:
            told += visitor.recv(1000)
        except BlockingIOError:
            continue
    visitor.close()
    assert decode_message(told) == session.answer
    assert not session.control._visitors


def test_a_door_that_nobody_holds_is_told_from_one_that_is_silent(session: Session, tmp_path: Path) -> None:
    assert ask(Door(str(tmp_path), "none.sock"), {}) == Unanswered("it cannot be asked: No such file or directory")
    assert ask(session.door, {}, patience=0.05) == Unanswered("it did not answer within 0.05 s", is_silent=True)
    listen(str(tmp_path), "crashed.sock").close()
    assert ask(Door(str(tmp_path), "crashed.sock"), {}) == Unanswered("it cannot be asked: Connection refused")


def test_silent_sessions_are_waited_for_all_together_and_hide_no_other(session: Session, tmp_path: Path) -> None:
    silent = [Session(tmp_path, f"silent{number}.sock") for number in range(5)]
    doors = [*(quiet.door for quiet in silent), session.door]
    outcomes: list[object] = []
    started = time.monotonic()
    asking = threading.Thread(target=lambda: outcomes.extend(ask_all(doors, {"do": "x"}, patience=0.2)))
    asking.start()
    session.turns_until(asking)
    assert time.monotonic() - started < 2.0
    assert outcomes == [Unanswered("it did not answer within 0.2 s", is_silent=True)] * 5 + [{"asked": {"do": "x"}}]
    for quiet in silent:
        quiet.control.close()


#: Asks 40 times at once with room for eight descriptors; ends with how many answers came.
MANY_QUESTIONS = """
import os, resource, sys
from rmosh_server.sockets.asking import Door, ask_all
lowest = os.dup(0)
os.close(lowest)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 8,) * 2)
answers = ask_all([Door(*sys.argv[1:])] * 40, {"do": "x"})
sys.exit(answers.count({"asked": {"do": "x"}}))
"""


@pytest.mark.slow
def test_more_sessions_than_there_are_descriptors_are_asked_one_after_another(session: Session) -> None:
    with subprocess.Popen([sys.executable, "-c", MANY_QUESTIONS, session.door.directory, session.door.name]) as asking:
        while asking.poll() is None:
            session.now = time.monotonic()
            session.turn(0.01)
    assert asking.returncode == 40


def test_a_session_that_lets_nobody_in_any_more_is_given_up_in_time(session: Session) -> None:
    waiting = [session.visit() for _ in range(BACKLOG + 1)]
    assert ask(session.door, {}, patience=0.1) == Unanswered("it did not answer within 0.1 s", is_silent=True)
    for visitor in waiting:
        visitor.close()


def test_half_a_question_holds_nobody_up_and_is_shown_out_in_time(session: Session) -> None:
    dawdlers = [session.visit() for _ in range(MAX_VISITORS + 3)]
    for dawdler in dawdlers:
        dawdler.sendall(b'{"do"')
    for _ in range(5):
        session.turn()
    assert len(session.control._visitors) == MAX_VISITORS
    assert session.control.next_wakeup == VISIT_TIMEOUT
    session.now = VISIT_TIMEOUT
    for _ in range(3):
        session.turn()
    assert len(session.control._visitors) == 3
    assert ask_while_answered(session, {"do": "x"}) == {"asked": {"do": "x"}}
    for dawdler in dawdlers:
        dawdler.close()
    session.turn()
    assert not session.control._visitors
    assert session.control.next_wakeup == float("inf")


def test_a_full_house_does_not_keep_the_loop_busy(session: Session) -> None:
    visitors = [session.visit() for _ in range(MAX_VISITORS + 3)]
    session.turn(1.0)
    assert select.select([session.control], [], [], 0) == ([], [], [])
    for visitor in visitors:
        visitor.close()


def test_without_a_free_descriptor_the_door_is_shut_for_a_moment(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = session.visit()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_descriptor(), limits[1]))
    try:
        session.control.answer_questions(lambda question, passed: {}, now=session.now)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert session.control.next_wakeup == SHUT_TIME
    assert select.select([session.control], [], [], 0) == ([], [], [])
    session.now = SHUT_TIME
    visitor.sendall(b'{"do": "x"}\n')
    for _ in range(3):
        session.turn()
    assert visitor.recv(1000) == b'{"asked": {"do": "x"}}\n'
    visitor.close()


def test_who_leaves_before_the_answer_leaves_nothing_behind(session: Session) -> None:
    before = lowest_descriptor()
    for _ in range(50):
        with session.visit() as visitor:
            visitor.sendall(b"{}\n")
        session.turn(1.0)
        session.turn()
    assert lowest_descriptor() == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet='[{"}]:,1 do\\u', max_size=200).map(str.encode)))
def test_whatever_is_asked_nothing_raises_and_one_answer_comes(session: Session, untrusted: bytes) -> None:
    with session.visit() as visitor:
        visitor.sendall(untrusted + b"\n")
        for _ in range(3):
            session.turn()
        assert visitor.recv(65536).startswith(b"{")


@pytest.mark.parametrize("untrusted", [b"[" * 8000, b'{"do":' * 1300, b"1" * 8000, b'{"a":1e999,"b":NaN}', b"x" * 9000])
def test_deep_huge_and_endless_questions_are_answered_like_any_other(session: Session, untrusted: bytes) -> None:
    with session.visit() as visitor:
        visitor.sendall(untrusted + b"\n")
        for _ in range(3):
            session.turn()
        assert visitor.recv(65536).startswith(b"{")


def test_an_answer_that_breaks_off_or_never_ends_is_none(tmp_path: Path) -> None:
    for said, reason in (
        (b"", "it hung up"),
        (b'{"id":', "it broke off in the middle of its answer"),
        (b"[" * 60000 + b"\n", "its answer is no JSON object"),
        (b"x" * (2 * MAX_ANSWER), f"its answer has more than {MAX_ANSWER} bytes"),
    ):
        with listen(str(tmp_path), "odd.sock") as listener:
            listener.setblocking(True)

            def speak(listener: socket.socket = listener, said: bytes = said) -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(MAX_QUESTION)
                    connection.sendall(said)

            speaking = threading.Thread(target=speak)
            speaking.start()
            assert ask(Door(str(tmp_path), "odd.sock"), {}) == Unanswered(reason)
            speaking.join()
        (tmp_path / "odd.sock").unlink()


@given(st.one_of(st.binary(max_size=300), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
).map(lambda value: encode_message({"value": value}))))  # fmt: skip
def test_a_message_is_read_or_malformed_and_its_texts_are_plain(untrusted: bytes) -> None:
    try:
        message = decode_message(untrusted)
    except Malformed:
        return
    assert repr(message).isprintable()
    for key in message:
        assert key.isprintable()


def test_control_characters_of_any_kind_are_left_out_of_a_message() -> None:
    dirty = {"name": "a\x1b]52;c;eA==\x07\n\x9b2J\u202eb", "clients": [{"name\r": "\x00c", "size": [1, 2]}]}
    assert decode_message(encode_message(dirty)) == {
        "name": "a]52;c;eA==2Jb",
        "clients": [{"name": "c", "size": [1, 2]}],
    }
    with pytest.raises(Malformed, match=f"at most {MAX_DEPTH} levels"):
        decode_message(b'{"a": [[[[1]]]]}')


def test_the_kernel_tells_who_is_at_the_other_end(session: Session) -> None:
    with session.visit() as visitor:
        assert peer_user(visitor) == os.geteuid()


class FakeLibrary:
    """A C library with getpeereid(3), as on macOS."""

    def __init__(self, status: int) -> None:
        self._status = status

    def getpeereid(self, descriptor: int, user: object, group: object) -> int:
        user._obj.value = 501 + descriptor  # type: ignore[attr-defined]  # what byref() was given
        group._obj.value = 20  # type: ignore[attr-defined]  # likewise
        return self._status


def test_where_there_are_no_peer_credentials_getpeereid_is_asked() -> None:
    assert ask_getpeereid(7, FakeLibrary(0)) == 508
    with pytest.raises(OSError, match="getpeereid failed"):
        ask_getpeereid(7, FakeLibrary(-1))


def test_descriptors_that_come_with_a_question_go_no_further_than_to_who_answers(session: Session) -> None:
    session.takes = True
    reading, writing = os.pipe()
    ask_while_answered(session, {"do": "x"}, passing=(writing,))
    (taken,) = session.passed
    assert not os.get_inheritable(taken)
    os.close(writing)
    os.write(taken, b"through")
    os.close(taken)
    assert os.read(reading, 100) == b"through"
    assert os.read(reading, 1) == b""
    os.close(reading)


@pytest.mark.parametrize("count", [1, MAX_PASSED, MAX_PASSED + 5])
def test_descriptors_that_nobody_takes_are_closed(session: Session, count: int) -> None:
    reading, writing = os.pipe()
    ask_while_answered(session, {"do": "x"}, passing=(writing,) * count)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
