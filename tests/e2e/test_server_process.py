"""The real `rmosh-server` process: how it starts, lets go of its login, serves, ends and is asked about."""

import base64
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath

import pytest

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce, parse_announce, parse_where, split_announce
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.hello import Hello, format_hello
from rmosh.session.client import ClientSession
from rmosh.transport.path import Path
from rmosh_server.process.descriptors import SPARE
from rmosh_server.sockets.asking import Door, ask
from tests.e2e import own_home
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

#: Variable by which a test knows the processes it started.
MARKER = "RMOSH_TEST"


class Client:
    """The real client core over a real socket, without a terminal."""

    def __init__(self, announce: Announce, *, rows: int, columns: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server = ("127.0.0.1", announce.port)
        self.socket.setblocking(False)
        self.path = Path(0, "127.0.0.1", announce.port)
        self.core = ClientSession(
            announce, rows=rows, columns=columns, paths=[self.path], entropy=os.urandom, now=time.monotonic()
        )
        self.close: Close | None = None

    @property
    def screen(self) -> str:
        """What the screen shows, one line a row."""
        return "\n".join("".join(cell.text for cell in row.cells).rstrip() for row in self.core.frame.rows)

    def type(self, text: str) -> None:
        self.core.send_input(text.encode(), now=time.monotonic())

    def pump_until(self, condition: Callable[[], bool]) -> None:
        """Exchange datagrams until something holds."""
        give_up = time.monotonic() + PATIENCE
        self._send()
        while not condition():
            assert time.monotonic() < give_up, f"nothing for {PATIENCE} s; the screen is\n{self.screen}"
            self._receive(longest=give_up - time.monotonic())
            self._send()

    def pump_for(self, seconds: float) -> None:
        """Exchange what datagrams there are for so long."""
        end = time.monotonic() + seconds
        self._receive(longest=0.0)
        self._send()
        while (left := end - time.monotonic()) > 0:
            self._receive(longest=left)
            self._send()

    def wait_for(self, pattern: str) -> None:
        self.pump_until(lambda: re.search(pattern, self.screen, re.MULTILINE) is not None)

    def wait_for_close(self) -> Close:
        self.pump_until(lambda: self.close is not None)
        self._say_last_words()
        assert self.close is not None
        return self.close

    def _take_events(self) -> None:
        while (event := self.core.next_event()) is not None:
            if isinstance(event, SessionClosed):
                self.close = event.close

    def _say_last_words(self) -> None:
        """Acknowledge the close."""
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            self._receive(longest=0.005)
            self._send()

    def _send(self) -> None:
        for datagram in self.core.datagrams_to_send(now=time.monotonic()):
            self.socket.sendto(datagram.data, self.server)
        self._take_events()

    def _receive(self, *, longest: float) -> None:
        now = time.monotonic()
        wakeup = self.core.next_wakeup(now=now)
        left = longest if wakeup is None else min(max(0.0, wakeup - now), longest)
        select.select([self.socket], [], [], left)
        with contextlib.suppress(BlockingIOError):
            self.core.receive_datagram(self.socket.recv(65536), self.path, now=time.monotonic())
        self._take_events()


@dataclass
class Launch:
    """What one run of `rmosh-server new` left behind."""

    status: int
    output: bytes
    errors: str
    environment: dict[str, str] = field(repr=False)
    announce: Announce | None = None

    def server_id(self) -> int:
        """Return the process id of the server: the owner of the announced port."""
        assert self.announce is not None
        shells = _processes_with(f"RMOSH_SESSION={self.announce.session_id.hex()}")
        parents = {_parent_of(shell) for shell in shells} - set(shells)
        assert len(parents) == 1, (shells, parents)
        return parents.pop()

    def ask_status(self) -> str:
        assert self.announce is not None
        asked = run_server("status", self.announce.session_id.hex(), environment=self.environment)
        assert (asked.returncode, asked.stderr) == (0, b"")
        return asked.stdout.decode().strip()


def run_server(
    *words: str, environment: dict[str, str], said: str = "", through: Sequence[str] = (), **options: object
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(  # type: ignore[call-overload, no-any-return]  # as the caller names them
        [*through, sys.executable, "-m", "rmosh_server", *words],
        env=environment,
        capture_output=True,
        input=said.encode() + b"\n",
        timeout=PATIENCE,
        **options,
    )


def _own_processes() -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(f"/proc/{name}").st_uid == os.getuid():
                found.append(int(name))
    return found


def _environment_of(process: int) -> bytes:
    with contextlib.suppress(OSError), open(f"/proc/{process}/environ", "rb") as opened:
        return opened.read()
    return b""


def _processes_with(variable: str) -> list[int]:
    """Return the processes that have exactly this variable in their environment."""
    wanted = variable.encode()
    return [process for process in _own_processes() if wanted in _environment_of(process).split(b"\0")]


def _parent_of(process: int) -> int:
    return int(FilePath(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"did not happen within {PATIENCE} s"
        select.select([], [], [], 0.01)


def _is_running(process: int) -> bool:
    try:
        return FilePath(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def environment(tmp_path: FilePath) -> Iterator[dict[str, str]]:
    """Return an environment that marks every process of this test, all of which are ended with it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SSH_"))}
    kept |= {"RMOSH_RUNTIME_DIR": str(tmp_path / "rmosh"), MARKER: str(tmp_path)}
    yield kept | {"HOME": str(tmp_path)} | own_home.VARIABLES
    for process in _processes_with(f"{MARKER}={tmp_path}"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def launch(environment: dict[str, str]) -> Callable[..., Launch]:
    def start(*words: str, **changed: str) -> Launch:
        run_in = environment | changed
        done = run_server("new", "--port", "0", *words, environment=run_in)
        announce = parse_announce(done.stdout) if done.returncode == 0 else None
        return Launch(done.returncode, done.stdout, done.stderr.decode(), run_in, announce)

    return start


@pytest.fixture
def connect(launch: Callable[..., Launch]) -> Iterator[Callable[..., tuple[Launch, Client]]]:
    with contextlib.ExitStack() as stack:

        def start(*words: str, rows: int = 24, columns: int = 80, **changed: str) -> tuple[Launch, Client]:
            started = launch("--rows", str(rows), "--columns", str(columns), *words, **changed)
            assert started.announce is not None, started
            client = Client(started.announce, rows=rows, columns=columns)
            stack.callback(client.socket.close)
            return started, client

        yield start


def test_the_announce_line_is_all_that_is_printed(launch: Callable[..., Launch]) -> None:
    started = launch("--", "cat")
    assert (started.status, started.errors) == (0, "")
    assert started.output.count(b"\n") == 1
    assert started.announce is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"RMOSH_RUNTIME_DIR": "/" + "x" * 70_000},
        {"RMOSH_RUNTIME_DIR": "/dev/null/a\n\x1b[31mb"},
        {"SSH_CONNECTION": f"1.2.3.4 5 {'x' * 70_000} 22"},
        {"SSH_CONNECTION": "a\x1b[31m\udcff 5 b\x1b[31m\udcff 22"},
        {"LC_ALL": "a\x1b[31m\udcff", "LANG": "x" * 70_000},
    ],
    ids=["long directory", "unprintable directory", "long address", "unprintable address", "locales"],
)
def test_a_session_starts_and_says_nothing_unprintable_whatever_the_environment_has(
    launch: Callable[..., Launch], changed: dict[str, str]
) -> None:
    started = launch("--client", "a\nb" + "c" * 70_000, "--", "cat", **changed)
    assert started.status == 0, started.errors[:1000]
    assert "".join(started.errors.splitlines()).isprintable()
    assert len(started.errors) < 4000
    assert started.announce is not None and started.announce.arrival == ""
    assert started.server_id()


def test_a_client_is_told_where_the_host_may_be_reached_and_by_which_port(
    launch: Callable[..., Launch], tmp_path: FilePath
) -> None:
    wishes = tmp_path / "config" / "rmosh" / "server.toml"
    wishes.parent.mkdir(parents=True)
    wishes.write_text('port_range = "60000:61000"\npublic_port = "50000:51000"\npublic_address = "198.51.100.4"\n')
    started = launch("--port", "60000:61000", "--", "cat", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert started.announce is not None
    assert 50000 <= started.announce.port <= 51000
    assert started.announce.addresses == ("198.51.100.4",)
    wishes.write_text('bind = "127.0.0.1"\n')
    started = launch("--", "cat", XDG_CONFIG_HOME=str(tmp_path / "config"), SSH_CONNECTION="192.0.2.1 5 127.0.0.1 22")
    assert started.announce is not None
    assert started.announce.addresses == ("127.0.0.1",)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give the test an /etc of its own")
def test_the_administrators_file_is_the_limit_of_what_a_client_wishes(
    environment: dict[str, str], tmp_path: FilePath
) -> None:
    etc, admin = tmp_path / "etc", tmp_path / "admin.toml"
    admin.write_text("port_range = 60999\n")
    own_etc = (
        f"mkdir -p {etc}/rmosh && cp -a /etc/. {etc} && cp {admin} {etc}/rmosh/server.toml && mount --bind {etc} /etc"
    )
    through = ("unshare", "-m", "sh", "-c", f'{own_etc} && exec "$@"', "sh")
    words = ("new", "--port", "60000:60010", "--", "exit 3")
    started = run_server(*words, environment=environment, through=through)
    assert started.returncode == 0, started.stderr
    assert parse_announce(started.stdout.strip()).port == 60999
    assert "UDP port 60000:60010 was wished for, this host allows 60999" in started.stderr.decode()


def test_who_asks_over_ssh_how_a_session_is_is_told_where_its_host_is(
    launch: Callable[..., Launch], environment: dict[str, str]
) -> None:
    started = launch("--", "cat")
    assert started.announce is not None
    status = ("status", started.announce.session_id.hex())
    over_ssh = environment | {"SSH_CONNECTION": "192.0.2.1 5 203.0.113.5 22"}
    where, alive = run_server(*status, environment=over_ssh).stdout.decode().splitlines()
    assert parse_where(where)[0] == "203.0.113.5"
    assert alive == "alive"
    assert run_server(*status, environment=environment).stdout == b"alive\n"
    assert run_server("status", "00" * 8, environment=over_ssh).stdout == b"unknown\n"


@pytest.mark.parametrize(
    "words", [["a\x1b[31m\n\udcff"], ["new", "--po\x1b[31m\n\udcff"], ["kill", "\x1b[31m" * 10_000]]
)
def test_words_that_mean_nothing_are_told_in_printable_lines(environment: dict[str, str], words: list[str]) -> None:
    told = run_server(*words, environment=environment)
    assert told.returncode != 0
    lines = told.stderr.decode().splitlines()
    assert len(lines) <= 2 and all(line.isprintable() and len(line) < 1100 for line in lines)


def _log_of(started: Launch, *words: str) -> list[str]:
    asked = run_server("log", *words, environment=started.environment)
    assert (asked.returncode, asked.stderr) == (0, b""), asked
    return [
        line[len("2026-11-28 12:00:00 ") :] if line[:2] == "20" else line for line in asked.stdout.decode().splitlines()
    ]


def test_a_log_tells_of_complaints_and_the_end(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--name", "work", "--env", "LD_PRELOAD=x", "--", "read line")
    assert started.announce is not None
    client.socket.sendto(bytes(1200), client.server)
    client.type("x")
    client.wait_for("^x")
    head, complaint, now = _log_of(started, "work")
    assert head.startswith(f"session {started.announce.session_id.hex()} named work: rmosh-server 0")
    assert complaint == "not set, as programs would run or read something else for them: LD_PRELOAD"
    assert now == "it is alive; datagrams dropped: 1 for no client of the session"
    client.type("\r")
    assert client.wait_for_close().value == 0
    _wait_until(lambda: started.ask_status() == "ended exited 0")
    assert _log_of(started)[2:] == ["datagrams dropped: 1 for no client of the session", "ended: exited 0"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, r"Fatal Python error: Segmentation fault.* File \S+driver.py"),
        (signal.SIGKILL, r"protocol \d+, process \d+, UDP port \d+ it said nothing more: its server was killed"),
    ],
)
def test_a_log_tells_of_a_server_that_crashed_or_was_killed(
    connect: Callable[..., tuple[Launch, Client]], number: signal.Signals, said: str
) -> None:
    started, client = connect("--", "cat")
    client.type("secretly")
    client.wait_for("secretly")
    assert started.announce is not None
    server = started.server_id()
    os.kill(server, number)
    _wait_until(lambda: not _is_running(server))
    told = " ".join(_log_of(started, started.announce.session_id.hex()[:6]))
    assert re.search(said, told), told
    assert "secretly" not in told


def test_without_a_log_that_is_said(environment: dict[str, str]) -> None:
    asked = run_server("log", "work", environment=environment)
    assert asked.returncode == 1 and b"there is no log of a session 'work'" in asked.stderr


def test_a_command_runs_through_the_shell_and_its_exit_status_arrives(
    connect: Callable[..., tuple[Launch, Client]],
) -> None:
    started, client = connect("--", "echo", "a  b;", "read", "line;", "exit", "7")
    client.wait_for("^a b$")
    client.type("\r")
    close = client.wait_for_close()
    assert (close.kind, close.value) == (CloseKind.EXITED, 7)
    _wait_until(lambda: started.ask_status() == "ended exited 7")


def test_a_command_killed_by_a_signal_is_told_as_such(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--", "kill -9 $$")
    close = client.wait_for_close()
    assert (close.kind, close.value) == (CloseKind.SIGNALLED, 9)
    _wait_until(lambda: started.ask_status() == "ended signalled 9")


def test_a_login_shell_has_a_login_s_environment_and_a_terminal(
    connect: Callable[..., tuple[Launch, Client]],
) -> None:
    started, client = connect("--env", "ONE=1=2", LC_ALL="C", TMUX="x")
    assert started.announce is not None
    client.type("clear; echo $0:$TERM:$COLORTERM:$ONE:$TMUX:; tty; locale charmap; stty size; echo $RMOSH_SESSION\r")
    client.wait_for("^-\\w+:xterm-256color:truecolor:1=2::$")
    client.wait_for("^/dev/pts/\\d+$")
    client.wait_for("^UTF-8$")
    client.wait_for("^24 80$")
    client.wait_for(f"^{started.announce.session_id.hex()}$")
    client.type("exit 3\r")
    assert client.wait_for_close().value == 3


@pytest.mark.skipif(os.getuid() != 0, reason="a server's memory can be read by root only")
def test_the_serving_process_does_not_keep_its_secret(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--", "cat")
    client.type("here\r")
    client.wait_for("^here$")
    assert started.announce is not None
    process, secret = started.server_id(), bytes(started.announce.secret)
    maps = FilePath(f"/proc/{process}/maps").read_text()
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.MULTILINE):
            held = os.pread(memory.fileno(), int(end, 16) - int(start, 16), int(start, 16))
            assert secret[16:] not in held
            assert base64.b64encode(secret)[4:40] not in held


def test_the_server_lets_go_of_everything_of_its_login(launch: Callable[..., Launch]) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    started = launch("--", "cat")
    server = started.server_id()
    assert _parent_of(server) != os.getpid()
    assert os.getsid(server) == server
    files = {int(name): os.readlink(f"/proc/{server}/fd/{name}") for name in os.listdir(f"/proc/{server}/fd")}
    assert [files[number] for number in range(3)] == ["/dev/null"] * 3
    assert f"pipe:[{os.fstat(writing).st_ino}]" not in files.values()
    assert os.readlink(f"/proc/{server}/cwd") == "/"
    os.kill(server, signal.SIGHUP)
    assert started.ask_status() == "alive"
    os.close(reading)
    os.close(writing)


def test_the_secret_is_in_no_argument_environment_or_file(launch: Callable[..., Launch], tmp_path: FilePath) -> None:
    started = launch("--", "cat")
    secret = started.output.split()[-1]
    for process in _own_processes():
        with contextlib.suppress(OSError):
            assert secret not in FilePath(f"/proc/{process}/cmdline").read_bytes()
        assert secret not in _environment_of(process)
    kept = [path for path in (tmp_path / "rmosh").iterdir() if path.is_file()]
    assert kept
    for path in kept:
        assert secret not in path.read_bytes()
    assert started.announce is not None
    assert secret.decode() not in repr(started.announce)


def test_ps_shows_a_session_as_rmosh_server_with_its_port(launch: Callable[..., Launch]) -> None:
    started = launch("--", "cat")
    assert started.announce is not None
    words = FilePath(f"/proc/{started.server_id()}/cmdline").read_text().rstrip("\0").split("\0")
    assert words[0] == "rmosh-server"
    assert words[-2:] == ["port", str(started.announce.port)]
    assert not re.search(r"import|/|;", " ".join(words))


def test_no_core_dump_would_hold_the_secret(launch: Callable[..., Launch]) -> None:
    server = launch("--", "cat").server_id()
    limits = FilePath(f"/proc/{server}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0", limits)
    assert int(FilePath(f"/proc/{server}/coredump_filter").read_text(), 16) == 0


@pytest.mark.skipif(os.getuid() == 0 and not shutil.which("setpriv"), reason="root sees all, and no setpriv to be less")
def test_no_other_process_of_the_user_looks_into_the_server_and_the_shell_keeps_its_limits(
    environment: dict[str, str],
) -> None:
    as_user = ["setpriv", "--inh-caps", "-sys_ptrace", "--bounding-set", "-sys_ptrace"] if os.getuid() == 0 else []
    done = run_server("new", "--port", "0", "--", "cat", environment=environment, through=as_user)
    started = Launch(done.returncode, done.stdout, done.stderr.decode(), environment, parse_announce(done.stdout))
    assert started.announce is not None
    server = started.server_id()
    shell = _processes_with(f"RMOSH_SESSION={started.announce.session_id.hex()}")[0]
    _wait_until(lambda: FilePath(f"/proc/{server}/comm").read_text() == "rmosh-server\n")
    looked = [
        subprocess.run([*as_user, "readlink", f"/proc/{process}/cwd"], capture_output=True).returncode == 0
        for process in (server, shell)
    ]
    assert looked == [False, True]
    limits = [FilePath(f"/proc/{process}/limits").read_text() for process in (shell, os.getpid())]
    assert len({tuple(re.findall("Max core file size.*", told)) for told in limits}) == 1


def test_the_server_loads_neither_the_command_line_nor_what_only_others_need() -> None:
    unwanted = {
        "argparse",
        "ast",
        "asyncio",
        "asyncssh",
        "ctypes",
        "locale",
        "logging",
        "subprocess",
        "threading",
    }
    code = f"import sys; import rmosh_server.serving.main; print(*{unwanted} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE, check=True)
    loaded_by_site = subprocess.run(
        [sys.executable, "-c", code.replace("import rmosh_server.serving.main; ", "")],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert set(loaded.stdout.split()) <= set(loaded_by_site.stdout.split())


def test_control_c_reaches_the_program_in_a_flood(connect: Callable[..., tuple[Launch, Client]]) -> None:
    _, client = connect("--", "trap 'echo interrupted; exit 4' INT; yes flood & wait")
    client.wait_for("flood")
    client.type("\x03")
    assert client.wait_for_close().value == 4


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (400, 1000), (1000, 400)])
def test_extreme_windows_work(connect: Callable[..., tuple[Launch, Client]], rows: int, columns: int) -> None:
    _, client = connect("--", f"[ \"$(stty size)\" = '{rows} {columns}' ] && exit 9", rows=rows, columns=columns)
    assert client.wait_for_close().value == 9


def test_the_last_screen_is_seen_before_the_close(connect: Callable[..., tuple[Launch, Client]]) -> None:
    _, client = connect("--", "for n in $(seq 1 300); do head -c 7000 /dev/urandom | base64 -w0; done; echo last words")
    client.wait_for_close()
    assert "last words" in client.screen


def test_a_resize_reaches_the_program(connect: Callable[..., tuple[Launch, Client]]) -> None:
    _, client = connect("--", "trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.02; done")
    client.wait_for("ready")
    client.core.resize(rows=40, columns=132, now=time.monotonic())
    client.wait_for("^40 132$")
    assert client.wait_for_close().value == 5


def test_a_client_that_quits_ends_shell_and_server(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--", "echo ready; cat")
    client.wait_for("ready")
    server = started.server_id()
    client.core.quit(now=time.monotonic())
    client.pump_until(lambda: client.core.quit_arrived)
    _wait_until(lambda: not _is_running(server))
    assert started.ask_status() == "ended client_quit 0"


def test_a_server_told_to_stop_says_so_to_the_client(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--", "echo ready; cat")
    client.wait_for("ready")
    server = started.server_id()
    os.kill(server, signal.SIGTERM)
    assert client.wait_for_close().kind is CloseKind.SERVER_STOPPED
    _wait_until(lambda: not _is_running(server))
    assert started.ask_status() == f"ended server_stopped {signal.SIGTERM}"


def test_a_killed_server_leaves_nothing_that_blocks_a_new_session(launch: Callable[..., Launch]) -> None:
    first = launch("--", "cat")
    server = first.server_id()
    os.kill(server, signal.SIGKILL)
    _wait_until(lambda: not _is_running(server))
    assert first.ask_status() == "unknown"
    assert first.announce is not None
    again = launch("--port", str(first.announce.port), "--", "cat")
    assert (again.status, again.errors) == (0, "")
    assert again.ask_status() == "alive"


def test_two_sessions_share_a_range_of_ports(launch: Callable[..., Launch]) -> None:
    first, second = (launch("--port", "61500:61600", "--", "cat").announce for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.port != second.port
    assert first.session_id != second.session_id


def test_a_range_without_a_free_port_is_a_clear_error(launch: Callable[..., Launch]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        failed = launch("--port", str(port))
    assert (failed.status, failed.output) == (1, b"")
    assert failed.errors.startswith(f"rmosh-server: UDP port {port} is not free")


def test_a_closed_standard_output_is_a_clear_error(environment: dict[str, str]) -> None:
    words = ["sh", "-c", 'exec "$0" -m rmosh_server new >&-', sys.executable]
    failed = subprocess.run(words, env=environment, capture_output=True, timeout=PATIENCE)
    assert failed.returncode == 1
    assert b"rmosh-server: standard output is closed" in failed.stderr


def test_a_full_standard_output_is_a_clear_error_and_leaves_no_process(environment: dict[str, str]) -> None:
    words = ["sh", "-c", 'exec "$0" -m rmosh_server new >/dev/full', sys.executable]
    failed = subprocess.run(words, env=environment, capture_output=True, timeout=PATIENCE)
    assert failed.returncode == 1
    assert b"rmosh-server: the announce line could not be written" in failed.stderr
    _wait_until(lambda: not _processes_with(f"{MARKER}={environment[MARKER]}"))


def test_a_client_of_the_next_version_gets_ours_and_its_nonce_back(environment: dict[str, str]) -> None:
    hello = Hello(nonce=bytes(range(16)).hex(), versions=(PROTOCOL_VERSION, PROTOCOL_VERSION + 1))
    said = run_server("new", "--port", "0", "--hello", environment=environment, said=format_hello(hello))
    line = split_announce(said.stdout.strip())
    assert said.stdout.startswith(b"\n")
    assert (line.version, line.nonce) == (PROTOCOL_VERSION, hello.nonce)


def test_the_hellos_locale_is_the_shells(environment: dict[str, str]) -> None:
    hello = Hello(bytes(range(16)).hex(), locale=(("LANGUAGE", "sv:en"), ("LC_ALL", "C.UTF-8")))
    words = ("new", "--port", "0", "--hello", "--", "printf '<%s %s>' $LANGUAGE $LC_ALL; exit 5")
    said = run_server(*words, environment=environment | {"LC_ALL": "POSIX"}, said=format_hello(hello))
    client = Client(parse_announce(said.stdout.strip()), rows=24, columns=80)
    with client.socket:
        client.wait_for("<sv:en C.UTF-8>")
        assert client.wait_for_close().value == 5


def test_a_client_that_speaks_only_later_versions_is_told_which_this_host_has(environment: dict[str, str]) -> None:
    hello = Hello(nonce=bytes(range(16)).hex(), versions=(PROTOCOL_VERSION + 1,))
    refused = run_server("new", "--port", "0", "--hello", environment=environment, said=format_hello(hello))
    assert refused.returncode == 1
    assert refused.stdout == b""
    assert f"version {PROTOCOL_VERSION + 1} of the rmosh protocol, this server version 2" in refused.stderr.decode()
    assert not _processes_with(f"{MARKER}={environment[MARKER]}")


def test_all_standard_streams_but_output_may_be_closed(environment: dict[str, str]) -> None:
    words = ["sh", "-c", 'exec "$0" -m rmosh_server new --port 0 -- exit 6 <&- 2>&-', sys.executable]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, timeout=PATIENCE)
    announce = parse_announce(done.stdout)
    client = Client(announce, rows=24, columns=80)
    with client.socket:
        assert client.wait_for_close().value == 6


def test_a_directory_that_cannot_be_used_is_said_and_does_not_stop_the_session(
    connect: Callable[..., tuple[Launch, Client]],
) -> None:
    started, client = connect("--", "exit 8", RMOSH_RUNTIME_DIR="/proc/no/such/place")
    assert "will not know this session: /proc/no/such/place" in started.errors
    assert client.wait_for_close().value == 8
    _, shell = connect(RMOSH_RUNTIME_DIR="/proc/no/such/place")
    shell.wait_for("will not know this session")
    shell.type("exit 9\r")
    assert shell.wait_for_close().value == 9


@pytest.mark.parametrize("runtime_directory", ["", "/proc/no/such/place"])
def test_a_login_that_hangs_up_right_after_the_announce_line_does_not_end_the_session(
    environment: dict[str, str], runtime_directory: str
) -> None:
    changed = environment | ({"RMOSH_RUNTIME_DIR": runtime_directory} if runtime_directory else {})
    words = [sys.executable, "-m", "rmosh_server", "new", "--port", "0", "--", "exit 5"]
    reading, writing = os.pipe()
    with subprocess.Popen(words, env=changed, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writing) as run:
        os.close(writing)
        assert run.stdout is not None
        line = run.stdout.readline()
        os.close(reading)
        run.stdout.close()
    client = Client(parse_announce(line), rows=24, columns=80)
    with client.socket:
        assert client.wait_for_close().value == 5


def test_too_few_descriptors_are_said_before_the_announce_line(environment: dict[str, str]) -> None:
    words = ["sh", "-c", 'ulimit -n 24; exec "$0" -m rmosh_server new --port 0', sys.executable]
    failed = subprocess.run(words, env=environment, capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert (failed.returncode, failed.stdout) == (1, b"")
    assert failed.stderr.startswith(b"rmosh-server: a session needs 48 more descriptors, and there are")
    assert b"ulimit -n" in failed.stderr


def test_no_more_descriptors_are_needed_than_are_asked_for(connect: Callable[..., tuple[Launch, Client]]) -> None:
    script = "exec 2>&1; echo ready; cat"
    started, client = connect("--", script)
    client.wait_for("ready")
    assert len(os.listdir(f"/proc/{started.server_id()}/fd")) + 10 < SPARE


def test_the_name_of_a_client_cannot_break_the_session(connect: Callable[..., tuple[Launch, Client]]) -> None:
    started, client = connect("--client", "a\nb\x1b[2J\x07", "--", "echo ready; cat")
    client.wait_for("ready")
    listed = run_server("ls", environment=started.environment).stdout
    assert b"ab[2J" in listed
    assert b"\x1b" not in listed


def test_variables_that_may_not_be_set_are_named_and_the_session_starts(
    connect: Callable[..., tuple[Launch, Client]],
) -> None:
    refused = ("--env", "LD_PRELOAD=/no/such.so", "--env", "PATH=/evil", "--env", "BASH_FUNC_ls%%=() { :; }")
    started, client = connect(*refused, "--env", "GOOD=1", "--", "echo $GOOD:$LD_PRELOAD:; ls / >/dev/null && exit 4")
    assert re.search(r"not set, .*: BASH_FUNC_ls%%, LD_PRELOAD, PATH$", started.errors, re.MULTILINE)
    client.wait_for("^1::$")
    assert client.wait_for_close().value == 4


def test_status_of_a_session_nobody_knows_is_unknown(environment: dict[str, str]) -> None:
    asked = run_server("status", "00" * 8, environment=environment)
    assert (asked.returncode, asked.stdout) == (0, b"unknown\n")


def test_a_session_without_a_client_ends_after_its_idle_timeout_and_says_so(
    connect: Callable[..., tuple[Launch, Client]],
) -> None:
    started, client = connect("--idle-timeout", "1s", "--", "echo ready; cat")
    client.wait_for("ready")
    server = started.server_id()
    _wait_until(lambda: not _is_running(server))
    assert started.ask_status() == f"ended server_stopped {signal.SIGTERM}"


def test_a_client_that_is_silent_for_too_long_is_forgotten_and_the_session_lives_on(
    connect: Callable[..., tuple[Launch, Client]], environment: dict[str, str], tmp_path: FilePath
) -> None:
    wishes = tmp_path / "config" / "rmosh" / "server.toml"
    wishes.parent.mkdir(parents=True)
    wishes.write_text('client_timeout = "1s"\n')
    started, client = connect("--", "echo ready; cat", XDG_CONFIG_HOME=str(tmp_path / "config"))
    client.wait_for("ready")
    assert started.announce is not None
    assert started.announce.client_timeout == 1.0
    door = Door(environment["RMOSH_RUNTIME_DIR"], started.announce.session_id.hex() + ".sock")

    def clients() -> object:
        answer = ask(door, {"do": "describe"})
        assert isinstance(answer, dict)
        return answer["clients"]

    assert clients()
    _wait_until(lambda: clients() == [])
    answer = ask(door, {"do": "attach", "rows": 24, "columns": 80})
    assert isinstance(answer, dict)
    back = Client(parse_announce(answer["announce"].encode()), rows=24, columns=80)
    with back.socket:
        back.wait_for("ready")


@pytest.mark.slow
def test_hundreds_of_clients_that_come_and_go_leave_nothing(
    connect: Callable[..., tuple[Launch, Client]], environment: dict[str, str]
) -> None:
    started, first = connect("--", "echo ready; cat")
    first.wait_for("ready")
    server = started.server_id()
    directory = environment["RMOSH_RUNTIME_DIR"]
    assert started.announce is not None
    door = Door(directory, started.announce.session_id.hex() + ".sock")

    def held() -> tuple[int, int, int]:
        status = FilePath(f"/proc/{server}/status").read_text()
        memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]  # it is there
        return len(os.listdir(f"/proc/{server}/fd")), len(os.listdir(directory)), memory

    def come_and_go(times: int) -> None:
        for _ in range(times):
            answer = ask(door, {"do": "attach", "rows": 24, "columns": 80, "name": "guest"})
            assert isinstance(answer, dict), answer
            guest = Client(parse_announce(answer["announce"].encode()), rows=24, columns=80)
            guest.wait_for("ready")
            guest.core.detach(now=time.monotonic())
            guest.pump_until(partial(getattr, guest.core, "quit_arrived"))
            guest.socket.close()
            first.pump_for(0.0)

    come_and_go(50)
    before = held()
    come_and_go(300)
    _wait_until(lambda: held()[:2] <= before[:2])
    assert held()[2] < before[2] + 8192  # kB: allocator and collector settle at 2 MB; these clients kept were 15
