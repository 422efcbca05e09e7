"""Starts what an end-to-end test needs, and ends it again."""

import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.e2e.outer_tmux import OuterTmux
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host
from tests.e2e.sshd import Sshd, generate_key, start_sshd
from tests.e2e.stand_ins import ANSWER_HELLO, Account, Agent, Announcer
from tests.patience import PATIENCE

# A session of another test must not stand for a login, nor outlive its own.
os.environ["RMOSH_SHARE"] = "no"

# Programs run in terminals of the tests' own, whatever the tests themselves run in.
os.environ["TERM"] = "xterm-256color"


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """An sshd whose host key is already known to the client's configuration."""
    running = start_sshd(tmp_path / "sshd")
    running.trust_host_key()
    yield running
    running.stop()


@pytest.fixture
def make_sshd(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts further sshds; arguments are lines of sshd_config."""
    running: list[Sshd] = []

    def make(*options: str, login_shell: str = "") -> Sshd:
        running.append(start_sshd(tmp_path / f"sshd-{len(running)}", *options, login_shell=login_shell))
        return running[-1]

    yield make
    for sshd in running:
        sshd.stop()


@pytest.fixture
def pty_program() -> Iterator[Callable[..., PtyProgram]]:
    """Starts programs in pseudo-terminals: `pty_program(command, env=..., rows=24, columns=80)`."""
    started: list[PtyProgram] = []

    def start(command: Sequence[str], **options: object) -> PtyProgram:
        options.setdefault("env", dict(os.environ))
        started.append(PtyProgram(command, **options))  # type: ignore[arg-type]  # as the caller names them
        return started[-1]

    yield start
    for program in started:
        program.close()


@pytest.fixture
def rmosh_command() -> list[str]:
    """The client as it stands in this checkout."""
    return [sys.executable, "-m", "rmosh_client.command.cli"]


@pytest.fixture
def make_key(tmp_path: Path) -> Callable[..., Path]:
    """Generates a key pair: `make_key(name, passphrase="", kind="ed25519")`."""

    def make(name: str, **options: str) -> Path:
        return generate_key(tmp_path / name, **options)

    return make


@pytest.fixture
def agent() -> Iterator[Agent]:
    # A socket's path may have 107 bytes only: pytest's own directories can be longer.
    with tempfile.TemporaryDirectory(prefix="rmosh-agent-") as directory:
        socket_path = Path(directory) / "socket"
        questions, asking = Path(directory) / "questions", Path(directory) / "asking"
        asking.write_text(f"#!/bin/sh\necho asked >> {questions}\n")
        asking.chmod(0o755)
        process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(socket_path)],
            env=os.environ | {"SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE
        while not listens(socket_path) and time.monotonic() < deadline:
            select.select([], [], [], 0.01)
        yield Agent({"SSH_AUTH_SOCK": str(socket_path)}, questions)
        process.terminate()
        process.wait()


def listens(socket_path: Path) -> bool:
    """Tell whether somebody takes connections there; the file comes before that."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(socket_path)) == 0


@pytest.fixture
def account() -> Iterator[Account]:
    """A system user that exists for one test."""
    if os.getuid() != 0:
        pytest.skip("only root can make the system user whose password is asked for")
    home = Path(tempfile.mkdtemp(prefix="rmosh-home-"))
    account = Account(f"rmosh{os.getpid() % 100000}", secrets.token_hex(8), home)
    subprocess.run(["useradd", "-M", "-d", str(home), "-s", "/bin/sh", account.name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{account.name}:{account.password}\n", text=True, check=True)
        shutil.chown(home, account.name)
        yield account
    finally:
        subprocess.run(["userdel", "-f", account.name], check=True, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def announcer() -> Iterator[Announcer]:
    # Below /tmp, where a user without rights to the test's own directory can run it and write.
    directory = Path(tempfile.mkdtemp(prefix="rmosh-announcer-"))
    directory.chmod(0o777)
    script, notes = directory / "announcer", directory / "notes"
    script.write_text(
        "#!/bin/sh\n"
        'case "$1" in status) echo "ended exited 3"; exit;; esac\n'
        f'{{ printf "arguments: %s\\n" "$*"; env | sed "s/^/environment /"; }} > {notes}\n'
        f"{ANSWER_HELLO}\n"
    )
    script.chmod(0o755)
    yield Announcer(script, notes)
    shutil.rmtree(directory)


@pytest.fixture
def rmosh_start(pty_program: Callable[..., PtyProgram], announcer: Announcer) -> Callable[..., PtyProgram]:
    """Runs the real `rmosh` in a terminal, which prints STARTED where the session would begin."""

    def start(
        sshd: Sshd,
        *words: str,
        config: Path | None = None,
        env: Mapping[str, str] | None = None,
        server: str | None = None,
    ) -> PtyProgram:
        command = [sys.executable, str(Path(__file__).with_name("start_only.py"))]
        command += ["-F", str(config or sshd.config), "--server", server or str(announcer.script)]
        return pty_program([*command, *words], env=sshd.client_env | dict(env or {}), columns=240)

    return start


@pytest.fixture
def host(
    make_sshd: Callable[..., Sshd], pty_program: Callable[..., PtyProgram], rmosh_command: list[str], tmp_path: Path
) -> Iterator[Host[PtyProgram]]:
    """A host whose sessions are known by a runtime directory of their own."""
    directory = tmp_path / "host"
    directory.mkdir()
    sshd = make_sshd(f"SetEnv HOME={directory} RMOSH_RUNTIME_DIR={directory / 'sessions'}")
    sshd.trust_host_key()
    host = Host(sshd, directory, start=pty_program, rmosh=rmosh_command)
    yield host
    host.close()


@pytest.fixture
def outer(host: Host[PtyProgram], rmosh_command: list[str]) -> Iterator[Host[OuterTmux]]:
    """The same host as `host`, whose sessions are shown in terminals with a scrollback."""
    started: list[OuterTmux] = []

    def start(command: Sequence[str], **options: object) -> OuterTmux:
        started.append(OuterTmux(command, **options))  # type: ignore[arg-type]  # as its caller names them
        return started[-1]

    outer = Host(host.sshd, host.directory, start=start, rmosh=rmosh_command)
    try:
        yield outer
    finally:
        for terminal in started:
            terminal.close()
        outer.close_relay()
