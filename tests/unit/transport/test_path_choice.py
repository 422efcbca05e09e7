"""Which way is chosen: UDP when it has answered both ways, the stream when UDP has not, both while it is unclear."""

import pytest

from rmosh.transport.frames import Ack
from rmosh.transport.path_choice import Carrier, PathChoice
from rmosh.transport.policy import PROBE_INTERVAL, UDP_AGAIN_AFTER, UDP_CHANCES, UDP_PROBE_MAX
from rmosh.transport.recovery import Recovery
from rmosh.transport.sent_packets import SentPacket

RTT = 0.05


def recovery(*, reliable: bool = False) -> Recovery:
    return Recovery(on_newest=lambda _: None, on_longer=lambda: None, reliable=reliable)


class Ends:
    """A choice, both of whose paths can be made to answer."""

    def __init__(self, way: Carrier, *, seeks: bool = True) -> None:
        self.udp, self.stream = recovery(), recovery(reliable=True)
        self.choice = PathChoice(udp=self.udp, stream=self.stream, way=way, seeks=seeks, now=0.0)
        self.number = 0

    def sent(self, path: Recovery, *, now: float) -> int:
        self.number += 1
        path.sent(SentPacket(self.number, now, 75, ()))
        return self.number

    def answered(self, path: Recovery, *, now: float) -> None:
        number = self.sent(path, now=now - RTT)
        path.take_ack(Ack(((number, number + 1),), 0.0), next_number=number + 1, received_at=now, now=now)

    def judged(self, *, now: float) -> Carrier:
        self.choice.judge(now=now)
        return self.choice.way


def test_udp_is_taken_only_once_it_has_carried_something_both_ways() -> None:
    ends = Ends(Carrier.STREAM)
    ends.choice.heard(by_stream=False, now=0.05)
    assert ends.judged(now=0.05) is Carrier.STREAM, "heard, but nothing of ours arrived"
    ends = Ends(Carrier.STREAM)
    ends.answered(ends.udp, now=0.1)
    assert ends.judged(now=0.1) is Carrier.STREAM, "ours arrived, but nothing was heard"
    ends.choice.heard(by_stream=False, now=0.1)
    assert ends.judged(now=0.1) is Carrier.UDP


def test_a_challenge_that_is_answered_is_both_ways() -> None:
    ends = Ends(Carrier.STREAM, seeks=False)
    ends.choice.udp_answered(now=0.1)
    assert ends.judged(now=0.1) is Carrier.UDP


@pytest.mark.parametrize("way", [Carrier.UDP, Carrier.STREAM])
def test_what_leaves_a_question_open_for_too_long_shares_with_the_other(way: Carrier) -> None:
    ends = Ends(way)
    used = ends.udp if way is Carrier.UDP else ends.stream
    for _ in range(100):
        ends.answered(used, now=0.1)
    ends.sent(used, now=1.0)
    assert ends.judged(now=1.0) is way
    wakeup = ends.choice.next_wakeup()
    assert wakeup is not None and wakeup < 1.3
    assert ends.judged(now=1.3) is Carrier.BOTH
    assert ends.choice.settled is way


def test_udp_that_is_known_to_lose_is_doubted_for_no_single_loss() -> None:
    ends = Ends(Carrier.UDP)
    for number in range(100):
        ends.answered(ends.udp, now=number / 1000)
        if number % 3 == 0:
            ends.udp.loss.lost()
    ends.sent(ends.udp, now=1.0)
    assert ends.judged(now=1.3) is Carrier.UDP
    for number in range(10):
        ends.sent(ends.udp, now=1.3 + number / 50)
    assert ends.judged(now=1.5) is Carrier.UDP
    assert ends.judged(now=1.65) is Carrier.BOTH


def test_repeats_by_udp_make_its_probes_no_rarer() -> None:
    ends = doubting()
    assert ends.choice.udp_probe_due(now=1.0)
    for _ in range(50):
        ends.choice.sent_on_udp_alone()
    assert ends.choice.udp_probe_due(now=1.0 + PROBE_INTERVAL)


def flight_cut_short(ends: Ends, *, now: float) -> None:
    """Let UDP carry the first of what leaves at once, and nothing of the rest."""
    numbers = [ends.sent(ends.udp, now=now) for _ in range(24)]
    for arrived, moment in ((numbers[0], now + RTT), (ends.sent(ends.udp, now=now + RTT), now + 2 * RTT)):
        ends.udp.take_ack(Ack(((arrived, arrived + 1),), 0.0), next_number=arrived + 1, received_at=moment, now=moment)


