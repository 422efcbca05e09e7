"""How fast streams may go: as fast as the path delivers, with hardly a queue, as somebody may be typing beside them.

What the path delivers is modelled, as in BBR (draft-ietf-ccwg-bbr): by trains while it begins, by what arrives once a
queue shows. Unlike BBR it never sends more for the sake of knowing than queues a few milliseconds, and drains that at
once; loss alone slows nothing down, unless less of it comes of sending less (`loss_trial`). All packets of the path
count, whoever sends them: streams get what is left.
"""

from collections import deque
from collections.abc import Sequence

from rmosh.transport.bottleneck_rate import BottleneckRate
from rmosh.transport.loss_trial import LossTrial
from rmosh.transport.policy import (
    MAXIMUM_WINDOW,
    STREAMS_ALL_ARRIVES,
    STREAMS_BELOW_LIMIT,
    STREAMS_BEYOND_LIMIT,
    STREAMS_BURST,
    STREAMS_CALM_ROUNDS,
    STREAMS_CEILING_HELD,
    STREAMS_CUT_AT_MOST,
    STREAMS_DATAGRAM_FLOOR,
    STREAMS_DATAGRAM_TIME,
    STREAMS_DRAIN_LEAST,
    STREAMS_FAR_BELOW_PROVEN,
    STREAMS_FAR_FROM_TRAINS,
    STREAMS_FIRST_RATE,
    STREAMS_FIRST_WINDOW,
    STREAMS_GROWTH,
    STREAMS_GROWTH_AT_LIMIT,
    STREAMS_HASTE,
    STREAMS_LATENESS,
    STREAMS_LEAST_RATE,
    STREAMS_PROVEN_ROUNDS,
    STREAMS_QUEUE_DELAY,
    STREAMS_RATE_SPAN,
    STREAMS_ROUND,
    STREAMS_ROUND_AT_MOST,
    STREAMS_ROUND_SAMPLES,
    STREAMS_SURE_OF_TRAINS,
    STREAMS_TRAIN,
    STREAMS_USED,
    STREAMS_WAITS_AT_MOST,
    STREAMS_WINDOW_SLACK,
)
from rmosh.transport.rtt import RttEstimator
from rmosh.transport.sent_packets import SentPacket


