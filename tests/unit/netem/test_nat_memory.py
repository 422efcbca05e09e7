"""A NAT forgets what is silent for too long, in the virtual world and in the relay's memory alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import BadProfile
from rmosh_netem.firewall import Firewall
from rmosh_netem.nat_memory import MAX_FLOWS, NatMemory
from rmosh_netem.profiles import load_profiles, parse_profiles


def test_a_silent_flow_is_forgotten_and_then_nothing_gets_in_until_it_speaks() -> None:
    memory = NatMemory[str](forget_after=30.0)
    assert not memory.outbound("a", now=0.0)
    assert memory.inbound("a", now=30.0)
    assert not memory.inbound("a", now=60.1)
    assert memory.outbound("a", now=60.2)
    assert memory.inbound("a", now=60.3)


def test_a_flow_that_never_spoke_gets_nothing() -> None:
    assert not NatMemory[str](forget_after=None).inbound("a", now=0.0)


def test_many_flows_do_not_fill_the_memory() -> None:
    memory = NatMemory[int](forget_after=None)
    for flow in range(MAX_FLOWS + 10):
        memory.outbound(flow, now=0.0)
    assert not memory.inbound(0, now=0.0)
    assert memory.inbound(MAX_FLOWS + 9, now=0.0)


@given(st.lists(st.tuples(st.floats(0, 60), st.booleans()), max_size=60), st.floats(1, 40))
def test_a_flow_is_known_exactly_while_no_silence_was_too_long(packets: list[tuple[float, bool]], limit: float) -> None:
    memory, now = NatMemory[str](forget_after=limit), 0.0
    last: float | None = None
    for gap, outwards in packets:
        now += gap
        alive = last is not None and now - last <= limit
        if outwards:
            assert memory.outbound("a", now=now) == (last is not None and not alive)
            last = now
        else:
            assert memory.inbound("a", now=now) == alive
            last = now if alive else last


def test_profiles_tell_the_nat_s_patience_and_the_firewall() -> None:
    profiles = load_profiles()
    assert profiles["nat-forgets"].nat_timeout == 30.0
    assert profiles["udp-blocked"].firewall == Firewall(blocked=True)
    assert profiles["lan"].nat_timeout is None and profiles["lan"].firewall == Firewall()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('nat_timeout = "soon"', r"profile x in a test: 'soon' is not a time"),
        ('nat_timeout = "0"', r"forgets at once: give 1s or more"),
        ('udp_blocked = "perhaps"', r"'perhaps' is neither yes nor no"),
        ('udp_refusal = "rudely"', r"there is no refusal 'rudely'"),
        ('udp_largest = "20"', r"udp_largest in profile x in a test: .* give 49 or more"),
        ('udp_rate = "fast"', r"'fast' is not a rate"),
    ],
)
def test_wrong_words_of_them_are_refused(line: str, complaint: str) -> None:
    with pytest.raises(BadProfile, match=complaint):
        parse_profiles(f"[x]\n{line}", where="a test")
