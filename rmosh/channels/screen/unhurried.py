"""Which frames may be acknowledged late: every second one of a screen that changes by itself, on a calm link."""

import math

from rmosh.channels.screen.policy import (
    CALM_LOSS,
    STEADY_FRAMES,
    UNHURRIED_AFTER_KEY,
    UNHURRIED_AGAIN_AFTER,
    UNHURRIED_GROWTH,
    UNHURRIED_SURPLUS,
)
from rmosh.transport.policy import ACK_WAIT_GRANTED
from rmosh.transport.repeats import LinkConditions


class UnhurriedFrames:
    """Watches the frames of one screen.

    Attributes:
        may_wait: the acknowledgement of the newest one may come ACK_WAIT_GRANTED later.
    """

    def __init__(self) -> None:
        self.may_wait = False
        self._began_at = -math.inf
        self._size = 0
        self._steady = 0
        self._typed_at = -math.inf
        self._hurried = 0

    def typed(self, *, now: float) -> None:
        """The user typed: what comes of it is hurried."""
        self._typed_at = now

    def began(self, size: int, link: LinkConditions, *, now: float) -> None:
        """Decide of a new frame.

        Args:
            size: bytes of its message.
        """
        had_waited = self.may_wait
        follows = now - self._began_at <= ACK_WAIT_GRANTED
        expected = max(UNHURRIED_GROWTH * self._size, self._size + UNHURRIED_SURPLUS)
        if had_waited and size > expected:  # it says the one before again, which was in vain
            self._hurried = UNHURRIED_AGAIN_AFTER
        self._hurried = max(0, self._hurried - 1)
        self._steady = self._steady + 1 if follows else 0
        self._began_at, self._size = now, size
        is_quiet = now - self._typed_at > UNHURRIED_AFTER_KEY and self._steady >= STEADY_FRAMES
        self.may_wait = is_quiet and not had_waited and not self._hurried and _is_calm(link)


def _is_calm(link: LinkConditions) -> bool:
    return link.loss < CALM_LOSS and link.udp_alone and not link.silent