class StreamsPace:
    """Says when the next datagram of a stream may leave, how large it is, and how much may be on its way.

    Judged once a round: a round trip after the last change, when enough of what was sent since has arrived.

    Attributes:
        rate: bytes a second that the path is taken to deliver.
        next_at: when streams may go on, in monotonic seconds.
        starting: no limit of the path was met yet.
    """

    def __init__(self, rtt: RttEstimator) -> None:
        """Begin on a path whose round trips are measured by `rtt`."""
        self._rtt = rtt
        self.forget_path()

    def forget_path(self) -> None:
        """Start over: the path is another one."""
        self.rate = float(STREAMS_FIRST_RATE)
        self.starting = True
        self.next_at = 0.0
        self._heard = False
        self._draining = 1.0
        self._paid_until = 0.0
        self._train = 0
        self._limit: float | None = None
        self._ceiling: float | None = None
        self._ceiling_until = 0.0
        self._calm_rounds = 0
        self._trains = BottleneckRate()
        self._arrived_bytes = 0
        self._arrivals: deque[tuple[float, int]] = deque()
        self._trial = LossTrial()
        self._proven = 0.0
        self._was_short = False
        self._next_number = 0
        self._waits_since: float | None = None
        self._begin_round(0.0)

    def _begin_round(self, now: float) -> None:
        self._round_number = self._next_number
        self._round_began = now
        self._round_sent = self._round_packets = 0
        self._round_delays: list[float] = []
        self._round_waited = 0.0
        self._arrived_first: float | None = None
        self._arrived_last = 0.0

    # --- sending ---------------------------------------------------------------------------------------------

    @property
    def pace(self) -> float:
        """Bytes a second at which packets leave now."""
        return max(STREAMS_LEAST_RATE, self.rate * self._draining * self._trial.slower)

    @property
    def window(self) -> float:
        """Most bytes that may be on their way: what the path holds, and what timers and acknowledgements come late."""
        if not self._heard:
            return float(STREAMS_FIRST_WINDOW)
        flight = max(self._rtt.smoothed, self._rtt.minimum) + max(4 * self._rtt.variation, STREAMS_WINDOW_SLACK)
        return min(float(MAXIMUM_WINDOW), max(4 * STREAMS_DATAGRAM_FLOOR, self.rate * flight))

    def size(self, room: int) -> int:
        """Return the most bytes of frames in one datagram: what a key that comes next may wait for."""
        return int(min(room, max(STREAMS_DATAGRAM_FLOOR, self.rate * STREAMS_DATAGRAM_TIME)))

    def allowed(self, *, now: float) -> float:
        """Return how many bytes may leave at once, but for the last datagram, once streams may go on."""
        return max(0.0, now - max(self._paid_until, self._made_up_from(self._burst, now))) * self.pace

    @property
    def _burst(self) -> float:
        """How many seconds' worth of the pace leave at once."""
        return STREAMS_TRAIN if self.starting else STREAMS_BURST

    def _made_up_from(self, burst: float, now: float) -> float:
        """Return from when on what did not leave may leave now: a burst, and that by which we are late."""
        return now - burst - min(STREAMS_LATENESS, max(0.0, now - self.next_at))

    def sent(self, packet: SentPacket, *, is_stream: bool) -> None:
        """Take note of a packet that left, with streams in it or not."""
        now, pace = packet.sent_at, self.pace
        self._next_number = packet.number + 1
        self._round_sent += packet.size
        if self._waits_since is not None:
            waited, self._waits_since = now - self._waits_since, None
            self._round_waited += waited if waited <= STREAMS_WAITS_AT_MOST else 0.0
        seconds = packet.size / pace
        burst = max(self._burst, (1 + self.starting) * seconds)
        if self._paid_until <= now - burst:  # a pause: nothing of before queues with this
            self._train += 1
        self._paid_until = max(self._paid_until, self._made_up_from(burst, now)) + seconds
        self._paid_until = min(self._paid_until, now + max(self._rtt.smoothed, burst))
        packet.train = self._train if is_stream else -1
        if self._paid_until > now:
            self.next_at = self._paid_until + burst - seconds
            self._waits_since = now
            self._train += 1

    # --- what became of it -----------------------------------------------------------------------------------

    def acknowledged(
        self, packets: Sequence[SentPacket], *, rtt: float | None, arrived_at: float, on_way: int, now: float
    ) -> None:
        """Take note of packets that arrived, newest first.

        Args:
            rtt: of the newest, the peer's delay taken off; None where it is not known.
            arrived_at: when the newest reached the peer, and its way back.
            on_way: bytes of which nothing is known yet.
        """
        self._heard = True
        newest = packets[0]
        for packet in packets:
            self._trial.arrived(packet.number)
            self._arrived_bytes += packet.size
        self._remember_arrival(arrived_at)
        if newest.train >= 0 and rtt is not None:
            size = sum(packet.size for packet in packets if packet.train == newest.train)
            self._trains.arrived(newest.train, size, sent_at=newest.sent_at, arrived_at=arrived_at)
        if rtt is None or newest.number < self._round_number:
            return
        own_time = newest.size / self.rate  # the least round trip is that of something small
        self._round_delays.append(max(0.0, rtt - self._rtt.minimum - own_time))
        self._round_packets += len(packets)
        if self._arrived_first is None:
            self._arrived_first = arrived_at
        self._arrived_last = max(self._arrived_last, arrived_at)
        self._judge(self._arrived_first, on_way, now)

    def _remember_arrival(self, arrived_at: float) -> None:
        since = arrived_at - max(self._rtt.smoothed, STREAMS_RATE_SPAN)
        while len(self._arrivals) > 1 and self._arrivals[1][0] <= since:
            self._arrivals.popleft()
        self._arrivals.append((arrived_at, self._arrived_bytes))

    def lost(self, packet: SentPacket) -> None:
        """Take note of a packet that seems lost."""
        self._trial.lost(packet.number)

    def late(self) -> None:
        """Take back one that was only late."""
        self._trial.late()

    # --- judging ---------------------------------------------------------------------------------------------

    def _judge(self, first_at: float, on_way: int, now: float) -> None:
        """End the round if it tells enough."""
        jitter = 2000 * self._rtt.variation
        lasted = self._arrived_last - first_at
        samples = len(self._round_delays)
        wanted = 2 * STREAMS_ROUND_SAMPLES + min(jitter, 10 * STREAMS_ROUND_SAMPLES)
        if samples < STREAMS_ROUND_SAMPLES or self._round_packets < wanted:
            return
        if lasted < max(STREAMS_ROUND, self._rtt.minimum / 8):
            return
        if now - self._round_began > STREAMS_ROUND_AT_MOST + 4 * self._rtt.smoothed:
            self._begin_round(now)  # it tells of a pause
            return
        lately = max(samples // 2, STREAMS_ROUND_SAMPLES)
        delay = min(self._round_delays[-lately:])  # free of most jitter
        cycle = max(now - self._round_began, self._rtt.minimum + STREAMS_ROUND)
        used = max(self._round_sent / self.pace, self._round_waited)  # a busy host is called late and sends less
        was_used = used >= STREAMS_USED * (now - self._round_began)
        before = self.pace
        if not self._delay_is_ours():
            delay, self._limit = 0.0, None
        if delay > STREAMS_QUEUE_DELAY + (STREAMS_TRAIN if self.starting else 0.0):
            self._drain(delay, on_way, cycle)
        elif self._draining < 1.0:
            self._draining = 1.0
        elif was_used and self._trial.slower == 1.0:
            self._grow(delay, cycle, now)
        self._try(now)
        if self.pace != before:
            self._trial.counts_from(self._next_number) if self._trial.slower < 1.0 else None
        self._begin_round(now)

    def _delay_is_ours(self) -> bool:
        """Tell whether a delay can come of what is sent: not while all arrives of far less than the path delivered.

        Radio's jitter and others' queues come and go for some rounds; whoever gives way to each of them starves.
        """
        if self.starting and (self._trains.rate or 0.0) >= STREAMS_FAR_FROM_TRAINS * self.rate:
            return False
        delivers_less = self._was_short and not self._arrives_all  # one short round is jitter's
        self._was_short = not self._arrives_all
        self._proven = max(self._proven * (STREAMS_CUT_AT_MOST if delivers_less else 1), self._arrives)
        self._proven -= self._proven / STREAMS_PROVEN_ROUNDS
        return delivers_less or self.rate >= STREAMS_FAR_BELOW_PROVEN * self._proven

    @property
    def _arrives(self) -> float:
        """What arrived in the last round trip, in bytes a second, had none been lost."""
        (began, before), (ended, after) = self._arrivals[0], self._arrivals[-1]
        return (after - before) / max(ended - began, STREAMS_ROUND) / (1 - self._trial.usual)

    @property
    def _arrives_all(self) -> bool:
        """The path passes all that is sent now."""
        return self._arrives >= STREAMS_ALL_ARRIVES * self.pace

    def _drain(self, delay: float, on_way: int, cycle: float) -> None:
        """A round on there shall be half of the queue that there may be.

        What has left since the packets that tell of the queue is on its way, and queues as well.
        """
        self.starting = False
        self._calm_rounds = 0
        delivered = max(self._arrives, STREAMS_CUT_AT_MOST * self.rate)  # what arrived may have been all there was
        if self._draining == 1.0 or not self._arrives_all:
            self._limit = delivered
            self.rate = min(self.rate, STREAMS_BELOW_LIMIT * delivered)
        queued = max(delay, on_way / delivered - self._rtt.minimum)
        self._draining = max(STREAMS_DRAIN_LEAST, 1 - (queued - STREAMS_QUEUE_DELAY / 2) / cycle)

    def _grow(self, delay: float, cycle: float, now: float) -> None:
        bottleneck = self._trains.rate
        if self.starting:
            self._start(bottleneck)
            return
        headroom = 1 - delay / STREAMS_QUEUE_DELAY
        self._calm_rounds = self._calm_rounds + 1 if headroom > 3 / 4 else 0
        step, most = self._step()
        grown = self.rate * (1 + headroom * min(most, step / cycle))
        if self._limit is not None and self.rate < STREAMS_BELOW_LIMIT * self._limit:
            grown = min(grown, STREAMS_BELOW_LIMIT * self._limit)
        self.rate = grown
        if self._ceiling is not None and self.rate > self._ceiling:
            if now < self._ceiling_until:
                self.rate = self._ceiling
            else:
                self._ceiling = None

    def _step(self) -> tuple[float, float]:
        """Return what the next growth may queue, in seconds, and its most: least where a queue was met before."""
        if self._limit is not None and self.rate > STREAMS_BEYOND_LIMIT * self._limit:
            self._limit, self._calm_rounds = None, 0
        if self._limit is not None and self.rate >= STREAMS_BELOW_LIMIT * self._limit:
            return STREAMS_QUEUE_DELAY / 3, STREAMS_GROWTH_AT_LIMIT
        if self._limit is None and self._calm_rounds < STREAMS_CALM_ROUNDS:
            return STREAMS_QUEUE_DELAY, STREAMS_GROWTH_AT_LIMIT
        return STREAMS_HASTE, STREAMS_GROWTH

    def _start(self, bottleneck: float | None) -> None:
        """Double, as far as trains say that it fits."""
        if bottleneck is None:
            self.rate *= 2
            return
        fits = STREAMS_SURE_OF_TRAINS * bottleneck
        self.starting = fits >= 2 * self.rate
        self._limit = None if self.starting else bottleneck
        self.rate = min(2 * self.rate, max(fits, self.rate))

    def _try(self, now: float) -> None:
        arrives = self._trial.verdict()
        if arrives is not None:
            self.starting = False
            self.rate *= max(1 / 2, arrives)
            self._ceiling, self._ceiling_until = self.rate, now + STREAMS_CEILING_HELD
