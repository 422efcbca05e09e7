"""When to say a thing again that was not acknowledged: copies, quick repeats, probes, back-off.

One schedule serves input, screen and close alike. It knows nothing of what is repeated.
"""

import math
from typing import NamedTuple

from rmosh.transport.loss import copies_for
from rmosh.transport.policy import (
    BASE_MTU,
    COPIES_ABOVE_LOSS,
    COPY_GAP,
    GIVE_UP_SENDING_AFTER,
    IMPATIENT_ABOVE_LOSS,
    INITIAL_WINDOW,
    PROBE_EAGERLY_FOR,
    PROBE_INTERVAL,
    PROBE_INTERVAL_MAX,
    QUICK_REPEAT_FLOOR,
    QUICK_REPEAT_GROWTH,
    QUICK_REPEAT_RTT_SHARE,
    STREAM_REPEAT_FLOOR,
    STREAM_REPEAT_MAX,
    STREAM_REPEAT_TIMEOUTS,
)


class LinkConditions(NamedTuple):
    """What the endpoint knows of the link at one moment.

    Attributes:
        smoothed_rtt: seconds.
        probe_timeout: seconds until an unanswered packet is worth another.
        loss: share of our packets lost lately, 0 to 1.
        silence: seconds since the peer was last heard; 0 before it could have answered.
        room: bytes of frames that fit one datagram now.
        window_room: bytes that the congestion window still allows; always enough for one datagram on an empty path.
        whole_room: the same for what is left of a message under way.
        window: bytes that the congestion window holds in all.
        minimum_rtt: seconds of a round trip on an empty path; endless before it was measured.
        rtt_variation: seconds by which round trips differ.
        reliable: nothing is lost on it, only late.
        has_stream: there is a stream beside it, which carries what it loses.
        acknowledges_at: when an acknowledgement leaves, in monotonic seconds; None where none is owed.
        streams_at: when streams may go on, in monotonic seconds; None until something on its way has arrived.
        streams_room: bytes of datagrams that they may put on their way then, at once.
        streams_size: bytes of frames that one of their datagrams may have.
        streams_window: bytes that they may have on their way in all.
    """

    smoothed_rtt: float
    probe_timeout: float
    loss: float
    silence: float
    room: int
    window_room: float
    whole_room: float = 0.0
    window: float = INITIAL_WINDOW
    minimum_rtt: float = math.inf
    rtt_variation: float = 0.0
    reliable: bool = False
    has_stream: bool = False
    acknowledges_at: float | None = None
    streams_at: float | None = 0.0
    streams_room: float = math.inf
    streams_size: int = BASE_MTU
    streams_window: float = INITIAL_WINDOW

    @property
    def lossy(self) -> bool:
        """Whether copies pay."""
        return self.loss > COPIES_ABOVE_LOSS

    @property
    def udp_alone(self) -> bool:
        """Whether there is no stream, neither as the link nor beside it: UDP is compared with nothing then."""
        return not (self.reliable or self.has_stream)

    @property
    def silent(self) -> bool:
        """Whether an answer is overdue: then only probes leave, not whole messages."""
        return self.silence > self.probe_timeout


#: Repeats over which the space between them may grow. Reason: from QUICK_REPEAT_FLOOR it is PROBE_INTERVAL after 15;
#: the pieces of a paste are so many that the power would be too large for a float.
_MOST_GROWTH = 32


class RepeatSchedule:
    """Decides when the newest unacknowledged thing is said again.

    `renewed` marks new content (the first saying is due at once), `said` each sending, `settled` that
    everything was acknowledged.
    """

    def __init__(self) -> None:
        self._times_said = 0
        self._said_at: float | None = None
        self._open = False

    def renewed(self) -> None:
        """There is something new to say."""
        self._open = True
        self._times_said = 0

    def settled(self) -> None:
        """Nothing is left to be acknowledged."""
        self._open = False

    def said(self, *, now: float) -> None:
        """It was put into a datagram."""
        self._times_said += 1
        self._said_at = now

    def hurry(self) -> None:
        """Forget all back-off: the peer answers again, or the path is new."""
        if self._open:
            self._times_said = 0

    @property
    def fresh(self) -> bool:
        """Whether the newest content was never sent."""
        return self._open and self._times_said == 0

    def due_at(self, link: LinkConditions, *, copies: bool = True) -> float | None:
        """Return when to say it (again), in monotonic seconds; None for never, or not before the peer is heard.

        Args:
            copies: False where something else than copies makes up for loss: then only silence is a reason.
        """
        if not self._open:
            return None
        if self._times_said == 0 or self._said_at is None:
            return 0.0
        if link.silence > GIVE_UP_SENDING_AFTER:
            return None
        if not copies and not link.reliable and link.silence < PROBE_EAGERLY_FOR:
            return self._said_at + max(PROBE_INTERVAL if link.silence > PROBE_INTERVAL else 0, link.probe_timeout)
        return self._said_at + self._interval(link)

    def _interval(self, link: LinkConditions) -> float:
        if link.reliable:
            return self._interval_in_stream(link)
        copies = copies_for(link.loss)
        if self._times_said < copies:
            return COPY_GAP
        if link.silence > PROBE_EAGERLY_FOR:
            return min(PROBE_INTERVAL_MAX, PROBE_INTERVAL + (link.silence - PROBE_EAGERLY_FOR) / 4)
        if link.loss <= IMPATIENT_ABOVE_LOSS and self._times_said == copies and not link.silent:
            return link.probe_timeout
        first = max(QUICK_REPEAT_FLOOR, QUICK_REPEAT_RTT_SHARE * link.smoothed_rtt)
        return min(PROBE_INTERVAL, first * QUICK_REPEAT_GROWTH ** min(self._times_said - copies, _MOST_GROWTH))

    def _interval_in_stream(self, link: LinkConditions) -> float:
        first = max(STREAM_REPEAT_FLOOR, STREAM_REPEAT_TIMEOUTS * link.probe_timeout)
        return min(STREAM_REPEAT_MAX, first * 2.0 ** min(self._times_said - 1, _MOST_GROWTH))
