"""Traces of a real session: both ends', on one axis, with a freeze in them and nothing that was typed or shown."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Typed, and shown by the shell; in no trace.
SECRET = "correcthorsebattery"


def records_of(path: Path) -> tuple[float, list[dict[str, Any]]]:
    """Return when a trace's times begin, in seconds since 1970, and its records."""
    header, *records = [json.loads(line) for line in path.read_bytes().split(b"\x1e")[1:]]
    return header["trace"]["common_fields"]["reference_time"] / 1000, records


def test_a_trace_of_both_ends_tells_of_a_freeze_and_holds_no_secret(host: Host[PtyProgram]) -> None:
    folder = host.path("traces")
    program = host.shell("--trace", str(folder), link=LinkModel(delay=0.02))
    program.type(f"echo {SECRET}\r")
    program.wait_for(lambda screen: screen.count(SECRET) == 2)
    host.relay.blackout(3.0)
    program.type("echo a''gain\r")
    program.wait_for("\nagain")
    program.type("\x1et")
    program.wait_for("rmosh: the trace is in")
    program.type("exit\r")
    (client,) = folder.glob("*-client.sqlog")
    (server,) = host.path("sessions/traces").glob("*-server.sqlog")
    # The server stays a moment for a client that may let others in.
    wait_until(lambda: b"rmosh:trace_ended" in server.read_bytes(), "the server ends its trace", pump=[program])
    for path in (client, server):
        assert SECRET[:7].encode() not in path.read_bytes()
        began, records = records_of(path)
        heard = [began + each["time"] / 1000 for each in records if each["name"] == "transport:packet_received"]
        gaps = [(after - before, before) for before, after in itertools.pairwise(heard)]
        length, moment = max(gaps)
        print(f"{path.name}: nothing came for {length:.2f} s from {moment:.2f} on")
        assert 2.8 < length < 5.0
        assert records[-1]["name"] == "rmosh:trace_ended"
        if path is client:  # what was typed meanwhile; the server had nothing to say
            lost = [each for each in records if each["name"] == "recovery:packet_lost"]
            assert any(moment < began + each["time"] / 1000 < moment + length + 1 for each in lost)


def test_who_attaches_with_a_trace_is_traced_at_the_server_and_nobody_else(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "work")
    folder = host.path("traces")
    second = host.errand("attach", "--trace", str(folder), "box", "work")
    second.wait_for(PROMPT.rstrip())
    second.type("\x1ed")
    second.wait_for(lambda _screen: "the server's on its host in" in second.unwrapped)
    assert second.wait_exit() == 0
    (client,) = folder.glob("*-client.sqlog")
    (server,) = host.path("sessions/traces").glob("*-server.sqlog")
    assert client.name.split("-")[1] == server.name.split("-")[1]
    first.type("exit\r")
    assert first.wait_exit() == 0


def test_a_session_that_runs_is_traced_at_the_server_as_long_as_its_user_wants(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type(f"{host.server} trace | cut -c1-9\r")
    program.wait_for("\n/")
    program.type(f"{host.server} trace --stop; echo st''opped\r")
    program.wait_for("\nstopped")
    (server,) = host.path("sessions/traces").glob("*-server.sqlog")
    _, records = records_of(server)
    assert "rmosh:program_output" in [record["name"] for record in records]
    assert records[-1]["name"] == "rmosh:trace_ended"
    program.type("exit\r")
    assert program.wait_exit() == 0
