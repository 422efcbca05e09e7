"""Sent packets against a model: each one's fate is told once, and bytes in flight add up."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rmosh.transport.policy import REORDERING_PACKETS
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
    packets.acknowledge([(3, 4)])
    assert numbers(packets.detect_lost(now=0.01, rtt=RTT)) == [0]
    assert packets.bytes_in_flight == 100


def test_a_packet_sent_well_before_one_that_arrived_is_lost_by_time() -> None:
    packets = sent(0, 1)
    packets.acknowledge([(1, 2)])
    deadline = packets.loss_deadline(rtt=RTT)
    assert deadline is not None
    assert not packets.detect_lost(now=deadline - 0.001, rtt=RTT)
    assert numbers(packets.detect_lost(now=deadline, rtt=RTT)) == [0]


def test_a_probe_is_no_question_that_a_path_which_works_must_answer() -> None:
    packets = sent(0)
    packets.sent(SentPacket(1, 0.0, 1200, (), probes_mtu=True))
    packets.sent(SentPacket(2, 0.0, 75, (), probes_path=True))
    assert packets.open_questions == 1
    packets.acknowledge([(0, 1)])
    assert (packets.open_questions, len(packets)) == (0, 2)


def test_nothing_is_lost_before_something_sent_later_arrived() -> None:
    packets = sent(0, 1, 2)
    assert packets.loss_deadline(rtt=RTT) is None
    assert packets.detect_lost(now=1e9, rtt=RTT) == []


def test_a_loss_that_turns_out_late_is_told_as_late() -> None:
    packets = sent(0, 9)
    packets.acknowledge([(9, 10)])
    packets.detect_lost(now=0.0, rtt=RTT)
    result = packets.acknowledge([(0, 1)])
    assert (numbers(result.acknowledged), result.late, result.newest_is_new) == ([0], 1, False)


def test_a_late_mtu_probe_was_never_counted_as_lost() -> None:
    packets = SentPackets()
    packets.sent(SentPacket(0, 0.0, 1452, (), probes_mtu=True))
    packets.sent(SentPacket(9, 0.0, 100, ()))
    packets.acknowledge([(9, 10)])
    assert numbers(packets.detect_lost(now=0.0, rtt=RTT)) == [0]
    assert packets.acknowledge([(0, 1)]).late == 0


def test_an_acknowledgement_of_everything_imaginable_costs_no_more_than_what_was_sent() -> None:
    packets = sent(5, 6)
    result = packets.acknowledge([(0, 1 << 48)])
    assert numbers(result.acknowledged) == [6, 5]
    assert len(packets) == packets.bytes_in_flight == 0


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
        stop, told = self.next_number + 5, []
        for gap, length in ranges:
            start = stop - gap - length
            if start < 0:
                break
            told.append((start, stop - gap))
            stop = start - 1
        result = self.packets.acknowledge(told)
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
            assert {n for n in self.in_flight if n <= max(self.arrived) - REORDERING_PACKETS} <= lost
        self._settle(lost)
        self.given_up |= lost
        deadline = self.packets.loss_deadline(rtt=RTT)
        assert deadline is None or deadline > self.now

    @rule(age=st.floats(0, 1))
    def forget(self, age: float) -> None:
        gone = set(numbers(self.packets.forget_before(self.now - age)))
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
