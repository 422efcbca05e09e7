"""`rmosh host command` in a pipeline, as ssh does it: bytes untouched, errors apart, its status; roaming, too."""

import os
import random
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.session_host import Host
from tests.e2e.sshd import Sshd
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: A link that loses one datagram in fifty.
MOBILE = LinkModel(delay=0.01, jitter=0.005, loss=0.02)


class Program(subprocess.Popen[bytes]):
    """A program that a failing test does not wait for."""

    def __exit__(self, *error: Any) -> None:
        if error[0] is not None:
            self.kill()
        super().__exit__(*error)


class Piped:
    """`rmosh` with some words, its standard streams pipes, and what a shell's pipeline would do with it."""

    def __init__(self, host: "Host[subprocess.Popen[bytes]]") -> None:  # type: ignore[type-var]  # no screen here
        self._host = host

    def start(self, *words: str, link: LinkModel | None = None) -> "subprocess.Popen[bytes]":
        return self._host.open(*words, link=link)

    def run(self, *words: str, data: bytes = b"") -> "tuple[int, bytes, bytes]":
        """Return status, output and errors."""
        with self.start(*words) as program:
            output, errors = program.communicate(data, timeout=PATIENCE)
        return program.returncode, output, errors

    def words(self, *words: str) -> str:
        """Return the command for a shell to run."""
        return subprocess.list2cmdline(self._host.words(*words))

    @property
    def host(self) -> "Host[subprocess.Popen[bytes]]":  # type: ignore[type-var]
        return self._host


@pytest.fixture
def piped(make_sshd: Callable[..., Sshd], rmosh_command: list[str], tmp_path: Path) -> Iterator[Piped]:
    directory = tmp_path / "host"
    directory.mkdir()
    sshd = make_sshd(f"SetEnv HOME={directory} RMOSH_RUNTIME_DIR={directory / 'sessions'}")
    sshd.trust_host_key()
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(Program(command, **(streams | options)))  # type: ignore[call-overload]  # as its caller names them
        return started[-1]

    host = Host(sshd, directory, start=start, rmosh=rmosh_command)  # type: ignore[type-var]
    yield Piped(host)
    for program in started:
        program.kill()
        program.wait()
    host.close()


def test_output_errors_and_status_come_apart(piped: Piped) -> None:
    assert piped.run("box", "echo out; echo err >&2; exit 7") == (7, b"out\n", b"err\n")


def test_bytes_pass_untouched_both_ways(piped: Piped) -> None:
    data = random.Random(3).randbytes(3_000_000) + bytes(range(256)) + b"\r\n\x04\x03no newline"
    assert piped.run("box", "cat; echo done >&2", data=data) == (0, data, b"done\n")


def test_an_archive_is_unpacked_at_the_far_side(piped: Piped, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "in").mkdir(parents=True)
    target.mkdir()
    (source / "in" / "file").write_bytes(os.urandom(100_000))
    line = f"tar c -C {source} . | {piped.words('box', 'tar', 'x', '-C', str(target))}"
    subprocess.run(line, shell=True, check=True, env=piped.host.sshd.client_env, timeout=PATIENCE)
    assert (target / "in" / "file").read_bytes() == (source / "in" / "file").read_bytes()


def test_a_reader_that_wants_no_more_ends_the_program(piped: Piped) -> None:
    with piped.start("box", "exec yes") as program:
        assert program.stdout is not None and program.stdin is not None
        assert program.stdout.read(2) == b"y\n"
        program.stdout.close()
        assert program.wait(PATIENCE) == 128 + signal.SIGPIPE


def test_a_program_that_wants_no_more_ends_its_writer(piped: Piped) -> None:
    line = f"(yes; echo writer $? >&2) | {piped.words('box', 'head', '-1')}"
    told = subprocess.run(
        ["bash", "-c", line], capture_output=True, env=piped.host.sshd.client_env, timeout=PATIENCE, check=True
    )
    assert (told.stdout, told.stderr) == (b"y\n", b"writer 141\n")


