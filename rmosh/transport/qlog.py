"""A session's trace as a qlog file: events in, records of JSON out, within a bound. Sans-IO.

Source: draft-ietf-quic-qlog-main-schema and -quic-events as their version 0.3 has them, which viewers read: a JSON text
sequence (RFC 7464), so each record is one line behind an RS (0x1E). Names and data are qlog's where it has any
(`transport:`, `recovery:`, `connectivity:`, `security:`); ours begin with `rmosh:`. Times are milliseconds since
`reference_time`, which is the wall clock's. Frames have PROTOCOL.md's names in small letters.

Of both ends: typed (bytes, input_offset), trace_full, trace_ended (events_left_off). Of the client: frame_received
(number, input_offset), frame_shown (bytes given to the terminal), guesses_judged (keys, shown_at_once, right, wrong;
all since the session began), terminal_stuck and terminal_free (it takes no more, and takes again), path_added,
path_dropped and send_failed (socket; too_long, a size or 0), path_wanted (silence, in seconds), stream_idle,
network_changed, woke_up; resized, colours_told, terminal_told, history_wanted, stopped_waiting, detached, quit as the
user has it done.
Of the server: program_output (bytes), input_taken (input_offset, given to the program), path_added and path_dropped.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from rmosh.transport.path import Path
from rmosh.transport.trace import (
    DatagramDropped,
    LinkSeen,
    Noted,
    PacketLost,
    PacketReceived,
    PacketsAcknowledged,
    PacketSent,
    TraceEvent,
)

#: Most bytes of one trace. Reason: some hours of steady typing, some days of an idle session; no disk fills up.
MAX_TRACE_BYTES: Final = 64 << 20

#: Bytes kept free for the records that end a trace.
_FOR_THE_END: Final = 512

#: How a file of this kind is called. Source: main schema, section 11: JSON text sequences are ".sqlog".
SUFFIX: Final = ".sqlog"

#: Digits after the point of a time in milliseconds.
_MICROSECONDS: Final = 3

_Record: TypeAlias = tuple[str, Mapping[str, Any]]

_NOTHING_SEEN: Final = LinkSeen(None, None, None, None, window=0, in_flight=0, loss=0.0, mtu=0, path=None)


class Qlog:
    """Shapes one end's events, in their order.

    Attributes:
        left_off: events that found no room any more.
    """

    def __init__(
        self, *, vantage_point: str, group: str, wall_clock: float, now: float, limit: int = MAX_TRACE_BYTES
    ) -> None:
        """Begin a trace.

        Args:
            vantage_point: "client" or "server".
            group: the same at both ends, so that their files find each other.
            wall_clock: seconds since 1970, at the monotonic moment `now`.
            limit: most bytes in all.
        """
        self._vantage_point = vantage_point
        self._group = group
        self._wall_clock = wall_clock
        self._began_at = now
        self._room = limit - _FOR_THE_END
        self._full = False
        self._seen = _NOTHING_SEEN
        self._epochs: dict[str, int] = {}
        self.left_off = 0

    def header(self) -> bytes:
        """Return the file's first record."""
        common = {
            "group_id": self._group,
            "protocol_type": ["RMOSH"],
            "time_format": "relative",
            "reference_time": round(self._wall_clock * 1000, _MICROSECONDS),
        }
        vantage_point = {"name": "rmosh", "type": self._vantage_point}
        return self._kept(
            {
                "qlog_version": "0.3",
                "qlog_format": "JSON-SEQ",
                "title": f"rmosh, {self._vantage_point} of session {self._group}",
                "trace": {"vantage_point": vantage_point, "common_fields": common},
            }
        )

    def records(self, event: TraceEvent, *, now: float) -> bytes:
        """Return the records of an event; nothing where it told nothing new, or there is no room."""
        if self._full:
            self.left_off += 1
            return b""
        return b"".join([self._written(name, data, now) for name, data in self._shaped(event)])

    def end(self, *, now: float) -> bytes:
        """Return the last record; it says how many events were left off for want of room."""
        return _encoded(self._record("rmosh:trace_ended", {"events_left_off": self.left_off}, now))

    def _written(self, name: str, data: Mapping[str, Any], now: float) -> bytes:
        if self._full:
            return b""
        written = self._kept(self._record(name, data, now))
        if not written:
            self.left_off += 1
            return _encoded(self._record("rmosh:trace_full", {}, now))
        return written

    def _kept(self, record: Mapping[str, Any]) -> bytes:
        """Return a record for which there is room; from the first on for which there is none, none is kept."""
        encoded = _encoded(record)
        self._room -= len(encoded)
        self._full = self._room < 0
        return b"" if self._full else encoded

    def _record(self, name: str, data: Mapping[str, Any], now: float) -> dict[str, Any]:
        return {"time": round((now - self._began_at) * 1000, _MICROSECONDS), "name": name, "data": data}

    def _shaped(self, event: TraceEvent) -> list[_Record]:
        if isinstance(event, PacketSent):
            return [*self._key("local", event.epoch), ("transport:packet_sent", _sent(event))]
        if isinstance(event, PacketReceived):
            return [*self._key("remote", event.epoch), ("transport:packet_received", _received(event))]
        if isinstance(event, PacketsAcknowledged):
            return [("transport:packets_acked", {"packet_numbers": list(event.numbers)})]
        if isinstance(event, PacketLost):
            return [("recovery:packet_lost", _lost(event))]
        if isinstance(event, DatagramDropped):
            dropped = {"raw": {"length": event.size}, "trigger": event.reason, "path": _path(event.path)}
            return [("transport:packet_dropped", dropped)]
        if isinstance(event, Noted):
            return [(f"rmosh:{event.name}", event.figures)]
        return self._link(event)

    def _key(self, side: str, epoch: int) -> list[_Record]:
        """Tell that a side went to another epoch; never a key."""
        known, self._epochs[side] = self._epochs.get(side, 0), max(epoch, self._epochs.get(side, 0))
        if epoch <= known:
            return []
        peer = {"client": "server", "server": "client"}[self._vantage_point]
        owner = self._vantage_point if side == "local" else peer
        updated = {"key_type": f"{owner}_1rtt_secret", "key_phase": epoch, "trigger": f"{side}_update"}
        return [("security:key_updated", updated)]

    def _link(self, link: LinkSeen) -> list[_Record]:
        """Tell what changed of the link."""
        old, self._seen = self._seen, link
        records: list[_Record] = []
        if link.path is not None and link.path != old.path:
            records.append(("connectivity:path_assigned", {"path_id": _path(link.path), **_remote(link.path)}))
        if link.mtu != old.mtu:
            records.append(("connectivity:mtu_updated", {**({"old": old.mtu} if old.mtu else {}), "new": link.mtu}))
        before, after = _metrics(old), _metrics(link)
        changed = {name: value for name, value in after.items() if before[name] != value and value is not None}
        if changed:
            records.append(("recovery:metrics_updated", changed))
        return records


