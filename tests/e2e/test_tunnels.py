"""`rmosh -W` and `-N` with real programs: ssh and what builds on it, bytes that roam, who ends whom."""

import contextlib
import hashlib
import os
import random
import select
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.needed import needs
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, wait_until
from tests.e2e.sshd import free_port
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: An ordinary mobile link.
MOBILE = LinkModel(delay=0.02, jitter=0.005, loss=0.01)

#: Bytes of a transfer that roams. Reason: some seconds of it, so that all befalls it in the midst.
_SIZE = 3_000_000


class Target:
    """A server on this machine that answers each connection with what a function makes of what came."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.taken = hashlib.sha256()
        self.ended = threading.Event()

    @property
    def address(self) -> str:
        """As `-W` takes it."""
        name = self._listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"127.0.0.1:{name[1]}"

    def serve(self, answer: bytes = b"", *, reads_all_first: bool = True) -> None:
        """Take one connection in the background, read it to its end and answer."""
        threading.Thread(target=self._serve, args=(answer, reads_all_first), daemon=True).start()

    def _serve(self, answer: bytes, reads_all_first: bool) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):
            if not reads_all_first:
                connection.sendall(answer)
            while data := connection.recv(65536):
                self.taken.update(data)
            if reads_all_first:
                connection.sendall(self.taken.digest() + answer)
        self.ended.set()


def is_listening(port: int) -> bool:
    """Tell whether somebody listens, without connecting: a connection would be taken for one."""
    ports = {int(line.split()[1].rpartition(":")[2], 16) for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    return port in ports


def output_of(process: "subprocess.Popen[bytes]", progress: Callable[[], object] = lambda: None) -> bytes:
    """Return what a process writes next, as it comes; fail where that takes too long and nothing else goes on either.

    Args:
        progress: tells how far that has come which is to be done first.
    """
    assert process.stdout is not None
    seen: object = ...
    while seen != (so_far := progress()):
        seen = so_far
        if select.select([process.stdout], [], [], PATIENCE)[0]:
            return os.read(process.stdout.fileno(), 65536)
    pytest.fail("it writes nothing")


def all_output_of(process: "subprocess.Popen[bytes]", progress: Callable[[], object] = lambda: None) -> bytes:
    """Return what a process writes until its end, as far as nobody else holds that open."""
    taken = b""
    while data := output_of(process, progress):
        taken += data
    return taken


@pytest.fixture
def target() -> Iterator[Target]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Target(listener)


@pytest.fixture
def jump(host: Host[PtyProgram]) -> Iterator["Jump"]:
    made = Jump(host)
    yield made
    made.close()


class Jump:
    """A host that is reached by rmosh, for what is behind it; programs that are left over are ended."""

    def __init__(self, host: Host[PtyProgram]) -> None:
        self.host = host
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def ssh_options(self) -> list[str]:
        """What has ssh and its relatives go through it, to the same sshd once more."""
        proxy = shlex.join(self.host.words("-W", "%h:%p", "box"))
        return ["-F", str(self.host.sshd.configure()), "-o", f"ProxyCommand={proxy}"]

    def start(self, words: Sequence[str], **options: object) -> "subprocess.Popen[bytes]":
        """Start a program with pipes for its standard streams."""
        piped = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            list(words),
            env=self.host.sshd.client_env,
            **{**piped, **options},  # type: ignore[call-overload]
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                with contextlib.suppress(OSError):
                    pipe.close()


@needs("scp", "sftp", package="openssh-client")
@needs("rsync", "git")
def test_ssh_scp_sftp_rsync_and_git_go_through_it(jump: Jump, tmp_path: Path) -> None:
    there, here = tmp_path / "there", str(tmp_path)
    there.mkdir()
    (there / "file").write_bytes(random.Random(1).randbytes(300_000))
    subprocess.run(["git", "init", "-q", there / "repository"], check=True)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    commit = ["git", *identity, "-C", str(there / "repository"), "commit", "-q", "--allow-empty", "-m", "one"]
    subprocess.run(commit, check=True)
    options = jump.ssh_options
    ssh = shlex.join(["ssh", *options])
    programs = {
        "ssh": jump.start(["ssh", *options, "box", "cat; exit 3"]),
        "scp": jump.start(["scp", "-q", *options, f"box:{there}/file", f"{here}/by-scp"]),
        "sftp": jump.start(["sftp", "-q", *options, "-b", "-", "box"]),
        "rsync": jump.start(["rsync", "-e", ssh, f"box:{there}/file", f"{here}/by-rsync"]),
        "git": jump.start(
            ["git", "-c", f"core.sshCommand={ssh}", "clone", "-q", f"box:{there}/repository", f"{here}/clone"]
        ),
    }
    typed = {"ssh": b"typed\n", "sftp": f"get {there}/file {tmp_path}/by-sftp\n".encode()}
    said = {name: program.communicate(typed.get(name), timeout=PATIENCE) for name, program in programs.items()}
    ended = {name: program.returncode for name, program in programs.items()}
    assert ended == {"ssh": 3, "scp": 0, "sftp": 0, "rsync": 0, "git": 0}, said
    assert said["ssh"] == (b"typed\n", b"")
    for copy in ("by-scp", "by-sftp", "by-rsync"):
        assert (tmp_path / copy).read_bytes() == (there / "file").read_bytes(), copy
    assert (tmp_path / "clone" / ".git").is_dir()
    wait_until(lambda: jump.host.servers() == [], "no server is left")


def test_bytes_are_exact_through_roams_and_stops_of_either_end(jump: Jump, target: Target) -> None:
    data = random.Random(2).randbytes(_SIZE)
    target.serve(data)
    process = jump.start(jump.host.words_over(MOBILE, "-W", target.address, "box"))
    assert process.stdin is not None
    assert process.stdout is not None
    server = jump.host.only_server()
    writer = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.close()), daemon=True)  # type: ignore[union-attr]
    writer.start()
    for stopped in (process.pid, server):
        jump.host.relay.rebind()
        os.kill(stopped, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(stopped, signal.SIGCONT)
        time.sleep(0.2)
    answer = all_output_of(process, target.taken.digest)
    assert answer[:32] == hashlib.sha256(data).digest()
    assert hashlib.sha256(answer[32:]).digest() == hashlib.sha256(data).digest()
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_a_socket_by_its_path_is_a_target_too(jump: Jump, tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        target = Target(listener)
        target.serve(b"and more")
        process = jump.start(jump.host.words("-W", target.address, "box"))
        assert process.communicate(b"question", timeout=PATIENCE) == (
            hashlib.sha256(b"question").digest() + b"and more",
            b"",
        )
        assert process.returncode == 0


def test_a_target_that_refuses_is_one_line_and_status_255(jump: Jump) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        process = jump.start(jump.host.words("-W", f"127.0.0.1:{port}", "box"))
        said = process.communicate(timeout=PATIENCE)
    assert said == (b"", f"rmosh: 127.0.0.1:{port}: connection refused\n".encode())
    assert process.returncode == 255


def test_signals_end_it_and_the_server(jump: Jump, target: Target) -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    for _ in numbers:
        target.serve(b"first", reads_all_first=False)
    processes = [jump.start(jump.host.words("-W", target.address, "box")) for _ in numbers]
    for process, number in zip(processes, numbers, strict=True):
        assert output_of(process) == b"first"
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
    assert target.ended.wait(PATIENCE)
    wait_until(lambda: jump.host.servers() == [], "no server is left")


def test_of_a_client_that_is_killed_nothing_holds_the_ends(jump: Jump, target: Target) -> None:
    data = random.Random(4).randbytes(_SIZE)
    target.serve(data, reads_all_first=False)
    process = jump.start(jump.host.words("-W", target.address, "box"))
    begun = output_of(process)
    process.kill()
    assert data.startswith(begun + all_output_of(process))
    assert process.stdin is not None
    with pytest.raises(BrokenPipeError):
        process.stdin.write(bytes(1 << 20))


def test_it_ends_at_once_when_whoever_started_it_is_gone(jump: Jump, target: Target) -> None:
    target.serve(b"first", reads_all_first=False)
    process = jump.start(jump.host.words("-W", target.address, "box"))
    assert process.stdin is not None
    assert output_of(process) == b"first"
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    assert process.wait(2) == 0


def test_whose_server_is_killed_ends_with_a_word_and_has_written_nothing_else(jump: Jump, target: Target) -> None:
    data = random.Random(3).randbytes(_SIZE)
    target.serve(data, reads_all_first=False)
    process = jump.start(jump.host.words("--path", "udp", "-W", target.address, "box"))
    begun = output_of(process)  # not by Python's buffer, which communicate() passes by
    os.kill(jump.host.only_server(), signal.SIGKILL)
    rest, complaint = process.communicate(b"nobody takes this", timeout=PATIENCE)
    assert data.startswith(begun + rest)
    assert complaint == b"rmosh: the server is gone: its host no longer knows this session\n"
    assert process.returncode == 255


def test_n_and_f_hold_a_tunnel_in_the_background_that_ls_shows_and_kill_ends(jump: Jump) -> None:
    started = jump.start(jump.host.words("-N", "-f", "box"))
    assert started.communicate(timeout=PATIENCE) == (b"", b"")
    assert started.returncode == 0
    jump.host.only_server()
    listed = jump.start(jump.host.words("box", errand="ls")).communicate(timeout=PATIENCE)[0].decode()
    assert "(a tunnel)" in listed
    session = listed.splitlines()[1].split()[0]
    killed = jump.start(jump.host.words("box", session, errand="kill"))
    assert killed.communicate(timeout=PATIENCE)[1].decode() == f"session {session} was ended\n"
    wait_until(lambda: jump.host.servers() == [], "no server is left")


def test_n_forwards_in_front_what_both_ends_listen_for(jump: Jump, target: Target) -> None:
    near, far = free_port(), free_port()
    to = target.address
    process = jump.start(jump.host.words("-N", "-L", f"{near}:{to}", "-R", f"{far}:{to}", "box"))
    for port in (near, far):
        target.serve(b"!")
        wait_until(partial(is_listening, port), "it listens")
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"question")
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                assert answer.read().endswith(b"!")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE) == (b"", b"")
    assert process.returncode == 130


def test_f_says_why_a_forward_does_not_stand_and_stays_in_front_then(jump: Jump) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        spec = f"127.0.0.1:{taken.getsockname()[1]}:127.0.0.1:1"
        words = jump.host.words("-N", "-f", "-o", "ExitOnForwardFailure=yes", "-R", spec, "box")
        output, complaint = jump.start(words).communicate(timeout=PATIENCE)
    assert output == b""
    assert b"in use" in complaint
    assert complaint.endswith(b"; ExitOnForwardFailure ends the session\n")


def test_an_older_server_is_told_apart_and_what_to_do(jump: Jump) -> None:
    older = jump.host.script("older", 'echo "rmosh-server: unrecognized arguments: --tunnel" >&2; exit 2')
    words = jump.host.words("--server", str(older), "-N", "box")
    _, complaint = jump.start(words).communicate(timeout=PATIENCE)
    assert b"starts nothing without a shell: it is older than this rmosh" in complaint
    assert b"hint: update it there" in complaint


def test_the_configuration_asks_for_one_as_the_command_line_does(jump: Jump) -> None:
    config = jump.host.sshd.configure("SessionType none", "ForkAfterAuthentication yes")
    words = [*jump.host.words(), "-F", str(config), "box"]
    assert jump.start(words).communicate(timeout=PATIENCE) == (b"", b"")
    os.kill(jump.host.only_server(), signal.SIGTERM)
    wait_until(lambda: jump.host.servers() == [], "no server is left")
