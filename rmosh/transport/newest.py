"""A frame of which only the newest counts: told once, repeated until it arrived."""

from collections.abc import Callable
from typing import NamedTuple

from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load


class _Told(NamedTuple):
    """Cargo: what one datagram carried."""

    sender: "NewestSender"
    encoded: bytes

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self.encoded)

    def on_lost(self, *, now: float) -> None:
        pass


def _nothing() -> None:
    """What follows where nobody waits for the arrival."""


class NewestSender:
    """One side of it; says nothing until it was given something to tell."""

    def __init__(self, frame_type: FrameType, *, on_arrived: Callable[[], None] = _nothing) -> None:
        """Begin.

        Args:
            on_arrived: called once for each newest frame, when it was received.
        """
        self._type = frame_type
        self._on_arrived = on_arrived
        self._schedule = RepeatSchedule()
        self._encoded = b""

    def tell(self, frame: WireFrame) -> None:
        """Tell this from now on."""
        self._encoded = self._type.encode(frame)
        self._schedule.renewed()

    def settle(self) -> None:
        """Tell it no more: the peer is known to have it."""
        self._encoded = b""
        self._schedule.settled()

    def arrived(self, encoded: bytes) -> None:
        """Something was received; settled when it is the newest."""
        if encoded == self._encoded:
            self.settle()
            self._on_arrived()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when it must be told (again)."""
        return self._schedule.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return it when it is due."""
        due_at = self.due_at(link)
        if due_at is None or due_at > now or room < len(self._encoded):
            return []
        self._schedule.said(now=now)
        return [Load(self._encoded, _Told(self, self._encoded))]

    def hurry(self) -> None:
        """Say it at once if it is open."""
        self._schedule.hurry()