def test_udp_that_passes_the_first_of_a_flight_alone_shares_with_the_stream_and_is_left_once_that_answers() -> None:
    ends = Ends(Carrier.UDP)
    for number in range(20):
        ends.answered(ends.udp, now=number / 10)
    flight_cut_short(ends, now=3.0)
    assert ends.judged(now=3.1) is Carrier.BOTH
    ends.answered(ends.udp, now=3.16)
    assert ends.judged(now=3.16) is Carrier.BOTH, "it answers what is small sooner than the stream does"
    ends.answered(ends.stream, now=3.18)
    assert ends.judged(now=3.18) is Carrier.STREAM


def test_udp_that_cut_a_flight_short_goes_on_where_the_stream_does_not_answer() -> None:
    ends = Ends(Carrier.UDP)
    for number in range(20):
        ends.answered(ends.udp, now=number / 10)
    ends.answered(ends.stream, now=2.0)
    flight_cut_short(ends, now=3.0)
    assert ends.judged(now=3.1) is Carrier.BOTH
    ends.answered(ends.udp, now=4.0)
    assert ends.judged(now=4.0) is Carrier.UDP
    assert ends.judged(now=4.0) is Carrier.UDP, "what was lost before is not held against it twice"


def test_a_flight_that_was_late_was_not_cut_short() -> None:
    ends = Ends(Carrier.UDP)
    for number in range(20):
        ends.answered(ends.udp, now=number / 10)
    flight_cut_short(ends, now=3.0)
    ends.udp.take_ack(Ack(((30, 40),), 0.0), next_number=50, received_at=3.1, now=3.1)
    assert ends.judged(now=3.1) is Carrier.UDP


def doubting(*, way: Carrier = Carrier.UDP) -> Ends:
    ends = Ends(way)
    ends.choice.doubt(now=1.0)
    return ends


def test_a_doubt_ends_with_what_answers() -> None:
    ends = doubting()
    ends.answered(ends.udp, now=1.2)
    assert ends.judged(now=1.2) is Carrier.UDP
    assert ends.choice.switches == 0


def test_an_answer_to_what_was_asked_before_the_doubt_ends_none() -> None:
    ends = doubting()
    ends.answered(ends.udp, now=1.01)
    ends.answered(ends.stream, now=1.01)
    assert ends.judged(now=1.02) is Carrier.BOTH


def test_udp_has_its_chances_before_the_stream_goes_on_alone_and_is_gone_back_to_later_and_later() -> None:
    ends = doubting()
    now = 1.0
    for _ in range(5):
        ends.answered(ends.stream, now=now + 0.2)
        assert ends.judged(now=now + 10) is Carrier.BOTH
        for _ in range(UDP_CHANCES):
            ends.choice.sent_on_udp_alone()
        assert ends.judged(now=now + 10) is Carrier.STREAM
        now += 10
        spell = 0.0
        while ends.choice.way is Carrier.STREAM:
            spell += 0.5
            ends.answered(ends.udp, now=now + spell)
            ends.choice.heard(by_stream=False, now=now + spell)
            ends.judged(now=now + spell)
        now += spell
        ends.choice.doubt(now=now)
    assert spell >= UDP_AGAIN_AFTER * 2**5


def test_a_new_network_ends_all_waiting() -> None:
    ends = doubting()
    ends.answered(ends.stream, now=1.2)
    for _ in range(UDP_CHANCES):
        ends.choice.sent_on_udp_alone()
    assert ends.judged(now=5.0) is Carrier.STREAM
    ends.choice.try_udp(now=5.1)
    assert ends.choice.udp_probe_due(now=5.1)
    ends.answered(ends.udp, now=5.2)
    ends.choice.heard(by_stream=False, now=5.2)
    assert ends.judged(now=5.2) is Carrier.UDP


def test_without_any_address_only_the_stream_is_used() -> None:
    ends = Ends(Carrier.STREAM)
    ends.choice.udp_usable = False
    ends.sent(ends.stream, now=0.0)
    assert ends.judged(now=100.0) is Carrier.STREAM
    assert ends.choice.next_wakeup() is None
    ends.choice.doubt(now=100.0)
    assert ends.judged(now=100.0) is Carrier.STREAM


def test_udp_that_does_not_answer_is_asked_ever_more_seldom() -> None:
    ends = Ends(Carrier.STREAM)
    asked: list[float] = []
    for step in range(60 * 60 * 10):
        if ends.choice.udp_probe_due(now=step / 10):
            ends.choice.sent_on_udp_alone()
            asked.append(step / 10)
    assert len([moment for moment in asked if moment < 10]) >= 5
    assert asked[-1] - asked[-2] == pytest.approx(UDP_PROBE_MAX, abs=0.2)


def test_a_server_asks_back_by_udp_only_where_it_is_asked() -> None:
    ends = Ends(Carrier.STREAM, seeks=False)
    assert not ends.choice.udp_probe_due(now=100.0)
    ends.choice.heard(by_stream=False, now=100.0)
    assert ends.choice.udp_probe_due(now=100.0)
    assert not ends.choice.udp_probe_due(now=200.0)
