"""What is kept of a server's complaints: bounded, private, printable, and found again."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import Announce
from rmosh_server.desk.places import Places, Unusable
from rmosh_server.desk.registry import LOG_SUFFIX, MAX_RECORDS, MAX_TRACES, RECORD_LIFETIME, Registry
from rmosh_server.desk.session_log import MAX_LOG_BYTES, KeptLog, SessionLog, kept_logs, losses_in_words
from rmosh_server.process.trace_file import TRACES
from rmosh_server.serving.handover import Handover, format_handover
from tests.patience import PATIENCE

SESSION = bytes(range(8))
OTHER = bytes(range(8, 16))
NOON = 1_800_000_000.0


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def log_of(directory: Path) -> Callable[..., SessionLog]:
    def make(session_id: bytes = SESSION, *, name: str = "") -> SessionLog:
        log = SessionLog(str(directory / f"{session_id.hex()}{LOG_SUFFIX}"), clock=lambda: NOON)
        log.begin(session_id, name=name, told="rmosh-server 1")
        return log

    return make


def kept_in(directory: Path) -> list[KeptLog]:
    return kept_logs(Places(str(directory), "", ()))


def test_each_complaint_has_its_time_and_nobody_else_reads_it(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log = log_of(name="work")
    log.write("a fault")
    log.end("exited 0")
    (kept,) = kept_in(directory)
    assert (kept.session_id, kept.name, kept.tells_the_end) == (SESSION.hex(), "work", True)
    assert [re.sub(r"^2027-01-1\d \d\d:\d\d:\d\d ", "", line) for line in kept.lines] == [
        f"session {SESSION.hex()} named work: rmosh-server 1",
        "a fault",
        "ended: exited 0",
    ]
    assert (directory / f"{SESSION.hex()}{LOG_SUFFIX}").stat().st_mode & 0o777 == 0o600


def test_a_complaint_is_one_printable_line_whatever_is_in_it(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log_of().write("a\x1b[2J\n\udcff" + "x" * 70_000)
    (kept,) = kept_in(directory)
    assert len(kept.lines) == 2
    assert all(line.isprintable() and len(line) < 1100 for line in kept.lines)


def test_a_log_stays_within_its_bound_and_keeps_its_head_and_the_newest(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log = log_of()
    for number in range(3000):
        log.write(f"complaint {number} {'x' * 100}")
    assert log.descriptor is not None and os.fstat(log.descriptor).st_size <= MAX_LOG_BYTES
    (kept,) = kept_in(directory)
    assert kept.lines[0].endswith("rmosh-server 1")
    numbers = [int(line.split()[3]) for line in kept.lines[1:]]
    assert numbers == list(range(numbers[0], 3000))
    assert len(numbers) > 200


def test_a_log_that_began_on_a_full_disk_says_whose_it_is_as_soon_as_there_is_room(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log = log_of(name="work")
    os.truncate(directory / f"{SESSION.hex()}{LOG_SUFFIX}", 0)  # as a full disk leaves it
    log.write("a fault")
    log.end("exited 0")
    (kept,) = kept_in(directory)
    assert (kept.name, len(kept.lines), kept.tells_the_end) == ("work", 3, True)


def test_the_interpreter_s_own_last_words_do_not_hide_a_log(log_of: Callable[..., SessionLog], directory: Path) -> None:
    log = log_of()
    assert log.descriptor is not None
    os.write(log.descriptor, b'Fatal Python error: Segmentation fault\n\n  File "x.py", line 1 in y\n')
    (kept,) = kept_in(directory)
    assert kept.lines[1] == "Fatal Python error: Segmentation fault"
    assert not kept.tells_the_end


@pytest.mark.parametrize("path", ["", "/dev/null/x.log", "/dev/full"])
def test_a_log_that_cannot_be_written_is_no_reason_to_fail(path: str) -> None:
    log = SessionLog(path)
    log.begin(SESSION, name="", told="")
    log.write("a fault")
    log.end("exited 0")


def test_a_log_is_not_written_through_somebody_s_link(directory: Path) -> None:
    (directory / "link.log").symlink_to(directory / "target")
    log = SessionLog(str(directory / "link.log"))
    log.write("a fault")
    assert not (directory / "target").exists()


@given(
    content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"a b session {'0' * 16}: {text}".encode())
)
def test_whatever_a_file_holds_what_is_shown_of_it_is_printable(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    directory = tmp_path_factory.mktemp("logs", numbered=True)
    directory.chmod(0o700)
    (directory / f"x{LOG_SUFFIX}").write_bytes(content)
    assert all(line.isprintable() for log in kept_in(directory) for line in log.lines)


def test_logs_in_a_directory_that_is_open_to_others_are_not_believed(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log_of()
    directory.chmod(0o755)
    with pytest.raises(Unusable, match="open to others"):
        kept_in(directory)


def test_a_new_session_takes_away_logs_past_their_time_or_number_but_none_of_a_live_one(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    living = Registry(str(directory)).enter(SESSION)
    log_of()
    os.utime(living.log, (0, 0))
    newest = directory.stat().st_mtime
    for number in range(MAX_RECORDS + 5):
        path = directory / f"{number + 1000:016x}{LOG_SUFFIX}"
        path.touch()
        os.utime(path, (newest - number, newest - number))
    old = directory / f"{OTHER.hex()}{LOG_SUFFIX}"
    old.touch()
    os.utime(old, (0, newest - RECORD_LIFETIME - 60))
    Registry(str(directory)).enter(bytes(8))
    left = {path.name for path in directory.glob(f"*{LOG_SUFFIX}")}
    assert os.path.basename(living.log) in left
    assert left - {os.path.basename(living.log)} == {
        f"{number + 1000:016x}{LOG_SUFFIX}" for number in range(MAX_RECORDS)
    }


def test_a_new_session_takes_away_traces_past_their_time_or_number(directory: Path) -> None:
    folder = directory / TRACES
    folder.mkdir()
    newest = directory.stat().st_mtime
    for number in range(MAX_TRACES + 5):
        path = folder / f"{number}-server.sqlog"
        path.touch()
        os.utime(path, (newest - number, newest - number))
    os.utime(folder / "1-server.sqlog", (0, newest - RECORD_LIFETIME - 60))
    Registry(str(directory)).enter(SESSION)
    assert {path.name for path in folder.iterdir()} == {
        f"{number}-server.sqlog" for number in range(MAX_TRACES + 1) if number != 1
    }


def test_losses_are_told_in_words() -> None:
    assert losses_in_words({}, failed_sends=0) == ""
    assert losses_in_words({"Foreign": 2, "Malformed": 1}, failed_sends=3) == (
        "datagrams dropped: 2 for no client of the session, 1 that made no sense; "
        "datagrams that this host refused to send: 3"
    )


def test_a_fault_that_ends_a_session_is_told_by_its_place_and_none_of_its_words(
    log_of: Callable[..., SessionLog], directory: Path
) -> None:
    log = log_of()
    try:
        raise ValueError("what was typed")
    except ValueError as error:
        log.crashed(error)
    (kept,) = kept_in(directory)
    assert "a fault of the server's own ended the session: ValueError" in kept.lines[1]
    assert kept.lines[-1].split()[-1].startswith("test_session_log.py:")
    assert "typed" not in "".join(kept.lines)


def test_a_fault_before_a_session_is_served_is_in_its_log_too(directory: Path) -> None:
    entry = Registry(str(directory)).enter(SESSION)
    with contextlib.ExitStack() as stack:
        descriptors = [entry.descriptor, *os.openpty(), *os.pipe(), *os.pipe()]
        for descriptor in descriptors:
            stack.callback(os.close, descriptor)
        record, master, slave, reading, writing, _, report = descriptors
        announce = Announce(2, 60001, SESSION, bytearray(32))
        session = Handover(announce, 24, 80, 4711, False, udp=report, master=master, slave=slave, report=report)
        session = replace(session, record=record, directory=str(directory))
        os.write(writing, bytes(32) + format_handover(session))
        served = subprocess.run(
            [sys.executable, "-m", "rmosh_server.serving", str(reading)],
            pass_fds=descriptors,
            capture_output=True,
            timeout=PATIENCE,
        )
    assert served.returncode == 1, served
    (kept,) = kept_in(directory)
    assert kept.lines[1].endswith("ended the session: OSError, from the outside in:")
    assert kept.lines[-1].split()[-1].startswith("socket.py:")
