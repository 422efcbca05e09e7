"""How fast bulk that nobody waits for may go: it leaves the path's queue nearly empty, so that nothing waits behind it.

A window of its own within the endpoint's, steered by queueing delay (as in LEDBAT, RFC 6817, by the rule of FAST TCP,
see `congestion.py`), and spread over the round trip instead of sent in bursts. On a slow path its datagrams shrink
too: one alone can be a key's delay.
"""

from rmosh.transport.policy import (
    BACKGROUND_ATTENTION,
    BACKGROUND_BASE_WINDOW,
    BACKGROUND_DATAGRAM_FLOOR,
    BACKGROUND_DATAGRAM_TIME,
    BACKGROUND_GROWTH,
    BACKGROUND_GROWTH_UNWATCHED,
    BACKGROUND_JITTER_MAX,
    BACKGROUND_QUEUE_DELAY,
    BACKGROUND_QUEUE_DELAY_UNWATCHED,
    BACKGROUND_SAMPLES,
    BACKGROUND_WINDOW,
    COPIES_ABOVE_LOSS,
    MAXIMUM_WINDOW,
    SMALLEST_RTT,
)
from rmosh.transport.repeats import LinkConditions


class WindowedMinimum:
    """The least of what was measured within a window, or within two of them.

    Attributes:
        least: in the unit of the samples; endless before the first.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._candidate = float("inf")
        self._began = 0.0
        self.least = float("inf")

    def sample(self, value: float, *, now: float) -> None:
        """Take one measurement."""
        if now - self._began > self._window:
            self.least, self._candidate, self._began = self._candidate, value, now
        self._candidate = min(self._candidate, value)
        self.least = min(self.least, value)


class BackgroundPace:
    """Says when the next datagram may leave, and how large it may be; judged once a round trip."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._next_at = 0.0
        self._attentive_until = 0.0
        self.forget_path()

    def attend(self, *, now: float) -> None:
        """Take note that somebody types: whose next keys shall not wait."""
        self._attentive_until = now + BACKGROUND_ATTENTION

    def forget_path(self) -> None:
        """Start over: the path is another one, or was silent."""
        self._window = float(BACKGROUND_WINDOW)
        self._starting = True
        self._base = WindowedMinimum(BACKGROUND_BASE_WINDOW)
        self._path_began: float | None = None
        self._begin_round(0.0)

    def _begin_round(self, now: float) -> None:
        self._round_began = now
        self._round_delay: float | None = None
        self._round_bytes = self._round_samples = 0

    def relax(self) -> None:
        """Take note that whoever typed waits for this now."""
        self._attentive_until = 0.0

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the next datagram may leave; None until one that is on its way has arrived or is lost."""
        if link.silent or link.window_room < link.room:
            return None
        if self._in_flight and self._in_flight + self.size(link) > self._window:
            return None
        return self._next_at

    def size(self, link: LinkConditions) -> int:
        """Return the most bytes of frames in one datagram: what leaves within BACKGROUND_DATAGRAM_TIME at this pace."""
        rate = self._window / max(SMALLEST_RTT, link.smoothed_rtt)
        return int(min(link.room, max(BACKGROUND_DATAGRAM_FLOOR, rate * BACKGROUND_DATAGRAM_TIME)))

    def sent(self, size: int, link: LinkConditions, *, now: float) -> None:
        """Take note that so many bytes left, in a datagram of their own."""
        self._path_began = now if self._path_began is None else self._path_began
        self._in_flight += size
        self._next_at = max(self._next_at, now - link.smoothed_rtt / 4) + size * link.smoothed_rtt / self._window

    def arrived(self, size: int, *, sent_at: float, link: LinkConditions, now: float) -> None:
        """Take note that so many bytes were acknowledged."""
        self._in_flight = max(0, self._in_flight - size)
        if self._path_began is None or sent_at < self._path_began:
            return
        rtt = now - sent_at
        self._base.sample(rtt, now=now)
        empty_rtt = min(self._base.least, link.minimum_rtt)
        if sent_at < self._round_began:
            return
        delay = rtt - empty_rtt
        self._round_delay = delay if self._round_delay is None else min(self._round_delay, delay)
        self._round_bytes += size
        self._round_samples += 1
        attentive = now < self._attentive_until
        target = BACKGROUND_QUEUE_DELAY if attentive else BACKGROUND_QUEUE_DELAY_UNWATCHED
        target += min(1.5 * link.rtt_variation, BACKGROUND_JITTER_MAX)
        whole = self._round_bytes >= self._window / 2 and self._round_samples >= BACKGROUND_SAMPLES
        if whole or (self._starting and delay > target):
            at_first, later = BACKGROUND_GROWTH if attentive else BACKGROUND_GROWTH_UNWATCHED
            growth = at_first if self._starting else later
            self._judge(self._round_delay if whole else delay, target, empty_rtt, growth=growth)
            self._begin_round(now)

    def _judge(self, delay: float, target: float, empty_rtt: float, *, growth: float) -> None:
        headroom = 1 - 2 * delay / target
        self._starting = self._starting and headroom > 0
        if headroom > 0:
            self._set(self._window * (1 + growth * headroom))
        else:
            self._set(self._window * (empty_rtt + target / 2) / (empty_rtt + delay))

    def lost(self, size: int, link: LinkConditions, *, sent_at: float) -> None:
        """Take note that so many bytes seem lost: on a path that usually loses nothing, that is a full queue.

        What was sent on an earlier path tells nothing of this one, nor does impatience before anything arrived on it.
        """
        self._in_flight = max(0, self._in_flight - size)
        on_this_path = self._path_began is not None and sent_at >= self._path_began
        if on_this_path and self._base.least < float("inf") and link.loss < COPIES_ABOVE_LOSS:
            self._starting = False
            self._set(self._window / 2)

    def _set(self, window: float) -> None:
        self._window = min(float(MAXIMUM_WINDOW), max(2.0 * BACKGROUND_DATAGRAM_FLOOR, window))
