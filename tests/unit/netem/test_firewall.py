"""A firewall does to UDP what it says, by size and by rate, and refuses as a kernel understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import BadRequest
from rmosh_netem.firewall import Firewall, IcmpRefusal, Policer
from rmosh_netem.lab.packets import ICMP as ICMP_PROTOCOL
from rmosh_netem.lab.packets import ICMPV6 as ICMPV6_PROTOCOL
from rmosh_netem.lab.refusals import refuse
from rmosh_netem.profiles import find_profile, load_profiles, with_profile_settings
from rmosh_netem.relay import Relay
from tests.unit.netem.packet_maker import UDP, checksums_are_right, make_packet, packet_of


def test_what_is_larger_than_a_firewall_likes_vanishes() -> None:
    firewall, policer = Firewall(largest=900), Policer()
    assert [policer.passes(size, firewall, now=0.0) for size in (900, 901, 49)] == [True, False, True]


def test_a_policer_lets_its_rate_through_in_the_long_run() -> None:
    firewall, policer = Firewall(rate=64_000), Policer()
    passed = sum(100 for tick in range(3000) if policer.passes(100, firewall, now=tick / 100))
    assert passed == pytest.approx(64_000 / 8 * 30, rel=0.02)  # of 300 kB offered in 30 s


def test_a_policer_lets_a_whole_packet_through_however_low_its_rate() -> None:
    firewall, policer = Firewall(rate=1000), Policer()
    assert policer.passes(1500, firewall, now=0.0)
    assert not policer.passes(1500, firewall, now=1.0)
    assert policer.passes(1500, firewall, now=13.0)


@given(st.lists(st.tuples(st.integers(28, 1500), st.floats(0, 0.1)), max_size=200))
def test_nobody_gets_more_than_the_rate_and_one_burst(packets: list[tuple[int, float]]) -> None:
    firewall, policer, now, passed = Firewall(rate=64_000), Policer(), 0.0, 0
    for size, gap in packets:
        now += gap
        passed += size if policer.passes(size, firewall, now=now) else 0
    assert passed <= 64_000 / 8 * now + 1500 + 1e-6


@pytest.mark.parametrize(
    ("firewall", "words"),
    [
        (Firewall(), ""),
        (Firewall(blocked=True), "a firewall eats all UDP"),
        (Firewall(blocked=True, refusal=IcmpRefusal.HOST_PROHIBITED), "a firewall refuses all UDP (host-prohibited)"),
        (Firewall(largest=900, rate=64e3), "a firewall eats UDP larger than 900 bytes and beyond 64 kbit/s"),
    ],
)
def test_a_firewall_is_told_in_words(firewall: Firewall, words: str) -> None:
    assert firewall.in_words == words


def test_what_is_set_of_a_firewall_leaves_the_rest_of_it() -> None:
    policed = load_profiles()["policed"]
    assert with_profile_settings(policed, ["udp_rate=1mbit"]).firewall == Firewall(largest=900, rate=1e6)
    assert with_profile_settings(policed, ["udp_largest=none"]).firewall == Firewall()


def test_only_a_laboratory_can_refuse() -> None:
    refusing = with_profile_settings(find_profile("lan", load_profiles()), ["udp_refusal=admin-prohibited"])
    with pytest.raises(BadRequest, match="use rmosh-netem lab"):
        Relay(refusing, seed=1)


@pytest.mark.parametrize("refusal", IcmpRefusal)
@pytest.mark.parametrize(("client", "server"), [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
def test_a_refusal_goes_back_with_the_packet_it_is_about(client: str, server: str, refusal: IcmpRefusal) -> None:
    packet = packet_of(make_packet(UDP, client, server, payload=bytes(1200)))
    answer = packet_of(refuse(packet, refusal))
    assert checksums_are_right(answer.data)
    assert (answer.source.address, answer.destination.address) == (packet.destination.address, packet.source.address)
    assert answer.protocol == (ICMPV6_PROTOCOL if ":" in client else ICMP_PROTOCOL)
    assert answer.quotes_at is not None
    quoted = packet_of(answer.data[answer.quotes_at :])
    assert (quoted.source, quoted.destination) == (packet.source, packet.destination)
    assert len(answer.data) <= (1280 if ":" in client else 576)
