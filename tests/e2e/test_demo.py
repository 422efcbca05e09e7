"""`rmosh demo`: everything real but the SSH server, on this machine alone."""

import os
import select
import signal
import tempfile
import time
from pathlib import Path

import own_home
import pytest

pytestmark = [pytest.mark.slow]


@pytest.fixture
def demo(pty_program, rmosh_command, tmp_path_factory):
    """Starts a demo whose temporary files can be told from everybody else's."""
    with tempfile.TemporaryDirectory(prefix="rmosh-test-") as directory:

        def start(*words):
            env = {"TMPDIR": directory, "HOME": directory, "SHELL": "/bin/sh", "PS1": "ready> "} | own_home.VARIABLES
            program = pty_program([*rmosh_command, "demo", *words], env=os.environ | env)
            program.leftovers = lambda: list(Path(directory).glob("rmosh-demo-*"))
            return program

        yield start


def servers_of(directory: Path) -> list[str]:
    """Return the processes that were started for a demo in this directory."""
    mark = f"RMOSH_RUNTIME_DIR={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


def assert_all_gone(directory: Path) -> None:
    """Fail unless the processes and files of a demo are gone within some seconds."""
    deadline = time.monotonic() + 20
    while (servers_of(directory) or directory.exists()) and time.monotonic() < deadline:
        select.select([], [], [], 0.05)
    assert servers_of(directory) == []
    assert not directory.exists()


def test_demo_explains_itself_runs_a_shell_and_leaves_nothing(demo):
    program = demo("--delay", "10ms", "--loss", "1%", "--roam", "0.5s")
    program.wait_for(lambda screen: screen.rstrip().endswith(("#", "$", "ready>")))
    assert b"10 ms each way, 1 % loss, roaming every 0.5 s" in program.output
    [directory] = program.leftovers()
    program.type("echo he''llo; exit 7\r")
    program.wait_for("hello")
    assert program.wait_exit() == 7
    assert program.leftovers() == []
    assert_all_gone(directory)


def test_killed_demo_leaves_no_server_behind(demo):
    program = demo("--delay", "5ms", "--loss", "0", "--roam", "0")
    program.wait_for(lambda screen: screen.rstrip().endswith(("#", "$", "ready>")))
    [directory] = program.leftovers()
    assert servers_of(directory)
    program.send_signal(signal.SIGKILL)
    program.wait_exit()
    assert_all_gone(directory)


@pytest.mark.parametrize("words", [("--delay", "fast"), ("--loss", "200%"), ("--roam", "5")])
def test_impossible_links_are_told(demo, words):
    program = demo(*words)
    assert program.wait_exit() == 255
    assert "rmosh demo --help" in program.screen
