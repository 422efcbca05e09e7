"""Traces as qlog files: every record is one, within the bound, and says what changed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmosh
from rmosh.transport import qlog
from rmosh.transport.path import Path as LinkPath
from rmosh.transport.qlog import Qlog
from rmosh.transport.trace import (
    DatagramDropped,
    FrameSent,
    LinkSeen,
    LossReason,
    Noted,
    PacketLost,
    PacketReceived,
    PacketsAcknowledged,
    PacketSent,
    TraceEvent,
)

HERE = LinkPath(3, "192.0.2.1", 60001)
ELSEWHERE = LinkPath(4, "2001:db8::1", 60001)
LINK = LinkSeen(0.1, 0.01, 0.12, 0.09, window=12000, in_flight=300, loss=0.25, mtu=1200, path=HERE)

numbers = st.integers(0, 2**48)
sizes = st.integers(0, 65535)
moments = st.floats(1000, 1e6)
maybe_seconds = st.none() | st.just(float("inf")) | st.floats(0, 1e6)
paths = st.sampled_from([HERE, ELSEWHERE])
events: st.SearchStrategy[TraceEvent] = st.one_of(
    st.builds(
        PacketSent,
        number=numbers,
        size=sizes,
        epoch=st.integers(0, 9),
        paths=st.lists(paths, min_size=1, max_size=2).map(tuple),
        frames=st.lists(st.builds(FrameSent, st.sampled_from(["INPUT", "ACK"]), sizes), max_size=3).map(tuple),
        asks=st.booleans(),
        probes_mtu=st.booleans(),
    ),
    st.builds(
        PacketReceived,
        numbers,
        sizes,
        st.integers(0, 9),
        paths,
        st.lists(st.just("INPUT"), max_size=3).map(tuple),
    ),
    st.builds(DatagramDropped, sizes, paths, st.just("Replayed")),
    st.builds(PacketsAcknowledged, st.lists(numbers, min_size=1, max_size=5).map(tuple)),
    st.builds(PacketLost, numbers, sizes, st.sampled_from(LossReason), st.booleans()),
    st.builds(
        LinkSeen,
        maybe_seconds,
        maybe_seconds,
        maybe_seconds,
        maybe_seconds,
        window=sizes,
        in_flight=sizes,
        loss=st.floats(0, 1),
        mtu=sizes,
        path=st.none() | paths,
    ),
    st.builds(Noted, st.just("typed"), st.dictionaries(st.just("bytes"), sizes)),
)


def begun(*, limit: int = 1 << 20, vantage_point: str = "client") -> Qlog:
    return Qlog(vantage_point=vantage_point, group="0a0b0c0d", wall_clock=1.7e9, now=1000.0, limit=limit)


def read(written: bytes) -> list[dict[str, Any]]:
    records = written.split(b"\x1e")
    assert records[0] == b""
    assert all(record.endswith(b"\n") and record.count(b"\n") == 1 for record in records[1:])
    return [json.loads(record) for record in records[1:]]


def told(*happened: TraceEvent, vantage_point: str = "client") -> list[tuple[str, dict[str, Any]]]:
    writer = begun(vantage_point=vantage_point)
    written = b"".join(writer.records(event, now=1000.5) for event in happened)
    return [(record["name"], record["data"]) for record in read(written)]


def test_the_header_says_whose_trace_it_is_and_when_its_times_begin() -> None:
    (header,) = read(begun().header())
    assert header["qlog_version"] == "0.3"
    assert header["qlog_format"] == "JSON-SEQ"
    assert header["trace"]["vantage_point"] == {"name": "rmosh", "type": "client"}
    common = header["trace"]["common_fields"]
    assert (common["group_id"], common["time_format"], common["reference_time"]) == ("0a0b0c0d", "relative", 1.7e12)


def test_a_packet_is_told_with_each_frame_its_bytes_and_its_paths() -> None:
    frames = (FrameSent("INPUT", 12), FrameSent("ACK", 5))
    sent = PacketSent(7, 60, 0, (HERE, ELSEWHERE), frames, asks=True)
    assert told(sent) == [
        (
            "transport:packet_sent",
            {
                "header": {"packet_type": "1RTT", "packet_number": 7},
                "raw": {"length": 60},
                "frames": [{"frame_type": "input", "length": 12}, {"frame_type": "ack", "length": 5}],
                "paths": ["3:[192.0.2.1]:60001", "4:[2001:db8::1]:60001"],
            },
        )
    ]


def test_of_the_link_only_what_changed_is_told() -> None:
    slower = LinkSeen(0.3, 0.01, 0.12, 0.09, window=12000, in_flight=300, loss=0.25, mtu=1452, path=ELSEWHERE)
    names = [name for name, _ in told(LINK)]
    assert names == ["connectivity:path_assigned", "connectivity:mtu_updated", "recovery:metrics_updated"]
    assert told(LINK, LINK) == told(LINK)
    assert told(LINK, slower)[3:] == [
        (
            "connectivity:path_assigned",
            {"path_id": "4:[2001:db8::1]:60001", "path_remote": {"ip": "2001:db8::1", "port": 60001}},
        ),
        ("connectivity:mtu_updated", {"old": 1200, "new": 1452}),
        ("recovery:metrics_updated", {"smoothed_rtt": 300.0}),
    ]


@pytest.mark.parametrize(("vantage_point", "owner"), [("client", "server"), ("server", "client")])
def test_another_epoch_of_the_peers_is_told_once_and_without_its_key(vantage_point: str, owner: str) -> None:
    received = [PacketReceived(number, 60, epoch, HERE, ("PING",)) for number, epoch in enumerate([0, 1, 0, 1])]
    updates = [data for name, data in told(*received, vantage_point=vantage_point) if name == "security:key_updated"]
    assert updates == [{"key_type": f"{owner}_1rtt_secret", "key_phase": 1, "trigger": "remote_update"}]


@given(st.lists(st.tuples(events, moments), max_size=60), st.integers(2000, 6000))
def test_a_trace_of_anything_is_records_within_its_bound_and_counts_what_it_left_off(
    happened: list[tuple[TraceEvent, float]], limit: int
) -> None:
    writer = begun(limit=limit)
    written = (
        writer.header() + b"".join(writer.records(event, now=now) for event, now in happened) + writer.end(now=1e6)
    )
    records = read(written)
    assert len(written) <= limit
    assert records[-1]["data"] == {"events_left_off": writer.left_off}
    assert [record["name"] for record in records[1:]].count("rmosh:trace_full") == bool(writer.left_off)


def test_every_name_of_our_own_is_told_where_the_format_is() -> None:
    root = Path(rmosh.__file__).parents[1]
    sources = [path.read_text() for part in ("rmosh", "client") for path in (root / part).rglob("*.py")]
    noted = {name for text in sources for name in re.findall(r"note\(\s*\"([a-z_]+)\"|rmosh:([a-z_]+)\"", text)}
    names = {name for pair in noted for name in pair if name}
    assert {"typed", "frame_shown", "program_output", "trace_full"} <= names
    assert [name for name in sorted(names) if name not in str(qlog.__doc__)] == []


def test_nothing_is_written_behind_the_record_that_says_that_there_is_no_more_room() -> None:
    writer = begun(limit=1000)
    for _ in range(30):
        last = writer.records(Noted("typed", {"bytes": 1}), now=2000.0)
    assert last == b""
    assert 20 < writer.left_off < 30
