"""What the server does on systems other than Linux, as far as one Linux can tell."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from rmosh.errors import BootstrapError
from rmosh_server.shell.pty import Pty, open_pty
from rmosh_server.systems import bsd, command_line, forking, linux, peer_user
from rmosh_server.systems.program import Program

#: The runner may have threads, as the server has not: Python 3.15 warns of a fork then.
_NO_WORD_OF_THREADS = "ignore:This process .* is multi-threaded:DeprecationWarning"
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(_NO_WORD_OF_THREADS)]


@pytest.fixture
def pty() -> Iterator[Pty]:
    opened = open_pty(rows=24, columns=80)
    yield opened
    opened.close()


def test_where_posix_spawn_makes_no_session_a_program_is_forked(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_words: object, **_named: object) -> int:
        raise NotImplementedError("posix_spawn: setsid unavailable on this platform")

    monkeypatch.setattr(os, "posix_spawn", refuse)
    monkeypatch.setattr("rmosh_server.shell.pty.start_on_terminal", linux.start_on_terminal)
    child = pty.start(Program("/bin/sh", ("sh", "-c", "exit 7")), {})
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_where_there_is_no_posix_spawn_a_program_is_forked(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_spawn")
    monkeypatch.setattr("rmosh_server.shell.pty.start_on_terminal", linux.start_on_terminal)
    child = pty.start(Program("/bin/sh", ("sh", "-c", "exit 7")), {})
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_forked_program_that_cannot_run_leaves_no_child_and_no_descriptor(
    pty: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmosh_server.shell.pty.start_on_terminal", forking.fork_on_terminal)
    fork, forked = os.fork, []

    def fork_and_note() -> int:
        child = fork()
        forked.append(child)
        return child

    monkeypatch.setattr(os, "fork", fork_and_note)
    free = os.dup(0)
    os.close(free)
    with pytest.raises(BootstrapError, match="/no/such/shell could not be started: No such file"):
        pty.start(Program("/no/such/shell", ("-shell",)), {})
    [child] = forked
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)
    assert os.dup(0) == free
    os.close(free)


@pytest.fixture
def waiting_process() -> Iterator[int]:
    """A process whose command line is known, and which has begun: before, the system may tell an empty one."""
    with subprocess.Popen(["cat", "-u"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"x")
        assert process.stdout.read(1) == b"x"
        yield process.pid
        process.kill()


@pytest.mark.parametrize("ask", [command_line, bsd.command_line], ids=["as here", "by ps"])
def test_a_command_line_is_told_of_a_process_that_is_there(waiting_process: int, ask: Callable[..., bytes]) -> None:
    assert ask(waiting_process, limit=100).strip() == b"cat -u"
    assert ask(waiting_process, limit=3) == b"cat"
    assert ask(2**22 + 1, limit=100) == b""


def test_every_door_tells_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer_user(one) == os.geteuid()


def test_a_c_library_without_getpeereid_trusts_nobody() -> None:
    with pytest.raises(OSError, match="no getpeereid"):
        bsd.ask_getpeereid(0, object())


def test_a_terminal_that_the_system_took_away_is_no_fault(pty: Pty) -> None:
    reading, writing = os.pipe()
    os.dup2(reading, pty.fileno())
    os.close(reading)
    pty.resize(rows=10, columns=10)
    assert pty.echoes() == (False, True)
    assert pty.foreground() == 0
    os.close(writing)
    assert pty.read() == b""


@pytest.mark.linux
def test_the_process_that_connected_is_known_where_the_kernel_tells() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert linux.peer_process(ours) == os.getpid()
        assert bsd.peer_process(ours) == 0  # here is no macOS
    assert linux.peer_process(ours) == 0
