"""PING: the client's sign of life, asked for an answer, so that silence means something."""

import math

from rmosh.transport.frames import PING, Ping
from rmosh.transport.policy import (
    ACTIVE_FOR,
    BUSY_FOR,
    FLOW_BYTES,
    FLOW_PAUSE,
    GIVE_UP_SENDING_AFTER,
    HEARTBEAT_ACTIVE,
    HEARTBEAT_ANSWERING,
    HEARTBEAT_ANSWERING_MAX,
    HEARTBEAT_BUSY,
    HEARTBEAT_IDLE,
    PROBE_INTERVAL_MAX,
)
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load

_PING = PING.encode(Ping())


class Heartbeat:
    """Says PING when nothing that asks for an answer was sent for a while; the while depends on the activity."""

    def __init__(self, *, now: float) -> None:
        self._schedule = RepeatSchedule()
        self._active_at = now
        self._asked_at = now
        self._answered_at = -math.inf
        self._flowed = 0
        self._flowed_at = now
        self._said_at = now

    def active(self, *, now: float) -> None:
        """Somebody typed, or the screen changed."""
        self._active_at = now

    def asked(self, *, now: float) -> None:
        """A datagram that asks for an answer left, whatever was in it."""
        self._asked_at = now

    def answered(self, *, now: float) -> None:
        """A datagram left that asks for no answer: it tells the server of a new address as well as a question."""
        self._answered_at = now

    def flowed(self, size: int, *, now: float) -> None:
        """Bytes came that go on coming without anything being said here, unless the path changed."""
        self._flowed += size
        self._flowed_at = now

    def probe(self) -> None:
        """Ask now: after a sleep, a change of network, a send error."""
        self._schedule.renewed()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when to ask (again)."""
        repeat = self._schedule.due_at(link)
        if repeat is not None:
            return repeat
        beat_at = self._asked_at + self._interval(link.silence)
        if link.udp_alone and self._flowed == 0:  # beside one, UDP is judged by what is asked on it
            after_answer = min(self._answered_at + HEARTBEAT_ANSWERING, self._asked_at + HEARTBEAT_ANSWERING_MAX)
            beat_at = max(beat_at, after_answer)
        if self._flowed < FLOW_BYTES:
            return beat_at
        return min(beat_at, self._flowed_at + max(FLOW_PAUSE, link.smoothed_rtt))

    def _interval(self, silence: float) -> float:
        if silence > GIVE_UP_SENDING_AFTER:
            return PROBE_INTERVAL_MAX
        idle = self._asked_at - self._active_at
        if idle < BUSY_FOR:
            return HEARTBEAT_BUSY
        return HEARTBEAT_ACTIVE if idle < ACTIVE_FOR else HEARTBEAT_IDLE

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return a PING when one is due."""
        due_at = self.due_at(link)
        if due_at is None or due_at > now or room < len(_PING):
            return []
        if self._schedule.due_at(link) is None:
            self._schedule.renewed()
        self._schedule.said(now=now)
        self._said_at = now
        return [Load(_PING, self)]

    def on_acknowledged(self, *, now: float) -> None:
        """The peer answered."""
        self._schedule.settled()
        if self._flowed_at <= self._said_at:  # it was no fault of the path's: there was nothing to say
            self._flowed = 0

    def on_lost(self, *, now: float) -> None:
        """Leave it to the schedule."""

    def hurry(self) -> None:
        """Ask at once if a question is open."""
        self._schedule.hurry()
