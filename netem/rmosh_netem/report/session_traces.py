"""Reads what `rmosh --trace` wrote: each end's trace of a session, its times those of the wall clock."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import BadRequest

#: How a trace's file is called. Source: draft-ietf-quic-qlog-main-schema, section 11.
SUFFIX: Final = ".sqlog"

#: Longest record that is read, in bytes. Reason: rmosh's have some hundred; a line without an end is no trace.
_LONGEST_RECORD: Final = 1 << 20

#: Seconds without an answer that a user calls a freeze. Reason: half of that a screen does now and then on a bad link.
FREEZE_FROM: Final = 1.0


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that left: when, how large, and whether it asked for an acknowledgement."""

    at: float
    size: int
    asks: bool


@dataclass(slots=True)
class EndTrace:
    """One end's trace; times are seconds since 1970.

    Attributes:
        end: "client" or "server".
        group: the same at both ends of a session.
        sent: by packet number.
        lost: when a packet of that number was counted as lost.
        received: when packets came.
        in_flight, rtt: bytes, and seconds, from moments on.
        typed, shown: when keys came in, and when the user's screen or the program's output changed.
        moved: when another path was taken, and the peer's address there.
        unreadable: records that could not be read: the file ends in the middle, or was changed.
        left_off: events for which the trace had no room.
    """

    file: Path
    end: str
    group: str
    sent: dict[int, Packet] = field(default_factory=dict)
    lost: dict[int, float] = field(default_factory=dict)
    received: list[float] = field(default_factory=list)
    in_flight: list[tuple[float, float]] = field(default_factory=list)
    rtt: list[tuple[float, float]] = field(default_factory=list)
    typed: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    moved: list[tuple[float, str]] = field(default_factory=list)
    unreadable: int = 0
    left_off: int = 0

    def freezes(self) -> "list[Freeze]":
        """Return each time in which nothing came that had been asked for, the earliest first."""
        found = []
        asked = sorted(packet.at for packet in self.sent.values() if packet.asks)
        for before, after in zip(self.received, self.received[1:], strict=False):
            first = bisect_left(asked, before)
            if first == len(asked) or after - asked[first] < FREEZE_FROM:
                continue
            under_way = {number for number, packet in self.sent.items() if before <= packet.at < after}
            size = sum(self.sent[number].size for number in under_way)
            found.append(Freeze(self.end, asked[first], after, len(under_way), len(under_way & set(self.lost)), size))
        return found


@dataclass(frozen=True, slots=True)
class Freeze:
    """An end asked and heard nothing; times are seconds since 1970.

    Attributes:
        sent, lost: packets that left in it, and how many of them were counted as lost in the end.
        size: bytes of those that left.
    """

    end: str
    began: float
    ended: float
    sent: int
    lost: int
    size: int


def read_traces(paths: Sequence[Path]) -> list[list[EndTrace]]:
    """Return the traces in files and folders, those of one session together, the client's first.

    Raises:
        BadRequest: there is none, or a file is no trace.
    """
    files = [file for path in paths for file in (sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])]
    if not files:
        raise BadRequest(f"no traces in {', '.join(map(str, paths))}: rmosh --trace FOLDER HOST writes some there")
    sessions: dict[str, list[EndTrace]] = {}
    for file in files:
        trace = _read_trace(file)
        sessions.setdefault(trace.group, []).append(trace)
    return [sorted(traces, key=lambda trace: trace.end) for traces in sessions.values()]


def _read_trace(file: Path) -> EndTrace:
    try:
        records = _records(file)
        header = next(records, None)
    except OSError as error:
        raise BadRequest(f"cannot read the trace {file}: {error.strerror}") from error
    try:
        assert header is not None
        common = header["trace"]["common_fields"]
        reference = float(common["reference_time"]) / 1000
        trace = EndTrace(file, str(header["trace"]["vantage_point"]["type"]), str(common["group_id"]))
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"{file} is no trace: its first record is not qlog's; rmosh --trace writes traces") from error
    for record in records:
        try:
            _take(trace, reference + float(record["time"]) / 1000, str(record["name"]), record["data"])
        except (KeyError, TypeError, ValueError):
            trace.unreadable += 1
    trace.received.sort()
    return trace


def _records(file: Path) -> Iterator[Any]:
    """Yield a JSON text sequence's records, {} for one that cannot be read. Source: RFC 7464."""
    with file.open("rb") as lines:
        while line := lines.readline(_LONGEST_RECORD):
            try:
                yield json.loads(line.lstrip(b"\x1e"))
            except ValueError:
                yield {}


def _take(trace: EndTrace, at: float, name: str, data: Mapping[str, Any]) -> None:
    if name == "transport:packet_sent":
        number, size = int(data["header"]["packet_number"]), int(data["raw"]["length"])
        trace.sent[number] = Packet(at, size, bool(data.get("asks", True)))
    elif name == "transport:packet_received":
        trace.received.append(at)
    elif name == "recovery:packet_lost":
        trace.lost[int(data["header"]["packet_number"])] = at
    elif name == "recovery:metrics_updated":
        if "bytes_in_flight" in data:
            trace.in_flight.append((at, float(data["bytes_in_flight"])))
        if "latest_rtt" in data:
            trace.rtt.append((at, float(data["latest_rtt"]) / 1000))
    elif name == "rmosh:typed":
        trace.typed.append(at)
    elif name in ("rmosh:frame_shown", "rmosh:program_output"):
        trace.shown.append(at)
    elif name == "connectivity:path_assigned":
        trace.moved.append((at, str(data["path_remote"]["ip"])))
    elif name == "rmosh:trace_ended":
        trace.left_off = int(data["events_left_off"])
