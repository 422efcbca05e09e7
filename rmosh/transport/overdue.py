"""Repeats of what is overdue: reckoned from the first saying of the oldest thing that is open, dense at first.

Without this, who types on would set the pace: each new key is said with all before it, and waits anew for an answer.
"""

from collections import deque

from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.policy import (
    FIRST_SAYINGS_KEPT,
    OVERDUE_GAP,
    OVERDUE_GAP_SHARE,
    OVERDUE_RATE,
    PROBE_EAGERLY_FOR,
    PROBE_INTERVAL,
    SILENT_AFTER,
    SILENT_RATE,
    WIRE_HEADERS,
)
from rmosh.transport.repeats import LinkConditions


class OverdueRepeats:
    """When to say again what is said whole each time; its places are offsets or numbers."""

    def __init__(self) -> None:
        self._first_said: deque[tuple[int, float]] = deque()
        self._said_at = 0.0
        self._size = 0

    def said(self, through: int, *, size: int, now: float, wait: float = 0.0) -> None:
        """Take note that all up to a place was said.

        Args:
            size: bytes of the frame.
            wait: seconds for which its acknowledgement may wait: it counts as said so much later.
        """
        self._said_at, self._size = now, size + OVERHEAD_BYTES + WIRE_HEADERS
        if self._first_said and through <= self._first_said[-1][0]:
            return
        owed_at = now + wait
        if len(self._first_said) == FIRST_SAYINGS_KEPT:
            _, owed_at = self._first_said.pop()  # later ones are taken for as old as the last that is kept
        elif self._first_said and self._first_said[-1][1] > owed_at:  # this acknowledgement will tell of it, too
            self._first_said[-1] = (self._first_said[-1][0], owed_at)
        self._first_said.append((through, owed_at))

    def arrived(self, through: int) -> None:
        """Take note that all up to a place arrived."""
        while self._first_said and self._first_said[0][0] <= through:
            self._first_said.popleft()

    def due_at(self, link: LinkConditions, *, scheduled: float | None) -> float | None:
        """Return when to say it (again), in monotonic seconds, where a schedule would at another moment.

        A stream and the back-off of a long silence are left to the schedule.
        """
        if not self._first_said or link.reliable or link.silence > PROBE_EAGERLY_FOR:
            return scheduled
        deadline = self._first_said[0][1] + link.probe_timeout
        overdue_at = max(deadline, self._said_at + self._gap(self._said_at - deadline))
        due_at = overdue_at if scheduled is None else min(overdue_at, scheduled)
        return max(due_at, self._said_at + self._size / SILENT_RATE) if link.silence > SILENT_AFTER else due_at

    def _gap(self, overdue: float) -> float:
        dense = max(OVERDUE_GAP, self._size / OVERDUE_RATE)
        return min(PROBE_INTERVAL, max(dense, OVERDUE_GAP_SHARE * overdue))
