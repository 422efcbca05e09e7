"""A host where rmosh-server is not installed: it is sent, runs from memory, and stays only where that is asked for."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.registered import Registered
from tests.e2e.session_host import PLAIN_SHELL, PROMPT
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Both ways in: asyncssh, and the system's ssh.
WAYS = pytest.mark.parametrize("way", [(), ("--ssh", "ssh")], ids=["asyncssh", "ssh"])


class BareHost:
    """A host with a Python and no rmosh-server, whose home is empty."""

    def __init__(self, sshd: Sshd, directory: Path, start: Callable[..., PtyProgram], rmosh: list[str]) -> None:
        self.sshd = sshd
        self.home = directory / "home"
        self.registered = Registered(directory / "sessions")
        self._start = start
        self._rmosh = rmosh

    def open(self, *words: str, env: dict[str, str] | None = None) -> PtyProgram:
        """Start `rmosh` with some words; an errand comes first."""
        errand = [word for word in words[:1] if word in ("ls", "attach", "kill", "log")]
        words = words[len(errand) :]
        command = [*self._rmosh, *errand, "-F", str(self.sshd.configure()), *words]
        return self._start(command, env=self.sshd.client_env | (env or {}), columns=200)

    def shell(self, *words: str) -> PtyProgram:
        program = self.open(*words, "box", "--", *PLAIN_SHELL)
        program.wait_for(PROMPT.rstrip())
        return program

    def files(self) -> list[str]:
        """Return what lies in its home by now."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())


@pytest.fixture
def make_bare(
    make_sshd: Callable[..., Sshd],
    pty_program: Callable[..., PtyProgram],
    rmosh_command: list[str],
    tmp_path: Path,
    packed_cache: Path,
) -> Iterator[Callable[..., BareHost]]:
    """Makes one: `make_bare(path)`, where `path` is the $PATH there."""
    made: list[BareHost] = []

    def make(path: str = "/usr/bin:/bin") -> BareHost:
        directory = tmp_path / f"bare-{len(made)}"
        (directory / "home").mkdir(parents=True)
        variables = f"HOME={directory / 'home'} RMOSH_RUNTIME_DIR={directory / 'sessions'} PATH={path}"
        sshd = make_sshd(f"SetEnv {variables}")
        sshd.trust_host_key()
        shutil.copytree(packed_cache, Path(sshd.client_env["HOME"]) / ".cache")
        made.append(BareHost(sshd, directory, pty_program, rmosh_command))
        return made[-1]

    if shutil.which("rmosh-server", path="/usr/bin:/bin:/usr/local/bin:/opt/bin"):
        pytest.skip("this machine has an rmosh-server of its own, which would be found")
    yield make
    for host in made:
        host.registered.kill()


def said(program: PtyProgram) -> str:
    """Return all that was printed, also what a session has covered."""
    return program.output.decode()


@WAYS
def test_a_server_is_sent_to_a_host_that_has_none_and_leaves_nothing_there(
    make_bare: Callable[..., BareHost], way: tuple[str, ...]
) -> None:
    host = make_bare()
    program = host.shell(*way)
    program.type("echo 4''2\r")
    program.wait_for(lambda screen: "\n42" in screen)
    assert host.files() == []
    program.type("exit\r")
    assert program.wait_exit() == 0


@WAYS
def test_a_sent_server_finds_the_sessions_of_another_one(
    make_bare: Callable[..., BareHost], way: tuple[str, ...]
) -> None:
    host = make_bare()
    first = host.shell(*way, "-S", "work")
    listed = host.open("ls", *way, "box")
    assert listed.wait_exit() == 0
    assert "work" in listed.screen
    assert "RMOSH-" not in listed.screen
    second = host.open("attach", *way, "box", "work")
    second.wait_for(PROMPT.rstrip())
    second.type("echo 4''2\r")
    first.wait_for(lambda screen: "\n42" in screen)
    killed = host.open("kill", *way, "box", "work")
    assert killed.wait_exit() == 0
    first.wait_exit()
    assert host.files() == []


def test_what_is_kept_is_run_the_next_time_and_nothing_is_sent(make_bare: Callable[..., BareHost]) -> None:
    host = make_bare()
    program = host.open("--install", "box", "--", "true")
    assert program.wait_exit() == 0
    [kept] = [file for file in host.files() if file.endswith(".pyz")]
    assert "keeps rmosh-server in" in said(program)
    assert kept.startswith(".local/lib/rmosh-server/")
    for words in (("--no-inject",), (), ("--install",)):
        again = host.open(*words, "box", "--", "true")
        assert again.wait_exit() == 0
        assert not re.search("sending|keeps", said(again))
    assert host.open("ls", "--no-inject", "box").wait_exit() == 0


