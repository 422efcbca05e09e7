"""When the screen is worth a frame: at once for an echo, spaced under a flood."""

from rmosh.channels.screen.policy import (
    ATTENTION,
    ATTENTIVE_INTERVAL,
    ECHO_SIZE,
    FRAME_BURST,
    FRAME_INTERVAL,
    NEAR_REDRAW_QUIET,
    NEAR_RTT,
    PICTURE_QUIET,
    PICTURE_QUIET_LIMIT,
    QUIET,
    QUIET_LIMIT,
    REDRAW_QUIET,
    REDRAW_QUIET_LIMIT,
    SYNCHRONIZED_LIMIT,
)


class FramePacer:
    """Waits for the output to be quiet for a moment, and spends frames from a bucket that refills with time."""

    def __init__(self) -> None:
        self._changed_at: float | None = None
        self._changed_first: float | None = None
        self._output = 0
        self._is_whole = False
        self._tokens = float(FRAME_BURST)
        self._filled_at = 0.0
        self._attentive_until = 0.0

    def attend(self, *, now: float) -> None:
        """The user typed: what comes of it may follow the frame before it closely."""
        self._attentive_until = now + ATTENTION

    def changed(self, *, output: int = 0, is_whole: bool = False, now: float) -> None:
        """The screen changed, by so many bytes of output.

        Args:
            is_whole: the program says that its update is done with them: no rest is waited for.
        """
        self._changed_at = now
        self._output += output
        if output:
            self._is_whole = is_whole
        if self._changed_first is None:
            self._changed_first = now

    def ended(self) -> None:
        """The program has ended: no rest of what it wrote is waited for."""
        self._is_whole = True

    @property
    def pending(self) -> bool:
        """Whether there is a change that no frame has shown."""
        return self._changed_first is not None

    def due_at(self, *, synchronizing: bool, rtt: float, awaits_picture: bool = False) -> float | None:
        """Return when the next frame should be taken; None while nothing changed.

        Args:
            awaits_picture: a part of a picture is on its way, and from it the next would start.
        """
        if self._changed_at is None or self._changed_first is None:
            return None
        if synchronizing:
            return self._changed_first + SYNCHRONIZED_LIMIT
        near = rtt <= NEAR_RTT
        if self._is_whole:
            quiet, limit = 0.0, QUIET_LIMIT
        elif self._output > ECHO_SIZE:
            quiet, limit = NEAR_REDRAW_QUIET if near else REDRAW_QUIET, REDRAW_QUIET_LIMIT
            if awaits_picture:
                quiet, limit = PICTURE_QUIET if rtt <= PICTURE_QUIET else quiet, PICTURE_QUIET_LIMIT
        else:
            quiet, limit = 0.0 if near else QUIET, QUIET_LIMIT
        return max(min(self._changed_at + quiet, self._changed_first + limit), self._token_at())

    def _token_at(self) -> float:
        if self._tokens >= 1:
            return 0.0
        soon = self._filled_at + ATTENTIVE_INTERVAL
        return soon if soon <= self._attentive_until else self._filled_at + (1 - self._tokens) * FRAME_INTERVAL

    def taken(self, *, now: float) -> None:
        """A frame was taken: everything so far is in it."""
        self._changed_at = self._changed_first = None
        self._output = 0
        self._is_whole = False
        refilled = self._tokens + (now - self._filled_at) / FRAME_INTERVAL
        self._tokens = max(0.0, min(float(FRAME_BURST), refilled) - 1)
        self._filled_at = now
