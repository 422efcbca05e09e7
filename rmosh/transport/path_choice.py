"""Whether UDP, a stream beside it, or both carry what one end sends, judged by what became of it.

Each end judges its own way out: where only one direction of UDP is dead or policed, the other goes on. A packet that
went over both proves nothing of either, so both are asked by probes of their own while it is unclear.
"""

import math
from enum import Enum

from rmosh.moments import earliest
from rmosh.transport.path_comparison import PathComparison
from rmosh.transport.policy import (
    BESIDE_AFTER,
    COPIES_ABOVE_LOSS,
    DELIVERIES_FEWEST,
    PROBE_INTERVAL,
    STREAM_KEPT_ANSWERS,
    STREAM_KEPT_FOR,
    STREAM_KEPT_ROUND_TRIPS,
    UDP_AGAIN_AFTER,
    UDP_AGAIN_MAX,
    UDP_CHANCES,
    UDP_CHANCES_TIMEOUTS,
    UDP_PROBE_MAX,
)
from rmosh.transport.recovery import Recovery
from rmosh.transport.unanswered import unanswered_for


class Carrier(Enum):
    """What carries the next datagram."""

    UDP = "udp"
    STREAM = "stream"
    #: The one in use does not answer: each carries all, until it is known which of them works.
    BOTH = "both"


