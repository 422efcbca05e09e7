"""A real OpenSSH sshd on loopback, and programs in a pseudo-terminal whose screen can be looked at."""

import contextlib
import fcntl
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from rmosh.terminal.cells import Frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh_server.shell.account import Program
from rmosh_server.systems import start_on_terminal

# Makes this folder's own models importable: importlib mode adds no folder to the path.
sys.path.insert(0, str(Path(__file__).parent))

from tests.e2e.outer_tmux import OuterTmux
from tests.e2e.session_host import Host

#: Seconds a screen may take to show what a test waits for; the test machine is shared and slow.
PATIENCE = 20.0

#: Bytes of keys pressed at once: less than a terminal's buffer holds beside what waits in it.
_KEYS_AT_ONCE = 256


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def generate_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@dataclass
class Sshd:
    """A running sshd and what a client needs to reach it.

    Attributes:
        directory: holds keys, configurations and logs; thrown away with the test.
        config: an ssh_config for `-F`, with the host alias `box`.
        client_env: environment for a client: no agent, an empty HOME.
    """

    directory: Path
    port: int
    host_key: Path
    user_key: Path
    authorized_keys: Path
    known_hosts: Path
    config: Path
    client_env: dict[str, str]
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def log(self) -> str:
        return (self.directory / "sshd.log").read_text(errors="replace")

    def configure(self, *lines: str, alias: str = "box", own_key: bool = True) -> Path:
        """Write a configuration for `-F`, given lines first; returns its path."""
        identity = [f"    IdentityFile {self.user_key}"] if own_key else []
        text = "\n".join(
            (
                f"Host {alias}",
                *(f"    {line}" for line in lines),
                "    HostName 127.0.0.1",
                f"    Port {self.port}",
                f"    User {user_name()}",
                *identity,
                "    IdentitiesOnly yes",
                f"    UserKnownHostsFile {self.known_hosts}",
                "    GlobalKnownHostsFile /dev/null",
                "",
            )
        )
        path = self.directory / f"config-{len(list(self.directory.glob('config*')))}"
        path.write_text(text)
        return path

    def authorize(self, key: Path) -> None:
        with self.authorized_keys.open("a") as file:
            file.write(Path(f"{key}.pub").read_text())

    def trust_host_key(self, host_key: Path | None = None, *, name: str | None = None) -> None:
        public = Path(f"{host_key or self.host_key}.pub").read_text().split()
        with self.known_hosts.open("a") as file:
            file.write(f"{name or f'[127.0.0.1]:{self.port}'} {public[0]} {public[1]}\n")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def user_name() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def start_sshd(directory: Path, *options: str, login_shell: str = "") -> Sshd:
    """Start sshd with throw-away keys; `options` are lines for its configuration and win over the usual ones.

    With a `login_shell` sshd, and all that it starts, see an account of the test's own for this user, whose home is the
    directory's `home`; only root can do that.
    """
    binary = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if binary is None:
        pytest.skip("OpenSSH's sshd is not installed (apt install openssh-server)")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    home = directory / "home"
    (home / ".ssh").mkdir(parents=True)
    host_key, user_key = generate_key(directory / "host_key"), generate_key(directory / "user_key")
    authorized_keys = directory / "authorized_keys"
    shutil.copy(f"{user_key}.pub", authorized_keys)
    port = free_port()
    config = directory / "sshd_config"
    usual = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {authorized_keys}",
        f"PidFile {directory / 'sshd.pid'}",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        "StrictModes no",
        "UsePAM no",
        "PrintMotd no",
        "AcceptEnv LANG LC_*",
        f"SetEnv HOME={home}",  # no start-up file of whoever runs the tests
        "LogLevel DEBUG1",
        "MaxStartups 100",
    )
    config.write_text("\n".join((*options, *usual)) + "\n")
    log = directory / "sshd.log"
    command = [binary, "-D", "-f", str(config), "-E", str(log)]
    if login_shell:
        accounts = _accounts_with(directory / "passwd", home=home, shell=login_shell)
        command = ["unshare", "-m", "sh", "-c", f'mount --bind {accounts} /etc/passwd && exec "$@"', "sh", *command]
    process = subprocess.Popen(command)
    _wait_for_port(port, process, log)
    client_env = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    client_env |= {"HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    known_hosts = directory / "known_hosts"
    sshd = Sshd(directory, port, host_key, user_key, authorized_keys, known_hosts, config, client_env, process)
    sshd.config = sshd.configure()
    return sshd


def _accounts_with(path: Path, *, home: Path, shell: str) -> Path:
    """Write the system's accounts with another home and shell for this user."""
    lines = []
    for line in Path("/etc/passwd").read_text().splitlines():
        name, *fields = line.split(":")
        lines.append(":".join([name, *fields[:4], str(home), shell]) if name == user_name() else line)
    path.write_text("\n".join(lines) + "\n")
    return path


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        select.select([], [], [], 0.02)
    pytest.fail(f"sshd did not start: {log.read_text(errors='replace') if log.exists() else 'no log'}")


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


class PtyProgram:
    """A program in a pseudo-terminal of its own, looked at through a terminal model.

    Attributes:
        command: what runs in it.
        output: every byte it wrote.
        answers: it answers questions about itself, as rmosh's own emulator does.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        rows: int = 24,
        columns: int = 80,
        answers: bool = True,
        colours: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self.command = list(command)
        self.output = b""
        self.answers = answers
        self.status: int | None = None
        self._emulator = Emulator(rows=rows, columns=columns)
        self._emulator.use_colours(colours)
        file = shutil.which(command[0], path=env.get("PATH"))
        assert file is not None, f"there is no {command[0]}"
        self._master, slave = os.openpty()
        self._set_size(self._master, rows, columns)
        self.pid = start_on_terminal(Program(file, tuple(command)), env, terminal=slave)
        os.close(slave)

    @staticmethod
    def _set_size(terminal: int, rows: int, columns: int) -> None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def use_colours(self, colours: Mapping[int, int]) -> None:
        """Let the terminal have other colours, 0xRRGGBB by place, and say so where it was asked to (mode 2031)."""
        self._emulator.use_colours(colours)
        self._answer()

    def _answer(self) -> None:
        answers = self._emulator.take_replies()
        if answers and self.answers:
            os.write(self._master, answers)

    @property
    def frame(self) -> Frame:
        """All that the terminal shows."""
        return self._emulator.frame()

    @property
    def screen(self) -> str:
        """The lines of the screen, trailing blanks cut off."""
        lines = ("".join(cell.text for cell in row.cells) for row in self.frame.rows)
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column, 0-based."""
        cursor = self.frame.cursor
        return cursor.row, cursor.column

    @property
    def scrollback(self) -> str:
        """The lines that scrolled off since this was asked before."""
        return "\n".join(line.text for line in lines_of(self._emulator.take_history()))

    @property
    def settings(self) -> list[object]:
        """The terminal's line settings, as `termios.tcgetattr` gives them."""
        return termios.tcgetattr(self._master)

    def pump(self, seconds: float = 0.0) -> bool:
        """Take what the program has written within some seconds; False once it has closed its terminal."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:
            data = b""
        self.output += data
        self._emulator.feed(data)
        self._answer()
        return bool(data)

    def wait_for(self, wanted: "str | Callable[[str], bool]", timeout: float = PATIENCE) -> str:
        """Return the screen once it shows a text or satisfies a predicate; fail the test otherwise."""

        def shown(screen: str) -> bool:
            return wanted in screen if isinstance(wanted, str) else wanted(screen)

        deadline = time.monotonic() + timeout
        while not shown(self.screen):
            left = deadline - time.monotonic()
            if left <= 0 or (not self.pump(min(left, 0.1)) and not shown(self.screen)):
                pytest.fail(f"never shown: {wanted!r}; the screen is:\n{self.screen}")
        return self.screen

    def type(self, text: "str | bytes") -> None:
        """Press keys; where they are many, take what the program writes meanwhile."""
        keys = text.encode() if isinstance(text, str) else text
        while keys:
            _, ready, _ = select.select([], [self._master], [], 0)
            if ready:
                keys = keys[os.write(self._master, keys[:_KEYS_AT_ONCE]) :]
            else:
                self.pump(0.01)

    def resize(self, *, rows: int, columns: int) -> None:
        self._emulator.resize(rows=rows, columns=columns)
        self._set_size(self._master, rows, columns)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Return the exit status, or minus the signal, once the program has ended."""
        deadline = time.monotonic() + timeout
        while self.status is None:
            if time.monotonic() > deadline:
                pytest.fail(f"still running; the screen is:\n{self.screen}")
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        while self.pump(0.0) and select.select([self._master], [], [], 0)[0]:
            pass
        return self.status

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL
        if self._master >= 0:
            os.close(self._master)


@pytest.fixture
def pty_program() -> Iterator[Callable[..., PtyProgram]]:
    """Starts programs in pseudo-terminals: `pty_program(command, env=..., rows=24, columns=80)`."""
    started: list[PtyProgram] = []

    def start(command: Sequence[str], **options: object) -> PtyProgram:
        options.setdefault("env", dict(os.environ))
        started.append(PtyProgram(command, **options))  # type: ignore[arg-type]
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


@dataclass
class Agent:
    """An ssh-agent of the test's own.

    Attributes:
        questions: a file that is there once the agent has asked whether a key may be used; it takes that as a yes.
    """

    environment: dict[str, str]
    questions: Path

    def add(self, key: Path, *options: str, passphrase: str = "") -> None:
        answer = key.parent / "answer"
        answer.write_text(f"#!/bin/sh\necho '{passphrase}'\n")
        answer.chmod(0o755)
        env = os.environ | self.environment | {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"}
        subprocess.run(["ssh-add", "-q", *options, str(key)], env=env, check=True, stdin=subprocess.DEVNULL)


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
        while not socket_path.exists() and time.monotonic() < deadline:
            select.select([], [], [], 0.01)
        yield Agent({"SSH_AUTH_SOCK": str(socket_path)}, questions)
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Account:
    name: str
    password: str
    home: Path

    def authorize(self, key: Path) -> None:
        """Let a key in, where sshd looks as this user: AuthorizedKeysFile has to say .ssh/authorized_keys."""
        (self.home / ".ssh").mkdir()
        shutil.copy(f"{key}.pub", self.home / ".ssh" / "authorized_keys")
        for path in (self.home / ".ssh", self.home / ".ssh" / "authorized_keys"):
            shutil.chown(path, self.name)


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


#: What a stand-in for rmosh-server says to a client, in sh: its announce line, bound to the hello as the real one's.
ANSWER_HELLO = (
    "read -r hello; arrival=${SSH_CONNECTION% *}; echo; echo RMOSH-ANNOUNCE 2 port=60001 session=0123456789abcdef"
    f" secret={'A' * 43}= arrival=${{arrival##* }} nonce=${{hello##*nonce=}}"
)


@dataclass(frozen=True)
class Announcer:
    """A stand-in for rmosh-server that only announces and notes how it was called."""

    script: Path
    notes: Path

    def seen(self) -> str:
        return self.notes.read_text()


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
) -> Iterator[Host]:
    """A host whose sessions are known by a runtime directory of their own."""
    directory = tmp_path / "host"
    directory.mkdir()
    sshd = make_sshd(f"SetEnv HOME={directory} RMOSH_RUNTIME_DIR={directory / 'sessions'}")
    sshd.trust_host_key()
    host = Host(sshd, directory, start=pty_program, rmosh=rmosh_command)
    yield host
    host.close()


@pytest.fixture
def outer(host: Host, rmosh_command: list[str]) -> Iterator[Host]:
    """The same host as `host`, whose sessions are shown in terminals with a scrollback."""
    started: list[OuterTmux] = []

    def start(command: Sequence[str], **options: object) -> OuterTmux:
        started.append(OuterTmux(command, **options))
        return started[-1]

    outer = Host(host.sshd, host.directory, start=start, rmosh=rmosh_command)
    try:
        yield outer
    finally:
        for terminal in started:
            terminal.close()
        outer.close_relay()
