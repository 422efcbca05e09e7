"""The server run from its archive: under every Python from 3.8 on that is found here, with nothing installed."""

import contextlib
import hashlib
import importlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rmosh.announce import ANNOUNCE_PREFIX, parse_announce
from rmosh.hello import Hello, format_hello, new_hello
from rmosh_client.injection.archive import PackedServer, packed_server
from rmosh_client.injection.stage_one import STAGE_ONE, sent
from rmosh_client.injection.wanted import parse_wanted
from tests.e2e import own_home
from tests.e2e import test_server_streams as streams
from tests.e2e.registered import Registered
from tests.e2e.test_server_process import Client
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


def pythons() -> list[str]:
    """Return the interpreters that are found here, one of each version; the one that runs this comes first."""
    named = [shutil.which(f"python3.{minor}") for minor in range(8, 15)]
    kept = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    versions: dict[tuple[int, ...], str] = {sys.version_info[:2]: sys.executable}
    for path in [path for path in named if path is not None] + list(map(str, kept)):
        told = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
        if told.returncode == 0 and (version := tuple(map(int, told.stdout.split()))) >= (3, 8):
            versions.setdefault(version, path)
    return list(versions.values())


EVERY_PYTHON = pytest.mark.parametrize("python", pythons())


@pytest.fixture(scope="session")
def server(packed_cache: Path) -> PackedServer:
    return packed_server({"XDG_CACHE_HOME": str(packed_cache)})


def without(server: PackedServer, *names: bytes) -> PackedServer:
    """Return an archive that looks for other names than these, which are nowhere."""
    module = importlib.import_module(server.packing)
    payload = module.decompress(server.data)
    for name in names:
        assert name in payload
        payload = payload.replace(name, name[:-1] + b"_")
    data = module.compress(payload)
    return replace(server, data=data, sha256=hashlib.sha256(data).hexdigest())


#: Names of libraries, without which there is no such library.
PYNACL = (b"from nacl", b"nacl._sodium")
LIBSODIUM = (b"libsodium.so", b"libsodium.dylib")
LIBCRYPTO = (b"libcrypto.so", b"libcrypto.3.dylib", b"_hashlib")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return an environment whose sessions all end with the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SSH_", "PYTHON"))}
    yield {**kept, "RMOSH_RUNTIME_DIR": str(tmp_path / "rmosh"), "HOME": str(tmp_path), **own_home.VARIABLES}
    Registered(tmp_path / "rmosh").kill()


