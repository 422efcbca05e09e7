"""A session's private door: questions and answers between processes of one user."""

import os
import select
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmosh_server.control_socket import ControlSocket, Unanswered, ask


def answer_once(door: ControlSocket) -> None:
    """Wait for a question and answer it with what was asked."""
    select.select([door], [], [], 10.0)
    door.answer_questions(lambda question: {"asked": dict(question)})


def ask_while_answered(door: ControlSocket, directory: Path, question: dict[str, object]) -> dict[str, object]:
    answering = threading.Thread(target=answer_once, args=(door,))
    answering.start()
    try:
        return ask(str(directory), "s.sock", question)
    finally:
        answering.join()


def test_a_question_gets_its_answer_and_the_door_is_for_its_owner_only(tmp_path: Path) -> None:
    door = ControlSocket(str(tmp_path), "s.sock")
    assert (tmp_path / "s.sock").stat().st_mode & 0o777 == 0o600
    assert ask_while_answered(door, tmp_path, {"do": "describe"}) == {"asked": {"do": "describe"}}
    door.close()
    assert not (tmp_path / "s.sock").exists()


def test_a_directory_deeper_than_a_sockets_address_may_be_long_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    door = ControlSocket(str(deep), "s.sock")
    assert ask_while_answered(door, deep, {"do": "x"}) == {"asked": {"do": "x"}}
    door.close()


def test_a_door_that_nobody_holds_any_more_is_told_from_one_that_is_silent(tmp_path: Path) -> None:
    with pytest.raises(Unanswered) as missing:
        ask(str(tmp_path), "s.sock", {})
    assert missing.value.is_stale
    door = ControlSocket(str(tmp_path), "s.sock")
    with pytest.raises(Unanswered, match=r"did not answer within 0\.05 s") as silent:
        ask(str(tmp_path), "s.sock", {}, patience=0.05)
    assert not silent.value.is_stale
    door.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as crashed:
        crashed.bind(str(tmp_path / "crashed.sock"))
    with pytest.raises(Unanswered) as stale:
        ask(str(tmp_path), "crashed.sock", {})
    assert stale.value.is_stale


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_whatever_is_asked_nothing_raises_and_one_answer_comes(tmp_path: Path, untrusted: bytes) -> None:
    name = f"{abs(hash(untrusted))}.sock"
    door = ControlSocket(str(tmp_path), name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.bind("")
        asking.settimeout(5.0)
        asking.sendto(untrusted, str(tmp_path / name))
        answer_once(door)
        assert asking.recv(65536).startswith(b"{")
    door.close()


#: Exit statuses of the other user's process.
SILENCE, ANSWERED, FAILED = 10, 11, 12


def _ask_as(user: int, path: str) -> int:
    """Ask as another user and return what came of it."""
    try:
        os.setuid(user)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.bind("")
            asking.settimeout(0.3)
            asking.sendto(b"{}", path)
            asking.recv(100)
        return ANSWERED
    except TimeoutError:
        return SILENCE
    except OSError:
        return FAILED


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_gets_no_answer_even_through_an_open_door(tmp_path: Path) -> None:
    door = ControlSocket(str(tmp_path), "s.sock")
    for path in (tmp_path / "s.sock", tmp_path, *tmp_path.parents):
        if str(path).startswith("/tmp/pytest"):
            path.chmod(0o777)
    stranger = os.fork()
    if stranger == 0:
        os._exit(_ask_as(65534, str(tmp_path / "s.sock")))
    answer_once(door)
    assert os.waitstatus_to_exitcode(os.waitpid(stranger, 0)[1]) == SILENCE
    door.close()
