"""Paths that swallow large packets, from the start or all at once."""

import random

import pytest
from virtual_session import colourful_page

from rmosh.transport.policy import MTU_MAX_PROBES
from rmosh_netem.link import LinkModel


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_coloured_screen_gets_past_a_path_that_swallows_large_packets_within_three_round_trips(make_session, mtu):
    session = make_session(LinkModel(delay=0.05, mtu=mtu), seed=6, rows=48, columns=160)
    session.world.run(2)
    chance = random.Random(6)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        began = session.world.now
        assert session.world.run_until(session.same_screen, limit=10)
        assert session.world.now - began < 0.3
        session.world.run(1)
    assert session.world.down.counters.dropped_by_mtu <= 7 * MTU_MAX_PROBES


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_path_that_begins_to_swallow_large_packets_is_noticed_within_six_round_trips(make_session, mtu):
    session = make_session(LinkModel(delay=0.05), seed=7, rows=48, columns=160)
    chance = random.Random(7)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        session.world.run(1)
    session.world.down.model = LinkModel(delay=0.05, mtu=mtu)
    session.output(colourful_page(chance, rows=48, columns=160))
    began = session.world.now
    assert session.world.run_until(session.same_screen, limit=10)
    print("noticed after", session.world.now - began)
    assert session.world.now - began < 0.6
