"""How the client's run ends: at the user's word, or with the session."""

from collections.abc import Callable
from typing import Final

from rmosh_client.reaching.ending import GIVEN_UP, HUNG_UP, INTERRUPTED, QUIT, Ending, not_reached
from rmosh_client.running.core import Session
from rmosh_client.showing.notice import Notices
from rmosh_client.words import lines_in_words

#: Seconds that the server gets to hear that we leave.
_LEAVE_WITHIN: Final = 2.0

#: The same before its first answer: for a datagram or two. Reason: it may never hear anything, as where UDP is blocked,
#: somebody waits, and a server that hears of no client ends by itself.
_GIVE_UP_WITHIN: Final = 0.1

#: Seconds that the user's scrollback may take for the last lines of a session that is over. Reason: a slow terminal
#: takes some for 50,000; any key ends it at once.
_SCROLLBACK_WITHIN: Final = 20.0


class SessionDeparture:
    """Tells the server that we go, and ends the run once nothing is left to wait for.

    Attributes:
        leave_by: until when the server is given time to hear it, in monotonic seconds; None before the user leaves.
    """

    def __init__(
        self, session: Session, notices: Notices, *, end: Callable[[Ending], None], way_back: str = ""
    ) -> None:
        """Take over; `way_back` is the command that attaches anew, "" where none does."""
        self._session = session
        self._notices = notices
        self._end = end
        self._way_back = way_back
        self._leaving: Ending | None = None
        self._over: Ending | None = None
        self._over_by = 0.0
        self._has_enough = False
        self.leave_by: float | None = None

    @property
    def is_leaving(self) -> bool:
        """Whether the user has left, or lost the terminal."""
        return self._leaving is not None

    @property
    def is_over(self) -> bool:
        """Whether the session is over, so that nobody is expected to answer any more."""
        return self._over is not None

    def leave(self, ending: Ending, *, detach: bool, now: float) -> None:
        """End the session from here, at once when asked twice; one that is over by itself ends as it did.

        A terminal that is gone asks nobody to hurry: the kernel tells of it by an error and by a signal, shells again.

        Args:
            detach: let it go on in any case.
        """
        if self._over is not None:
            self._end(self._over)
            return
        if self._leaving is None and self._session.stop_waiting(now=now):
            return
        if self._leaving is not None:
            if ending != HUNG_UP:
                self._end(self._as_known(self._leaving))
            return
        self._leaving, self.leave_by = ending, now + (_LEAVE_WITHIN if self._was_heard else _GIVE_UP_WITHIN)
        if detach:
            self._session.detach(now=now)
        else:
            self._session.quit(now=now)
        self._notices.leaving(goes_on=ending not in (QUIT, INTERRUPTED), now=now)

    def end_when_heard(self, *, now: float) -> None:
        """End the run once the server knows that we go, or had the time to."""
        if self._leaving is None or self.leave_by is None:
            return
        if self._session.quit_arrived or now >= self.leave_by:
            self._end(self._as_known(self._leaving))

    def _as_known(self, leaving: Ending) -> Ending:
        """Return what is known of an end that was asked for: the session is ended once the server has heard of it."""
        if leaving is not QUIT or self._session.quit_arrived:
            return leaving
        return not_reached(self._way_back) if self._was_heard else GIVEN_UP

    @property
    def _was_heard(self) -> bool:
        return self._session.was_heard

    def key_pressed(self, *, now: float) -> None:
        """Wait for no more lines, if the session is over."""
        self._has_enough = self._session.stop_waiting(now=now) or self._over is not None

    def waits_for(self, lines: int) -> str:
        """Return in words what a session that is over still waits for; "" where nothing is.

        Args:
            lines: how many the user's scrollback lacks.
        """
        awaited = self._session.lines_awaited
        if awaited:
            return f"{lines_in_words(awaited)} still to come from the host"
        return f"{lines_in_words(lines)} still to go into this terminal" if lines and self._over is not None else ""

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
        enough = complete or self._has_enough or self.is_leaving or now >= self._over_by
        if self._over is not None and enough:
            self._end(self._over)
