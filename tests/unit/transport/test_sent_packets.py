"""Sent packets against a model: each one's fate is told once, and bytes in flight add up."""

from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rmosh.transport.policy import (
    REORDERING_FORGOTTEN_AFTER,
    REORDERING_PACKETS,
    REORDERING_PACKETS_MAX,
    REORDERING_TIME_MAX,
)
from rmosh.transport.sent_packets import SentPacket, SentPackets

RTT = 0.1


def sent(*numbers: int, at: float = 0.0, size: int = 100) -> SentPackets:
    packets = SentPackets()
    for number in numbers:
        packets.sent(SentPacket(number, at, size, ()))
    return packets


def numbers(packets: object) -> list[int]:
    return [packet.number for packet in packets]  # type: ignore[attr-defined]  # packets that have a number


def test_a_packet_overtaken_by_three_numbers_is_lost_and_one_overtaken_by_two_is_not_yet() -> None:
    packets = sent(0, 1, 3)
    packets.acknowledge([(3, 4)], now=0.0, rtt=RTT)
    assert numbers(packets.detect_lost(now=0.01, rtt=RTT)) == [0]
    assert packets.bytes_in_flight == 100


def test_a_packet_sent_well_before_one_that_arrived_is_lost_by_time() -> None:
    packets = sent(0, 1)
    packets.acknowledge([(1, 2)], now=0.0, rtt=RTT)
    deadline = packets.loss_deadline(rtt=RTT)
    assert deadline is not None
    assert not packets.detect_lost(now=deadline - 0.001, rtt=RTT)
    assert numbers(packets.detect_lost(now=deadline, rtt=RTT)) == [0]


def test_a_probe_is_no_question_that_a_path_which_works_must_answer() -> None:
    packets = sent(0)
    packets.sent(SentPacket(1, 0.0, 1200, (), probes_mtu=True))
    packets.sent(SentPacket(2, 0.0, 75, (), probes_path=True))
    assert packets.open_questions == 1
    packets.acknowledge([(0, 1)], now=0.0, rtt=RTT)
    assert (packets.open_questions, len(packets)) == (0, 2)


def test_an_acknowledgement_that_may_wait_is_owed_later_but_no_later_than_that_of_what_follows() -> None:
    packets = SentPackets()
    packets.sent(SentPacket(0, 1.0, 100, (), ack_wait=0.15))
    assert packets.oldest_owed_at() == 1.15
    assert packets.forget_owed_before(1.15) == []
    packets.sent(SentPacket(1, 1.1, 100, ()))
    assert packets.oldest_owed_at() == 1.1
    assert numbers(packets.forget_owed_before(1.2)) == [0, 1]


def test_nothing_is_lost_before_something_sent_later_arrived() -> None:
    packets = sent(0, 1, 2)
    assert packets.loss_deadline(rtt=RTT) is None
    assert packets.detect_lost(now=1e9, rtt=RTT) == []


def test_a_loss_that_turns_out_late_is_told_as_late() -> None:
    packets = sent(0, 9)
    packets.acknowledge([(9, 10)], now=0.0, rtt=RTT)
    packets.detect_lost(now=0.0, rtt=RTT)
    result = packets.acknowledge([(0, 1)], now=0.0, rtt=RTT)
    assert (numbers(result.acknowledged), result.late, result.newest_is_new) == ([0], 1, False)


def test_a_late_mtu_probe_was_never_counted_as_lost() -> None:
    packets = SentPackets()
    packets.sent(SentPacket(0, 0.0, 1452, (), probes_mtu=True))
    packets.sent(SentPacket(9, 0.0, 100, ()))
    packets.acknowledge([(9, 10)], now=0.0, rtt=RTT)
    assert numbers(packets.detect_lost(now=0.0, rtt=RTT)) == [0]
    assert packets.acknowledge([(0, 1)], now=0.0, rtt=RTT).late == 0


def test_an_acknowledgement_of_everything_imaginable_costs_no_more_than_what_was_sent() -> None:
    packets = sent(5, 6)
    result = packets.acknowledge([(0, 1 << 48)], now=0.0, rtt=RTT)
    assert numbers(result.acknowledged) == [6, 5]
    assert len(packets) == packets.bytes_in_flight == 0


def test_where_packets_turn_out_late_they_are_waited_for_and_later_no_more() -> None:
    packets, number = SentPackets(), 0
    for _ in range(2):  # each is overtaken by eight
        late = number
        for number in range(late, late + 9):
            packets.sent(SentPacket(number, 0.0, 100, ()))
        packets.acknowledge([(late + 1, late + 9)], now=0.01, rtt=RTT)
        lost = numbers(packets.detect_lost(now=0.01, rtt=RTT))
        assert lost == ([late] if late == 0 else [])
        packets.acknowledge([(late, late + 9)], now=0.01, rtt=RTT)
        number += 1
    for _ in range(REORDERING_FORGOTTEN_AFTER):
        packets.sent(SentPacket(number, 0.0, 100, ()))
        packets.sent(SentPacket(number + 20, 0.0, 100, ()))
        packets.acknowledge([(number + 20, number + 21)], now=0.01, rtt=RTT)
        packets.detect_lost(now=0.01, rtt=RTT)
        number += 21
    assert packets._reordering.packets == REORDERING_PACKETS


