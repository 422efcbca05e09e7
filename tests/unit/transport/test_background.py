"""The pace of bulk on a modelled bottleneck: near what the path carries, and out of everybody's way."""

import heapq
import random
from itertools import pairwise

import pytest

from rmosh.transport.background import BackgroundPace
from rmosh.transport.policy import (
    BACKGROUND_ATTENTION,
    BACKGROUND_ATTENTION_TO_OUTPUT,
    BACKGROUND_DATAGRAM_FLOOR,
    BACKGROUND_DATAGRAM_TIME,
    BACKGROUND_JITTER_MAX,
    BACKGROUND_QUEUE_DELAY,
    BACKGROUND_QUEUE_DELAY_UNWATCHED,
    BACKGROUND_WINDOW,
    BACKGROUND_WINDOW_AWAITED,
)
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.rtt import RttEstimator

#: Seconds that typing during a backfill may cost at p99. Reason: less than anybody feels; policy.BACKGROUND_QUEUE_DELAY
#: and a bit.
MAY_COST = 0.010

ROOM = 1400
AMPLE = 1e9


def conditions(
    *,
    rtt: float = 0.1,
    loss: float = 0.0,
    silence: float = 0.0,
    room: int = ROOM,
    window_room: float = AMPLE,
    variation: float = 0.0,
) -> LinkConditions:
    return LinkConditions(
        smoothed_rtt=rtt,
        probe_timeout=rtt + 0.02,
        loss=loss,
        silence=silence,
        room=room,
        window_room=window_room,
        minimum_rtt=rtt,
        rtt_variation=variation,
    )


class Bottleneck:
    """A path of `rate` bytes/s and one queue that bulk alone fills as fast as its pace lets it.

    Attributes:
        sent: what left: moment, bytes, seconds in the queue.
    """

    def __init__(
        self, *, rate: float, rtt: float, jitter: float = 0.0, loss: float = 0.0, typing: bool = False, seed: int = 1
    ) -> None:
        self.pace = BackgroundPace()
        self.rate, self.rtt, self.loss, self.typing = rate, rtt, loss, typing
        self.jitter = jitter
        self.now = 100.0
        self.sent: list[tuple[float, int, float]] = []
        self._estimator = RttEstimator()
        self._estimator.sample(rtt, ack_delay=0.0, now=self.now)
        self._free_at = self._measured_since = self.now
        self._arrivals: list[tuple[float, int, int, float, LinkConditions, bool]] = []
        self._chance = random.Random(seed)

    @property
    def link(self) -> LinkConditions:
        estimator = self._estimator
        return LinkConditions(
            smoothed_rtt=estimator.smoothed,
            probe_timeout=estimator.probe_timeout,
            loss=self.loss,
            silence=0.0,
            room=ROOM,
            window_room=AMPLE,
            minimum_rtt=estimator.minimum,
            rtt_variation=estimator.variation,
        )

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            if self.typing:
                self.pace.attend(now=self.now)
            due_at = self.pace.due_at(self.link)
            arrival_at = self._arrivals[0][0] if self._arrivals else None
            moments = [moment for moment in (due_at, arrival_at) if moment is not None]
            assert moments, "the pace waits for nothing"
            if min(moments) > end:
                self.now = end
                return
            self.now = max(self.now, min(moments))
            if arrival_at is not None and arrival_at <= self.now:
                self._arrive()
            else:
                self._send()

    def _send(self) -> None:
        link = self.link
        size = self.pace.size(link)
        self.pace.sent(size, link, now=self.now)
        begin = max(self.now, self._free_at)
        self._free_at = begin + size / self.rate
        back_at = self._free_at + self.rtt + self._chance.uniform(0, self.jitter)
        lost = self._chance.random() < self.loss
        heapq.heappush(self._arrivals, (back_at, len(self.sent), size, self.now, link, lost))
        self.sent.append((self.now, size, begin - self.now))

    def _arrive(self) -> None:
        _, _, size, sent_at, link, lost = heapq.heappop(self._arrivals)
        if lost:
            self.pace.lost(size, link, sent_at=sent_at, now=self.now)
            return
        if sent_at >= self._measured_since:
            self._estimator.sample(self.now - sent_at, ack_delay=0.0, now=self.now)
        self.pace.arrived(size, sent_at=sent_at, link=self.link, now=self.now)

    def change(self, *, rtt: float) -> None:
        """Lead another way, and be noticed doing so, as the endpoint notices it."""
        self.pace.forget_path()
        self._estimator.forget_path()
        self._measured_since = self.now
        self.rtt = rtt

    def throughput(self, seconds: float) -> float:
        """Bytes a second that left lately."""
        return sum(size for moment, size, _ in self.sent if moment > self.now - seconds) / seconds

    def usual_queue(self, seconds: float) -> float:
        """Time in the queue that all but a hundredth of the latest datagrams stayed below, in seconds."""
        queued = sorted([queued for moment, _, queued in self.sent if moment > self.now - seconds])
        return queued[len(queued) * 99 // 100]

    def worst_queue(self, seconds: float) -> float:
        """Longest time that one of the latest datagrams waited in the queue, in seconds."""
        return max(queued for moment, _, queued in self.sent if moment > self.now - seconds)


def grown(pace: BackgroundPace, link: LinkConditions, *, rounds: int, now: float) -> float:
    """Acknowledge so many round trips of whole windows, none of which met a queue; return the moment after them."""
    for _ in range(rounds):
        sizes: list[int] = []
        while pace.due_at(link) is not None:
            sizes.append(pace.size(link))
            pace.sent(sizes[-1], link, now=now)
        for size in sizes:
            pace.arrived(size, sent_at=now, link=link, now=now + link.smoothed_rtt)
        now += link.smoothed_rtt + 0.001
    return now


def filled(pace: BackgroundPace, link: LinkConditions, *, now: float) -> int:
    """Send until the window is full; return its bytes."""
    total = 0
    while pace.due_at(link) is not None:
        size = pace.size(link)
        pace.sent(size, link, now=now)
        total += size
    return total


# --- growing and shrinking -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.6])
def test_the_first_round_trip_carries_no_more_than_the_first_window(rtt: float) -> None:
    path = Bottleneck(rate=1e9, rtt=rtt)
    path.run(rtt * 0.99)
    assert 0 < sum(size for _, size, _ in path.sent) <= BACKGROUND_WINDOW


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.6])
def test_the_pace_grows_tenfold_within_twenty_round_trips_while_nothing_queues(rtt: float) -> None:
    path = Bottleneck(rate=1e9, rtt=rtt)
    path.run(20 * rtt)
    assert path.throughput(rtt) >= 10 * BACKGROUND_WINDOW / rtt