class FarSide:
    """A Python that is told what the line of SSH tells it."""

    def __init__(self, python: str, environment: Mapping[str, str], words: str) -> None:
        line = f"sh -c 'exec {python} {STAGE_ONE} {words}'"
        self.process = subprocess.Popen(
            ["sh", "-c", line],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert parse_wanted(self.process.stdout.readline()).missing == frozenset()

    def answer(self, data: bytes) -> tuple[bytes, str, int]:
        """Send it all; return what is printed, what is said on standard error, and the exit status."""
        output, errors = self.process.communicate(data, timeout=PATIENCE)
        return output, errors.decode(), self.process.returncode


def start(far_side: FarSide, data: bytes) -> Client:
    """Have a session started, or attached to; return a client of it."""
    hello = format_hello(Hello(nonce=secrets.token_hex(16))).encode() + b"\n"
    output, errors, status = far_side.answer(data + hello)
    assert (status, errors) == (0, "")
    return Client(parse_announce(output.strip()), rows=24, columns=80)


NEW = "new --hello --port 0 --rows 24 --columns 80 --name far"


@contextlib.contextmanager
def ended(client: Client) -> Iterator[Client]:
    """End a client's session with it."""
    with contextlib.closing(client.socket):
        yield client
        client.type("exit 7\n")
        assert client.wait_for_close().value == 7


@pytest.mark.linux
@EVERY_PYTHON
def test_a_session_is_served_from_memory(python: str, environment: dict[str, str], server: PackedServer) -> None:
    left_by_a_login_script = b"yes\n\nRMOSH-ARCHIVE-OF-ANOTHER 1 2 3\n"
    far_side = FarSide(python, environment, f"{NEW} -- sh")
    with ended(start(far_side, left_by_a_login_script + sent(server))) as client:
        client.type("echo $((6 * 7)) \u6f22\u5b57\n")
        client.wait_for("^42 \u6f22\u5b57")
        client.core.resize(rows=30, columns=100, now=time.monotonic())
        client.type("stty size\n")
        client.wait_for("^30 100")
        client.type("seq 3000; ls /proc/self/fd | tr '\\n' ' '; echo done\n")
        client.wait_for("^0 1 2 3 done")


@EVERY_PYTHON
def test_a_session_is_found_attached_to_and_ended_from_other_archives(
    python: str, environment: dict[str, str], server: PackedServer
) -> None:
    """What a session needs for that it imports long after its archive has gone."""
    with contextlib.closing(start(FarSide(python, environment, f"{NEW} -- sh"), sent(server)).socket):
        listed, errors, status = FarSide(python, environment, "ls").answer(sent(server))
        assert (errors, status) == ("", 0) and b"far" in listed
        second = start(FarSide(python, environment, "attach --hello --rows 24 --columns 80 far"), sent(server))
        with contextlib.closing(second.socket):
            second.type("echo $((6 * 7))\n")
            second.wait_for("^42")
            assert FarSide(python, environment, "kill far").answer(sent(server))[2] == 0
            second.wait_for_close()


def test_one_that_was_sent_keeps_no_port_for_others_and_says_who_does(
    environment: dict[str, str], server: PackedServer
) -> None:
    output, errors, status = FarSide(sys.executable, environment, "port --port 60001").answer(sent(server))
    assert (output, status) == (b"", 1)
    assert "was sent by a client and serves sessions alone" in errors
    assert "hint: install rmosh on this host" in errors


@EVERY_PYTHON
def test_a_session_and_who_attaches_to_it_go_on_in_the_channels_that_the_archives_came_through(
    python: str, environment: dict[str, str], server: PackedServer
) -> None:
    with contextlib.ExitStack() as stack:

        def connect(words: str) -> streams.Client:
            line = ["sh", "-c", f"exec {python} {STAGE_ONE} {words}"]
            hello = new_hello(entropy=os.urandom(16), stream=True)
            channel = streams.Channel(line, environment, hello)
            stack.callback(channel.close)
            channel.write(sent(server) + format_hello(hello).encode() + b"\n")
            announce = parse_announce(channel.line(ANNOUNCE_PREFIX))
            channel.open()
            return streams.Client(announce, channel)

        first = connect("new --hello --port 0 --name far -- cat")
        first.type("first\r")
        first.wait_for("^first\nfirst")
        second = connect("attach --hello far")
        second.type("second\r")
        second.wait_for("^second\nsecond")
        first.wait_for("^second\nsecond")
        assert FarSide(python, environment, "kill far").answer(sent(server))[2] == 0


def test_what_the_user_tells_python_changes_nothing(
    environment: dict[str, str], server: PackedServer, tmp_path: Path
) -> None:
    (tmp_path / "selectors.py").write_text("raise SystemExit(3)")
    told = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path), "PYTHONWARNINGS": "error", "PYTHONVERBOSE": "1"}
    with ended(start(FarSide(sys.executable, environment | told, f"{NEW} -- sh"), sent(server))) as client:
        client.type("echo $((6 * 7)) $PYTHONHOME\n")
        client.wait_for(f"^42 {tmp_path}")


@pytest.mark.parametrize("missing", [LIBSODIUM, (*PYNACL, *LIBSODIUM)], ids=["pynacl", "libcrypto"])
def test_what_there_is_of_libraries_serves(
    environment: dict[str, str], server: PackedServer, missing: tuple[bytes, ...]
) -> None:
    far_side = FarSide(sys.executable, environment, f"{NEW} -- sh")
    with ended(start(far_side, sent(without(server, *missing)))) as client:
        client.type("echo $((6 * 7))\n")
        client.wait_for("^42")


def test_without_any_library_of_cryptography_that_is_said_in_the_place_of_a_session(
    environment: dict[str, str], server: PackedServer
) -> None:
    poor = without(server, *PYNACL, *LIBSODIUM, *LIBCRYPTO)
    output, errors, status = FarSide(sys.executable, environment, f"{NEW} -- sh").answer(sent(poor))
    assert (output, status) == (b"", 1)
    assert errors.splitlines() == [
        "rmosh-server: no library for its encryption: neither libsodium nor libcrypto can be loaded",
        "hint: install libsodium (package libsodium23 or libsodium), or PyNaCl (python3-nacl)",
    ]


@pytest.mark.linux
def test_where_there_are_no_files_without_a_name_the_process_that_started_it_serves(
    environment: dict[str, str], server: PackedServer
) -> None:
    far_side = FarSide(sys.executable, environment, f"{NEW} -- sh")
    with ended(start(far_side, sent(without(server, b"memfd_create")))) as client:
        client.type("tr '\\0' ' ' < /proc/$PPID/cmdline\n")
        client.wait_for("-I -c import")


def test_an_archive_that_came_damaged_is_not_run(environment: dict[str, str], server: PackedServer) -> None:
    damaged = sent(server)[:-1] + b"x"
    output, errors, status = FarSide(sys.executable, environment, f"{NEW} -- sh").answer(damaged)
    assert (output, errors, status) == (b"", "rmosh-server: the archive came damaged\n", 1)


def test_a_client_that_sends_no_archive_leaves_nothing_behind(environment: dict[str, str]) -> None:
    assert FarSide(sys.executable, environment, f"{NEW} -- sh").answer(b"something else\n") == (b"", "", 1)
