"""Traces in files: private, whole whenever they are ended, and no reason for a session to fail."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from rmosh.containment import Containment
from rmosh.prediction import PredictionStatistics
from rmosh.transport.trace import Noted, Observer
from rmosh_client.tracing.private_file import create_private, traces_folder
from rmosh_client.tracing.tracer import Tracer


class Session:
    """Remembers who observes it."""

    observer: Observer | None = None

    def observe(self, observer: Observer | None, *, now: float) -> None:
        self.observer = observer


def tracer_into(folder: Path) -> tuple[Tracer, Session]:
    session = Session()
    return Tracer(session, Containment(now=0.0), group="0a0b0c0d", folder=str(folder)), session


def names_in(path: str) -> list[str]:
    records: list[dict[str, Any]] = [json.loads(line) for line in Path(path).read_bytes().split(b"\x1e")[1:]]
    return [str(record.get("name", record.get("title"))) for record in records]


def test_a_trace_is_for_nobody_elses_eyes_in_a_folder_made_for_it(tmp_path: Path) -> None:
    tracer, _ = tracer_into(tmp_path / "made" / "for it")
    tracer.start(now=1.0)
    tracer.stop(now=2.0)
    assert stat.S_IMODE(os.stat(tracer.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "made" / "for it").st_mode) == 0o700
    assert Path(tracer.path).name.endswith("Z-0a0b0c0d-client.sqlog")


def test_it_is_written_turn_by_turn_and_says_where_it_ends(tmp_path: Path) -> None:
    tracer, session = tracer_into(tmp_path)
    tracer.start(now=1.0)
    assert session.observer is tracer
    tracer(Noted("typed", {"bytes": 1}), now=1.5)
    tracer.turn_ended(PredictionStatistics(keys=1), shown=12, now=1.5)
    begun = ["rmosh, client of session 0a0b0c0d", "rmosh:typed", "rmosh:frame_shown", "rmosh:guesses_judged"]
    assert names_in(tracer.path) == begun
    tracer.turn_ended(PredictionStatistics(keys=1), shown=12, now=1.6)
    assert names_in(tracer.path) == begun
    tracer.stop(now=2.0)
    assert names_in(tracer.path) == [*begun, "rmosh:trace_ended"]
    assert session.observer is None


def test_what_was_shown_while_nothing_was_traced_is_in_no_trace(tmp_path: Path) -> None:
    tracer, _ = tracer_into(tmp_path)
    tracer.turn_ended(PredictionStatistics(), shown=1000, now=0.5)
    tracer.start(now=1.0)
    tracer.turn_ended(PredictionStatistics(), shown=1012, now=1.5)
    tracer.stop(now=2.0)
    tracer.turn_ended(PredictionStatistics(), shown=2000, now=2.5)
    tracer.start(now=3.0)
    tracer.turn_ended(PredictionStatistics(), shown=2012, now=3.5)
    for path in tmp_path.iterdir():
        assert '"rmosh:frame_shown","data":{"bytes":12}' in path.read_text()


def test_each_start_has_a_file_of_its_own(tmp_path: Path) -> None:
    tracer, _ = tracer_into(tmp_path)
    paths = set()
    for _ in range(3):
        tracer.start(now=1.0)
        tracer.stop(now=2.0)
        paths.add(tracer.path)
    assert len(paths) == len(list(tmp_path.iterdir())) == 3


def test_a_full_disk_ends_the_trace_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    tracer, session = tracer_into(tmp_path)
    told: list[str] = []
    tracer.on_trouble = told.append
    tracer.start(now=1.0)
    monkeypatch.setattr(os, "write", full)
    tracer.turn_ended(PredictionStatistics(), shown=0, now=1.5)
    assert told == [f"the trace ends here, {tracer.path} takes no more: No space left on device"]
    assert not tracer.is_on
    assert session.observer is None
    tracer.stop(now=2.0)


def test_what_cannot_be_written_as_a_record_is_survived(tmp_path: Path) -> None:
    tracer, _ = tracer_into(tmp_path)
    tracer.start(now=1.0)
    tracer(Noted("typed", {"bytes": float("nan")}), now=1.5)
    tracer(Noted("typed", {"bytes": 1}), now=1.5)
    tracer.stop(now=2.0)
    assert names_in(tracer.path)[1:] == ["rmosh:typed", "rmosh:trace_ended"]


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        create_private(str(tmp_path / "file" / "folder"), "name", ".log")


def test_traces_go_where_the_users_state_is() -> None:
    assert traces_folder({"XDG_STATE_HOME": "/state"}) == "/state/rmosh/traces"
    assert traces_folder({"XDG_STATE_HOME": "relative"}).endswith("/.local/state/rmosh/traces")
