"""That a session is over, as the client hears it: held back until what was before it is there."""

from collections.abc import Callable

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import (
    CLOSE_FETCHES_NEWEST_AFTER,
    CLOSE_WAITS_FOR_FRAME,
    CLOSE_WAITS_FOR_HISTORY,
    end_of_wait,
)


class CloseReceiver:
    """The client's: holds the server's close back until the last screen and the lines before it are here.

    Not for ever, and no longer than the user likes. Lines come in order; where that takes long the newest are asked
    for first, as they are what the user wants most.

    Attributes:
        lines_awaited: how many lines the close waits for; None while it waits for none.
    """

    def __init__(self, missing: Callable[[], int], *, fetch_newest: Callable[[], None]) -> None:
        """Begin.

        Args:
            missing: returns how many lines are not here yet.
            fetch_newest: asks for the newest of them before the others; more than once is no harm.
        """
        self._missing = missing
        self._fetch_newest = fetch_newest
        self._close: Close | None = None
        self._came_at = 0.0
        self._waits_for_history = True
        self._is_over = False
        self.lines_awaited: int | None = None

    def take(self, close: Close, *, now: float) -> None:
        """Take the server's word that the session is over; only the first counts."""
        if self._close is None:
            self._close, self._came_at = close, now

    def stop_waiting(self) -> bool:
        """Wait for no more lines if the session is over; return whether it is."""
        self._waits_for_history = self._close is None
        return not self._waits_for_history

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when the close may be due without another reason, in monotonic seconds."""
        return None if self._close is None or self._is_over else end_of_wait(self._came_at, now=now)

    def due(self, screen: int, *, now: float) -> Close | None:
        """Return the close once nothing is waited for any more; only once.

        Args:
            screen: number of the newest screen frame that is here.
        """
        close = self._close
        if close is None or self._is_over:
            return None
        since = now - self._came_at
        if screen < close.last_frame and since < CLOSE_WAITS_FOR_FRAME:
            return None
        if self._waits_for_history and close.kind in (CloseKind.EXITED, CloseKind.SIGNALLED):
            self.lines_awaited = self._missing()
            if self.lines_awaited and since < CLOSE_WAITS_FOR_HISTORY:
                if since >= CLOSE_FETCHES_NEWEST_AFTER:
                    self._fetch_newest()
                return None
        self._is_over, self.lines_awaited = True, None
        return close
