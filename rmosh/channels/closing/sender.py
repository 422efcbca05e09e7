"""That a session is over: said by either side until it arrived."""

from collections.abc import Callable

from rmosh.channels.closing.frames import CLOSE, Close
from rmosh.lazy_dataclass import replace
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load


class CloseSender:
    """Either side's: says that the session is over, and knows whether the peer heard it.

    `last_frame` returns the number of the last screen frame, 0 on the client's side; None while that frame is not
    taken yet: then the close has to wait.
    """

    def __init__(self, last_frame: Callable[[], int | None]) -> None:
        self._last_frame = last_frame
        self._close: Close | None = None
        self._schedule = RepeatSchedule()
        self.arrived_at: float | None = None

    def close(self, close: Close) -> None:
        """Say it from now on; only the first close counts."""
        if self._close is None:
            self._close = close
            self._schedule.renewed()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when to say it (again)."""
        return None if self._last_frame() is None else self._schedule.due_at(link)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the CLOSE frame when it is due."""
        due_at, last_frame = self._schedule.due_at(link), self._last_frame()
        if self._close is None or last_frame is None or due_at is None or due_at > now:
            return []
        encoded = CLOSE.encode(replace(self._close, last_frame=last_frame))
        if room < len(encoded):
            return []
        self._schedule.said(now=now)
        return [Load(encoded, self)]

    def on_acknowledged(self, *, now: float) -> None:
        """The peer knows."""
        if self.arrived_at is None:
            self.arrived_at = now
        self._schedule.settled()

    def on_lost(self, *, now: float) -> None:
        """Leave it to the schedule."""

    def hurry(self) -> None:
        """Say it at once if it is open."""
        self._schedule.hurry()