def test_no_input_and_a_script_as_input(piped: Piped) -> None:
    assert piped.run("-n", "box", "cat", data=b"for somebody else") == (0, b"", b"")
    script = b"echo $0 $TERM-; exit 4\n"
    ssh = ["ssh", "-T", "-F", str(piped.host.sshd.configure("LogLevel ERROR")), "box"]
    by_ssh = subprocess.run(ssh, input=script, capture_output=True, env=piped.host.sshd.client_env, timeout=PATIENCE)
    assert by_ssh.returncode == 4 and by_ssh.stdout.startswith(b"-")
    assert piped.run("box", data=script) == (4, by_ssh.stdout, b"")


def test_it_goes_on_through_new_addresses_a_stop_and_a_blackout(piped: Piped) -> None:
    data = random.Random(5).randbytes(1_000_000)
    with piped.start("box", "cat", link=MOBILE) as program:
        assert program.stdin is not None and program.stdout is not None
        giving, taking = program.stdin.fileno(), program.stdout.fileno()
        os.set_blocking(giving, False)
        given, taken, roams, deadline = 0, bytearray(), 0, time.monotonic() + 2 * PATIENCE
        while len(taken) < len(data):
            assert time.monotonic() < deadline, (given, len(taken))
            may_give = given < min(len(data), len(taken) + 200_000)  # both ways are busy all the time
            readable, writable, _ = select.select([taking], [giving] if may_give else [], [], 0.1)
            if writable:
                given += os.write(giving, data[given : given + 65536])
                if given == len(data):
                    program.stdin.close()
            if readable:
                taken += os.read(taking, 65536)
            if len(taken) > (roams + 1) * 200_000:
                roams += 1
                _disturb(piped, program, roams)
        assert bytes(taken) == data
        assert program.wait(PATIENCE) == 0
        assert roams > 3


def _disturb(piped: Piped, program: "subprocess.Popen[bytes]", roams: int) -> None:
    if roams == 2:
        program.send_signal(signal.SIGSTOP)
        piped.host.relay.blackout(0.5)
        select.select([], [], [], 0.7)
        program.send_signal(signal.SIGCONT)
    else:
        piped.host.relay.rebind(f"127.0.1.{roams}")


def test_a_client_that_is_interrupted_ends_and_its_program_is_hung_up(piped: Piped) -> None:
    mark = piped.host.path("hung-up")
    with piped.start(
        "box", f"trap '' PIPE; trap 'touch {mark}; exit' HUP; echo ready; while :; do sleep 0.05; done"
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE) == 128 + signal.SIGINT
    deadline = time.monotonic() + PATIENCE
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_terminal_can_be_had_without_one_here(piped: Piped) -> None:
    assert piped.run("-tt", "box", "tty >/dev/null && echo yes") == (0, b"yes\r\n", b"")
    status, output, errors = piped.run("-t", "box", "tty >/dev/null || echo no")
    assert (status, output) == (0, b"no\n")
    assert b"-tt" in errors


def test_a_subsystem_is_found(piped: Piped) -> None:
    with piped.start("-s", "box", "sftp") as program:
        assert program.stdin is not None and program.stdout is not None
        program.stdin.write(b"\0\0\0\x05\x01\0\0\0\x03")
        program.stdin.flush()
        assert program.stdout.read(5)[4:] == b"\x02"  # SSH_FXP_VERSION
        program.stdin.close()
        assert program.wait(PATIENCE) == 0
    status, _, errors = piped.run("-s", "box", "nothing-such")
    assert status == 255
    assert errors == b"rmosh: the host has no subsystem nothing-such\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_speaks_through_it_as_through_ssh(piped: Piped, tmp_path: Path) -> None:
    repository, clone = tmp_path / "repository", tmp_path / "clone"
    environment = piped.host.sshd.client_env | {"GIT_SSH_COMMAND": piped.words(), "GIT_SSH_VARIANT": "ssh"}
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "init", "-q", repository], check=True)
    (repository / "file").write_bytes(random.Random(6).randbytes(300_000))
    subprocess.run(["git", "-C", repository, "add", "."], check=True)
    subprocess.run(["git", "-C", str(repository), *author, "commit", "-q", "-m", "first"], check=True)
    command = ["git", "-c", "safe.directory=*", "clone", "-q", f"box:{repository}", str(clone)]
    subprocess.run(command, check=True, env=environment, timeout=PATIENCE)
    assert (clone / "file").read_bytes() == (repository / "file").read_bytes()
