"""Round-trip time as measured from acknowledgements, per RFC 9002 section 5."""

import math

from rmosh.transport.policy import (
    FOLLOWS_A_LOST_ACK,
    INITIAL_RTT,
    MAX_ACK_DELAY,
    MINIMUM_RTT_WINDOW,
    TIMER_GRANULARITY,
)


class RttEstimator:
    """Smoothed RTT, its variation, and the minimum over a sliding window; all in seconds."""

    def __init__(self) -> None:
        self.smoothed = INITIAL_RTT
        self.variation = INITIAL_RTT / 2
        self.latest: float | None = None
        self._minimum: float | None = None
        self._minimum_candidate: float | None = None
        self._window_began = 0.0

    def sample(self, rtt: float, *, ack_delay: float, now: float) -> None:
        """Take one measurement: from sending to the arrival of the acknowledgement.

        Args:
            ack_delay: how long the peer says it kept the acknowledgement; believed only as far as the result
                stays at or above the minimum seen (RFC 9002 section 5.3); of one of FOLLOWS_A_LOST_ACK, as far as that.
        """
        self._track_minimum(rtt, now)
        if rtt - ack_delay >= self.minimum:
            rtt -= ack_delay
        elif ack_delay > FOLLOWS_A_LOST_ACK:
            rtt = self.minimum
        if self.latest is None:
            self.smoothed = rtt
            self.variation = rtt / 2
        else:
            self.variation += (abs(self.smoothed - rtt) - self.variation) / 4
            self.smoothed += (rtt - self.smoothed) / 8
        self.latest = rtt

    def _track_minimum(self, rtt: float, now: float) -> None:
        if self._minimum is None or rtt <= self._minimum:
            self._minimum, self._minimum_candidate, self._window_began = rtt, None, now
            return
        if self._minimum_candidate is None or rtt < self._minimum_candidate:
            self._minimum_candidate = rtt
        if now - self._window_began > MINIMUM_RTT_WINDOW:
            self._minimum, self._minimum_candidate, self._window_began = self._minimum_candidate, None, now

    @property
    def measured(self) -> bool:
        """Whether there was any sample yet."""
        return self.latest is not None

    @property
    def minimum(self) -> float:
        """The smallest RTT of the last 10 to 20 seconds: the path without its queue; endless before any sample.

        A guess, or the RTT of an earlier path, would make the first true sample look like a queue.
        """
        return math.inf if self._minimum is None else self._minimum

    @property
    def pessimistic(self) -> float:
        """The larger of the smoothed and the latest RTT: what loss detection goes by (RFC 9002 section 6.1.2)."""
        return self.smoothed if self.latest is None else max(self.smoothed, self.latest)

    @property
    def probe_timeout(self) -> float:
        """How long to wait for an acknowledgement before saying it again (RFC 9002 section 6.2.1)."""
        return self.smoothed + max(4 * self.variation, TIMER_GRANULARITY) + MAX_ACK_DELAY

    def forget_path(self) -> None:
        """Start over: the peer is reached another way now, whose RTT has nothing to do with the old one's.

        Until it is measured, answers are given as long as at the very start, at least (RFC 9000 section 9.4).
        """
        self.smoothed = max(self.smoothed, INITIAL_RTT)
        self.variation = max(self.variation, INITIAL_RTT / 2)
        self.latest = None
        self._minimum = None
        self._minimum_candidate = None

    def go_on_from(self, other: "RttEstimator") -> None:
        """Start over with what another path's round trips let expect."""
        self.forget_path()
        self.smoothed = other.smoothed
        self.variation = other.variation
