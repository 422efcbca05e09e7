"""Reads what `rmosh --trace` wrote: each end's trace of a session, its times those of the wall clock.

A trace may come from a stranger, with a question: no value of it is believed that rmosh could not have written.
"""

import json
import re
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

#: Ends of a session. Source: rmosh/transport/qlog.py.
_ENDS: Final = ("client", "server")

#: A group's name and an address, as both are drawn and printed. Reason: no sign of them means anything to a terminal,
#: to a file's name or to matplotlib.
_WORD: Final = re.compile(r"[0-9A-Za-z_.:%-]{1,64}")

#: Largest moment in seconds since 1970, and largest number of packets, bytes or milliseconds. Reason: no clock is past
#: the year 2999, and a figure's scale can be computed.
_LAST_MOMENT: Final = 32_000_000_000.0
_LARGEST: Final = 2.0**53

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
        lost: when a packet of that number was counted as lost, but for those that turned out late.
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
        left = sorted((packet.at, packet.size, number in self.lost) for number, packet in self.sent.items())
        moments = [at for at, _, _ in left]
        asked = sorted(packet.at for packet in self.sent.values() if packet.asks)
        for before, after in zip(self.received, self.received[1:], strict=False):
            first = bisect_left(asked, before)
            if first == len(asked) or after - asked[first] < FREEZE_FROM:
                continue
            under_way = left[bisect_left(moments, before) : bisect_left(moments, after)]
            size, lost = sum(size for _, size, _ in under_way), sum(is_lost for _, _, is_lost in under_way)
            found.append(Freeze(self.end, asked[first], after, len(under_way), lost, size))
        return found

    def moments(self) -> list[float]:
        """Return when anything happened that is drawn."""
        left = [packet.at for packet in self.sent.values()]
        changed = [at for series in (self.in_flight, self.rtt, self.moved) for at, _ in series]
        return [*left, *self.received, *self.typed, *self.shown, *changed]


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


@dataclass(frozen=True, slots=True)
class TracedSessions:
    """What was found.

    Attributes:
        sessions: the traces of each, the client's first.
        skipped: files of a folder that are no traces, and why.
    """

    sessions: tuple[tuple[EndTrace, ...], ...]
    skipped: tuple[str, ...]


def read_traces(paths: Sequence[Path]) -> TracedSessions:
    """Return the traces in files and folders, those of one session together.

    Raises:
        BadRequest: there is none, or a file that was named is none.
    """
    sessions: dict[str, list[EndTrace]] = {}
    skipped: list[str] = []
    for path in paths:
        for file in _files_of(path):
            try:
                trace = _read_trace(file)
            except BadRequest as error:
                if file == path:
                    raise
                skipped.append(str(error))
            else:
                sessions.setdefault(trace.group, []).append(trace)
    if not sessions:
        why = f" ({skipped[0]})" if skipped else ""
        where = ", ".join(map(str, paths))
        raise BadRequest(f"no traces in {where}{why}: rmosh --trace FOLDER HOST writes some there")
    together = (tuple(sorted(traces, key=lambda trace: trace.end)) for traces in sessions.values())
    return TracedSessions(tuple(together), tuple(skipped))


def _files_of(path: Path) -> list[Path]:
    """Return a folder's traces, without what is no file: a pipe is waited for."""
    return sorted(filter(Path.is_file, path.glob(f"*{SUFFIX}"))) if path.is_dir() else [path]


def _read_trace(file: Path) -> EndTrace:
    try:
        records = _records(file)
        header: Any = next(records, {})
        try:
            common = header["trace"]["common_fields"]
            reference = _number(common["reference_time"], most=_LAST_MOMENT * 1000) / 1000
            end = header["trace"]["vantage_point"]["type"]
            trace = EndTrace(file, _ENDS[_ENDS.index(end)], _word(common["group_id"]))
        except (KeyError, TypeError, ValueError) as error:
            what = f"{file} is no trace: its first record is not qlog's; rmosh --trace writes traces"
            raise BadRequest(what) from error
        for record in records:
            try:
                at = reference + _number(record["time"], most=(_LAST_MOMENT - reference) * 1000) / 1000
                _take(trace, at, str(record["name"]), record["data"])
            except (KeyError, TypeError, ValueError):
                trace.unreadable += 1
    except OSError as error:
        raise BadRequest(f"cannot read the trace {file}: {error.strerror}") from error
    trace.received.sort()
    return trace


def _number(untrusted: Any, *, most: float = _LARGEST) -> float:
    """Return a number that is not negative.

    Raises:
        ValueError: it is no number, or too large a one.
        TypeError: the same.
    """
    if not 0 <= untrusted <= most:
        raise ValueError(f"{untrusted!r:.40} is not between 0 and {most:g}")
    return float(untrusted)


def _word(untrusted: Any) -> str:
    """Return a text that may be printed and drawn.

    Raises:
        ValueError: it may not.
        TypeError: it is no text.
    """
    if not _WORD.fullmatch(untrusted):
        raise ValueError(f"{untrusted!r:.40} is neither a name nor an address")
    return str(untrusted)


def _records(file: Path) -> Iterator[Any]:
    """Yield a JSON text sequence's records, {} for one that cannot be read. Source: RFC 7464."""
    with file.open("rb") as lines:
        while line := lines.readline(_LONGEST_RECORD):
            try:
                yield json.loads(line.lstrip(b"\x1e"))
            except (ValueError, RecursionError):  # nested too deep
                yield {}


def _take(trace: EndTrace, at: float, name: str, data: Mapping[str, Any]) -> None:
    if name == "transport:packet_sent":
        number, size = int(_number(data["header"]["packet_number"])), int(_number(data["raw"]["length"]))
        trace.sent[number] = Packet(at, size, bool(data.get("asks", True)))
    elif name == "transport:packet_received":
        trace.received.append(at)
    elif name == "recovery:packet_lost":
        trace.lost[int(_number(data["header"]["packet_number"]))] = at
    elif name == "transport:packets_acked":
        for number in data["packet_numbers"]:
            trace.lost.pop(int(_number(number)), None)
    elif name == "recovery:metrics_updated":
        if "bytes_in_flight" in data:
            trace.in_flight.append((at, _number(data["bytes_in_flight"])))
        if "latest_rtt" in data:
            trace.rtt.append((at, _number(data["latest_rtt"]) / 1000))
    elif name == "rmosh:typed":
        trace.typed.append(at)
    elif name in ("rmosh:frame_shown", "rmosh:program_output"):
        trace.shown.append(at)
    elif name == "connectivity:path_assigned":
        trace.moved.append((at, _word(data["path_remote"]["ip"])))
    elif name == "rmosh:trace_ended":
        trace.left_off = int(_number(data["events_left_off"]))
