"""The real `rmosh-server` going on inside the channel that its announce line came by."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as FilePath

import pytest

from rmosh.announce import ANNOUNCE_PREFIX, Announce, parse_announce
from rmosh.datagram_stream import PATH_PREFIX, DatagramStream, framed, opening_line
from rmosh.hello import Hello, format_hello, new_hello
from rmosh.session.client import ClientSession
from rmosh.transport.path import Path
from tests.e2e import own_home
from tests.e2e.sshd import Sshd
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

MARKER = "RMOSH_TEST"


class Channel:
    """One command that SSH ran, and what goes through its input and output."""

    def __init__(self, words: Sequence[str], environment: dict[str, str], hello: Hello) -> None:
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, bufsize=0
        )
        self.hello = hello
        self.heard = b""
        self.rest = b""
        self.stream = DatagramStream()
        self.write(f"a login script's\n{2 * (format_hello(hello) + chr(10))}".encode())

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def read(self, longest: float) -> bytes:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], longest)
        rest, self.rest = self.rest, b""
        return rest + (os.read(self.process.stdout.fileno(), 65536) if ready else b"")

    def line(self, prefix: str) -> bytes:
        """Wait for a line and return it; what follows are datagrams."""
        give_up = time.monotonic() + PATIENCE
        while not (found := re.search(rb"^%s .*\n" % prefix.encode(), self.heard, re.MULTILINE)):
            assert time.monotonic() < give_up, (self.heard, self.complaints())
            self.heard += self.read(0.1)
        self.rest = self.heard[found.end() :]
        return found[0]

    def open(self) -> None:
        self.write(opening_line(self.hello.nonce))

    def complaints(self) -> str:
        assert self.process.stderr is not None
        self.process.kill()
        return self.process.stderr.read().decode()

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)


class Client:
    """The real client core over channels alone."""

    def __init__(self, announce: Announce, channel: Channel) -> None:
        self.path = Path.stream(7)
        self.session_id = announce.session_id
        self.core = ClientSession(
            announce, rows=24, columns=80, paths=[self.path], entropy=os.urandom, now=time.monotonic()
        )
        self.channel = channel

    @property
    def screen(self) -> str:
        return "\n".join("".join(cell.text for cell in row.cells).rstrip() for row in self.core.frame.rows)

    def type(self, text: str) -> None:
        self.core.send_input(text.encode(), now=time.monotonic())

    def turn(self) -> None:
        for datagram in self.core.datagrams_to_send(now=time.monotonic()):
            with contextlib.suppress(BrokenPipeError):
                self.channel.write(framed(datagram.data))
        for data in self.channel.stream.feed(self.channel.read(0.01)):
            self.core.receive_datagram(data, self.path, now=time.monotonic())
        while self.core.next_event() is not None:
            pass

    def wait_for(self, pattern: str) -> None:
        give_up = time.monotonic() + PATIENCE
        while not re.search(pattern, self.screen, re.MULTILINE):
            assert time.monotonic() < give_up, self.screen
            self.turn()


@pytest.fixture
def environment(tmp_path: FilePath) -> Iterator[dict[str, str]]:
    """Return an environment that marks every process of this test, all of which are ended with it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SSH_"))}
    yield (
        kept
        | {"HOME": str(tmp_path), "RMOSH_RUNTIME_DIR": str(tmp_path / "rmosh"), MARKER: str(tmp_path)}
        | (own_home.VARIABLES)
    )
    wanted = f"{MARKER}={tmp_path}".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if wanted in FilePath(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                os.kill(int(name), signal.SIGKILL)


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Callable[..., Channel]]:
    """Return what runs `rmosh-server` with a hello, by itself or through other words."""
    with contextlib.ExitStack() as stack:

        def start(*words: str, stream: bool = True, through: Sequence[str] = ()) -> Channel:
            hello = new_hello(entropy=os.urandom(16), stream=stream)
            channel = Channel([*through, sys.executable, "-m", "rmosh_server", *words], environment, hello)
            stack.callback(channel.close)
            return channel

        yield start


