"""Traces at the server: where they are, for whom, and that none keeps a session from anything."""

import json
import os
import stat
from pathlib import Path

import pytest

from rmosh.announce import new_announce
from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh.transport.trace import Noted
from rmosh_server.process.trace_file import TraceFile, told_path, trace_path
from rmosh_server.serving.traces import Traces

CLIENT = bytes(range(8))


@pytest.mark.parametrize(
    ("environment", "directory", "wanted", "folder"),
    [
        ({}, "/state/box", True, "/state/box/traces/"),
        ({}, "/state/box", False, ""),
        ({}, "", True, ""),
        ({"RMOSH_TRACE": "/traces"}, "", False, "/traces/"),
    ],
)
def test_whom_the_server_traces_and_where(
    environment: dict[str, str], directory: str, wanted: bool, folder: str
) -> None:
    path = trace_path(CLIENT, environment, directory, wanted=wanted)
    assert path.startswith(folder)
    assert path.endswith("Z-00010203-server.sqlog" if folder else "")


@pytest.mark.parametrize("path", ["/with a blank", "/ümlaut", "relative", "/" + "x" * 600, ""])
def test_a_path_that_no_announce_line_can_tell_is_not_told(path: str) -> None:
    assert told_path(path) == ""


def test_a_trace_is_the_users_own_and_says_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "traces" / "x.sqlog"
    trace = TraceFile(str(path), CLIENT, complain=pytest.fail, now=1.0)
    trace(Noted("program_output", {"bytes": 3}), now=1.5)
    trace.end(now=2.0)
    trace(Noted("program_output", {"bytes": 3}), now=2.5)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    records = [json.loads(line) for line in path.read_bytes().split(b"\x1e")[1:]]
    assert records[0]["trace"]["vantage_point"]["type"] == "server"
    assert [record["name"] for record in records[1:]] == ["rmosh:program_output", "rmosh:trace_ended"]


def test_a_clients_trace_begins_when_it_comes_and_ends_when_it_goes(tmp_path: Path) -> None:
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
    core.attach(new_announce(port=7, entropy=CLIENT + bytes(32)), Guest(24, 80), now=0.0)
    traces = Traces(core, complain=pytest.fail)
    traces.begin(CLIENT, str(tmp_path / "x.sqlog"), now=0.0)
    core.output(b"secret", now=1.0)
    traces.end(CLIENT, now=2.0)
    core.output(b"secret", now=3.0)
    names = [json.loads(line).get("name") for line in (tmp_path / "x.sqlog").read_bytes().split(b"\x1e")[1:]]
    assert names.count("rmosh:program_output") == 1
    assert names[-1] == "rmosh:trace_ended"


def test_a_client_is_traced_again_in_the_same_second(tmp_path: Path) -> None:
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
    core.attach(new_announce(port=7, entropy=CLIENT + bytes(32)), Guest(24, 80), now=0.0)
    traces = Traces(core, complain=pytest.fail)
    for _ in range(3):
        traces.begin(CLIENT, trace_path(CLIENT, {}, str(tmp_path), wanted=True), now=0.0)
        traces.end(CLIENT, now=0.1)
    files = list((tmp_path / "traces").iterdir())
    assert len(files) == 3
    assert all(file.name.endswith("-server.sqlog") or "-server-" in file.name for file in files)


def test_a_trace_that_is_ended_while_its_client_is_there_leaves_nobody_to_be_told(tmp_path: Path) -> None:
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
    core.attach(new_announce(port=7, entropy=CLIENT + bytes(32)), Guest(24, 80), now=0.0)
    traces = Traces(core, complain=pytest.fail)
    traces.begin(CLIENT, str(tmp_path / "x.sqlog"), now=0.0)
    assert traces.path_of(CLIENT) == str(tmp_path / "x.sqlog")
    traces.end(CLIENT, now=1.0)
    assert traces.path_of(CLIENT) == ""
    (attachment,) = core._contacts.values()
    assert attachment._endpoint.trace is None


def test_a_trace_that_could_not_go_on_is_begun_anew_when_asked_for(tmp_path: Path) -> None:
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
    core.attach(new_announce(port=7, entropy=CLIENT + bytes(32)), Guest(24, 80), now=0.0)
    complaints: list[str] = []
    traces = Traces(core, complain=complaints.append)
    traces.begin(CLIENT, str(tmp_path / "first.sqlog"), now=0.0)
    traces._files[CLIENT](Noted("program_output", {"bytes": float("nan")}), now=0.5)
    assert traces.path_of(CLIENT) == ""
    traces.begin(CLIENT, str(tmp_path / "second.sqlog"), now=1.0)
    core.output(b"secret", now=1.5)
    traces.end_all(now=2.0)
    assert b"program_output" in (tmp_path / "second.sqlog").read_bytes()
    assert len(complaints) == 1


def test_a_fault_in_a_trace_ends_it_and_nothing_else(tmp_path: Path) -> None:
    complaints: list[str] = []
    trace = TraceFile(str(tmp_path / "x.sqlog"), CLIENT, complain=complaints.append, now=1.0)
    trace(Noted("program_output", {"bytes": float("nan")}), now=1.5)
    trace(Noted("program_output", {"bytes": 3}), now=1.5)
    trace.end(now=2.0)
    assert (tmp_path / "x.sqlog").read_bytes().count(b"\x1e") == 1
    assert [complaint.partition("ends early: ValueError in ")[1] != "" for complaint in complaints] == [True]


def test_a_folder_that_cannot_be_made_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
    core.attach(new_announce(port=7, entropy=CLIENT + bytes(32)), Guest(24, 80), now=0.0)
    complaints: list[str] = []
    traces = Traces(core, complain=complaints.append)
    traces.begin(CLIENT, str(tmp_path / "file" / "x.sqlog"), now=0.0)
    core.output(b"secret", now=1.0)
    traces.end_all(now=2.0)
    assert complaints == [f"no trace can be written to {tmp_path / 'file' / 'x.sqlog'}: File exists"]