def test_a_path_that_reorders_by_time_is_waited_for_but_by_no_more_than_half_a_round_trip() -> None:
    packets = sent(0, 1)
    packets.acknowledge([(1, 2)], now=0.1, rtt=RTT)
    assert numbers(packets.detect_lost(now=0.12, rtt=RTT)) == [0]
    packets.acknowledge([(0, 2)], now=0.13, rtt=RTT)
    assert packets._reordering.time == pytest.approx(1.3)
    packets._reordering.late(behind=10**6, waited=100.0)
    assert (packets._reordering.packets, packets._reordering.time) == (REORDERING_PACKETS_MAX, REORDERING_TIME_MAX)


def test_thousands_on_their_way_are_not_looked_through_for_each_acknowledgement() -> None:
    packets = sent(*range(5000))
    looked_at = 0

    class Counting(OrderedDict[int, SentPacket]):
        def __contains__(self, number: object) -> bool:
            nonlocal looked_at
            looked_at += 1
            return super().__contains__(number)

        def values(self) -> Any:
            nonlocal looked_at
            for packet in super().values():
                looked_at += 1
                yield packet

    packets._outstanding = Counting(packets._outstanding)
    for number in range(2, 5000, 2):  # every fiftieth is lost
        told = [(start + 1, start + 50) for start in range(0, number, 50)]
        told[-1] = (told[-1][0], min(told[-1][1], number))
        packets.acknowledge(told[:-34:-1], now=0.0, rtt=RTT)
        packets.detect_lost(now=0.0, rtt=RTT)
        packets.loss_deadline(rtt=RTT)
    assert len(packets) < 10
    assert looked_at < 10 * 5000


class SentPacketsAgainstModel(RuleBasedStateMachine):
    """Sends, acknowledges, loses and forgets at random; a dict of what is in flight is the model."""

    def __init__(self) -> None:
        super().__init__()
        self.packets = SentPackets()
        self.in_flight: dict[int, int] = {}
        self.arrived: set[int] = set()
        self.given_up: set[int] = set()
        self.now = 0.0
        self.next_number = 0

    @rule(size=st.integers(33, 1452), skip=st.integers(0, 3), wait=st.floats(0, 0.2))
    def send(self, size: int, skip: int, wait: float) -> None:
        self.now += wait
        self.next_number += skip
        self.packets.sent(SentPacket(self.next_number, self.now, size, ()))
        self.in_flight[self.next_number] = size
        self.next_number += 1

    @rule(ranges=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=1, max_size=4))
    def acknowledge(self, ranges: list[tuple[int, int]]) -> None:
        stop, told = self.next_number, []
        for gap, length in ranges:
            start = stop - gap - length
            if start < 0:
                break
            told.append((start, stop - gap))
            stop = start - 1
        result = self.packets.acknowledge(told, now=self.now, rtt=RTT)
        expected = {n for start, stop in told for n in range(start, stop)} & (set(self.in_flight) | self.given_up)
        assert numbers(result.acknowledged) == sorted(expected, reverse=True)
        self._settle(expected)
        self.arrived |= expected
        self.given_up -= expected

    @rule(wait=st.floats(0, 0.5))
    def detect_lost(self, wait: float) -> None:
        self.now += wait
        lost = set(numbers(self.packets.detect_lost(now=self.now, rtt=RTT)))
        assert lost <= set(self.in_flight)
        if self.arrived:
            overtaken = max(self.arrived) - self.packets._reordering.packets
            assert {n for n in self.in_flight if n <= overtaken} <= lost
        self._settle(lost)
        self.given_up |= lost
        deadline = self.packets.loss_deadline(rtt=RTT)
        assert deadline is None or deadline > self.now

    @rule(age=st.floats(0, 1))
    def forget(self, age: float) -> None:
        gone = set(numbers(self.packets.forget_owed_before(self.now - age)))
        self._settle(gone)
        self.given_up |= gone

    def _settle(self, fate_known: set[int]) -> None:
        for number in fate_known:
            self.in_flight.pop(number, None)

    @invariant()
    def bytes_in_flight_add_up(self) -> None:
        assert self.packets.bytes_in_flight == sum(self.in_flight.values()) >= 0
        assert len(self.packets) == len(self.in_flight)


TestSentPacketsAgainstModel = pytest.mark.slow(SentPacketsAgainstModel.TestCase)
TestSentPacketsAgainstModel.settings = settings(max_examples=60, stateful_step_count=30)
