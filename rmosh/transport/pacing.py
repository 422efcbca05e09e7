"""Spreads what the congestion window lets leave over the round trip, so that short queues hold it (RFC 9002 7.7)."""

from rmosh.transport.policy import INITIAL_WINDOW, PACING_HASTE, PACING_LATENESS
from rmosh.transport.repeats import LinkConditions


class Pacer:
    """Says when the next datagram of a stream may leave.

    Attributes:
        next_at: that moment, in monotonic seconds.
    """

    def __init__(self) -> None:
        self.next_at = 0.0

    def sent(self, size: int, link: LinkConditions, *, now: float) -> None:
        """Take note that so many bytes of frames left."""
        seconds_a_byte = link.smoothed_rtt / (PACING_HASTE * link.window)
        burst = INITIAL_WINDOW * seconds_a_byte + PACING_LATENESS
        self.next_at = max(self.next_at, now - burst) + size * seconds_a_byte
