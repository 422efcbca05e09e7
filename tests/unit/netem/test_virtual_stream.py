"""A stream in virtual time: nothing lost, nothing out of order, and TCP's waits."""

import heapq
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.link import Link, LinkModel
from rmosh_netem.virtual_stream import RTO_MIN, StreamWay


class Clock:
    """Happenings in their order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0

    def at(self, time: float, act: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (time, self._order, act))

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            time, _, act = heapq.heappop(self._queue)
            self.now = max(self.now, time)
            act()
        self.now = until


def stream(model: LinkModel, *, seed: int = 1) -> tuple[Clock, Link, StreamWay, list[tuple[float, bytes]]]:
    clock, arrived = Clock(), list[tuple[float, bytes]]()
    link = Link(model, seed)
    way = StreamWay(clock, link, rtt=2 * model.delay, deliver=lambda data: arrived.append((clock.now, data)))
    return clock, link, way, arrived


@given(st.integers(0, 1000), st.floats(0, 0.5), st.lists(st.floats(0, 0.3), max_size=40))
def test_all_arrives_once_and_in_order_whatever_is_lost(seed: int, loss: float, gaps: list[float]) -> None:
    clock, _, way, arrived = stream(LinkModel(delay=0.05, jitter=0.05, reorder=True, loss=loss), seed=seed)
    for number, gap in enumerate(gaps):
        way.write(b"%d" % number)
        clock.run(clock.now + gap)
    clock.run(clock.now + 1000)
    assert [data for _, data in arrived] == [b"%d" % number for number in range(len(gaps))]
    assert way.backlog == 0


def test_what_follows_a_lost_piece_waits_for_it_and_a_lone_one_for_a_timeout() -> None:
    clock, link, way, arrived = stream(LinkModel(delay=0.05))
    link.black_out(start=0.0, end=0.001)
    way.write(b"lost")
    clock.run(0.01)
    way.write(b"behind")
    clock.run(1.0)
    assert [data for _, data in arrived] == [b"lost", b"behind"]
    assert arrived[0][0] == arrived[1][0] >= RTO_MIN
    assert way.repeated == 1


def test_many_that_follow_show_the_loss_after_a_round_trip() -> None:
    clock, link, way, arrived = stream(LinkModel(delay=0.04))
    link.black_out(start=0.0, end=0.001)
    way.write(b"lost")
    clock.run(0.01)
    for _ in range(5):
        way.write(b"behind")
    clock.run(1.0)
    assert arrived[0][0] < RTO_MIN


def test_what_is_closed_delivers_nothing_more() -> None:
    clock, _, way, arrived = stream(LinkModel(delay=0.05))
    way.write(b"under way")
    way.close()
    clock.run(10.0)
    assert arrived == []
