"""Logins that stand for each other: a second session without SSH, while the first is open and after it."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


@pytest.fixture
def environment(host: Host[PtyProgram]) -> Iterator[dict[str, str]]:
    """Of clients that share their logins with each other alone."""
    with tempfile.TemporaryDirectory(prefix="run-") as doors:  # a path that is short enough for a socket's
        yield {**host.sshd.client_env, "RMOSH_SHARE": "yes", "XDG_RUNTIME_DIR": doors}


@pytest.fixture
def sharing(host: Host[PtyProgram], environment: dict[str, str]) -> Iterator[Callable[..., PtyProgram]]:
    """Starts sessions that share their logins; the arguments are the words of the command line."""

    def start(*words: str) -> PtyProgram:
        return host.open(*words, env=environment)

    yield start
    control(host, environment, "exit")


def control(host: Host[PtyProgram], environment: dict[str, str], word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(host.words("-O", word, "box"), env=environment, capture_output=True, text=True, check=False)


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_login_stands_for_others_while_its_session_is_open_and_after_it(
    host: Host[PtyProgram], sharing: Callable[..., PtyProgram], environment: dict[str, str]
) -> None:
    first = sharing("box", "--", "echo fir''st; exec sh")
    first.wait_for("first")
    assert control(host, environment, "check").returncode == 0
    host.sshd.stop()
    second = sharing("box", "--", "echo sec''ond; exec sh")
    second.wait_for("second")
    first.type("exit 3\r")
    assert first.wait_exit() == 3
    second.type("exit 4\r")
    began = time.monotonic()
    assert second.wait_exit() == 4
    assert time.monotonic() - began < 5.0, "the command does not wait for what stays behind"
    third = sharing("box", "--", "echo th''ird; exit 5")
    assert third.wait_exit() == 5
    stopped = control(host, environment, "exit")
    assert stopped.returncode == 0
    [process] = [int(word) for word in stopped.stderr.split() if word.isdigit()]
    deadline = time.monotonic() + PATIENCE
    while is_there(process):
        assert time.monotonic() < deadline, "it ends when it is told to"
        time.sleep(0.05)
    assert control(host, environment, "check").returncode == 255


def test_a_tunnel_lets_a_command_in_pipes_in(
    host: Host[PtyProgram], sharing: Callable[..., PtyProgram], environment: dict[str, str]
) -> None:
    tunnel = sharing("-N", "box")
    deadline = time.monotonic() + PATIENCE
    while control(host, environment, "check").returncode:
        assert time.monotonic() < deadline, "it opens a door once it has logged in"
        tunnel.pump(0.1)
    host.sshd.stop()
    words = host.words("box", "--", "tr a-z A-Z; exit 7")
    piped = subprocess.run(words, env=environment, input=b"bytes", capture_output=True, check=False, timeout=PATIENCE)
    assert (piped.returncode, piped.stdout) == (7, b"BYTES")
    tunnel.send_signal(signal.SIGINT)
    tunnel.wait_exit()
    assert control(host, environment, "check").returncode == 255


def test_who_shares_no_login_logs_in_for_himself(host: Host[PtyProgram], sharing: Callable[..., PtyProgram]) -> None:
    first = sharing("box", "--", "echo fir''st; exec sh")
    first.wait_for("first")
    host.sshd.stop()
    for words in (("--no-share", "box"), ("-o", "HostKeyAlias=other", "box")):
        refused = sharing(*words, "--", "true")
        assert refused.wait_exit() == 255
        assert "connection refused" in refused.screen