def _encoded(record: Mapping[str, Any]) -> bytes:
    return b"\x1e" + json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _header(number: int) -> dict[str, Any]:
    return {"packet_type": "1RTT", "packet_number": number}


def _sent(event: PacketSent) -> dict[str, Any]:
    data: dict[str, Any] = {
        "header": _header(event.number),
        "raw": {"length": event.size},
        "frames": [{"frame_type": frame.name.lower(), "length": frame.size} for frame in event.frames],
        "paths": [_path(path) for path in event.paths],
    }
    if not event.asks:
        data["asks"] = False
    if event.probes_mtu:
        data["is_mtu_probe_packet"] = True
    return data


def _received(event: PacketReceived) -> dict[str, Any]:
    return {
        "header": _header(event.number),
        "raw": {"length": event.size},
        "frames": [{"frame_type": name.lower()} for name in event.frames],
        "path": _path(event.path),
    }


def _lost(event: PacketLost) -> dict[str, Any]:
    data = {"header": _header(event.number), "raw": {"length": event.size}, "trigger": event.reason.value}
    return {**data, "is_mtu_probe_packet": True} if event.probes_mtu else data


def _metrics(link: LinkSeen) -> dict[str, float | int | None]:
    """Return qlog's metrics, times in milliseconds, and the share of packets lost."""
    return {
        "smoothed_rtt": _milliseconds(link.smoothed_rtt),
        "rtt_variance": _milliseconds(link.rtt_variation),
        "latest_rtt": _milliseconds(link.latest_rtt),
        "min_rtt": _milliseconds(link.minimum_rtt),
        "congestion_window": link.window,
        "bytes_in_flight": link.in_flight,
        "loss": round(link.loss, 4),
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else round(seconds * 1000, _MICROSECONDS)


def _path(path: Path) -> str:
    """Return a path's name: of the local socket and of the peer's address."""
    return f"{path.socket}:[{path.host}]:{path.port}"


def _remote(path: Path) -> dict[str, Any]:
    return {"path_remote": {"ip": path.host, "port": path.port}}