@pytest.mark.linux
def test_what_is_kept_is_compiled_once_for_a_python(make_bare: Callable[..., BareHost]) -> None:
    host = make_bare()
    assert host.open("--install", "box", "--", "true").wait_exit() == 0
    [compiled] = [host.home / file for file in host.files() if ".pyz." in file]
    made = compiled.stat().st_mtime_ns
    for _ in range(2):
        assert host.open("--no-inject", "box", "--", "exit 3").wait_exit() == 3
        assert compiled.stat().st_mtime_ns == made
    os.truncate(compiled, 5000)
    assert host.open("--no-inject", "box", "--", "exit 3").wait_exit() == 3
    assert compiled.stat().st_size > 5000


def test_a_server_in_memory_alone_lets_nobody_in(make_bare: Callable[..., BareHost]) -> None:
    host = make_bare()
    with tempfile.TemporaryDirectory(prefix="run-") as doors:
        sharing = {"RMOSH_SHARE": "yes", "XDG_RUNTIME_DIR": doors}
        first = host.open("box", "--", *PLAIN_SHELL, env=sharing)
        first.wait_for(PROMPT.rstrip())
        assert host.open("-O", "check", "box", env=sharing).wait_exit() == 255
        first.type("exit\r")
        assert first.wait_exit() == 0


def test_a_kept_server_starts_others_for_whom_a_session_lets_in(make_bare: Callable[..., BareHost]) -> None:
    host = make_bare()
    assert host.open("--install", "box", "--", "true").wait_exit() == 0
    with tempfile.TemporaryDirectory(prefix="run-") as doors:  # a path that is short enough for a socket's
        sharing = {"RMOSH_SHARE": "yes", "XDG_RUNTIME_DIR": doors}
        first = host.open("box", "--", *PLAIN_SHELL, env=sharing)
        first.wait_for(PROMPT.rstrip())
        host.sshd.stop()
        assert host.open("box", "--", "exit 5", env=sharing).wait_exit() == 5
        assert host.open("-O", "exit", "box", env=sharing).wait_exit() == 0
        first.type("exit\r")
        first.wait_exit()


def test_a_kept_server_that_is_damaged_is_sent_anew_and_repaired_by_installing_again(
    make_bare: Callable[..., BareHost],
) -> None:
    host = make_bare()
    assert host.open("--install", "box", "--", "true").wait_exit() == 0
    [kept] = [host.home / file for file in host.files() if file.endswith(".pyz")]
    os.truncate(kept, 5000)
    for words in ((), ("--install",)):
        program = host.open(*words, "box", "--", "true")
        assert program.wait_exit() == 0
        assert "is damaged: sending another" in said(program)
    assert host.open("--no-inject", "box", "--", "true").wait_exit() == 0


def test_a_python_that_hangs_is_named_and_ctrl_c_lets_go(make_bare: Callable[..., BareHost], tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nsleep 20\n")
    python.chmod(0o755)
    program = make_bare(f"{tmp_path}:/usr/bin:/bin").open("box")
    program.wait_for(f"waiting for {python} on box, which may hang")
    program.type("\x03")
    assert program.wait_exit() == 130


def test_sending_can_be_refused(make_bare: Callable[..., BareHost]) -> None:
    program = make_bare().open("--no-inject", "box")
    assert program.wait_exit() == 255
    assert "box has no rmosh-server (not found in /usr/bin:/bin" in program.screen
    assert "--no-inject" in program.screen


def test_where_a_server_is_named_none_is_sent(make_bare: Callable[..., BareHost]) -> None:
    program = make_bare().open("--server", "/nowhere/rmosh-server", "box")
    assert program.wait_exit() == 255
    assert "sending" not in said(program)
    assert "/nowhere/rmosh-server" in program.screen


def test_the_user_is_told_once_per_host(make_bare: Callable[..., BareHost], tmp_path: Path) -> None:
    host = make_bare()
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    told = []
    for _ in range(2):
        program = host.open("box", "--", "true", env=cache)
        assert program.wait_exit() == 0
        told.append("no rmosh-server: sending one" in said(program))
    assert told == [True, False]
