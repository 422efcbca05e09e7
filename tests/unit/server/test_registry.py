"""The files that tell how sessions are."""

import fcntl
import os
import re
import threading
from pathlib import Path

import pytest

from rmosh_server.desk.places import Unusable
from rmosh_server.desk.registry import MAKING_TIME, MAX_RECORDS, RECORD_LIFETIME, Registry

SESSION = bytes.fromhex("0011223344556677")
OTHER = bytes.fromhex("8899aabbccddeeff")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "rmosh"


@pytest.fixture
def registry(directory: Path) -> Registry:
    return Registry(str(directory))


def make_older(path: Path, seconds: float) -> None:
    modified = path.stat().st_mtime - seconds
    os.utime(path, (modified, modified))


def test_a_session_nobody_heard_of_is_unknown(registry: Registry) -> None:
    assert registry.status(SESSION) == "unknown"


def test_a_session_is_alive_while_its_file_is_held(registry: Registry, directory: Path) -> None:
    entry = registry.enter(SESSION)
    assert registry.status(SESSION) == "alive"
    make_older(directory / SESSION.hex(), RECORD_LIFETIME * 2)
    assert registry.status(SESSION) == "alive"
    entry.end("ended exited 0\n")


def test_how_a_session_ended_is_told_after_its_end(registry: Registry) -> None:
    registry.enter(SESSION).end("ended exited 7\ndetails for people\n")
    assert registry.status(SESSION) == "ended exited 7"


def test_a_file_a_killed_server_left_is_unknown_and_removed(registry: Registry, directory: Path) -> None:
    entry = registry.enter(SESSION)
    os.close(entry.descriptor)
    make_older(directory / SESSION.hex(), MAKING_TIME + 1)
    assert registry.status(SESSION) == "unknown"
    assert list(directory.iterdir()) == []


def test_a_file_that_is_being_made_is_left_alone(registry: Registry, directory: Path) -> None:
    entry = registry.enter(SESSION)
    os.close(entry.descriptor)
    assert registry.status(SESSION) == "unknown"
    assert (directory / SESSION.hex()).exists()


def test_records_past_their_time_go_when_a_session_starts(registry: Registry, directory: Path) -> None:
    registry.enter(SESSION).end("ended exited 0\n")
    make_older(directory / SESSION.hex(), RECORD_LIFETIME + 1)
    registry.enter(OTHER).end("ended exited 0\n")
    assert registry.status(SESSION) == "unknown"


def test_only_so_many_records_are_kept_and_the_newest_ones(registry: Registry, directory: Path) -> None:
    for number in range(MAX_RECORDS + 5):
        registry.enter(number.to_bytes(8, "big")).end("ended exited 0\n")
        make_older(directory / f"{number:016x}", 1000 - number)
    registry.enter(SESSION).end("ended exited 0\n")
    assert len(list(directory.iterdir())) == MAX_RECORDS + 1
    assert registry.status(bytes(8)) == "unknown"
    assert registry.status((MAX_RECORDS + 4).to_bytes(8, "big")) == "ended exited 0"


def test_strange_files_are_neither_read_nor_removed(registry: Registry, directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "notes.txt").write_text("mine")
    make_older(directory / "notes.txt", RECORD_LIFETIME * 2)
    registry.enter(SESSION).end("ended exited 0\n")
    assert (directory / "notes.txt").read_text() == "mine"


def test_a_record_that_makes_no_sense_reads_as_unknown(registry: Registry) -> None:
    registry.enter(SESSION).end("ended \x1b[31mred 0\n")
    assert registry.status(SESSION) == "unknown"


def test_a_directory_open_to_others_is_refused_with_the_reason(registry: Registry, directory: Path) -> None:
    directory.mkdir(mode=0o700)
    directory.chmod(0o750)
    with pytest.raises(Unusable, match="open to others"):
        registry.enter(SESSION)


def test_a_symbolic_link_in_place_of_the_directory_is_refused(registry: Registry, directory: Path) -> None:
    directory.with_name("elsewhere").mkdir(mode=0o700)
    directory.symlink_to(directory.with_name("elsewhere"))
    with pytest.raises(Unusable, match="not a directory"):
        registry.enter(SESSION)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to somebody else")
