"""A server that was sent keeps itself: whole, checked, beside older ones, whoever does the same meanwhile."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rmosh.announce import KEPT_PREFIX, NOT_KEPT_PREFIX
from rmosh_client.bootstrap.far_python import KEPT_FILE, KEPT_FOLDER
from rmosh_server.archived import keeping
from rmosh_server.archived.compiled_beside import CompiledBeside
from rmosh_server.archived.keeping import keep

#: Stands for an archive: what unpacks it, a NUL, and the rest.
PAYLOAD = b"def run(payload, words, kept): print(len(payload), *words)\0rest"


def run(file: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-I", file, "ls", "-a"], capture_output=True, text=True, check=False)


def names(home: Path) -> list[str]:
    return sorted(os.listdir(home / KEPT_FOLDER))


def test_what_is_kept_runs_with_its_words_and_needs_no_right_to_be_executed(tmp_path: Path) -> None:
    file = keep(PAYLOAD, "1.0-0123456789abcdef", home=str(tmp_path))
    assert not os.stat(file).st_mode & 0o111
    assert run(file).stdout == f"{len(PAYLOAD)} ls -a\n"
    assert os.path.samefile(file, tmp_path / KEPT_FOLDER / "current" / KEPT_FILE)


def test_a_changed_file_is_not_run(tmp_path: Path) -> None:
    file = Path(keep(PAYLOAD * 9, "1.0-0123456789abcdef", home=str(tmp_path)))
    content = bytearray(file.read_bytes())
    at = content.index(b"server") + 30
    content[at] ^= 1
    file.write_bytes(content)
    done = run(str(file))
    assert done.returncode != 0
    assert done.stdout == ""


def test_the_newest_and_the_one_before_stay(tmp_path: Path) -> None:
    for age, digit in enumerate("abcd"):
        keep(PAYLOAD, f"1.0-{digit * 16}", home=str(tmp_path))
        os.utime(tmp_path / KEPT_FOLDER / f"1.0-{digit * 16}", (age, age))
    assert names(tmp_path) == ["1.0-cccccccccccccccc", "1.0-dddddddddddddddd", "current"]
    assert os.readlink(tmp_path / KEPT_FOLDER / "current") == "1.0-dddddddddddddddd"


def test_logins_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        files = list(threads.map(lambda _: keep(PAYLOAD, "1.0-0123456789abcdef", home=str(tmp_path)), range(40)))
    assert len(set(files)) == 1
    assert run(files[0]).returncode == 0
    assert names(tmp_path) == ["1.0-0123456789abcdef", "current"]


@pytest.mark.parametrize("name", ["", "..", "1.0", "a/../b-0123456789abcdef", "1.0-0123456789abcdef\n", "-0123456789"])
def test_nothing_is_kept_under_another_kind_of_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="named by its version"):
        keep(PAYLOAD, name, home=str(tmp_path))
    assert os.listdir(tmp_path) == []


def test_where_it_cannot_be_kept_the_reason_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("os.fsync", lambda _descriptor: Path("/dev/full").write_bytes(b"x"))
    keeping.keep_and_tell(PAYLOAD, "1.0-0123456789abcdef")
    assert capsys.readouterr().out.startswith(f"{NOT_KEPT_PREFIX} No space left on device")
    assert names(tmp_path) == []


def test_where_it_is_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    keeping.keep_and_tell(PAYLOAD, "1.0-0123456789abcdef")
    told = capsys.readouterr().out
    assert told == f"{KEPT_PREFIX} {tmp_path / KEPT_FOLDER / '1.0-0123456789abcdef' / KEPT_FILE}\n"


def test_what_was_compiled_of_a_kept_archive_is_found_again_unless_anything_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = CompiledBeside(str(tmp_path / KEPT_FILE), PAYLOAD)
    assert beside.read() == b""
    beside.write(b"compiled")
    assert CompiledBeside(str(tmp_path / KEPT_FILE), PAYLOAD).read() == b"compiled"
    assert CompiledBeside(str(tmp_path / KEPT_FILE), PAYLOAD + b"x").read() == b""
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert beside.read() == b""
    beside.write(b"compiled")
    monkeypatch.setattr(sys, "version", "another")
    assert CompiledBeside(str(tmp_path / KEPT_FILE), PAYLOAD).read() == b""


def test_where_what_was_compiled_cannot_be_kept_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.replace", lambda *_: Path("/dev/full").write_bytes(b"x"))
    CompiledBeside(str(tmp_path / KEPT_FILE), PAYLOAD).write(b"compiled")
    CompiledBeside(str(tmp_path / "nowhere" / KEPT_FILE), PAYLOAD).write(b"compiled")
    assert os.listdir(tmp_path) == []