@pytest.fixture
def connect(run: Callable[..., Channel]) -> Callable[..., Client]:
    def start(*words: str, **through: Sequence[str]) -> Client:
        channel = run(*words, **through)
        announce = parse_announce(channel.line(ANNOUNCE_PREFIX))
        assert announce.stream
        channel.open()
        return Client(announce, channel)

    return start


def new(*command: str, name: str = "work") -> tuple[str, ...]:
    return ("new", "--hello", "--port", "0", "--name", name, "--", *command)


def asked(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "rmosh_server", *words], env=environment, capture_output=True, timeout=PATIENCE
    )
    return done.stdout.decode()


def paths_of(environment: dict[str, str]) -> list[str | None]:
    (session,) = json.loads(asked(environment, "ls", "--json"))
    return [client["path"] for client in session["clients"]]


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_session_goes_on_in_the_channel_that_announced_it(
    connect: Callable[..., Client], environment: dict[str, str]
) -> None:
    client = connect(*new("cat"))
    client.type("by SSH alone\r")
    client.wait_for("^by SSH alone\nby SSH alone")
    assert paths_of(environment) == ["ssh"]
    assert client.channel.process.poll() is None  # sshd would cut the way to the server
    words = FilePath(f"/proc/{client.channel.process.pid}/cmdline").read_bytes()
    assert words.startswith(b"sh\0-c\0read _; exit 0\0")


def test_the_command_ends_well_once_the_client_lets_the_channel_go_and_the_session_goes_on(
    connect: Callable[..., Client], environment: dict[str, str]
) -> None:
    client = connect(*new("cat"))
    client.type("here\r")
    client.wait_for("^here\nhere")
    assert client.channel.process.stdin is not None
    client.channel.process.stdin.close()
    while client.channel.read(PATIENCE):  # what was on its way, and then the end
        pass
    assert client.channel.process.wait(PATIENCE) == 0
    log = asked(environment, "log", "work")
    assert re.search(r"path 0 of client \w+ through SSH went: the SSH connection was closed", log), log
    assert "it is alive" in log


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_killed_launcher_ends_the_path_and_nothing_else(
    connect: Callable[..., Client], run: Callable[..., Channel], environment: dict[str, str], number: signal.Signals
) -> None:
    client = connect(*new("cat"))
    client.type("here\r")
    client.wait_for("^here\nhere")
    client.channel.process.send_signal(number)
    client.channel.process.wait(PATIENCE)
    client.channel.close()  # as sshd does when its command has ended
    wait_until(lambda: "went" in asked(environment, "log", "work"))
    again = run("path", "--hello", client.session_id.hex())
    again.line(PATH_PREFIX)
    again.open()
    client.channel = again
    client.type("again\r")
    client.wait_for("^again\nagain")


def test_an_attached_client_has_a_channel_of_its_own(
    connect: Callable[..., Client], environment: dict[str, str]
) -> None:
    first = connect(*new("cat"))
    first.type("first\r")
    first.wait_for("^first\nfirst")
    second = connect("attach", "--hello", "work")
    second.wait_for("^first\nfirst")
    second.type("second\r")
    second.wait_for("^second\nsecond")
    first.wait_for("^second\nsecond")
    third = connect("new", "--hello", "--name", "work", "--or-attach")
    third.wait_for("^second\nsecond")
    assert paths_of(environment) == ["ssh"] * 3
    words = FilePath(f"/proc/{third.channel.process.pid}/cmdline").read_bytes()
    assert words.startswith(b"sh\0-c\0")


def test_who_says_no_stream_gets_none_and_the_launcher_ends(run: Callable[..., Channel]) -> None:
    channel = run(*new("cat"), stream=False)
    assert not parse_announce(channel.line(ANNOUNCE_PREFIX)).stream
    assert channel.process.wait(PATIENCE) == 0
    attaching = run("attach", "--hello", "work", stream=False)
    assert not parse_announce(attaching.line(ANNOUNCE_PREFIX)).stream
    assert attaching.process.wait(PATIENCE) == 0


def test_a_path_for_nobody_is_refused(run: Callable[..., Channel]) -> None:
    channel = run("path", "--hello", "00" * 8)
    assert channel.process.wait(PATIENCE) == 1
    assert "no session here has a client 0000000000000000" in channel.complaints()