@pytest.mark.parametrize("rtt", [0.02, 0.1, 0.6])
def test_where_somebody_waits_for_it_a_fast_path_carries_sixty_kilobytes_within_three_round_trips(rtt: float) -> None:
    path = Bottleneck(rate=1e9, rtt=rtt)
    path.pace.relax()
    path.run(3 * rtt)
    assert sum(size for _, size, _ in path.sent) >= 60_000


@pytest.mark.parametrize("rate", [16_000, 125_000, 1_250_000])
def test_the_queue_that_such_a_start_makes_is_gone_again_soon(rate: float) -> None:
    path = Bottleneck(rate=rate, rtt=0.1)
    path.pace.relax()
    path.run(4)
    print("worst queue", path.worst_queue(4), "then", path.usual_queue(1), "throughput", path.throughput(2))
    assert path.worst_queue(4) <= 3 * path.rtt + BACKGROUND_WINDOW_AWAITED / rate
    assert path.usual_queue(1) <= BACKGROUND_QUEUE_DELAY_UNWATCHED + BACKGROUND_JITTER_MAX
    assert path.throughput(2) >= 0.7 * rate


@pytest.mark.parametrize(("rtt", "first"), [(0.1, 14_720), (0.3, 18_000), (0.6, 32_768), (3.0, 32_768)])
def test_a_long_path_begins_with_more_where_somebody_waits(rtt: float, first: int) -> None:
    pace, link = BackgroundPace(), conditions(rtt=rtt)
    pace.relax(link)
    assert first - ROOM < filled(pace, link, now=1.0) <= first


def test_whoever_types_again_ends_the_hurry_of_a_later_path() -> None:
    path = Bottleneck(rate=1e9, rtt=0.1)
    path.pace.relax()
    path.pace.attend(now=path.now)
    path.change(rtt=0.1)
    path.run(0.099)
    assert sum(size for _, size, _ in path.sent) <= BACKGROUND_WINDOW