class PathChoice:
    """The way that is chosen, and why.

    Attributes:
        way: the one that is chosen now.
        settled: the last that was chosen and is one path alone.
        switches: how often that became the other one.
        udp_usable: whether there is any address to try.
        held_since: since when `way` carries everything, or both do.
    """

    def __init__(self, *, udp: Recovery, stream: Recovery, way: Carrier, seeks: bool, now: float) -> None:
        """Begin.

        Args:
            seeks: UDP is probed unasked, as a client does; a server asks back where it is asked.
        """
        self.way: Carrier = way
        self.settled: Carrier = way
        self.switches = 0
        self.udp_usable = True
        self._udp = udp
        self._stream = stream
        self._seeks = seeks
        self._comparison = PathComparison(udp, stream)
        self._doubted_at = self._trial_at = self._again_at = now
        self._failures = 0
        self._udp_heard_at = self._udp_answered_at = self._stream_heard_at = -math.inf
        self._sent_by_udp_alone = self._udp_probes = 0
        self._udp_probe_at: float | None = now if seeks else None
        self._stream_probed_at = -math.inf
        self.held_since = now
        self._held_from = 0
        self._idle_told = False

    # --- what happens ----------------------------------------------------------------------------------------

    def try_udp(self, *, now: float) -> None:
        """Probe UDP from the beginning: the network, an address or the time is new."""
        self._failures = 0
        self._trial_at = self._again_at = now
        self._udp_probe_at, self._sent_by_udp_alone, self._udp_probes = now, 0, 0
        self._comparison.forgive()

    def heard(self, *, by_stream: bool, now: float) -> None:
        """Take note of the way by which a newest datagram came."""
        if by_stream:
            self._stream_heard_at = now
            return
        self._udp_heard_at = now
        if not self._seeks and self._udp_probe_at is None and self.way is Carrier.STREAM and now >= self._again_at:
            self._udp_probe_at = now

    def udp_answered(self, *, now: float) -> None:
        """Take note that an address has answered its challenge: that is both ways."""
        self._udp_answered_at = self._udp_heard_at = now

    def doubt(self, *, now: float) -> None:
        """Send over both until it is known which of them works."""
        self.way = Carrier.BOTH
        self._doubted_at = now
        self._udp_probe_at, self._sent_by_udp_alone, self._udp_probes = now, 0, 0

    def sent_on_udp_alone(self) -> None:
        """Take note of a packet whose answer will tell something of UDP."""
        self._sent_by_udp_alone += 1

    # --- judging ---------------------------------------------------------------------------------------------

    def judge(self, *, now: float) -> None:
        """Choose anew where what is known calls for it."""
        if self.way is Carrier.UDP:
            self._judge_udp(now)
        elif self.way is Carrier.STREAM:
            self._judge_stream(now)
        elif self.stream_works and self.settled is Carrier.STREAM and now < self._again_at:
            self._take(Carrier.STREAM, now=now)
        elif self.stream_works and self._comparison.swallows():
            self._leave_worse(now)
        elif self._awaits_stream(now):
            return
        elif self._udp_works_again() and not (self.stream_works and now < self._again_at):
            self._take(Carrier.UDP, now=now)
        elif not self.udp_usable or (self.stream_works and self._udp_had_its_chances(now)):
            self._failed(now)

    def _judge_udp(self, now: float) -> None:
        if not self.udp_usable or self._is_overdue(self._udp, now) or self._udp.flights.lose_ends:
            self.doubt(now=now)
        elif self._comparison.udp_is_worse(now=now):
            self._leave_worse(now)
        elif self._failures and now - self.held_since > 10 * self._penalty:
            self._failures = 0

    def _leave_worse(self, now: float) -> None:
        self._again_at = self._trial_at = now + self._comparison.penalty
        self._take(Carrier.STREAM, now=now)

    def _judge_stream(self, now: float) -> None:
        if self._comparison.stream_is_worse(now=now):
            self._again_at = self._trial_at = now
            self._comparison.forgive()
        if now >= self._again_at and self._udp_works(since=self._trial_at):
            self._take(Carrier.UDP, now=now)
        elif self.udp_usable and self._is_overdue(self._stream, now):
            self.doubt(now=now)

    def _is_overdue(self, recovery: Recovery, now: float) -> bool:
        overdue_at = self._overdue_at(recovery)
        return overdue_at is not None and now >= overdue_at

    @staticmethod
    def _overdue_at(recovery: Recovery) -> float | None:
        return recovery.doubtful_at(patience=patience(recovery))

    def _udp_works(self, *, since: float) -> bool:
        """Whether UDP has carried something both ways that was sent since then."""
        there = max(self._udp.proven_since, self._udp_answered_at)
        return self.udp_usable and there >= since and self._udp_heard_at >= since

    def _udp_works_again(self) -> bool:
        """Whether UDP has carried something since the doubt began; where it was in use, our own way out is enough."""
        if self.settled is Carrier.UDP:
            return self.udp_usable and self._udp.proven_since >= self._doubted_at
        return self._udp_works(since=self._doubted_at)

    @property
    def stream_works(self) -> bool:
        """Whether the stream has carried something that was sent since the doubt began."""
        return self._stream.proven_since >= self._doubted_at

    def _awaits_stream(self, now: float) -> bool:
        """Whether UDP answers, but swallows, and the stream has not had the time to answer."""
        return self._udp.flights.lose_ends and self.udp_usable and now < self._doubted_at + patience(self._stream)

    def _udp_had_its_chances(self, now: float) -> bool:
        return self._sent_by_udp_alone >= self._chances and now >= self._chances_end_at

    @property
    def _chances(self) -> int:
        """How many datagrams by UDP alone must stay unanswered until it is taken for dead."""
        return max(UDP_CHANCES, unanswered_for(self._udp.loss.rate))

    @property
    def _chances_end_at(self) -> float:
        return self._doubted_at + UDP_CHANCES_TIMEOUTS * self._udp.rtt.probe_timeout

    @property
    def _penalty(self) -> float:
        return min(UDP_AGAIN_MAX, UDP_AGAIN_AFTER * 2.0 ** min(self._failures, 32))

    def _failed(self, now: float) -> None:
        """Go on with the stream alone; each time that UDP had worked before it is waited for longer."""
        if self.settled is Carrier.UDP:
            self._failures += 1
        self._again_at = self._trial_at = max(self._again_at, now + self._penalty if self._failures else now)
        self._take(Carrier.STREAM, now=now)

    def _take(self, way: Carrier, *, now: float) -> None:
        is_another = way is not self.settled
        self.switches += is_another
        self.way = self.settled = way
        self.held_since, self._idle_told = now, False
        self._udp.flights.begin_again()
        if is_another:
            self._comparison.begin(now=now)
        if way is Carrier.UDP:
            self._udp_probe_at = None
            self._held_from = self._comparison.udp_count
        elif self._seeks:
            self._udp_probe_at = max(self._again_at, now if self._udp_probe_at is None else self._udp_probe_at)

    # --- probes ----------------------------------------------------------------------------------------------

    def udp_probe_due(self, *, now: float) -> bool:
        """Tell whether UDP is to be asked now; it is asked more and more seldom while it does not answer."""
        if self._udp_probe_at is None or now < self._udp_probe_at or not self.udp_usable:
            return False
        if not self._seeks and self.way is Carrier.STREAM:
            self._udp_probe_at = None
            return True
        seldom = max(0, self._udp_probes - (self._chances - UDP_CHANCES))
        space = min(UDP_PROBE_MAX, PROBE_INTERVAL * 2.0 ** min(seldom, 32))
        self._udp_probes += 1
        self._udp_probe_at = now + space
        if self.way is Carrier.STREAM and now < self._again_at:
            self._udp_probe_at = max(self._udp_probe_at, self._again_at)
        return True

    def stream_probe_due(self, *, now: float) -> bool:
        """Tell whether the stream is to be asked now: once a doubt, and while UDP has to be compared with it."""
        if self.way is Carrier.BOTH:
            is_asked = bool(self._stream.bytes_in_flight) and self._stream.proven_since < self._stream_probed_at
            due = self._stream_probed_at < self._doubted_at and not is_asked
        else:
            due = self.way is Carrier.UDP and self._comparison.stream_probe_due(now=now)
        if due:
            self._stream_probed_at = now
        return due

    # --- the rest --------------------------------------------------------------------------------------------

    def becomes_idle(self, *, now: float) -> bool:
        """Tell once that UDP has held for so long that the stream is not needed."""
        if self.way is not Carrier.UDP or self._idle_told or self._comparison.is_suspicious(now=now):
            return False
        held_for = now - max(self.held_since, self._stream_heard_at)
        answers = self._comparison.udp_count - self._held_from
        fewest = DELIVERIES_FEWEST if held_for >= STREAM_KEPT_FOR else STREAM_KEPT_ANSWERS
        self._idle_told = answers >= fewest and held_for >= STREAM_KEPT_ROUND_TRIPS * self._udp.rtt.smoothed
        return self._idle_told

    def next_wakeup(self) -> float | None:
        """Return when `judge` or a probe has something to do unless something comes, in monotonic seconds."""
        moments: list[float | None] = []
        if self.udp_usable:
            moments.append(self._udp_probe_at)
        if self.way is Carrier.UDP:
            moments += [self._overdue_at(self._udp), self._comparison.stream_probe_at]
        elif self.way is Carrier.STREAM and self.udp_usable:
            moments.append(self._overdue_at(self._stream))
        elif self.way is Carrier.BOTH and self.stream_works and self._sent_by_udp_alone >= self._chances:
            moments.append(self._chances_end_at)
        return earliest(moments)


def patience(recovery: Recovery) -> float:
    """Return how long a path may leave what was sent on it unanswered until another carries it as well, in seconds.

    Where much is lost, what answers is often the second or third copy of an acknowledgement.
    """
    most = recovery.rtt.smoothed + BESIDE_AFTER
    return most if recovery.loss.rate > COPIES_ABOVE_LOSS else min(recovery.rtt.probe_timeout, most)
