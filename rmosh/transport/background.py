"""How fast bulk may go: it leaves the path's queue nearly empty, so that what somebody types waits behind nothing.

A window of its own within the endpoint's, steered by queueing delay (as in LEDBAT, RFC 6817, by the rule of FAST TCP,
see `congestion.py`), and spread over the round trip instead of sent in bursts. On a slow path its datagrams shrink
too: one alone can be a key's delay. While nobody types it starts as QUIC does (slow start, RFC 9002 section 7.3.1),
and where somebody waits for the bulk itself also with QUIC's window and whole datagrams.
"""

from collections import deque

from rmosh.transport.policy import (
    BACKGROUND_ATTENTION,
    BACKGROUND_ATTENTION_TO_OUTPUT,
    BACKGROUND_BACKOFF,
    BACKGROUND_BACKOFF_UNWATCHED,
    BACKGROUND_BASE_WINDOW,
    BACKGROUND_DATAGRAM_FLOOR,
    BACKGROUND_DATAGRAM_TIME,
    BACKGROUND_DATAGRAM_TIME_AWAITED,
    BACKGROUND_GROWTH,
    BACKGROUND_GROWTH_UNWATCHED,
    BACKGROUND_JITTER_MAX,
    BACKGROUND_QUEUE_DELAY,
    BACKGROUND_QUEUE_DELAY_UNWATCHED,
    BACKGROUND_RATE_AWAITED,
    BACKGROUND_SAMPLES,
    BACKGROUND_WINDOW,
    BACKGROUND_WINDOW_AWAITED,
    BACKGROUND_WINDOW_AWAITED_MAX,
    COPIES_ABOVE_LOSS,
    MAXIMUM_WINDOW,
    PACING_HASTE,
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
        self._awaited = False
        self.forget_path()

    def attend(self, *, ends_line: bool = False, now: float) -> None:
        """Take note that somebody types: whose next keys shall not wait.

        Args:
            ends_line: and now looks at what comes of it, unless the next keys follow soon.
        """
        self._attentive_until = now + (BACKGROUND_ATTENTION_TO_OUTPUT if ends_line else BACKGROUND_ATTENTION)
        self._awaited = False

    def relax(self, link: LinkConditions | None = None) -> None:
        """Take note that the user waits for this now, on a link of which more or less is known."""
        self._attentive_until = 0.0
        self._awaited = True
        if self._starting:
            longest = 0.0 if link is None else BACKGROUND_RATE_AWAITED * link.smoothed_rtt
            self._set(max(self._window, BACKGROUND_WINDOW_AWAITED, min(longest, BACKGROUND_WINDOW_AWAITED_MAX)))

    def forget_path(self) -> None:
        """Start over: the path is another one, or was silent."""
        self._window = float(BACKGROUND_WINDOW_AWAITED if self._awaited else BACKGROUND_WINDOW)
        self._starting = True
        self._cut_short = False  # it started beside somebody's typing, and found less than the path may have
        self._base = WindowedMinimum(BACKGROUND_BASE_WINDOW)
        self._latest: deque[float] = deque(maxlen=BACKGROUND_SAMPLES)
        self._path_began: float | None = None
        self._shrunk_at = 0.0
        self._begin_round(0.0)

    def _begin_round(self, now: float) -> None:
        self._round_began = now
        self._round_delay: float | None = None
        self._round_bytes = self._round_samples = 0

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the next datagram may leave; None until one that is on its way has arrived or is lost."""
        if link.silent or link.window_room < link.room:
            return None
        if self._in_flight and self._in_flight + self.size(link) > self._window:
            return None
        return self._next_at

    def size(self, link: LinkConditions) -> int:
        """Return the most bytes of frames in one datagram: what leaves within a few milliseconds at this pace."""
        if self._awaited and self._starting:
            return link.room
        rate = self._window / max(SMALLEST_RTT, link.smoothed_rtt)
        time = BACKGROUND_DATAGRAM_TIME_AWAITED if self._awaited else BACKGROUND_DATAGRAM_TIME
        return int(min(link.room, max(BACKGROUND_DATAGRAM_FLOOR, rate * time)))

    def sent(self, size: int, link: LinkConditions, *, now: float) -> None:
        """Take note that so many bytes left, in a datagram of their own."""
        self._path_began = now if self._path_began is None else self._path_began
        self._in_flight += size
        spread = link.smoothed_rtt / (PACING_HASTE if self._awaited and self._starting else 1)
        self._next_at = max(self._next_at, now - link.smoothed_rtt / 4) + size * spread / self._window

    def arrived(self, size: int, *, sent_at: float, link: LinkConditions, now: float) -> None:
        """Take note that so many bytes were acknowledged."""
        self._in_flight = max(0, self._in_flight - size)
        if self._path_began is None or sent_at < self._path_began:
            return
        rtt = now - sent_at
        self._base.sample(rtt, now=now)
        empty_rtt = min(self._base.least, link.minimum_rtt)
        attentive = now < self._attentive_until
        if self._cut_short and not attentive:
            self._starting, self._cut_short = True, False
            self._latest.clear()
        target = BACKGROUND_QUEUE_DELAY if attentive else BACKGROUND_QUEUE_DELAY_UNWATCHED
        target += min(1.5 * link.rtt_variation, BACKGROUND_JITTER_MAX)
        if self._starting and not attentive:
            self._start(size, rtt - empty_rtt, target, empty_rtt, now=now)
        elif sent_at >= self._round_began:
            self._count(size, rtt - empty_rtt, target, empty_rtt, attentive=attentive, now=now)

    def _start(self, size: int, delay: float, target: float, empty_rtt: float, *, now: float) -> None:
        """Grow by what arrives until several datagrams in a row met a queue: then the window had half of this size."""
        self._latest.append(delay)
        if len(self._latest) < BACKGROUND_SAMPLES or min(self._latest) <= target:
            self._set(self._window + size)
            return
        self._set(self._window / 2)
        self._judge(min(self._latest), target, empty_rtt, growth=0.0)
        self._begin_round(now)

    def _count(self, size: int, delay: float, target: float, empty_rtt: float, *, attentive: bool, now: float) -> None:
        """Take one measurement of a round, and judge the round when it has enough of them."""
        self._round_delay = delay if self._round_delay is None else min(self._round_delay, delay)
        self._round_bytes += size
        self._round_samples += 1
        whole = self._round_bytes >= self._window / 2 and self._round_samples >= BACKGROUND_SAMPLES
        if whole or (self._starting and delay > target):
            at_first, later = BACKGROUND_GROWTH
            later = later if attentive else BACKGROUND_GROWTH_UNWATCHED
            growth = at_first if self._starting else later
            was_starting = self._starting
            self._judge(self._round_delay if whole else delay, target, empty_rtt, growth=growth)
            self._cut_short = self._cut_short or (attentive and was_starting and not self._starting)
            self._begin_round(now)

    def _judge(self, delay: float, target: float, empty_rtt: float, *, growth: float) -> None:
        headroom = 1 - 2 * delay / target
        self._starting = self._starting and headroom > 0.5
        if headroom > 0:
            self._set(self._window * (1 + growth * headroom))
        else:
            self._set(self._window * (empty_rtt + target / 2) / (empty_rtt + delay))

    def lost(self, size: int, link: LinkConditions, *, sent_at: float, now: float) -> None:
        """Take note that so many bytes seem lost: on a path that usually loses nothing, that is a full queue.

        What was sent on an earlier path tells nothing of this one, nor does impatience before anything arrived on it;
        and what was sent before the last such loss was noticed tells of the same queue again.
        """
        self._in_flight = max(0, self._in_flight - size)
        on_this_path = self._path_began is not None and sent_at >= max(self._path_began, self._shrunk_at)
        if on_this_path and self._base.least < float("inf") and link.loss < COPIES_ABOVE_LOSS:
            attentive = now < self._attentive_until
            self._cut_short = self._cut_short or (self._starting and attentive)
            self._starting = False
            self._shrunk_at = now
            self._set(self._window * (BACKGROUND_BACKOFF if attentive else BACKGROUND_BACKOFF_UNWATCHED))

    def _set(self, window: float) -> None:
        self._window = min(float(MAXIMUM_WINDOW), max(2.0 * BACKGROUND_DATAGRAM_FLOOR, window))
