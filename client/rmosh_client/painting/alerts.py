"""Bells and notifications: some at once, then so many a minute, of those that come faster the newest.

Anything that prints can ring and notify; a flood of it must not keep a speaker or a desktop busy.
"""

from typing import Final

from rmosh.terminal.cells import Frame
from rmosh_client.painting import strings

#: Bells at once, and seconds for each further one. Reason: every key of a user who types against an end may ring, and
#: is heard; more than two a second is noise.
_BELLS: Final = (5, 0.5)

#: The same of notifications. Reason: a desktop keeps each in sight for some seconds.
_NOTIFICATIONS: Final = (3, 5.0)

_BELL: Final = b"\a"


class _Allowance:
    """So many at once, and one more each interval."""

    def __init__(self, burst: int, interval: float) -> None:
        self._interval = interval
        self._lead = (burst - 1) * interval
        self._used_until = float("-inf")

    @property
    def allowed_at(self) -> float:
        """When the next one may be, in monotonic seconds."""
        return self._used_until - self._lead

    def use(self, *, now: float) -> bool:
        """Use one up, if there is one."""
        if now < self.allowed_at:
            return False
        self._used_until = max(self._used_until, now) + self._interval
        return True


class Alerts:
    """What a user was alerted to.

    Attributes:
        due_at: when what waits may be passed on, in monotonic seconds; None where nothing waits.
    """

    def __init__(self, *, notifies: bool) -> None:
        """Begin.

        Args:
            notifies: the terminal takes notifications, and the user wants them.
        """
        self._notifies = notifies
        self._bells = _Allowance(*_BELLS)
        self._notifications = _Allowance(*_NOTIFICATIONS)
        self._rung = 0
        self._told = 0
        self.due_at: float | None = None

    def take(self, frame: Frame, *, now: float) -> bytes:
        """Return what alerts the user to what is new in a frame, as far as that is allowed now."""
        alert = b""
        if frame.bells > self._rung and self._bells.use(now=now):
            self._rung = frame.bells
            alert += _BELL
        waits_to_tell = self._notifies and frame.notification.serial != self._told
        if waits_to_tell and self._notifications.use(now=now):
            self._told = frame.notification.serial
            alert += _notification(frame)
        waiting = [self._bells.allowed_at] if frame.bells > self._rung else []
        waiting += [self._notifications.allowed_at] if waits_to_tell and frame.notification.serial != self._told else []
        self.due_at = min(waiting, default=None)
        return alert


def _notification(frame: Frame) -> bytes:
    """Return what tells a notification, in the protocol that it came in."""
    told, details = frame.notification, frame.notification_details
    return strings.kitty_notification(told, details) if details.serial == told.serial else strings.notification(told)
