"""The bench end to end with the system's ssh, and the PTY it looks through; short and bounded."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rmosh.announce import format_announce, new_announce, parse_announce
from rmosh_netem.bench.measurement import Plan
from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.bench.results import Run
from rmosh_netem.bench.runner import BenchRequest, run_bench
from rmosh_netem.bench.tools import TOOLS, Call, Predict, Rmosh
from rmosh_netem.errors import BenchFailed
from rmosh_netem.profiles import load_profiles
from tests.e2e import own_home
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def rmosh_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """rmosh's sessions are at home where ssh's are, in the folder of the bench's own sshd."""
    server = own_home.write_server(tmp_path / "rmosh-server")
    monkeypatch.setattr("rmosh_netem.carried.ours", lambda _program: str(server))


def in_terminal(script: str, **size: int) -> PtySession:
    return PtySession(["bash", "--norc", "-c", script], ENVIRONMENT, **({"rows": 24, "columns": 80} | size))


def test_what_is_typed_comes_back_on_the_screen() -> None:
    with in_terminal("stty raw -echo; echo ready; exec cat") as session:
        session.watch_for("ready", timeout=PATIENCE)
        press = session.type(b"hello")
        assert session.watch_for("hello", timeout=PATIENCE) >= press


def test_two_things_that_came_at_once_are_both_found() -> None:
    with in_terminal("printf 'this and that'; exec cat") as session:
        assert session.watch_for("that", timeout=PATIENCE) == session.watch_for("this", timeout=PATIENCE)


def test_the_terminal_has_the_size_asked() -> None:
    with in_terminal("stty size", rows=7, columns=33) as session:
        assert session.watch_for("7 33", timeout=PATIENCE) > 0.0


def test_what_does_not_come_is_said_with_what_came_instead() -> None:
    complaint = r"'ready' was not shown within 0 s: something else"
    with in_terminal("echo something else; exec cat") as session, pytest.raises(BenchFailed, match=complaint):
        session.watch_for("ready", timeout=0.3)


def test_a_program_that_ends_is_not_waited_for() -> None:
    start = time.monotonic()
    with in_terminal("echo bye") as session, pytest.raises(BenchFailed, match="bye"):
        session.watch_for("ready", timeout=PATIENCE)
    assert time.monotonic() - start < 5