def test_the_channel_ends_with_the_session(connect: Callable[..., Client]) -> None:
    client = connect(*new("read line; exit 3"))
    client.turn()
    client.type("\r")
    give_up = time.monotonic() + PATIENCE
    while client.channel.process.poll() is None:
        assert time.monotonic() < give_up
        client.turn()
    assert client.channel.process.returncode == 0


def test_a_server_holds_nothing_of_the_channel_but_its_two_ways(connect: Callable[..., Client]) -> None:
    client = connect(*new("cat"))
    client.type("here\r")
    client.wait_for("^here")
    assert client.channel.process.stderr is not None
    errors = os.readlink(f"/proc/self/fd/{client.channel.process.stderr.fileno()}")
    client.channel.process.stdin and client.channel.process.stdin.flush()
    held = [os.readlink(link) for link in FilePath(f"/proc/{client.channel.process.pid}/fd").iterdir()]
    assert errors not in held
    assert client.channel.process.stderr.read() == b""  # nobody else holds it


@pytest.fixture
def through_ssh(sshd: Sshd, environment: dict[str, str]) -> tuple[str, ...]:
    """Return what runs words over a real sshd, behind a shell that waits for them, in the test's environment."""
    names = ("HOME", "RMOSH_RUNTIME_DIR", MARKER, "PYTHONPATH", *own_home.VARIABLES)
    there = [f"{name}={environment[name]}" for name in names if name in environment]
    wrapped = ("sh", "-c", "'\"$@\"; exit $?'", "sh", "env", *there)
    return ("ssh", "-F", str(sshd.config), "box", "--", *wrapped)


def above(process: int) -> Iterator[int]:
    """Yield a process, its parent, and so on."""
    while process > 0:
        yield process
        process = int(FilePath(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def launcher_of(sshd: Sshd) -> int:
    """Return the process that an sshd waits for, next to the server."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = FilePath(f"/proc/{name}/cmdline").read_bytes()
            held = [os.readlink(link) for link in FilePath(f"/proc/{name}/fd").iterdir()]
            if (
                words.startswith(b"sh\0-c\0read _; exit 0\0")
                and held[1:] == ["/dev/null", "/dev/null"]
                and sshd.process.pid in above(int(name))
            ):
                return int(name)
    raise AssertionError("nobody waits")


def test_over_sshd_the_channel_closes_well_once_the_client_lets_it_go(
    connect: Callable[..., Client], through_ssh: tuple[str, ...], environment: dict[str, str]
) -> None:
    client = connect(*new("cat"), through=through_ssh)
    client.type("by SSH alone\r")
    client.wait_for("^by SSH alone\nby SSH alone")
    assert client.channel.process.stdin is not None
    client.channel.process.stdin.close()
    assert client.channel.process.wait(PATIENCE) == 0
    assert client.channel.complaints() == ""
    assert "it is alive" in asked(environment, "log", "work")


@pytest.mark.parametrize("killed", ["the client's ssh", "sshd's own process", "the launcher"])
def test_over_sshd_whatever_is_killed_ends_the_path_and_another_login_brings_one(
    connect: Callable[..., Client],
    run: Callable[..., Channel],
    through_ssh: tuple[str, ...],
    environment: dict[str, str],
    sshd: Sshd,
    killed: str,
) -> None:
    client = connect(*new("cat"), through=through_ssh)
    client.type("here\r")
    client.wait_for("^here\nhere")
    launcher = launcher_of(sshd)
    victim = {"the client's ssh": client.channel.process.pid, "the launcher": launcher}.get(killed)
    os.kill(victim or sshd_above(launcher), signal.SIGKILL)
    wait_until(lambda: "went" in asked(environment, "log", "work"))
    client.channel.process.wait(PATIENCE)
    again = run("path", "--hello", client.session_id.hex(), through=through_ssh)
    again.line(PATH_PREFIX)
    again.open()
    client.channel = again
    client.type("again\r")
    client.wait_for("^again\nagain")


def sshd_above(process: int) -> int:
    """Return the sshd process that holds a command's channel."""
    return next(each for each in above(process) if FilePath(f"/proc/{each}/comm").read_text().startswith("sshd"))
