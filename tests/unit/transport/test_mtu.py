"""The search for the largest datagram, against paths of every size."""

import random

from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.mtu import MtuSearch
from rmosh.transport.policy import (
    CEILING_MTU,
    FLOOR_MTU,
    MTU_BLACK_HOLE_LOSSES,
    MTU_MAX_PROBES,
    MTU_RAISE_AFTER,
    MTU_SEARCH_STEP,
    SWALLOWED_OF,
)


def search(search_for: MtuSearch, limit: int, *, now: float = 0.0) -> int:
    """Probe a path that carries `limit` bytes until the search is over; return how many probes that took."""
    probes = 0
    search_for.want_larger(now=now)
    while (size := search_for.next_probe()) is not None:
        probes += 1
        search_for.probe_sent(size)
        if size <= limit:
            search_for.probe_acknowledged(size, now=now)
        else:
            search_for.probe_lost(size, now=now)
    return probes


def test_an_ordinary_path_is_known_after_two_probes() -> None:
    mtu = MtuSearch()
    assert search(mtu, 1452) == 2
    assert mtu.size == CEILING_MTU


@given(st.integers(FLOOR_MTU, CEILING_MTU))
def test_every_limit_is_found_nearly_and_never_exceeded_in_few_probes(limit: int) -> None:
    mtu = MtuSearch()
    probes = search(mtu, limit)
    assert limit - MTU_SEARCH_STEP < mtu.size <= limit
    assert probes <= 8 * MTU_MAX_PROBES


def test_without_need_nothing_is_probed() -> None:
    assert MtuSearch().next_probe() is None


def test_only_one_probe_is_on_its_way_and_one_lost_probe_proves_nothing() -> None:
    mtu = MtuSearch()
    mtu.want_larger(now=0.0)
    size = mtu.next_probe()
    assert size is not None
    mtu.probe_sent(size)
    assert mtu.next_probe() is None
    mtu.probe_lost(size, now=0.0)
    assert mtu.next_probe() == size


def test_a_probe_into_silence_proves_nothing_and_is_tried_again_once_it_is_of_use() -> None:
    mtu = MtuSearch()
    for _ in range(20):
        mtu.want_larger(now=0.0)
        size = mtu.next_probe()
        assert size == 1200
        mtu.probe_sent(size)
        mtu.probe_unanswered()
        assert mtu.next_probe() is None
    assert search(mtu, CEILING_MTU) == 2


def test_a_finished_search_is_repeated_only_after_ten_minutes() -> None:
    mtu = MtuSearch()
    search(mtu, 1000)
    assert search(mtu, CEILING_MTU, now=MTU_RAISE_AFTER - 1) == 0
    assert search(mtu, CEILING_MTU, now=MTU_RAISE_AFTER + 1) > 0
    assert mtu.size == CEILING_MTU


def test_a_black_hole_brings_back_the_floor_and_a_new_search() -> None:
    mtu = MtuSearch()
    search(mtu, CEILING_MTU)
    for _ in range(MTU_BLACK_HOLE_LOSSES - 1):
        mtu.datagram_lost(CEILING_MTU, number=20, now=1.0)
    mtu.datagram_acknowledged(CEILING_MTU, number=10)
    assert mtu.size == CEILING_MTU
    for _ in range(MTU_BLACK_HOLE_LOSSES):
        mtu.datagram_lost(CEILING_MTU, number=20, now=1.0)
    assert mtu.size == FLOOR_MTU
    search(mtu, 1000, now=1.0)
    assert 1000 - MTU_SEARCH_STEP < mtu.size <= 1000


def test_losses_of_what_was_sent_before_the_search_began_anew_do_not_end_it_again() -> None:
    mtu = MtuSearch()
    search(mtu, CEILING_MTU)
    for _ in range(MTU_BLACK_HOLE_LOSSES):
        mtu.datagram_lost(CEILING_MTU, number=20, now=1.0)
    mtu.probe_sent(1200)
    mtu.probe_acknowledged(1200, now=1.0)
    for _ in range(5 * MTU_BLACK_HOLE_LOSSES):
        mtu.datagram_lost(CEILING_MTU, number=20, now=1.0)
    assert mtu.size == 1200


def test_small_losses_say_nothing_about_size() -> None:
    mtu = MtuSearch()
    search(mtu, CEILING_MTU)
    for _ in range(100):
        mtu.datagram_lost(FLOOR_MTU, number=20, now=1.0)
    assert mtu.size == CEILING_MTU


def test_the_local_hosts_refusal_counts_at_once_and_never_below_the_floor() -> None:
    mtu = MtuSearch()
    search(mtu, CEILING_MTU)
    mtu.send_failed(1300, now=1.0)
    assert mtu.size == 1299
    mtu.send_failed(100, now=1.0)
    assert mtu.size == FLOOR_MTU


def test_a_queue_that_overflowed_is_no_black_hole_when_a_large_datagram_sent_later_arrived() -> None:
    mtu = MtuSearch()
    search(mtu, CEILING_MTU)
    mtu.datagram_acknowledged(CEILING_MTU, number=100)
    for number in range(50, 50 + 5 * MTU_BLACK_HOLE_LOSSES):
        mtu.datagram_lost(CEILING_MTU, number=number, now=1.0)
    assert mtu.size == CEILING_MTU
    for number in range(101, 101 + MTU_BLACK_HOLE_LOSSES):
        mtu.datagram_lost(CEILING_MTU, number=number, now=1.0)
    assert mtu.size == FLOOR_MTU


def test_random_losses_among_what_arrives_are_no_path_that_swallows_all() -> None:
    mtu = MtuSearch()
    chance = random.Random(1)
    for train in range(100):
        numbers = range(20 * train, 20 * train + 20)
        lost = [number for number in numbers[:-1] if chance.random() < 0.29]
        for number in numbers:
            if number not in lost:
                mtu.datagram_acknowledged(FLOOR_MTU, number=number)
        for number in lost:
            mtu.datagram_lost(FLOOR_MTU, number=number, now=1.0)
        assert mtu.carries_floor


def test_a_policer_that_lets_the_first_of_each_message_pass_swallows() -> None:
    mtu = MtuSearch()
    for number in range(SWALLOWED_OF):
        mtu.datagram_lost(FLOOR_MTU, number=number + 1, now=1.0)
        if number % 10 == 0:
            mtu.datagram_acknowledged(FLOOR_MTU, number=1000)
    assert not mtu.carries_floor
    mtu.trust_floor()
    assert mtu.carries_floor
