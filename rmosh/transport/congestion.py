"""How many bytes may be on their way: a delay-based window that random loss does not shrink.

The window follows FAST TCP's rule (Wei, Jin, Low and Hegde, IEEE/ACM ToN 2006): once a round trip it moves towards
window x minimum RTT / RTT + alpha, which keeps `alpha` bytes in the bottleneck's queue whatever its rate. Loss only
counts when it clearly exceeds the path's usual loss (a policer), so 29 % random loss costs no rate.
"""

from rmosh.transport.policy import (
    BASE_MTU,
    CALM_ROUNDS,
    CALM_ROUNDS_AT_START,
    CONGESTIVE_DECREASE,
    CONGESTIVE_DELAY_SAMPLE,
    CONGESTIVE_EXCESS_LOSS,
    CONGESTIVE_LOSS_SAMPLE,
    INITIAL_WINDOW,
    MAXIMUM_WINDOW,
    MINIMUM_WINDOW_DATAGRAMS,
    SMALLEST_RTT,
    TARGET_QUEUE_DELAY,
    USUAL_LOSS_MAX,
)


class CongestionWindow:
    """A window in bytes, judged once a round trip."""

    def __init__(self) -> None:
        self.window: float = INITIAL_WINDOW
        self._slow_start = True
        self._round_ends_at_packet = 0
        self._round_rtt: float | None = None
        self._round_limited = False
        self._round_acks = 0
        self._round_packets = 0
        self._round_lost = 0
        self._usual_loss: float | None = None
        self._calm_rounds = CALM_ROUNDS - CALM_ROUNDS_AT_START

    def acknowledged(self, *, size: int, rtt: float | None, minimum_rtt: float, limited: bool) -> None:
        """Count a packet of `size` bytes that arrived, with its RTT sample where there is one.

        Args:
            limited: the window was full when it or a later packet that is on its way was sent.
        """
        self._round_packets += 1
        self._round_limited = self._round_limited or limited
        if rtt is None:
            return
        if self._slow_start and limited and rtt - minimum_rtt <= TARGET_QUEUE_DELAY:
            self._set(self.window + size)
        rtt = max(rtt, SMALLEST_RTT)
        self._round_rtt = rtt if self._round_rtt is None else min(self._round_rtt, rtt)

    def lost(self) -> None:
        """Count a packet that seems lost."""
        self._round_packets += 1
        self._round_lost += 1

    def late(self) -> None:
        """Take back one `lost`: it arrived after all."""
        self._round_lost = max(0, self._round_lost - 1)

    def end_round(self, *, newest_acknowledged: int, next_number: int, minimum_rtt: float) -> None:
        """Judge the round when a packet sent after its beginning was acknowledged."""
        self._round_acks += 1
        if newest_acknowledged < self._round_ends_at_packet or self._round_rtt is None:
            return
        queues = self._round_rtt - minimum_rtt > TARGET_QUEUE_DELAY
        if queues and self._round_acks < CONGESTIVE_DELAY_SAMPLE:
            return
        self._judge(self._round_rtt, minimum_rtt)
        self._round_ends_at_packet = next_number
        self._round_rtt = None
        self._round_limited = False
        self._round_acks = 0

    def _judge(self, rtt: float, minimum_rtt: float) -> None:
        if self._lost_to_congestion():
            self._slow_start = False
            self._set(self.window * CONGESTIVE_DECREASE)
            return
        queue_delay = rtt - minimum_rtt
        self._calm_rounds = 0 if queue_delay > TARGET_QUEUE_DELAY else self._calm_rounds + 1
        if self._slow_start and queue_delay <= TARGET_QUEUE_DELAY:
            return
        self._slow_start = False
        alpha = max(BASE_MTU, TARGET_QUEUE_DELAY * self.window / rtt)
        wanted = self.window * minimum_rtt / rtt + alpha
        if wanted < self.window or self._round_limited:
            self._set(min((self.window + wanted) / 2, 2 * self.window))

    def _lost_to_congestion(self) -> bool:
        if self._round_packets < CONGESTIVE_LOSS_SAMPLE:
            return False
        loss = self._round_lost / self._round_packets
        if self._usual_loss is None:  # so little was sent yet that nothing comes of that
            self._usual_loss = min(loss, USUAL_LOSS_MAX)
        congestive = self._round_limited and loss > self._usual_loss + CONGESTIVE_EXCESS_LOSS
        self._usual_loss = min(USUAL_LOSS_MAX, self._usual_loss + (loss - self._usual_loss) / 8)
        self._round_packets = self._round_lost = 0
        return congestive

    @property
    def is_calm(self) -> bool:
        """Whether no queue of ours showed lately, so that a message may leave whole where it exceeds the window."""
        return self._calm_rounds >= CALM_ROUNDS

    def _set(self, window: float) -> None:
        self.window = min(MAXIMUM_WINDOW, max(MINIMUM_WINDOW_DATAGRAMS * BASE_MTU, window))

    def forget_path(self) -> None:
        """Start over on a path of unknown rate, never with more than the old one allowed."""
        self.window = min(self.window, INITIAL_WINDOW)
        self._slow_start = True
        self._round_rtt = None
        self._calm_rounds = CALM_ROUNDS - CALM_ROUNDS_AT_START
