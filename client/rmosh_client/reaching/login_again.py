"""When to log in again for a path inside SSH, because nothing gets through any more. Sans-IO.

All of it is counted in round trips: what is long on a local network is short over a satellite.
"""

from enum import Enum, auto
from typing import Final

from rmosh.session.status import LinkStatus
from rmosh_client.words import duration

#: Silence after which a login is worth it, in waits; such a wait is a smoothed round trip and four times its variation.
#: Reason: a lossy link is silent for some of them often, and what was lost is repeated meanwhile; a login takes eight.
_SILENT_WAITS: Final = 16

#: The same where the network has changed, or the connection that carried the session ended. Reason: UDP, should it go,
#: answers within one or two; nothing else will heal it.
_CUT_WAITS: Final = 4

#: Shortest wait, in seconds. Reason: below it is the machine's own business.
_SHORTEST_WAIT: Final = 0.01

#: What stands for a round trip that was never measured, in seconds. Source: RFC 6298 section 2.1.
_UNKNOWN_ROUND_TRIP: Final = 1.0

#: Rest after a login that failed, in waits, and at least as long as that login took; doubles each time.
_REST_WAITS: Final = 8

#: Longest rest, in seconds. Reason: a host that comes back is found; a laptop on a train does not log in all day.
_LONGEST_REST: Final = 300.0

#: Most times that a rest doubles; the longest is reached by then.
_MOST_DOUBLINGS: Final = 20


class PathOutcome(Enum):
    """What came of a login that nobody watched."""

    OPENED = auto()
    FAILED = auto()
    NEEDS_USER = auto()


class _State(Enum):
    SERVED = auto()
    SILENT = auto()
    UNDER_WAY = auto()
    RESTING = auto()
    NEEDS_USER = auto()


class LoginAgain:
    """Watches one session's contact, and tells when it is time."""

    def __init__(self) -> None:
        self._state = _State.SERVED
        self._wait = _UNKNOWN_ROUND_TRIP
        self._due_at = 0.0
        self._began_at = 0.0
        self._failures = 0
        self._cut_at: float | None = None

    def look(self, status: LinkStatus, *, now: float) -> None:
        """Take note of how the link does."""
        if status.srtt is not None:
            self._wait = max(status.srtt + 4 * (status.rttvar or 0.0), _SHORTEST_WAIT)
        if status.last_contact is None or self._state is _State.UNDER_WAY:
            return
        if self._cut_at is not None and now - status.last_contact > self._cut_at:
            self._cut_at = None
        silence = max(status.silence, status.unheard)
        if silence < self._wait and self._cut_at is None:
            self._state, self._failures = _State.SERVED, 0
        elif self._state in (_State.SERVED, _State.SILENT):
            self._state, self._due_at = _State.SILENT, now - silence + _SILENT_WAITS * self._wait
            if self._cut_at is not None:
                self._due_at = min(self._due_at, self._cut_at + _CUT_WAITS * self._wait)

    def cut(self, *, now: float) -> None:
        """What carried the session has ended, or the network changed below it: nobody may be heard any more."""
        self._cut_at = now

    def hurry(self, *, now: float) -> None:
        """The network has changed, or the user waits: rest no longer; but one login a round trip is enough."""
        if self._state is _State.RESTING:
            self._due_at = min(self._due_at, max(now, self._began_at + self._wait))

    def is_due(self, *, now: float) -> bool:
        """Tell whether to log in now, without a question to anybody."""
        return self._state in (_State.SILENT, _State.RESTING) and now >= self._due_at

    def began(self, *, now: float) -> None:
        """A login is under way, be it the user's own."""
        self._state, self._began_at = _State.UNDER_WAY, now

    def ended(self, outcome: PathOutcome, *, now: float) -> None:
        """It came to this."""
        if outcome is PathOutcome.OPENED:
            self._state, self._failures, self._cut_at = _State.SERVED, 0, None
        elif outcome is PathOutcome.NEEDS_USER:
            self._state = _State.NEEDS_USER
        else:
            took = now - self._began_at
            self._state = _State.RESTING
            self._due_at = now + min(max(_REST_WAITS * self._wait, took) * 2.0**self._failures, _LONGEST_REST)
            self._failures = min(self._failures + 1, _MOST_DOUBLINGS)

    def in_words(self, *, key: str, now: float) -> str:
        """Return what is being done, for the notice; "" for nothing.

        Args:
            key: what the user types to log in.
        """
        if self._state is _State.UNDER_WAY:
            return "logging in again"
        if self._state is _State.NEEDS_USER:
            return f"{key} logs in again" if key else ""
        if self._state is _State.RESTING and self._due_at - now >= 1.0:
            return f"logging in again in {duration(self._due_at - now)}, or at a key"
        return ""

    def next_wakeup(self) -> float | None:
        """Return when to look again, in monotonic seconds."""
        return self._due_at if self._state in (_State.SILENT, _State.RESTING) else None
