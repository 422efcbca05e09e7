"""Streams, copies and forwards are counted right: measured here with a tool that has no link at all."""

from pathlib import Path
from typing import Any, cast

import pytest

from rmosh_netem.bench.bulk_workloads import _speed, beside_a_stream, copy, forward, stream
from rmosh_netem.bench.measurement import Plan
from rmosh_netem.bench.tools import TOOLS, Call, Predict, Rmosh, StreamingTool
from rmosh_netem.cli import main
from rmosh_netem.errors import EXIT_FAILED, BenchFailed, Unavailable
from rmosh_netem.profiles import load_profiles
from tests.unit.netem.bench_without_link import Here, NoLink, laboratory

PLAN = Plan(load_profiles()["perfect"], seed=1, keys=3, repeats=1, stream=0.1, megabytes=1, connections=3)


class Truncating(Here):
    """Copies nothing and says that all went well."""

    def copy(self, call: Call, source: str, target: str) -> list[str]:
        return ["touch", target.removeprefix("here:")]


@pytest.mark.slow
def test_a_stream_is_counted_in_both_directions_and_ends(tmp_path: Path) -> None:
    figures = stream(laboratory(tmp_path), PLAN).figures
    assert min(cast(float, figures[name]) for name in ("down_mb_s", "up_mb_s")) > 10


def test_a_file_is_copied_there_and_back_and_nothing_is_left(tmp_path: Path) -> None:
    figures = copy(laboratory(tmp_path), PLAN).figures
    assert set(figures) == {"put_s", "get_s"}
    assert not list(tmp_path.glob("copy.*"))


def test_a_copy_that_is_no_copy_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match=r"copy\.there is not what was to be copied"):
        copy(laboratory(tmp_path, Truncating()), PLAN)
    assert not list(tmp_path.glob("copy.*"))


@pytest.mark.slow
def test_each_connection_through_a_forward_is_timed(tmp_path: Path) -> None:
    findings = forward(laboratory(tmp_path), PLAN)
    assert len(findings.samples["taken"]) == 3
    assert findings.figures["never"] == 0
    assert cast(float, findings.figures["large_mb_s"]) > 1


@pytest.mark.slow
def test_keys_and_ctrl_c_are_timed_with_and_without_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.bulk_workloads._STREAM_STARTS", 0.1)
    monkeypatch.setattr("rmosh_netem.bench.bulk_workloads._BETWEEN_STOPS", 0.1)
    figures = beside_a_stream(laboratory(tmp_path), PLAN).figures
    assert (figures["never"], figures["alone_never"]) == (0, 0)
    assert all(cast(float, figures[name]) > 0 for name in ("alone_p99_ms", "p99_ms", "alone_stop_ms", "stop_ms"))
    assert cast(float, figures["stream_mb_s"]) > 1


def test_a_stream_of_which_nothing_came_has_no_speed() -> None:
    assert _speed(b"5000000 2.0\n") == 2.5
    assert _speed(b"0 0\n") is None
    with pytest.raises(BenchFailed, match="ended before it began"):
        _speed(b"")


def call(way: Any, *forwards: str) -> Call:
    return Call(("cat", "-"), Predict.NEVER, Path("folder"), way, forwards)


def test_ssh_and_scp_are_called_as_their_users_do() -> None:
    ssh = cast(StreamingTool, TOOLS["ssh"])
    assert ssh.pipe(call(NoLink()))[1:] == ["-F", "config", "-T", "here", "cat -"]
    assert ssh.command(call(NoLink(), "a:b"))[1:] == ["-F", "config", "-tt", "-L", "a:b", "here", "cat -"]
    assert ssh.copy(call(NoLink()), "x", "here:y")[1:] == ["-q", "-F", "config", "x", "here:y"]


def test_rmosh_is_called_as_its_users_do() -> None:
    rmosh = Rmosh()
    assert rmosh.pipe(call(NoLink()))[-5:] == ["-T", "here", "--", "cat", "-"]
    assert rmosh.command(call(NoLink(), "a:b"))[-6:] == ["-L", "a:b", "here", "--", "cat", "-"]
    assert rmosh.copy(call(NoLink()), "x", "here:y")[1:] == ["cp", "-q", "-F", "config", "x", "here:y"]


def test_rmosh_cp_is_not_measured_where_it_would_not_cross_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoLink, "udp_port", lambda _self, port, **_: port + 1)
    with pytest.raises(Unavailable, match="add --driver lab"):
        Rmosh().copy(call(NoLink()), "x", "here:y")


def test_ssh_with_bbr_is_asked_for_by_name_and_only_in_a_laboratory(capsys: pytest.CaptureFixture[str]) -> None:
    assert TOOLS["ssh-bbr"].congestion_control == "bbr"
    assert main(["bench", "--tools", "ssh-bbr", "--workloads", "stream"]) == EXIT_FAILED
    assert "ssh-bbr is for a laboratory's own TCP: add --driver lab" in capsys.readouterr().err
