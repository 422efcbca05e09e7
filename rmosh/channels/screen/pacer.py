"""When the screen is worth a frame: at once for an echo, spaced under a flood."""

from rmosh.channels.screen.policy import (
    ATTENTION,
    ATTENTIVE_INTERVAL,
    ECHO_SIZE,
    FRAME_BURST,
    FRAME_INTERVAL,
    NEAR_REDRAW_QUIET,
    NEAR_RTT,
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
        self._tokens = float(FRAME_BURST)
        self._filled_at = 0.0
        self._attentive_until = 0.0

    def attend(self, *, now: float) -> None:
        """The user typed: what comes of it may follow the frame before it closely."""
        self._attentive_until = now + ATTENTION

    def changed(self, *, output: int = 0, now: float) -> None:
        """The screen changed, by so many bytes of output."""
        self._changed_at = now
        self._output += output
        if self._changed_first is None:
            self._changed_first = now

    @property
    def pending(self) -> bool:
        """Whether there is a change that no frame has shown."""
        return self._changed_first is not None

    def due_at(self, *, synchronizing: bool, rtt: float) -> float | None:
        """Return when the next frame should be taken; None while nothing changed."""
        if self._changed_at is None or self._changed_first is None:
            return None
        if synchronizing:
            return self._changed_first + SYNCHRONIZED_LIMIT
        near = rtt <= NEAR_RTT
        if self._output > ECHO_SIZE:
            quiet, limit = NEAR_REDRAW_QUIET if near else REDRAW_QUIET, REDRAW_QUIET_LIMIT
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
        refilled = self._tokens + (now - self._filled_at) / FRAME_INTERVAL
        self._tokens = max(0.0, min(float(FRAME_BURST), refilled) - 1)
        self._filled_at = now
