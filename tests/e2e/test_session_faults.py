"""What goes wrong around a session: either end dies, is told to stop or is suspended; the terminal comes back whole."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, needs_root, wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

ESCAPE = "\x1e"

#: Modes as a full-screen program sets them, so that all of them have to be reset.
SET_MODES = r"printf '\033[?1h\033[?1002h\033[?1006h\033[?1004h\033[5 q\033]0;busy\007\033[?25l'"

#: What resets those.
RESETS = (b"\x1b[?1l", b"\x1b[?1002l", b"\x1b[?1006l", b"\x1b[?1004l", b"\x1b[0 q", b"\x1b[23;0t", b"\x1b[?25h")


def exited(process: int) -> bool:
    """Tell whether a process that is no child of ours is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def with_modes_set(program: PtyProgram) -> None:
    """Bring the terminal into modes that must not outlive the session."""
    program.type(f"{SET_MODES}; echo mo''des\r")
    program.wait_for("modes")
    wait_until(lambda: program.frame.modes.mouse == 1002, "the modes are set", pump=[program])


def assert_modes_reset(program: PtyProgram, *, since: int) -> None:
    """Fail unless every mode was reset by what was written from some place on."""
    written = program.output[since:]
    assert [reset for reset in RESETS if reset not in written] == []


# --- the server ends -------------------------------------------------------------------------------------------


def test_client_says_that_a_killed_server_is_gone(host: Host[PtyProgram]) -> None:
    program = host.open("box", "--", "echo started; cat")
    program.wait_for("started")
    os.kill(host.only_server(), signal.SIGKILL)
    began = time.monotonic()
    program.type("is anybody there")
    assert program.wait_exit() == 255
    print(f"told after {time.monotonic() - began:.1f} s")
    assert "rmosh: the server is gone" in program.screen


def test_client_behind_a_firewall_says_that_a_killed_server_is_gone(host: Host[PtyProgram]) -> None:
    program = host.shell(link=LinkModel(delay=0.01))
    os.kill(host.only_server(), signal.SIGKILL)
    program.type("x")
    assert program.wait_exit() == 255
    assert "rmosh: the server is gone" in program.screen


def test_client_says_that_the_server_was_told_to_stop(host: Host[PtyProgram]) -> None:
    program = host.shell()
    os.kill(host.only_server(), signal.SIGTERM)
    assert program.wait_exit() == 255
    assert "rmosh: the server stopped: the server was told to stop" in program.screen
    wait_until(lambda: host.servers() == [], "the server is gone")


# --- the client ends -------------------------------------------------------------------------------------------


def test_killed_client_leaves_the_session_and_its_program_running(host: Host[PtyProgram]) -> None:
    program = host.shell()
    ticks = host.path("ticks")
    program.type(f"while sleep 0.1; do echo tick >> {ticks}; done\r")
    wait_until(ticks.exists, "the program runs", pump=[program])
    program.send_signal(signal.SIGKILL)
    assert program.wait_exit() == -signal.SIGKILL
    before = len(ticks.read_text())
    wait_until(lambda: len(ticks.read_text()) > before + 25, "the program goes on")
    another = host.shell()
    another.type("exit 4\r")
    assert another.wait_exit() == 4
    wait_until(lambda: len(host.servers()) == 1, "only the first session is left")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_to_the_client_ends_the_session_and_restores_the_terminal(host: Host[PtyProgram], number: int) -> None:
    written = host.path("process")
    program = host.open("box", "--", f"echo $$ > {written}; exec cat")
    settings = program.settings
    wait_until(lambda: written.exists() and program.settings != settings, "the session runs", pump=[program])
    program.send_signal(number)
    assert program.wait_exit() == 128 + number
    assert program.settings == settings
    wait_until(lambda: exited(int(written.read_text())), "the far program was hung up on")


def test_terminal_modes_are_reset_when_the_client_is_told_to_end(host: Host[PtyProgram]) -> None:
    program = host.shell()
    with_modes_set(program)
    since = len(program.output)
    program.send_signal(signal.SIGTERM)
    assert program.wait_exit() == 128 + signal.SIGTERM
    assert_modes_reset(program, since=since)
    assert program.frame.modes == type(program.frame.modes)()
    assert program.frame.cursor.visible


def test_escape_key_and_dot_quit_and_end_the_far_shell(host: Host[PtyProgram]) -> None:
    program = host.shell()
    server = host.only_server()
    program.type(f"{ESCAPE}.")
    assert program.wait_exit() == 255
    assert "rmosh: the session was ended from here" in program.screen
    wait_until(lambda: exited(server), "the server was told")


def test_escape_key_and_dot_quit_soon_where_nobody_answers(host: Host[PtyProgram]) -> None:
    program = host.shell(link=LinkModel(delay=0.01))
    host.relay.blackout(60.0)
    program.type(f"{ESCAPE}.")
    assert program.wait_exit(timeout=5.0) == 255


