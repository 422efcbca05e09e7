"""The report draws what a session's traces say, and tells in words where it froze."""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.cli import main
from rmosh_netem.errors import BadRequest
from rmosh_netem.report.session_traces import FREEZE_FROM, EndTrace, read_traces

NEEDS_EXTRA = "the report is of the extra netem: pip install '.[netem]'"

#: When the traces begin, in milliseconds since 1970.
REFERENCE = 1_795_870_000_000.0


def header(end: str = "client", group: str = "0123abcd", reference: float = REFERENCE) -> dict[str, Any]:
    common = {"group_id": group, "reference_time": reference, "time_format": "relative"}
    trace = {"vantage_point": {"name": "rmosh", "type": end}, "common_fields": common}
    return {"qlog_version": "0.3", "qlog_format": "JSON-SEQ", "trace": trace}


def said(seconds: float, name: str, **data: Any) -> dict[str, Any]:
    return {"time": seconds * 1000, "name": name, "data": data}


def sent(seconds: float, number: int, **more: Any) -> dict[str, Any]:
    return said(seconds, "transport:packet_sent", header={"packet_number": number}, raw={"length": 100}, **more)


def lost(seconds: float, number: int) -> dict[str, Any]:
    return said(seconds, "recovery:packet_lost", header={"packet_number": number}, raw={"length": 100})


def received(seconds: float) -> dict[str, Any]:
    return said(seconds, "transport:packet_received", header={"packet_number": 0}, raw={"length": 50})


def frozen(length: float) -> list[dict[str, Any]]:
    """Return a session in which something is asked at 1 s, and nothing comes for a while; then all is well."""
    answered = 1.0 + length
    return [
        sent(0.5, 1),
        received(0.6),
        said(1.0, "rmosh:typed", bytes=1),
        sent(1.0, 2),
        said(1.0, "recovery:metrics_updated", bytes_in_flight=100),
        sent(1.0 + length / 2, 3),
        lost(1.0 + length / 2, 2),
        received(answered),
        said(answered, "recovery:metrics_updated", bytes_in_flight=0, latest_rtt=40.0),
        said(answered, "rmosh:frame_shown", bytes=10),
        said(answered, "connectivity:path_assigned", path_id="0", path_remote={"ip": "192.0.2.7", "port": 60001}),
        said(answered, "rmosh:trace_ended", events_left_off=0),
    ]


def write(file: Path, records: Iterable[dict[str, Any]]) -> Path:
    file.write_bytes(b"".join([b"\x1e" + json.dumps(record).encode() + b"\n" for record in records]))
    return file


def only_trace(file: Path) -> EndTrace:
    [[trace]] = read_traces([file]).sessions
    return trace


def test_a_freeze_is_told_with_what_left_in_it_and_what_was_lost(tmp_path: Path) -> None:
    trace = only_trace(write(tmp_path / "one.sqlog", [header(), *frozen(3.0)]))
    [freeze] = trace.freezes()
    assert freeze.end == "client"
    assert freeze.began == pytest.approx(REFERENCE / 1000 + 1.0)
    assert freeze.ended == pytest.approx(REFERENCE / 1000 + 4.0)
    assert (freeze.sent, freeze.lost, freeze.size) == (2, 1, 200)


def test_a_packet_that_came_late_was_not_lost(tmp_path: Path) -> None:
    late = said(4.1, "transport:packets_acked", packet_numbers=[3, 2, 1, 99])
    trace = only_trace(write(tmp_path / "late.sqlog", [header(), *frozen(3.0), late]))
    assert [freeze.lost for freeze in trace.freezes()] == [0]
    assert trace.unreadable == 0


def test_silence_in_which_nothing_was_asked_is_no_freeze(tmp_path: Path) -> None:
    quiet = [header(), sent(0.0, 1), received(0.1), sent(2.0, 2, asks=False), received(60.0), sent(60.1, 3)]
    trace = only_trace(write(tmp_path / "quiet.sqlog", quiet))
    assert trace.freezes() == []


