"""Whether UDP is so much slower than the stream beside it that a policer must have its hands in it.

Compared is how long nine in ten of the datagrams took that were sent on each, losses included; of the one in use eight
in ten must be so slow. The stream is measured only while UDP is slow by its own measure, by probes that are as seldom
as they are in vain.
"""

import math

from rmosh.transport.delivery import DeliveryTimes
from rmosh.transport.policy import (
    BETTER_SHARE,
    STREAM_PROBE_INTERVAL,
    WORSE_AGAIN_AFTER,
    WORSE_AGAIN_MAX,
    WORSE_BY,
    WORSE_FACTOR,
    WORSE_SHARE,
)
from rmosh.transport.recovery import Recovery


class PathComparison:
    """What is known of both paths' delivery times.

    Attributes:
        verdict: UDP's delivery time when it was found worse, in seconds; None where it was not.
        stream_probe_at: when to measure the stream (again); None for not now.
    """

    def __init__(self, udp: Recovery, stream: Recovery) -> None:
        self._udp = udp
        self._stream = stream
        self._udp_times = udp.deliveries = DeliveryTimes()
        self._stream_times = stream.deliveries = DeliveryTimes()
        self._times_worse = 0
        self._counted = 0
        self._compared_at = 0.0
        self._space = STREAM_PROBE_INTERVAL[0]
        self._probed_at = -math.inf
        self._suspected_at = math.inf
        self.verdict: float | None = None
        self.stream_probe_at: float | None = None

    @property
    def udp_count(self) -> int:
        """How many datagrams arrived by UDP so far."""
        return self._udp_times.count

    @property
    def penalty(self) -> float:
        """How long UDP is not tried again after it was found worse, in seconds."""
        return min(WORSE_AGAIN_MAX, WORSE_AGAIN_AFTER * 2.0 ** min(self._times_worse - 1, 32))

    def begin(self, *, now: float) -> None:
        """Measure anew: another path carries everything now."""
        self._suspect_nothing()
        self._udp.begin_again(now=now)
        self._stream_times.begin_again()

    def _suspect_nothing(self) -> None:
        """Measure the stream no more; no answer of it is new enough for the next time."""
        self._space = STREAM_PROBE_INTERVAL[0]
        self._suspected_at = math.inf
        self.stream_probe_at = None

    def forgive(self) -> None:
        """Hold nothing against UDP any more."""
        self.verdict = None
        self._times_worse = 0

    def is_suspicious(self, *, now: float) -> bool:
        """Whether UDP does so badly that the stream may do better."""
        if self._udp_swallows:
            return True
        taken = self._udp_times.at_most(WORSE_SHARE, now=now)
        return taken is not None and is_worse(taken, than=self._udp.rtt.minimum)

    def swallows(self) -> bool:
        """Find UDP worse where it does not carry even what every path is trusted with; return whether it does not."""
        return self._udp_swallows and self._found_worse(self._udp.rtt.smoothed)

    @property
    def _udp_swallows(self) -> bool:
        return self._udp.flights.lose_ends or not self._udp.mtu.carries_floor

    def udp_is_worse(self, *, now: float) -> bool:
        """Compare while UDP carries everything; have the stream measured where there is reason to."""
        answered = self._stream.proven_since >= self._suspected_at
        if not answered and self._counted == self._udp_times.count:
            return False
        if now < self._compared_at + STREAM_PROBE_INTERVAL[0]:
            return False
        self._counted, self._compared_at = self._udp_times.count, now
        if not self.is_suspicious(now=now):
            self._suspect_nothing()
            return False
        self._suspected_at = min(self._suspected_at, now)
        if self.stream_probe_at is None:
            self.stream_probe_at = max(now, self._probed_at + self._space)
        if not answered:
            return False
        if self.swallows():
            return True
        udp = self._udp_times.at_most(WORSE_SHARE, now=now)
        stream = self._stream_times.at_most(BETTER_SHARE, now=now)
        if udp is None or stream is None or not is_worse(udp, than=stream):
            return False
        return self._found_worse(udp)

    def _found_worse(self, taken: float) -> bool:
        self.verdict = taken
        self._times_worse += 1
        return True

    def stream_is_worse(self, *, now: float) -> bool:
        """Compare the stream, which carries everything, with what UDP was left for."""
        if self.verdict is None:
            return False
        taken = self._stream_times.at_most(WORSE_SHARE, now=now)
        return taken is not None and is_worse(taken, than=self.verdict)

    def stream_probe_due(self, *, now: float) -> bool:
        """Tell whether to measure the stream now; then not again before this is answered, and traffic goes on."""
        if self.stream_probe_at is None or now < self.stream_probe_at:
            return False
        self.stream_probe_at = None
        if self._stream.bytes_in_flight:
            return False
        self._probed_at = now
        self._space = min(STREAM_PROBE_INTERVAL[1], 2 * self._space) if self._enough(now) else self._space
        return True

    def _enough(self, now: float) -> bool:
        return self._stream_times.at_most(BETTER_SHARE, now=now) is not None


def is_worse(one: float, *, than: float) -> bool:
    """Tell whether one delivery time is worse than another beyond what chance and jitter make of it."""
    return one > WORSE_FACTOR * than + WORSE_BY
