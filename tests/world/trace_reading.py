"""Traces of both ends of a session of the virtual world, and what they answer."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rmosh.transport.qlog import Qlog
from rmosh.transport.trace import TraceEvent
from tests.world.virtual_session import EchoingSession


@dataclass
class Trace:
    """One end's trace, as its file would be."""

    qlog: Qlog
    written: bytearray = field(default_factory=bytearray)

    def __call__(self, event: TraceEvent, *, now: float) -> None:
        self.written += self.qlog.records(event, now=now)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in bytes(self.written).split(b"\x1e")[1:]]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["name"] == name]


def trace_both(session: EchoingSession) -> tuple[Trace, Trace]:
    """Begin a trace at each end."""
    now = session.world.now
    (client,) = session.server.attachments
    traces = [Trace(Qlog(vantage_point=end, group="world", wall_clock=0.0, now=now)) for end in ("client", "server")]
    session.client.observe(traces[0], now=now)
    session.server.observe(client.session_id, traces[1], now=now)
    return traces[0], traces[1]


@dataclass(frozen=True)
class Freeze:
    """The longest time in which one end heard nothing that it had asked for; times in milliseconds of the trace.

    Attributes:
        unheard: packets sent in it whose fate was to be lost.
        in_flight: bytes on their way and unanswered when it ended.
    """

    began: float
    ended: float
    unheard: tuple[int, ...]
    in_flight: int


def longest_freeze(records: Iterable[dict[str, Any]]) -> Freeze:
    """Read a trace for what one asks after a freeze: when, how long, what was under way, and when it came back."""
    records = list(records)
    heard = [record["time"] for record in records if record["name"] == "transport:packet_received"]
    began, ended = max(pairwise(heard), key=lambda pair: pair[1] - pair[0])
    sent = {
        record["data"]["header"]["packet_number"]: record["data"]["raw"]["length"]
        for record in records
        if record["name"] == "transport:packet_sent" and began <= record["time"] < ended
    }
    lost = {record["data"]["header"]["packet_number"] for record in records if record["name"] == "recovery:packet_lost"}
    return Freeze(began, ended, tuple(sorted(lost & set(sent))), sum(sent.values()))