def test_a_wait_below_what_users_call_a_freeze_is_none(tmp_path: Path) -> None:
    trace = only_trace(write(tmp_path / "short.sqlog", [header(), *frozen(FREEZE_FROM - 0.1)]))
    assert trace.freezes() == []


def test_both_ends_of_a_session_stand_together_and_other_sessions_apart(tmp_path: Path) -> None:
    write(tmp_path / "a-server.sqlog", [header("server")])
    write(tmp_path / "b.sqlog", [header("client", group="feedbeef")])
    write(tmp_path / "c-client.sqlog", [header("client")])
    sessions = read_traces([tmp_path]).sessions
    assert sorted([trace.end for trace in traces] for traces in sessions) == [["client"], ["client", "server"]]


def test_a_trace_that_ends_in_the_middle_of_a_record_is_read_up_to_there(tmp_path: Path) -> None:
    file = write(tmp_path / "cut.sqlog", [header(), *frozen(3.0)])
    file.write_bytes(file.read_bytes()[:-20] + b'\n\x1e{"time": "soon", "name": 1, "data": []}\n\x1e[]\n')
    trace = only_trace(file)
    assert trace.unreadable == 3
    assert len(trace.freezes()) == 1


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"[1]\n", b'{"trace": {"common_fields": 3}}\n'])
def test_what_is_no_trace_is_refused_with_the_way_to_get_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.sqlog"
    file.write_bytes(content)
    with pytest.raises(BadRequest, match=r"other\.sqlog is no trace.*rmosh --trace"):
        read_traces([file])


def test_a_file_that_is_not_there_and_a_folder_without_traces_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"cannot read the trace .*gone.*No such file"):
        read_traces([tmp_path / "gone"])
    with pytest.raises(BadRequest, match=r"no traces in .*: rmosh --trace FOLDER HOST"):
        read_traces([tmp_path])