@pytest.mark.parametrize("typing", [True, False])
@pytest.mark.parametrize("rate", [125_000, 1_250_000])
def test_a_path_is_used_well_and_its_queue_stays_near_the_target(rate: float, typing: bool) -> None:
    path = Bottleneck(rate=rate, rtt=0.1, typing=typing)
    path.run(10)
    allowed = MAY_COST if typing else BACKGROUND_QUEUE_DELAY_UNWATCHED
    print("throughput", path.throughput(5), "of", rate, "queue", path.usual_queue(5), "allowed", allowed)
    assert path.throughput(5) >= 0.7 * rate
    assert path.usual_queue(5) <= allowed


@pytest.mark.parametrize("rate", [16_000, 125_000, 1_250_000])
def test_the_growth_at_the_start_does_not_queue_more_than_a_moment(rate: float) -> None:
    path = Bottleneck(rate=rate, rtt=0.1, typing=True)
    path.run(10)
    print("worst queue", path.worst_queue(10))
    assert path.worst_queue(10) <= 0.080


@pytest.mark.parametrize(("narrower", "seconds"), [(2, 1.0), (5, 2.5)])
def test_the_queue_of_a_path_that_narrows_is_gone_soon(narrower: int, seconds: float) -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.1, typing=True)
    path.run(5)
    assert path.throughput(1) >= 0.8 * path.rate
    path.rate /= narrower
    path.run(0.3)
    assert path.worst_queue(0.3) > 0.05
    path.run(seconds - 0.3 + 0.25)
    print("throughput", path.throughput(0.25), "queue", path.worst_queue(0.25))
    assert path.throughput(0.25) <= 1.1 * path.rate
    assert path.worst_queue(0.25) <= 2 * BACKGROUND_QUEUE_DELAY


def test_a_path_that_widens_is_found_out() -> None:
    path = Bottleneck(rate=125_000, rtt=0.1)
    path.run(5)
    path.rate = 250_000
    path.run(5)
    assert path.throughput(1) >= 0.8 * 250_000


def test_who_types_gets_a_shorter_queue_and_who_rests_a_better_used_path() -> None:
    watched, unwatched = (Bottleneck(rate=125_000, rtt=0.1, typing=typing) for typing in (True, False))
    for path in (watched, unwatched):
        path.run(8)
    assert watched.usual_queue(3) <= MAY_COST < unwatched.usual_queue(3)


def test_attention_ends_some_seconds_after_the_last_key() -> None:
    path = Bottleneck(rate=125_000, rtt=0.1)
    path.run(6)
    path.pace.attend(now=path.now)
    path.run(BACKGROUND_ATTENTION - 0.1)
    attentive = path.usual_queue(1)
    path.run(5)
    assert attentive <= MAY_COST < path.usual_queue(1)


def test_attention_ends_a_moment_after_a_line_that_nothing_follows() -> None:
    path = Bottleneck(rate=125_000, rtt=0.1)
    path.run(6)
    path.pace.attend(now=path.now)
    path.pace.attend(ends_line=True, now=path.now)
    path.run(BACKGROUND_ATTENTION_TO_OUTPUT + 5)
    rested = path.usual_queue(1)
    path.pace.attend(now=path.now)
    path.run(5)
    assert path.usual_queue(1) <= MAY_COST < rested


def test_whoever_waits_for_this_ends_the_attention_at_once() -> None:
    kept, relaxed = (Bottleneck(rate=125_000, rtt=0.1) for _ in range(2))
    for path in (kept, relaxed):
        path.pace.attend(now=path.now + 60.0)
    relaxed.pace.relax()
    for path in (kept, relaxed):
        path.run(5)
    assert kept.usual_queue(1) <= MAY_COST < relaxed.usual_queue(1)


def test_jitter_below_the_bound_does_not_starve_it() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.04, jitter=BACKGROUND_JITTER_MAX, typing=True)
    path.run(15)
    print("throughput", path.throughput(5))
    assert path.throughput(5) >= 0.25 * 1_250_000


@pytest.mark.parametrize("jitter", [0.0, 0.02])
def test_a_start_beside_a_key_is_taken_up_again_once_nobody_types(jitter: float) -> None:
    path = Bottleneck(rate=2_500_000, rtt=0.02, jitter=jitter)
    path.pace.attend(ends_line=True, now=path.now)
    path.run(BACKGROUND_ATTENTION_TO_OUTPUT + 1)
    assert path.throughput(0.5) >= 0.5 * 2_500_000


