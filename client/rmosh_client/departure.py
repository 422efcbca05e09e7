"""How the client's run ends: at the user's word, or with the session."""

from collections.abc import Callable
from typing import Final

from rmosh_client.core import Session
from rmosh_client.ending import LEFT, Ending
from rmosh_client.notice import Notices

#: Seconds that the server gets to hear that we leave.
_LEAVE_WITHIN: Final = 2.0

#: Seconds that the user's scrollback may take for the last lines of a session that is over. Reason: 50,000 lines take
#: some; a key of the escape menu ends it at once.
_SCROLLBACK_WITHIN: Final = 20.0


class Departure:
    """Tells the server that we go, and ends the run once nothing is left to wait for.

    Attributes:
        leave_by: until when the server is given time to hear it, in monotonic seconds; None before the user leaves.
    """

    def __init__(self, session: Session, notices: Notices, *, end: Callable[[Ending], None]) -> None:
        self._session = session
        self._notices = notices
        self._end = end
        self._leaving: Ending | None = None
        self._over: Ending | None = None
        self._over_by = 0.0
        self.leave_by: float | None = None

    @property
    def is_leaving(self) -> bool:
        """Whether the user has left, or lost the terminal."""
        return self._leaving is not None

    def leave(self, ending: Ending, *, detach: bool, now: float) -> None:
        """End the session from here, at once when asked twice; one that is over by itself ends as it did.

        Args:
            detach: let it go on in any case.
        """
        if self._over is not None:
            self._end(self._over)
            return
        if self._leaving is None and self._session.stop_waiting(now=now):
            return
        if self._leaving is not None:
            self._end(self._leaving)
            return
        self._leaving, self.leave_by = ending, now + _LEAVE_WITHIN
        if detach:
            self._session.detach(now=now)
        else:
            self._session.quit(now=now)
        self._notices.leaving(goes_on=detach or ending is LEFT, now=now)

    def end_when_heard(self, *, now: float) -> None:
        """End the run once the server knows that we go, or had the time to."""
        if self._leaving is None or self.leave_by is None:
            return
        if self._session.quit_arrived or now >= self.leave_by:
            self._end(self._leaving)

    def session_closed(self, ending: Ending, *, now: float) -> None:
        """The session is over, and its last lines may still be on the way to the user's scrollback.

        Args:
            ending: what is left of it, unless the user left before.
        """
        self._over, self._over_by = self._leaving or ending, now + _SCROLLBACK_WITHIN

    def end_when_shown(self, *, complete: bool, now: float) -> None:
        """End the run of a session that is over once its lines are shown, or the user has had enough.

        Args:
            complete: the user's scrollback has them all.
        """
        if self._over is not None and (complete or self.is_leaving or now >= self._over_by):
            self._end(self._over)
