"""The server run from its archive: under every Python from 3.8 on that is found here, with nothing installed."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rmosh.announce import parse_announce
from rmosh.hello import Hello, format_hello
from rmosh_client.injection.archive import packed_server
from rmosh_client.injection.stage_one import STAGE_ONE, sent
from rmosh_client.injection.wanted import Wanted, parse_wanted
from tests.e2e import own_home
from tests.e2e.test_server_process import Client

pytestmark = pytest.mark.slow

#: How long anything may take, in seconds; only a failing test waits for it.
PATIENCE = 20.0


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
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sent(packed_server({"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SSH_", "PYTHON"))}
    return {**kept, "RMOSH_RUNTIME_DIR": str(tmp_path / "rmosh"), "HOME": str(tmp_path), **own_home.VARIABLES}


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
        self.wanted: Wanted = parse_wanted(self.process.stdout.readline())

    def answer(self, data: bytes) -> tuple[bytes, str, int]:
        """Send it all; return what is printed, what is said on standard error, and the exit status."""
        output, errors = self.process.communicate(data, timeout=PATIENCE)
        return output, errors.decode(), self.process.returncode


@contextlib.contextmanager
def session(python: str, environment: Mapping[str, str], archive: bytes, words: str = "-- sh") -> Iterator[Client]:
    far_side = FarSide(python, environment, f"new --hello --port 0 --rows 24 --columns 80 {words}")
    hello = format_hello(Hello(nonce=secrets.token_hex(16))).encode() + b"\n"
    output, errors, status = far_side.answer(b"what a login script left\n" + archive + hello)
    assert (status, errors) == (0, "")
    client = Client(parse_announce(output.strip()), rows=24, columns=80)
    with contextlib.closing(client.socket):
        yield client
        client.type("exit 7\n")
        assert client.wait_for_close().value == 7


@EVERY_PYTHON
def test_a_shell_is_served(python: str, environment: dict[str, str], archive: bytes) -> None:
    with session(python, environment, archive) as client:
        client.type("echo $((6 * 7)) \u6f22\u5b57\n")
        client.wait_for("^42 \u6f22\u5b57")
        client.core.resize(rows=30, columns=100, now=time.monotonic())
        client.type("stty size\n")
        client.wait_for("^30 100")
        client.type("seq 300\n")
        client.wait_for("^300")
