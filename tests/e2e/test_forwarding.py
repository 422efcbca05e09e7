"""Ports and sockets forwarded through a session as a user has it, with programs that know nothing of it."""

import contextlib
import hashlib
import http.server
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

#: What the web server serves: more than any window, and never the same twice.
BODY = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(1 << 16))


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BODY if self.path == "/large" else f"you asked {self.headers['Host']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    """The port of a web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def curl(program: PtyProgram, *options: str) -> bytes:
    """Return what curl printed; the session's terminal is read meanwhile."""
    words = ["curl", "-sS", "--max-time", "15", *options]
    chunks: list[bytes] = []

    def run() -> None:
        chunks.append(subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout)

    running = threading.Thread(target=run)
    running.start()
    wait_until(lambda: not running.is_alive(), "curl ended", pump=[program])
    return b"".join(chunks)


@needs_curl
def test_curl_comes_through_every_kind_of_forward(host: Host[PtyProgram], web: int, tmp_path: Path) -> None:
    local, socks, back, path = free_port(), free_port(), free_port(), tmp_path / "web.sock"
    program = host.shell(
        *("-L", f"{local}:localhost:{web}", "-L", f"{path}:127.0.0.1:{web}"),
        *("-D", str(socks), "-o", f"RemoteForward={back} 127.0.0.1:{web}"),
    )
    assert curl(program, f"http://localhost:{local}/") == f"you asked localhost:{local}\n".encode()
    assert curl(program, "--unix-socket", str(path), "http://there/") == b"you asked there\n"
    by_name = ["--socks5-hostname", f"localhost:{socks}"], ["--socks4a", f"localhost:{socks}"]
    assert curl(program, *by_name[0], f"http://localhost:{web}/") == f"you asked localhost:{web}\n".encode()
    assert curl(program, *by_name[1], f"http://localhost:{web}/large") == BODY
    listens = f"http://127.0.0.1:{back}/"
    assert curl(program, "--retry", "20", "--retry-connrefused", "--retry-delay", "0", listens).endswith(
        f"you asked 127.0.0.1:{back}\n".encode()
    )
    program.type("exit\r")
    program.wait_exit()
    assert not path.exists()


@needs_curl
def test_the_systems_ssh_logs_in_and_leaves_forwarding_to_the_session(host: Host[PtyProgram], web: int) -> None:
    local, another = free_port(), free_port()
    program = host.shell("--ssh", f"ssh -L {another}:localhost:1", "-o", f"LocalForward={local} localhost:{web}")
    assert curl(program, f"http://localhost:{local}/") == f"you asked localhost:{local}\n".encode()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", another), timeout=PATIENCE)
    assert "in use" not in program.screen


@needs_curl
def test_what_fails_is_told_in_a_line_and_what_is_typed_is_obeyed(host: Host[PtyProgram], web: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as dead:
        in_use, nobody, local = taken.getsockname()[1], dead.getsockname()[1], free_port()
        dead.close()
        program = host.shell("-L", f"{in_use}:localhost:1")
        program.wait_for(f"rmosh: -L {in_use}:localhost:1: address already in use")
        program.type(b"\x1eC")
        program.wait_for("forward:")
        program.type(f"-L {local}:127.0.0.1:{nobody}\r")
        program.wait_for(f"-L {local}:127.0.0.1:{nobody}: listening on this machine")
        assert b"curl: (52)" in curl(program, f"http://localhost:{local}/")
        program.wait_for("refused")
        program.type(b"\x1eC-R 0:127.0.0.1:%d\r" % web)
        screen = program.wait_for("of the host")
        port = re.search(r"port (\d+) of the host", screen)
        assert port is not None
        assert curl(program, f"http://127.0.0.1:{port[1]}/") == f"you asked 127.0.0.1:{port[1]}\n".encode()
        program.type(b"\x1e#")
        program.wait_for(f"-R {port[1]}:127.0.0.1:{web}: 0 open, ")
        program.type(b"\x1e#\x1eC-KR %s\r" % port[1].encode())
        program.wait_for("listens no more")
        assert b"curl: (7)" in curl(program, f"http://127.0.0.1:{port[1]}/")
        program.type("exit 3\r")
        assert program.wait_exit() == 3


def test_a_session_that_is_not_wanted_without_its_forward_ends_with_255(host: Host[PtyProgram]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        program = host.open("-o", "ExitOnForwardFailure=yes", "-R", f"{port}:localhost:1", "box", "cat")
        assert program.wait_exit() == 255
        assert f"-R {port}:localhost:1: " in program.screen
    wait_until(lambda: host.servers() == [], "nothing is left there")


def test_datagrams_come_through(host: Host[PtyProgram]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as asking:
        server.bind(("127.0.0.1", 0))
        with socket.socket(type=socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            local = free.getsockname()[1]
        program = host.shell("-L", f"udp/{local}:127.0.0.1:{server.getsockname()[1]}")
        for end in (server, asking):
            end.setblocking(False)
        asking.sendto(b"who is it?", ("127.0.0.1", local))
        wait_until(lambda: bool(select.select([server], [], [], 0)[0]), "it was asked", pump=[program])
        question, asker = server.recvfrom(100)
        server.sendto(question.upper(), asker)
        wait_until(lambda: bool(select.select([asking], [], [], 0)[0]), "it was answered", pump=[program])
        assert asking.recvfrom(100) == (b"WHO IS IT?", ("127.0.0.1", local))


def test_a_transfer_outlasts_a_stop_a_roam_and_a_blackout(host: Host[PtyProgram], web: int) -> None:
    local = free_port()
    program = host.shell("-L", f"{local}:localhost:{web}", link=LinkModel(delay=0.02, loss=0.02))
    with socket.create_connection(("127.0.0.1", local)) as asking:
        asking.sendall(b"GET /large HTTP/1.0\r\nHost: a\r\n\r\n")
        asking.setblocking(False)
        taken = bytearray()

        def read_to(size: int) -> None:
            def has_come() -> bool:
                with contextlib.suppress(BlockingIOError):
                    while data := asking.recv(1 << 16):
                        taken.extend(data)
                return len(taken) >= size

            wait_until(has_come, f"{size} bytes came", pump=[program])

        read_to(100_000)
        program.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        program.send_signal(signal.SIGCONT)
        read_to(500_000)
        host.relay.rebind()
        read_to(1_000_000)
        host.relay.blackout(1.0)
        read_to(len(BODY))
        read_to(taken.index(b"\r\n\r\n") + 4 + len(BODY))
    assert taken.partition(b"\r\n\r\n")[2] == BODY
    program.type("exit 4\r")
    assert program.wait_exit() == 4