def test_one_loss_in_a_hundred_leaves_most_of_a_short_path() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.025, loss=0.01)
    path.run(10)
    assert path.throughput(5) >= 0.7 * 1_250_000


def test_random_loss_does_not_starve_it() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.1, loss=0.05)
    path.run(10)
    assert path.throughput(3) >= 0.5 * 1_250_000


# --- loss ----------------------------------------------------------------------------------------------------


def test_a_loss_on_a_clean_path_shrinks_the_window_most_while_somebody_types_and_on_a_lossy_one_it_does_not() -> None:
    windows = []
    for loss, typing in ((0.0, True), (0.0, False), (0.05, False)):
        pace, link = BackgroundPace(), conditions(loss=loss, rtt=0.01)
        now = grown(pace, link, rounds=12, now=1.0)
        before = filled(pace, link, now=now)
        pace.arrived(before, sent_at=0.0, link=link, now=now)
        if typing:
            pace.attend(now=now)
        pace.sent(1000, link, now=now)
        pace.lost(1000, link, sent_at=now, now=now)
        windows.append(filled(pace, link, now=now) / before)
    typed, clean, lossy = windows
    assert 0.3 <= typed <= 0.6 <= clean <= 0.75
    assert lossy >= 0.8


def test_losses_of_one_round_trip_halve_the_window_once() -> None:
    pace, link = BackgroundPace(), conditions()
    now = grown(pace, link, rounds=6, now=1.0)
    window = filled(pace, link, now=now)
    for _ in range(10):
        pace.lost(window // 10, link, sent_at=now, now=now + 0.2)
    assert filled(pace, link, now=now + 0.3) >= 0.4 * window


def test_a_hundred_losses_leave_the_window_of_two_small_datagrams() -> None:
    pace, link = BackgroundPace(), conditions()
    pace.sent(500, link, now=0.0)
    pace.arrived(500, sent_at=0.0, link=link, now=0.1)
    for step in range(1, 100):
        pace.sent(500, link, now=float(step))
        pace.lost(500, link, sent_at=float(step), now=step + 0.5)
    assert filled(pace, link, now=1000.0) == 2 * BACKGROUND_DATAGRAM_FLOOR


def test_losses_of_an_earlier_path_or_before_anything_arrived_shrink_nothing() -> None:
    link = conditions()
    fresh = filled(BackgroundPace(), link, now=5.0)
    early, moved = BackgroundPace(), BackgroundPace()
    for pace in (early, moved):
        pace.sent(500, link, now=1.0)
    early.lost(500, link, sent_at=1.0, now=1.5)
    moved.arrived(500, sent_at=1.0, link=link, now=1.1)
    moved.sent(500, link, now=1.2)
    moved.forget_path()
    moved.sent(500, link, now=2.0)
    moved.arrived(500, sent_at=2.0, link=link, now=2.1)
    moved.lost(500, link, sent_at=1.2, now=2.2)
    assert filled(early, link, now=5.0) == fresh
    assert filled(moved, link, now=5.0) >= fresh


# --- starting over -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_after_a_change_of_path_it_starts_over() -> None:
    path = Bottleneck(rate=1e9, rtt=0.05)
    path.run(2)
    assert path.throughput(0.1) > 10 * BACKGROUND_WINDOW / 0.05
    path.pace.forget_path()
    path.rate = 125_000
    path.run(0.2)
    since = path.now
    path.run(0.05)
    assert sum(size for moment, size, _ in path.sent if moment > since) <= 8 * BACKGROUND_WINDOW
    path.run(5)
    assert path.throughput(1) >= 0.7 * 125_000


def test_a_longer_path_after_a_change_is_not_taken_for_a_queue() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.02)
    path.run(3)
    path.change(rtt=0.3)
    path.run(12)
    print("throughput", path.throughput(2))
    assert path.throughput(2) >= 0.5 * 1_250_000


@pytest.mark.slow
def test_a_route_that_grows_longer_unannounced_is_not_taken_for_a_queue_for_ever() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.02)
    path.run(3)
    path.rtt = 0.1
    path.run(120)
    print("throughput", path.throughput(2))
    assert path.throughput(2) >= 0.3 * 1_250_000


def test_bytes_in_flight_never_go_below_nothing() -> None:
    pace, link = BackgroundPace(), conditions()
    window = filled(BackgroundPace(), link, now=1.0)
    pace.sent(300, link, now=1.0)
    pace.lost(300, link, sent_at=1.0, now=1.1)
    for _ in range(20):
        pace.arrived(300, sent_at=0.0, link=conditions(loss=0.1), now=1.1)
        pace.lost(300, conditions(loss=0.1), sent_at=1.0, now=1.1)
    assert filled(pace, link, now=1000.0) <= window


