"""When UDP is found worse than the stream: by its delivery times, by what it swallows, never by chance alone."""

import random

import pytest

from rmosh.transport.frames import Ack
from rmosh.transport.path_comparison import PathComparison, is_worse
from rmosh.transport.policy import (
    DELIVERIES_FEWEST,
    FLOOR_MTU,
    MTU_BLACK_HOLE_LOSSES,
    WORSE_AGAIN_AFTER,
    WORSE_AGAIN_MAX,
)
from rmosh.transport.recovery import Recovery
from rmosh.transport.sent_packets import SentPacket

RTT = 0.1


class Measured:
    """Both paths, on which packets of any delivery time are told."""

    def __init__(self) -> None:
        self.udp = Recovery(on_newest=lambda _: None, on_longer=lambda: None)
        self.stream = Recovery(on_newest=lambda _: None, on_longer=lambda: None, reliable=True)
        self.comparison = PathComparison(self.udp, self.stream)
        self.number = 0

    def deliver(self, path: Recovery, seconds: float, *, now: float, size: int = 75) -> None:
        """Let a packet be known now to have arrived so long after it left."""
        self.number += 1
        path.sent(SentPacket(self.number, now - seconds, size, ()))
        ack = Ack(((self.number, self.number + 1),), 0.0)
        path.take_ack(ack, next_number=self.number + 1, received_at=now, now=now)

    def seconds_until_worse(self, *, udp: list[float], stream: float, limit: float = 60.0) -> float | None:
        """Type four keys a second, each as slow on UDP as the list says in turn; return when that was too bad."""
        for step in range(int(limit * 4)):
            now = 1.0 + step / 4
            self.deliver(self.udp, udp[step % len(udp)], now=now)
            if self.comparison.udp_is_worse(now=now):
                return now
            if self.comparison.stream_probe_due(now=now):
                self.deliver(self.stream, stream, now=now + stream)
        return None


def test_udp_that_is_slow_by_its_own_measure_loses_to_a_stream_that_is_not() -> None:
    worse_at = Measured().seconds_until_worse(udp=[RTT, 0.5, 0.6], stream=RTT)
    assert worse_at is not None and worse_at < 20


@pytest.mark.parametrize("stream", [0.4, 3.0])
def test_it_loses_to_none_that_is_no_better(stream: float) -> None:
    assert Measured().seconds_until_worse(udp=[RTT, 0.5, 0.6], stream=stream) is None


def test_where_udp_is_as_fast_as_it_can_be_the_stream_is_not_even_measured() -> None:
    measured = Measured()
    assert measured.seconds_until_worse(udp=[RTT, RTT + 0.02], stream=0.01) is None
    assert measured.stream.proven_since < 0


@pytest.mark.parametrize("seed", range(5))
def test_one_in_twenty_that_is_lost_by_chance_decides_nothing(seed: int) -> None:
    chance = random.Random(seed)
    taken = [0.3 if chance.random() < 0.05 else RTT for _ in range(240)]
    assert Measured().seconds_until_worse(udp=taken, stream=RTT) is None


def swallowing(measured: Measured) -> None:
    """Let large datagrams vanish and small ones pass."""
    for number in range(3 * DELIVERIES_FEWEST):
        now = 1.0 + number / 20
        if number < MTU_BLACK_HOLE_LOSSES:
            measured.number += 1
            measured.udp.sent(SentPacket(measured.number, now, FLOOR_MTU, ()))
        measured.deliver(measured.udp, 0.001, now=now + 0.02)


def test_what_swallows_even_the_smallest_large_datagrams_is_left_once_the_stream_has_answered() -> None:
    measured = Measured()
    swallowing(measured)
    assert not measured.udp.mtu.carries_floor
    assert not measured.comparison.udp_is_worse(now=10.0), "a stream that is dead is no better"
    assert measured.comparison.stream_probe_due(now=10.0)
    measured.deliver(measured.stream, RTT, now=10.0 + 2 * RTT)
    assert measured.comparison.udp_is_worse(now=11.0)


def test_it_is_tried_again_later_and_later_and_then_without_prejudice() -> None:
    measured = Measured()
    penalties: list[float] = []
    for _ in range(8):
        swallowing(measured)
        assert measured.comparison.swallows()
        penalties.append(measured.comparison.penalty)
        measured.comparison.begin(now=20.0)
        assert not measured.comparison.is_suspicious(now=20.0)
    assert penalties[0] == WORSE_AGAIN_AFTER
    assert penalties == sorted(penalties) and penalties[-1] == WORSE_AGAIN_MAX
    measured.comparison.forgive()
    assert measured.comparison.verdict is None


def test_the_stream_is_left_again_where_it_turns_out_worse_than_what_it_was_taken_for() -> None:
    measured = Measured()
    swallowing(measured)
    assert measured.comparison.swallows()
    measured.comparison.begin(now=20.0)
    for number in range(DELIVERIES_FEWEST):
        assert not measured.comparison.stream_is_worse(now=21.0 + number)
        measured.deliver(measured.stream, 5.0, now=21.0 + number)
    assert measured.comparison.stream_is_worse(now=21.0 + DELIVERIES_FEWEST)


def test_less_than_is_felt_or_than_half_as_much_again_is_not_worse() -> None:
    assert not is_worse(0.049, than=0.0)
    assert not is_worse(1.5, than=1.0)
    assert is_worse(1.6, than=1.0)
