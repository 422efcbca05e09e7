"""`rmosh cp` with OpenSSH's own sftp-server: by itself, and at the end of a real link that changes in the middle."""

import os
import random
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmosh_client.copying.command import CopyCommand, run_copy
from rmosh_client.copying.copier import CopyWish
from rmosh_client.copying.places import place_of
from rmosh_netem.link import LinkModel
from rmosh_server.forwarding.subsystems import SFTP_SERVERS
from tests.e2e.session_host import Host
from tests.e2e.sshd import Sshd
from tests.patience import PATIENCE

SERVER = next(filter(os.path.exists, SFTP_SERVERS), "")

needs_sftp_server = pytest.mark.skipif(not SERVER, reason="OpenSSH's sftp-server is not installed")


@pytest.fixture
def reaching(tmp_path: Path) -> list[str]:
    """What stands for `rmosh` with its options: an sftp-server in a folder of its own."""
    (tmp_path / "far").mkdir()
    script = tmp_path / "reaching"
    script.write_text(f"#!/bin/sh\ncd {tmp_path}/far && exec {SERVER}\n")
    script.chmod(0o755)
    return [str(script)]


def copy(reaching: list[str], *words: "str | Path", wish: CopyWish = CopyWish()) -> int:  # noqa: B008 - frozen
    *sources, target = [place_of(os.fsdecode(word)) for word in words]
    return run_copy(CopyCommand(sources, target, wish, reaching))


@needs_sftp_server
@pytest.mark.slow
def test_folders_come_back_from_an_sftp_server_as_they_went(reaching: list[str], tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    for number in range(60):
        (tree / "deep" / f"file {number}").write_bytes(random.Random(number).randbytes(number * 1000))
    (tree / "deep" / "er" / "big").write_bytes(random.Random(9).randbytes(3_000_000))
    (tree / "a\nline \x1b[1m\udcff").write_bytes(b"odd name")
    (tree / "run").write_bytes(b"#!/bin/sh\n")
    (tree / "run").chmod(0o755)
    os.utime(tree / "run", (1, 2))
    wish = CopyWish(is_recursive=True, keeps_attributes=True)
    assert copy(reaching, tree, "far:", wish=wish) == 0
    assert copy(reaching, "far:tr*", "far:second", wish=wish) == 0
    assert copy(reaching, "far:second", tmp_path / "back", wish=wish) == 0
    listed = [{path.relative_to(top): _look(path) for path in top.rglob("*")} for top in (tree, tmp_path / "back")]
    assert len(listed[0]) == 65
    assert listed[0] == listed[1]


def _look(path: Path) -> tuple[int, float, bytes]:
    status = path.stat()
    return status.st_mode, int(status.st_mtime), b"" if path.is_dir() else path.read_bytes()


@needs_sftp_server
def test_what_cannot_be_copied_is_told_and_is_the_status(
    reaching: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good").write_bytes(b"good")
    assert copy(reaching, tmp_path / "good", tmp_path / "nothing", "far:.") == 1
    assert copy(reaching, "far:no\x1b[2J*", tmp_path) == 1
    assert copy(reaching, tmp_path / "good", "far:nowhere/") == 1
    assert (tmp_path / "far" / "good").read_bytes() == b"good"
    assert capsys.readouterr().err == (
        f"rmosh: {tmp_path}/nothing: No such file or directory\n"
        "rmosh: far:no\ufffd[2J*: No such file or directory\n"
        "rmosh: far:nowhere/: No such file or directory\n"
    )


@needs_sftp_server
@pytest.mark.parametrize("there", [0, 700_000, 1_000_000])
def test_a_copy_that_was_cut_off_goes_on(reaching: list[str], tmp_path: Path, there: int) -> None:
    data = random.Random(2).randbytes(1_000_000)
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "far" / "file").write_bytes(data[:there])
    assert copy(reaching, tmp_path / "file", "far:", wish=CopyWish(continues=True)) == 0
    assert (tmp_path / "far" / "file").read_bytes() == data


def test_a_host_that_cannot_be_reached_is_the_status(tmp_path: Path) -> None:
    script = tmp_path / "unreachable"
    script.write_text("#!/bin/sh\nexit 77\n")
    script.chmod(0o755)
    assert copy([str(script)], "far:file", tmp_path) == 77


#: An sftp-server whose folders never end: each answer to READDIR has a hundred names more.
ENDLESS = """
import sys
from itertools import count
text = lambda data: len(data).to_bytes(4, "big") + data
names = (b"n%d" % number for number in count())
while size := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    asked = sys.stdin.buffer.read(size)
    kind, number = asked[0], asked[1:5]
    told = {
        1: lambda: b"\\x02" + (3).to_bytes(4, "big"),
        11: lambda: b"\\x66" + number + text(b"folder"),
        12: lambda: b"\\x68" + number + (100).to_bytes(4, "big")
            + b"".join(text(next(names)) + text(b"") + bytes(4) for _ in range(100)),
        17: lambda: b"\\x69" + number + (4).to_bytes(4, "big") + (0o40755).to_bytes(4, "big"),
    }.get(kind, lambda: b"\\x65" + number + bytes(12))()
    sys.stdout.buffer.write(text(told))
    sys.stdout.buffer.flush()
"""


def test_a_host_that_never_ends_telling_names_does_not_fill_our_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rmosh_client.copying.remote_tree._MOST_OF_NAMES", 20_000)
    (tmp_path / "endless").write_text(ENDLESS)
    assert copy([sys.executable, str(tmp_path / "endless")], "far:folder", tmp_path, wish=CopyWish(True)) == 1
    assert capsys.readouterr().err == "rmosh: far:folder: too many names are in it, 447 were told\n"


@pytest.fixture
def copying_host(
    make_sshd: Callable[..., Sshd], rmosh_command: list[str], tmp_path: Path
) -> "Iterator[Host[subprocess.Popen[bytes]]]":  # type: ignore[type-var]  # no screen here
    directory = tmp_path / "host"
    directory.mkdir()
    sshd = make_sshd(f"SetEnv HOME={directory} RMOSH_RUNTIME_DIR={directory / 'sessions'}")
    sshd.trust_host_key()

    def start(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
        started: subprocess.Popen[bytes] = subprocess.Popen(command, **options)  # type: ignore[call-overload]  # as named
        return started

    host = Host(sshd, directory, start=start, rmosh=[*rmosh_command, "cp"])  # type: ignore[type-var]
    yield host
    host.close()


@needs_sftp_server
@pytest.mark.slow
@pytest.mark.sshd
def test_a_copy_goes_on_over_a_link_that_changes(
    copying_host: "Host[subprocess.Popen[bytes]]",  # type: ignore[type-var]
    tmp_path: Path,
) -> None:
    data = random.Random(4).randbytes(800_000)
    (tmp_path / "file").write_bytes(data)
    target = copying_host.path("copy")
    link = LinkModel(delay=0.02, loss=0.02)
    with copying_host.open(str(tmp_path / "file"), f"box:{target}", link=link) as program:
        for number in range(1, 3):
            _wait_for_size(target, number * 200_000)
            copying_host.relay.rebind(f"127.0.1.{number}")
        assert program.wait(2 * PATIENCE) == 0
    assert target.read_bytes() == data


def _wait_for_size(target: Path, size: int) -> None:
    for _ in range(int(2 * PATIENCE * 100)):
        if target.exists() and target.stat().st_size > size:
            return
        select.select([], [], [], 0.01)
    pytest.fail("it never came so far")