def test_the_report_writes_a_picture_of_both_ends_and_says_where_it_froze(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    write(tmp_path / "client.sqlog", [header(), *frozen(3.0)])
    write(tmp_path / "server.sqlog", [header("server", reference=REFERENCE + 500), *frozen(0.2)])
    assert main(["report", "--trace", str(tmp_path), "--output", str(tmp_path / "out"), "--png"]) == 0
    told = capsys.readouterr().out
    assert "The client had no answer for 3.0 s" in told
    assert "of 2 packets that left it (200 bytes) 1 were lost" in told
    svg = (tmp_path / "out/trace-0123abcd.svg").read_text()
    assert "192.0.2.7" in svg
    assert svg.count("bytes in flight") == 2
    assert (tmp_path / "out/trace-0123abcd.png").read_bytes().startswith(b"\x89PNG")


def strange(record: dict[str, Any], value: object, *names: str) -> dict[str, Any]:
    """Put a value into a record where names lead."""
    *way, last = names
    place = record
    for name in way:
        place = place[name]
    place[last] = value
    return record


DEEP = b'{"time":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


#: Records that say what cannot be.
STRANGE = [
    *(sent(seconds, 9) for seconds in (float("nan"), float("inf"), 1e300, -1e12, 1e12)),
    *(strange(sent(0.7, 9), size, "data", "raw", "length") for size in (float("inf"), 1e308, 10**400, -1)),
    strange(sent(0.7, 9), 10**400, "data", "header", "packet_number"),
    said(0.7, "recovery:metrics_updated", bytes_in_flight=1e308),
    said(0.7, "recovery:metrics_updated", latest_rtt=float("nan")),
    said(0.7, "connectivity:path_assigned", path_remote={"ip": "$\\frac{$"}),
    said(0.7, "connectivity:path_assigned", path_remote={"ip": "\x1b[31m"}),
    said(0.7, "connectivity:path_assigned", path_remote={"ip": "\ud800"}),
    said(0.7, "transport:packets_acked", packet_numbers=[[1]]),
    said(0.7, "transport:packets_acked", packet_numbers=5),
    said(0.7, "rmosh:trace_ended", events_left_off=float("inf")),
]


def test_records_that_say_what_cannot_be_are_left_out_of_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for record in STRANGE:
        assert only_trace(write(tmp_path / "strange.sqlog", [header(), record])).unreadable == 1, record
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    file = write(tmp_path / "strange.sqlog", [header(), *STRANGE, *frozen(3.0)])
    assert main(["report", "--trace", str(file), "--output", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "no answer for 3.0 s" in told.out
    assert f"{len(STRANGE)} records unreadable" in told.err


def test_records_that_are_nested_too_deep_are_unreadable_and_no_more(tmp_path: Path) -> None:
    file = write(tmp_path / "deep.sqlog", [header()])
    file.write_bytes(file.read_bytes() + DEEP + b"\n")
    trace = only_trace(file)
    assert trace.unreadable == 1
    file.write_bytes(DEEP)
    with pytest.raises(BadRequest, match=r"deep\.sqlog is no trace"):
        read_traces([file])


@pytest.mark.parametrize(
    "first",
    [
        *(header(reference=moment) for moment in (float("nan"), float("inf"), 1e300, -1e300)),
        *(header(group=group) for group in ("", "\x1b]0;evil\x07", "\ud800", "$\\frac{$", "x" * 5000, "a\0b")),
        *(header(end) for end in ("$\\frac{$", "\x1b[31m", "")),
    ],
)
def test_a_trace_whose_first_record_cannot_be_rmoshs_is_refused(tmp_path: Path, first: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=r"strange\.sqlog is no trace"):
        read_traces([write(tmp_path / "strange.sqlog", [first, *frozen(3.0)])])


def test_one_bad_file_of_a_folder_does_not_hide_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    write(tmp_path / "good.sqlog", [header(), *frozen(3.0)])
    (tmp_path / "full-disk.sqlog").write_bytes(b"")
    assert main(["report", "--trace", str(tmp_path), "--output", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "no answer for 3.0 s" in told.out
    assert "full-disk.sqlog is no trace" in told.err


def test_what_is_no_file_in_a_folder_is_passed_by(tmp_path: Path) -> None:
    write(tmp_path / "good.sqlog", [header()])
    os.mkfifo(tmp_path / "pipe.sqlog")  # whoever opens it waits for a writer
    (tmp_path / "folder.sqlog").mkdir()
    found = read_traces([tmp_path])
    assert (len(found.sessions), found.skipped) == (1, ())


def test_a_session_in_which_nothing_happened_yet_is_told_of_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    file = write(tmp_path / "young.sqlog", [header(), said(1.0, "rmosh:trace_ended", events_left_off=0)])
    assert main(["report", "--trace", str(file), "--output", str(tmp_path / "out")]) == 0
    assert "session 0123abcd: nothing happened in its trace" in capsys.readouterr().out


@pytest.mark.filterwarnings("error")
def test_a_session_that_lost_nothing_has_its_picture_laid_out(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    moved = said(0.0, "connectivity:path_assigned", path_remote={"ip": "192.0.2.7"})
    file = write(tmp_path / "good.sqlog", [header(), moved, sent(0.5, 1), received(0.6)])
    assert main(["report", "--trace", str(file), "--output", str(tmp_path / "out")]) == 0


def test_many_freezes_of_a_long_trace_are_found_at_once(tmp_path: Path) -> None:
    count = 20_000
    records = [header()]
    for second in range(0, 2 * count, 2):
        records += [sent(float(second), second), received(second + 1.5)]
    trace = only_trace(write(tmp_path / "long.sqlog", records))
    began = time.process_time()
    assert len(trace.freezes()) == count - 1
    assert time.process_time() - began < 2.0, "the work grows with the square of the trace's length"


def test_of_many_samples_close_together_the_largest_is_drawn() -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    from rmosh_netem.report.trace_pictures import thinned

    samples = [(number / 1000, float(number % 100)) for number in range(100_000)]
    drawn = thinned(samples, most=500)
    assert len(drawn) <= 501
    assert {value for _, value in drawn} == {99.0}
    assert thinned(samples[:500], most=500) == samples[:500]
