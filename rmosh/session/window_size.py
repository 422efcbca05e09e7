"""The client's window size: newest wins, repeated until it arrived."""

from dataclasses import dataclass

from rmosh.transport.frame_codec import encode_frame
from rmosh.transport.frames import (
    Window,
)
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load


@dataclass(frozen=True, slots=True)
class _Told:
    """Cargo: the size that one datagram carried."""

    sender: "WindowSender"
    serial: int

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self.serial)

    def on_lost(self, *, now: float) -> None:
        pass


class WindowSender:
    """The client's side; rows and columns count cells."""

    def __init__(self, *, rows: int, columns: int) -> None:
        self._schedule = RepeatSchedule()
        self._schedule.renewed()
        self._window = Window(1, rows, columns)

    def resize(self, *, rows: int, columns: int) -> None:
        """Tell a new size from now on."""
        self._window = Window(self._window.serial + 1, rows, columns)
        self._schedule.renewed()

    def arrived(self, serial: int) -> None:
        """A size was received; settled when it is the newest."""
        if serial == self._window.serial:
            self._schedule.settled()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the size must be told (again)."""
        return self._schedule.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the size when it is due."""
        due_at = self._schedule.due_at(link)
        encoded = encode_frame(self._window)
        if due_at is None or due_at > now or room < len(encoded):
            return []
        self._schedule.said(now=now)
        return [Load(encoded, _Told(self, self._window.serial))]

    def hurry(self) -> None:
        """Say it at once if it is open."""
        self._schedule.hurry()
