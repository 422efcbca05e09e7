"""CoDel keeps a standing queue near its target, and leaves short ones alone."""

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.codel import INTERVAL, MAXPACKET, TARGET, CoDel
from rmosh_netem.link import Link, LinkModel

RATE = 8e6


def send_steadily(link: Link, *, load: float, seconds: int, size: int = 1250) -> list[tuple[float, float | None]]:
    """Send `load` times what the link carries; return each datagram's wait before the bottleneck, None for dropped."""
    waits = []
    service = size * 8 / RATE
    for number in range(round(seconds * load / service)):
        now = number * service / load
        arrivals = link.send(bytes(size), now=now)
        waits.append((now, arrivals[0].time - service - now if arrivals else None))
    return waits


def link_of(*, codel: bool = False) -> Link:
    return Link(LinkModel(rate=RATE, queue=1_000_000, codel=codel), seed=1, headers=0)


def test_a_link_that_is_not_overloaded_loses_nothing() -> None:
    assert all(wait is not None for _, wait in send_steadily(link_of(codel=True), load=0.99, seconds=5))


def test_a_burst_shorter_than_an_interval_is_let_through() -> None:
    link = link_of(codel=True)
    assert all(link.send(bytes(1250), now=0.0) for _ in range(int(INTERVAL * RATE / 10_000)))


def test_a_standing_queue_is_brought_down_where_drop_tail_lets_it_stand() -> None:
    def late_waits(link: Link) -> list[float]:
        return [wait for now, wait in send_steadily(link, load=1.05, seconds=30) if wait is not None and now > 25]

    assert min(late_waits(link_of())) > 0.5
    waits = sorted(late_waits(link_of(codel=True)))
    assert waits[len(waits) // 2] < 10 * TARGET


def test_drops_begin_an_interval_after_the_target_is_passed_and_come_faster_and_faster() -> None:
    codel = CoDel()
    turns = [number * 0.001 for number in range(3000)]
    drops = [turn for turn in turns if codel.drops(came=turn - 0.05, turn=turn, ahead=10 * MAXPACKET)]
    assert INTERVAL <= drops[0] <= INTERVAL + 0.002
    gaps = [later - earlier for earlier, later in itertools.pairwise(drops)]
    assert abs(gaps[0] - INTERVAL) < 0.003  # then interval / sqrt(2), / sqrt(3) ...; RFC 8289, section 5.5
    assert abs(gaps[3] - INTERVAL / 2) < 0.003
    assert gaps[-1] < gaps[0] / 3


def test_a_queue_of_one_packet_is_never_cut() -> None:
    codel = CoDel()
    assert not any(codel.drops(came=turn - 1.0, turn=turn, ahead=MAXPACKET) for turn in map(float, range(100)))


packets = st.lists(st.tuples(st.floats(0, 0.05), st.floats(0, 0.3), st.integers(0, 100_000)), max_size=300)


@given(packets)
def test_nothing_that_waited_less_than_the_target_is_dropped(packets: list[tuple[float, float, int]]) -> None:
    codel, turn = CoDel(), 0.0
    for gap, wait, ahead in packets:
        turn += gap
        dropped = codel.drops(came=turn - wait, turn=turn, ahead=ahead)
        assert not (dropped and (turn - (turn - wait) < TARGET or ahead <= MAXPACKET))


@given(packets)
def test_the_same_waits_have_the_same_fates(packets: list[tuple[float, float, int]]) -> None:
    def fates() -> Iterator[bool]:
        codel, turn = CoDel(), 0.0
        for gap, wait, ahead in packets:
            turn += gap
            yield codel.drops(came=turn - wait, turn=turn, ahead=ahead)

    assert list(fates()) == list(fates())