def test_a_directory_of_somebody_else_is_refused(registry: Registry, directory: Path) -> None:
    directory.mkdir(mode=0o700)
    os.chown(directory, 12345, -1)
    with pytest.raises(Unusable, match="belongs to user id 12345"):
        registry.status(SESSION)


def test_a_directory_that_cannot_be_made_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match=re.escape(str(tmp_path / "file" / "rmosh"))):
        Registry(str(tmp_path / "file" / "rmosh")).enter(SESSION)


def test_the_end_of_a_session_on_a_full_disk_is_no_error(tmp_path: Path) -> None:
    entry_descriptor = os.open("/dev/full", os.O_RDWR)
    from rmosh_server.desk.registry import Entry

    Entry(entry_descriptor, str(tmp_path), SESSION.hex()).end("ended exited 0\n")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(entry_descriptor)


def test_a_session_that_did_not_come_to_be_leaves_nothing(registry: Registry, directory: Path) -> None:
    registry.enter(SESSION).withdraw()
    assert list(directory.iterdir()) == []


def test_a_file_that_somebody_looks_at_while_it_is_made_is_locked_all_the_same(
    registry: Registry, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    looked: list[int] = []

    def look_first(descriptor: int, operation: int) -> None:
        """Have another session that starts look at a file just before its own session locks it."""
        if operation & fcntl.LOCK_EX and not looked:
            looked.append(os.open(directory / SESSION.hex(), os.O_RDONLY))
            flock(looked[0], fcntl.LOCK_SH)
            threading.Timer(0.02, os.close, (looked[0],)).start()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", look_first)
    entry = registry.enter(SESSION)
    assert registry.status(SESSION) == "alive"
    entry.end("ended exited 0\n")


@pytest.fixture
def without_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Android: Python has no os.link there."""
    monkeypatch.delattr(os, "link", raising=False)


@pytest.mark.parametrize("has_links", [True, False])
def test_a_further_clients_id_stands_for_the_session_until_it_is_gone(
    registry: Registry, directory: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.delattr(os, "link", raising=False)
    entry = registry.enter(SESSION)
    entry.link(OTHER)
    assert registry.status(OTHER) == "alive"
    entry.unlink(OTHER)
    assert registry.status(OTHER) == "unknown"
    entry.link(OTHER)
    entry.end("ended exited 7\n")
    assert registry.status(OTHER) == "ended exited 7"


@pytest.mark.usefixtures("without_hard_links")
def test_what_refers_to_a_session_goes_with_its_record(registry: Registry, directory: Path) -> None:
    entry = registry.enter(SESSION)
    entry.link(OTHER)
    os.close(entry.descriptor)
    make_older(directory / SESSION.hex(), MAKING_TIME + 1)
    assert registry.status(SESSION) == "unknown"
    assert registry.status(OTHER) == "unknown"
    assert list(directory.iterdir()) == []


def test_a_file_that_refers_to_itself_means_nothing(registry: Registry, directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / OTHER.hex()).write_text(f"is {OTHER.hex()}")
    assert registry.status(OTHER) == "unknown"


def test_a_lock_on_names_that_is_held_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from rmosh_server.desk import registry as module

    monkeypatch.setattr(module, "NAMES_PATIENCE", 0.01)
    held = registry.hold_names()
    with pytest.raises(module.NamesHeld, match="held by another process"):
        registry.hold_names()
    os.close(held)
    os.close(registry.hold_names())


def test_an_agent_s_socket_that_a_killed_server_left_goes_when_a_session_starts(
    registry: Registry, directory: Path
) -> None:
    entry = registry.enter(SESSION)
    for session in (SESSION, OTHER):
        (directory / f"{session.hex()}.agent").touch()
    registry.enter(bytes(8))
    assert [path.stem for path in directory.glob("*.agent")] == [SESSION.hex()]
    entry.end("ended exited 0")