def test_help_and_connection_boxes_come_and_go(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type(f"{ESCAPE}?")
    program.wait_for("suspend rmosh")
    program.type(f"{ESCAPE}i")
    program.wait_for(lambda screen: "round trip" in screen and "suspend rmosh" not in screen)
    program.type(f"{ESCAPE}i")
    program.wait_for(lambda screen: screen == PROMPT.rstrip())


def test_closed_terminal_ends_the_client_and_the_session(host: Host[PtyProgram]) -> None:
    program = host.shell()
    server = host.only_server()
    client = program.pid
    program.hang_up()
    wait_until(lambda: exited(client), "the client ended")
    wait_until(lambda: exited(server), "the server was told")


# --- suspension ------------------------------------------------------------------------------------------------


def test_suspended_client_gives_the_terminal_back_and_takes_it_again(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    inner = host.open("box", "--", "exit 0")
    inner.wait_exit()
    command = [*inner.command[: inner.command.index("box")], "box", "--", "PS1='far> ' exec bash --norc --noprofile"]
    script = host.path("start")
    script.write_text("#!/bin/sh\nexec " + " ".join(map(_quoted, command)) + "\n")
    script.chmod(0o755)
    env = host.sshd.client_env | {"PS1": "near> ", "HISTFILE": ""}
    program = pty_program(["bash", "--norc", "--noprofile"], env=env)
    program.wait_for("near>")
    program.type(f"{script}\r")
    program.wait_for("far>")
    with_modes_set(program)
    since = len(program.output)
    program.type(f"{ESCAPE}\x1a")
    program.wait_for(lambda screen: screen.endswith("near>"))
    assert "Stopped" in program.screen
    assert_modes_reset(program, since=since)
    program.type("echo ne''arby\r")
    program.wait_for("nearby")
    program.type("fg\r")
    program.wait_for(lambda screen: screen.endswith("far>") and "nearby" not in screen)
    wait_until(lambda: program.frame.modes.mouse == 1002, "the modes are back", pump=[program])
    program.type("exit 6\r")
    program.wait_for(lambda screen: screen.endswith("near>"))
    program.type("echo status $?\r")
    program.wait_for("status 6")


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


# --- nothing to show a session on, or no way to have one ---------------------------------------------------------


def refusal(program: PtyProgram, *, timeout: float = PATIENCE) -> str:
    """Return what a client said that could not start a session."""
    assert program.wait_exit(timeout) == 255
    assert "rmosh: " in program.screen
    return program.screen


def test_terminal_that_cannot_move_its_cursor_is_refused(host: Host[PtyProgram]) -> None:
    screen = refusal(host.open("box", env=host.sshd.client_env | {"TERM": "dumb"}))
    assert "TERM is 'dumb'" in screen
    assert "hint: set TERM" in screen


@pytest.mark.parametrize("closed", ["<&-", ">&-", "</dev/null", "<&- >&- 2>&-"])
def test_with_closed_or_redirected_streams_there_is_a_shell_without_a_terminal(
    host: Host[PtyProgram], rmosh_command: list[str], closed: str
) -> None:
    words = " ".join(rmosh_command)
    config = host.sshd.configure()
    done = subprocess.run(
        ["sh", "-c", f"{words} -F {config} --server {host.server} box {closed} 'exit 7'"],
        capture_output=True,
        timeout=PATIENCE,
        text=True,
        env=host.sshd.client_env,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "ssertion" not in done.stderr  # uvloop 0.23 of a socket that stands where a stream was closed


@pytest.mark.parametrize("path", ["udp", "auto"])
def test_no_free_udp_port_is_told(host: Host[PtyProgram], path: str) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
        taken.bind(("::", 0))
        port = taken.getsockname()[1]
        program = host.open("--path", path, "--port", str(port), "box", columns=200)
        if path == "udp":
            assert "hint: " in refusal(program)
        program.wait_for(f"UDP port {port} is not free: Address already in use")


@needs_root
def test_shell_that_cannot_start_is_told(host: Host[PtyProgram]) -> None:
    host.give_account(home=host.directory, shell="/nonexistent/shell")
    screen = refusal(host.open("box", columns=200))
    assert "the login shell /nonexistent/shell could not be started: No such file or directory" in screen
    assert "hint: " in screen


def test_blocked_udp_is_told_in_good_time(host: Host[PtyProgram]) -> None:
    program = host.open("box", link=LinkModel(delay=0.005, mtu=10), columns=200)
    began = time.monotonic()
    screen = refusal(program, timeout=25)
    print(f"told after {time.monotonic() - began:.1f} s")
    assert "the server is running, but UDP to 127.0.0.3 port" in screen
    assert "hint: let UDP port" in screen


def test_whoever_waits_for_udp_that_is_blocked_reads_for_what_and_is_let_go(host: Host[PtyProgram]) -> None:
    program = host.open("box", link=LinkModel(delay=0.005, mtu=10), columns=100)
    program.wait_for("rmosh: logged in, waiting for UDP port")
    assert "of 127.0.0.3 (Ctrl-C gives up)" in program.screen
    assert b"\x1b[J" not in program.output  # the screen that the login left is still there
    began = time.monotonic()
    program.type("\x03")
    assert program.wait_exit() == 130
    print(f"let go after {time.monotonic() - began:.1f} s")
    assert "rmosh: interrupted" in program.screen


def test_strangers_datagrams_neither_show_nor_disturb(host: Host[PtyProgram]) -> None:
    program = host.shell()
    server = host.only_server()
    inodes = {os.readlink(path) for path in Path(f"/proc/{server}/fd").iterdir()}
    table = Path("/proc/net/udp6").read_text() + Path("/proc/net/udp").read_text()
    [port] = {
        int(line.split()[1].rpartition(":")[2], 16)
        for line in table.splitlines()
        if len(line.split()) > 9 and f"socket:[{line.split()[9]}]" in inodes
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        for size in (0, 1, 14, 31, 32, 100, 1200, 9000, 60000) * 20:
            stranger.sendto(os.urandom(size), ("127.0.0.1", port))
        program.type("clear; echo un''harmed\r")
        program.wait_for(lambda screen: screen == f"unharmed\n{PROMPT.rstrip()}")
        with pytest.raises(BlockingIOError):
            stranger.recv(1)