# --- when nothing is due -------------------------------------------------------------------------------------


def test_nothing_is_due_while_the_path_is_silent() -> None:
    pace = BackgroundPace()
    assert pace.due_at(conditions()) is not None
    assert pace.due_at(conditions(silence=1.0)) is None


def test_nothing_is_due_while_the_congestion_window_has_no_room_for_a_datagram() -> None:
    pace = BackgroundPace()
    assert pace.due_at(conditions(window_room=ROOM)) is not None
    assert pace.due_at(conditions(window_room=ROOM - 1)) is None


def test_nothing_is_due_while_its_own_window_is_full_until_one_arrives() -> None:
    pace, link = BackgroundPace(), conditions()
    assert filled(pace, link, now=1.0) <= BACKGROUND_WINDOW
    assert pace.due_at(link) is None
    pace.arrived(BACKGROUND_DATAGRAM_FLOOR, sent_at=1.0, link=link, now=1.1)
    assert pace.due_at(link) is not None


def test_one_datagram_may_always_leave_on_an_empty_path() -> None:
    pace, link = BackgroundPace(), conditions(rtt=0.001)
    for step in range(20):
        pace.sent(1000, link, now=float(step))
        pace.lost(1000, link, sent_at=float(step), now=step + 0.5)
    assert pace.due_at(link) is not None


# --- sizes and spaces ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rtt", [0.0, 0.0005, 0.005, 0.05, 0.5, 5.0])
@pytest.mark.parametrize("room", [477, 1169, 1421])
def test_a_datagram_is_neither_above_the_room_nor_below_the_floor(rtt: float, room: int) -> None:
    pace, link = BackgroundPace(), conditions(rtt=rtt, room=room)
    assert BACKGROUND_DATAGRAM_FLOOR <= pace.size(link) <= room
    for _ in range(20):
        pace.sent(room, link, now=1.0)
        pace.lost(room, link, sent_at=1.0, now=1.0)
        assert BACKGROUND_DATAGRAM_FLOOR <= pace.size(link) <= room


def test_less_room_than_the_floor_is_not_exceeded() -> None:
    assert BackgroundPace().size(conditions(room=120)) == 120


@pytest.mark.parametrize("rate", [75_000, 200_000])
def test_a_datagram_takes_a_few_milliseconds_of_the_slowest_link(rate: float) -> None:
    path = Bottleneck(rate=rate, rtt=0.1)
    path.run(8)
    sizes = [size for moment, size, _ in path.sent if moment > path.now - 2]
    assert min(sizes) > BACKGROUND_DATAGRAM_FLOOR and max(sizes) < ROOM
    assert 0.5 * BACKGROUND_DATAGRAM_TIME <= max(sizes) / rate <= 1.5 * BACKGROUND_DATAGRAM_TIME


def test_datagrams_of_a_fast_path_are_full() -> None:
    path = Bottleneck(rate=1_250_000, rtt=0.1)
    path.run(8)
    assert path.sent[-1][1] == ROOM


def test_datagrams_are_spread_over_the_round_trip() -> None:
    pace, link = BackgroundPace(), conditions(rtt=0.1)
    now, moments = 1.0, []
    while (due_at := pace.due_at(link)) is not None:
        now = max(now, due_at)
        moments.append(now)
        pace.sent(200, link, now=now)
    spaces = [after - before for before, after in pairwise(moments)]
    assert len(moments) == BACKGROUND_WINDOW // 200
    assert spaces[2:] == pytest.approx([200 * 0.1 / BACKGROUND_WINDOW] * (len(moments) - 3))


def test_a_pause_earns_no_more_than_a_quarter_of_a_round_trip_at_once() -> None:
    pace, link = BackgroundPace(), conditions(rtt=0.1)
    now = grown(pace, link, rounds=10, now=1.0) + 60.0
    window = filled(BackgroundPace(), link, now=now)
    burst = 0
    while (due_at := pace.due_at(link)) is not None and due_at <= now:
        burst += pace.size(link)
        pace.sent(pace.size(link), link, now=now)
    whole = burst + filled(pace, link, now=now)
    assert whole > 5 * window
    assert burst <= 0.25 * whole + 2 * ROOM