def test_a_program_that_ignores_every_signal_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.pty_session._PATIENCE", 0.2)
    with in_terminal("trap '' HUP TERM; echo $$ there; while :; do sleep 0.1; done") as session:
        session.watch_for("there", timeout=PATIENCE)
        process = int(session.screen.display[0].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_only_the_end_of_a_flood_is_looked_at() -> None:
    with in_terminal("head -c 9000000 /dev/zero | tr '\\0' x; echo; echo over") as session:
        session.record_until_quiet(quiet=1.0, at_most=20)
        start = time.monotonic()
        session.watch_for("over", timeout=PATIENCE)
        assert time.monotonic() - start < 3


def test_when_a_text_was_written_is_known_without_a_look_at_the_screen() -> None:
    with in_terminal("head -c 9000000 /dev/zero | tr '\\0' x; printf OV; sleep 0.1; echo ER") as session:
        written = session.record_until_written(b"OVER", timeout=PATIENCE)
        assert written == session.last_output
        with pytest.raises(BenchFailed, match="'NEVER' was not written"):
            session.record_until_written(b"NEVER", timeout=1)


@dataclass(frozen=True)
class OverRelay:
    """A way over a relay that forwards to UDP port 61234."""

    ssh_config: Path
    host: str = "127.0.0.3"

    def udp_port(self, _port: int, *, same: bool) -> int:
        return 61234


def figure(run: Run, name: str) -> float:
    """Return what was measured, where it was."""
    measured = run.figures[name]
    assert measured is not None, name
    return measured


def test_rmosh_s_server_is_wrapped_so_that_it_announces_the_relay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce = new_announce(port=60001, entropy=bytes(range(40)))
    server = tmp_path / "rmosh-server"
    server.write_text(f"#!/bin/sh\necho arguments: $*\necho '{format_announce(announce)}'\n")
    server.chmod(0o700)
    for module in ("bench.tools", "carried"):
        monkeypatch.setattr(f"rmosh_netem.{module}.ours", lambda program: str(tmp_path / program))

    call = Call(("true",), Predict.NEVER, tmp_path, OverRelay(tmp_path / "config"))
    command = Rmosh().command(call)
    wrapper = command[command.index("--server") + 1]
    said = subprocess.run([wrapper, "new", "--port", "1"], capture_output=True, text=True, check=True).stdout
    assert "arguments: new --port 1" in said
    assert parse_announce(said.splitlines()[-1].encode()).port == 61234


@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
def test_ssh_is_measured_over_a_link_and_leaves_nothing_behind(tmp_path: Path) -> None:
    profile = load_profiles()["lan"]
    told: list[str] = []
    output = tmp_path / "results.json"
    plan = Plan(profile, seed=1, keys=5, repeats=1, repaints=2, idle=0.5)
    workloads = ["key", "start", "repaint", "idle"]
    results = run_bench(BenchRequest([profile], [TOOLS["ssh"]], workloads, plan, 60.0, output), told.append)
    runs = {run.workload: run for run in results.runs}
    assert [run.error for run in results.runs] == [""] * 4
    assert figure(runs["key"], "never") == 0
    assert 1.0 <= figure(runs["key"], "p50_ms") < 500
    assert figure(runs["start"], "ms") > 0
    assert figure(runs["repaint"], "bytes_each") > 10_000
    assert figure(runs["idle"], "server_pss_mb") > 0
    assert told[0] == "[1/4] lan key ssh ..."
    assert json.loads(output.read_text())["runs"][0]["tool"] == "ssh"
    folder = str(Path(results.runs[0].command[2]).parent)
    assert folder.startswith(tempfile.gettempdir())
    assert not any(folder in command for command in running_commands())


@pytest.mark.sshd
@pytest.mark.usefixtures("rmosh_at_home")
@pytest.mark.parametrize("name", ["mosh", "rmosh"])
def test_tools_with_datagrams_are_measured_through_the_relay(tmp_path: Path, name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"there is no {name} on this machine")
    profile = load_profiles()["lan"]
    plan = Plan(profile, seed=1, keys=5)
    (run,) = run_bench(
        BenchRequest([profile], [TOOLS[name]], ["key"], plan, 60.0, tmp_path / "results.json"), lambda line: None
    ).runs
    assert run.error == ""
    assert figure(run, "never") == 0
    assert figure(run, "up_bytes_per_key") > 0
    assert figure(run, "down_bytes_per_key") > 0


@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
def test_what_only_the_far_side_says_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.silent_typist._REST", (0.1, 0.2))
    profile = load_profiles()["lan"]
    plan = Plan(profile, seed=1, repeats=1, outage=0.4, sleep=0.4)
    workloads = ["silent-roam", "silent-move", "outage", "sleep"]
    request = BenchRequest([profile], [TOOLS["ssh"]], workloads, plan, 60.0, tmp_path / "results.json")
    runs = {run.workload: run for run in run_bench(request, lambda line: None).runs}
    assert [run.error for run in runs.values()] == [""] * 4
    assert [figure(runs[workload], "never") for workload in ("silent-roam", "silent-move", "outage")] == [0] * 3
    assert 0 < figure(runs["outage"], "p50_ms") < 2000
    assert 0 < figure(runs["sleep"], "consistent_ms") < 2000
    assert 0 < figure(runs["sleep"], "answer_ms") < 2000


@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
@pytest.mark.usefixtures("rmosh_at_home")
def test_roams_and_blackouts_of_each_kind_are_timed(tmp_path: Path) -> None:
    profile = load_profiles()["lan"]
    plan = Plan(profile, seed=1, keys=22, blackout=0.5, long_blackout=1.0)
    workloads = ["roam", "roam-nat", "switch", "blackout", "long-blackout"]
    runs = run_bench(
        BenchRequest([profile], [TOOLS["rmosh"]], workloads, plan, 60.0, tmp_path / "results.json"), lambda line: None
    ).runs
    assert [run.error for run in runs] == [""] * 5
    roams, nat, switched, short, long = runs
    assert len(roams.samples["moved"]) == len(nat.samples["moved"]) == 2
    assert roams.figures["never"] == nat.figures["never"] == 0
    assert len(switched.samples["moved"]) == 2 and figure(switched, "first_worst_ms") > 0
    assert [run.samples["outage"][1] for run in (short, long)] == [0.5, 1.0]
    assert all(figure(run, "wrong_at_end") == 0 for run in runs)


@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
def test_a_bench_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rmosh_netem", "bench", "--tools", "ssh", "--profiles", "lan"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as bench:
        assert bench.stderr is not None
        bench.stderr.readline()
        wait_until(lambda: any("echo.sh" in line and str(tmp_path) in line for line in running_commands()))
        bench.terminate()
        assert bench.wait(20) == 128 + signal.SIGTERM
    assert not any(str(tmp_path) in line for line in running_commands())
    assert list(tmp_path.glob("rmosh-netem-*")) == []


def test_a_relay_process_ends_with_its_caller() -> None:
    script = """
import os, signal
from rmosh_netem.addresses import Address
from rmosh_netem.profiles import load_profiles
from rmosh_netem.relay_process import RelayProcess
relay = RelayProcess(load_profiles()["lan"], seed=1)
print(relay.forward_udp(listen=Address("127.0.0.1", 0), to=Address("127.0.0.1", 9)).port, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout
    wait_until(lambda: is_free(int(said)))


def wait_until(true: Callable[[], bool], *, at_most: float = 60.0) -> None:
    end = time.monotonic() + at_most
    while not true():
        assert time.monotonic() < end, f"it did not come about within {at_most} s"
        time.sleep(0.05)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
def test_a_run_that_takes_too_long_is_given_up_and_said(tmp_path: Path) -> None:
    profile = load_profiles()["lan"]
    plan = Plan(profile, seed=1, keys=500)
    request = BenchRequest([profile], [TOOLS["ssh"]], ["key"], plan, 2.0, tmp_path / "results.json")
    (run,) = run_bench(request, lambda line: None).runs
    assert "given up after 2 s" in run.error
    assert run.seconds < 15


def running_commands() -> list[str]:
    listing = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if not line.startswith("ps ")]


def test_the_relay_command_relays_and_obeys_lines() -> None:
    command = [sys.executable, "-m", "rmosh_netem", "relay", "--udp-only", "--listen", "0", "--to", "9", "lan"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdin is not None and relay.stdout is not None
        assert relay.stdout.readline().startswith("lan (delay=0.5ms) from 127.0.0.1:")
        for line, answer in [("loss=30%", "changed"), ("blackout 1s", "nothing gets through"), ("stats", '{"up"')]:
            relay.stdin.write(line + "\n")
            relay.stdin.flush()
            assert relay.stdout.readline().startswith(answer)
        relay.stdin.write("quit\n")
        relay.stdin.flush()
        assert relay.wait(10) == 0


def test_the_relay_command_ends_by_sigterm_without_standard_input() -> None:
    command = [sys.executable, "-m", "rmosh_netem", "relay", "--listen", "0", "--to", "9", "lan"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        assert relay.stdout.readline().startswith("lan (delay=0.5ms) from")
        relay.terminate()
        assert relay.wait(10) == 128 + signal.SIGTERM
