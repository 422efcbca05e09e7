"""The login in a process of its own: whatever becomes of either half, one message, one status, and nobody is left."""

import os
import re
import shlex
import signal
import socket
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, so_many, wait_until
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import Announcer

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into a process that forbids it")

SECRET = "open-sesame"

#: Files of the SSH library and of what it needs, as a process has them mapped.
OF_THE_LOGIN = re.compile(r"/(uvloop|cryptography|_asyncio|_ssl)\b|/libssl")


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture
def asks(
    sshd: Sshd,
    make_key: Callable[..., Path],
    announcer: Announcer,
    rmosh_command: list[str],
) -> list[str]:
    """A command line whose login asks for a passphrase."""
    locked = make_key("locked", passphrase=SECRET)
    sshd.authorize(locked)
    config = sshd.configure(f"IdentityFile {locked}", own_key=False)
    return [*rmosh_command, "-F", str(config), "--server", str(announcer.script), "box"]


@pytest.fixture
def waits(rmosh_command: list[str], tmp_path: Path) -> Iterator[list[str]]:
    """A command line whose login waits for a server that says nothing."""
    (tmp_path / "empty").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield [*rmosh_command, "-F", str(tmp_path / "empty"), "-p", str(port), "127.0.0.1"]


@pytest.fixture
def question(asks: list[str], sshd: Sshd, pty_program: Callable[..., PtyProgram]) -> PtyProgram:
    program = pty_program(asks, env=sshd.client_env)
    program.wait_for("Passphrase")
    wait_until(lambda: not echoes(program), "so it is", pump=[program])
    return program


def echoes(program: PtyProgram) -> bool:
    flags = program.settings[3]
    assert isinstance(flags, int)
    return bool(flags & termios.ECHO)


def test_control_c_at_a_question_is_told_once(question: PtyProgram) -> None:
    [login] = children(question.pid)
    question.type("\x03")
    assert question.wait_exit() == 130
    assert question.screen.count("interrupted") == 1 and "Traceback" not in question.screen
    assert echoes(question) and not lives(login)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_signal_to_the_sessions_process_alone_ends_both(question: PtyProgram, number: signal.Signals) -> None:
    [login] = children(question.pid)
    os.kill(question.pid, number)
    assert question.wait_exit() in (128 + number, -number)
    assert "Traceback" not in question.screen
    assert echoes(question) and not lives(login)


def test_a_login_that_is_killed_at_its_question_is_told_and_the_terminal_echoes_again(question: PtyProgram) -> None:
    [login] = children(question.pid)
    os.kill(login, signal.SIGKILL)
    assert question.wait_exit() == 255
    assert "the process that logs in was ended by SIGKILL" in question.screen
    assert echoes(question)


def test_a_login_whose_session_was_killed_ends_and_gives_the_terminal_back(question: PtyProgram) -> None:
    [login] = children(question.pid)
    os.kill(question.pid, signal.SIGKILL)
    wait_until(lambda: not lives(login), "so it is", pump=[question])
    assert echoes(question)


def test_a_terminal_that_goes_away_takes_both(question: PtyProgram) -> None:
    [login] = children(question.pid)
    question.hang_up()
    wait_until(lambda: not lives(login) and states(question.pid) == "Z", "both have ended")


def test_control_c_while_a_server_says_nothing_is_silent(
    waits: list[str], sshd: Sshd, pty_program: Callable[..., PtyProgram]
) -> None:
    program = pty_program(waits, env=sshd.client_env)
    program.wait_for("waiting for the SSH server")
    [login] = children(program.pid)
    program.type("\x03")
    assert program.wait_exit() == 130
    assert "Traceback" not in program.screen and "rmosh: interrupted" not in program.screen
    assert not lives(login)


def test_control_z_stops_both_and_fg_lets_both_go_on(
    waits: list[str], sshd: Sshd, pty_program: Callable[..., PtyProgram]
) -> None:
    shell = pty_program(["bash", "--norc", "--noprofile", "-i"], env=sshd.client_env | {"PS1": "ready% "})
    shell.wait_for("ready%")
    shell.type(shlex.join(waits) + "\r")
    shell.wait_for("waiting for the SSH server")
    [session] = children(shell.pid)
    [login] = children(session)
    for count in (2, 3):
        shell.type("\x1a")
        shell.wait_for(so_many("ready%", count))
        wait_until(lambda: states(session, login) == "TT", f"TT not {states(session, login)}", pump=[shell])
        shell.type("fg\r")
        wait_until(lambda: states(session, login) == "SS", f"SS not {states(session, login)}", pump=[shell])
    shell.type("\x03")
    shell.wait_for(so_many("ready%", 4))
    assert not lives(login)


def test_control_z_at_a_question_gives_the_shell_its_echo_and_fg_asks_again(
    asks: list[str], sshd: Sshd, pty_program: Callable[..., PtyProgram]
) -> None:
    shell = pty_program(["dash", "-i"], env=sshd.client_env | {"PS1": "ready% ", "ENV": ""})
    shell.wait_for("ready%")
    shell.type(shlex.join(asks) + "\r")
    shell.wait_for("Passphrase")
    for count in (2, 3):
        shell.type("\x1a")
        shell.wait_for(so_many("ready%", count))
        assert echoes(shell)
        shell.type("fg\r")
        shell.wait_for(so_many("Passphrase for the key", count))
    shell.type("\x03")
    shell.wait_for("interrupted")
    assert shell.screen.count("interrupted") == 1


def states(*pids: int) -> str:
    stats = [Path(f"/proc/{pid}/stat").read_text() for pid in pids]
    return "".join(stat.rpartition(")")[2].split()[0] for stat in stats)


@needs_root
def test_nothing_of_the_login_is_left_in_a_session(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "udp")
    wait_until(lambda: not children(program.pid), "so it is", pump=[program])
    mapped = Path(f"/proc/{program.pid}/maps").read_text()
    assert "python" in mapped
    assert OF_THE_LOGIN.findall(mapped) == []
