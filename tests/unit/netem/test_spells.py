"""Bad spells are drawn on absolute time: whatever is sent meets the same ones."""

from dataclasses import replace

import pytest

from rmosh_netem.link import Bursts, Link, LinkModel, link_pair
from rmosh_netem.profiles import load_profiles
from rmosh_netem.spells import Spells

BURST = LinkModel(bursts=Bursts(good=2.0, bad=0.3))


def dark(link: Link, *times: float) -> list[bool]:
    """Which whole tenths of a second of a minute are dark, as seen by datagrams at `times`."""
    seen = {}
    for time in sorted({*times, *(tenth / 10 for tenth in range(600))}):
        seen[time] = not link.send(b"x", now=time)
    return [seen[tenth / 10] for tenth in range(600)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_sender_meets_the_same_outages(seed: int) -> None:
    alone = dark(Link(BURST, seed))
    assert any(alone) and not all(alone)
    assert dark(Link(BURST, seed), *(number / 50 for number in range(3000))) == alone
    assert dark(Link(BURST, seed), 0.01) == alone
    late = Link(BURST, seed)
    assert [not late.send(b"x", now=tenth / 10) for tenth in range(300, 600)] == alone[300:]


def test_a_change_of_other_settings_leaves_the_outages_as_they_are() -> None:
    link, other = Link(BURST, 5), Link(replace(BURST, delay=0.2, jitter=0.1, duplicate=0.5), 5)
    assert dark(link) == dark(other)


def test_measuring_that_begins_later_meets_the_same_outages() -> None:
    early, late = Link(BURST, 2, begin=0.0), Link(BURST, 2, begin=0.0)
    late.send(b"login", now=3.3)
    late.begin_again(now=77.0)
    lost = [not early.send(b"x", now=tenth / 10) for tenth in range(600)]
    assert [not late.send(b"x", now=77.0 + tenth / 10 + 1e-9) for tenth in range(600)] == lost


def test_both_directions_are_bad_together_only_where_that_is_asked() -> None:
    for both_ways in (False, True):
        model = LinkModel(bursts=Bursts(good=2.0, bad=0.3, both_ways=both_ways))
        up, down = link_pair(model, model, seed=3, begin=0.0)
        assert (dark(up) == dark(down)) is both_ways


def test_both_directions_of_the_train_enter_a_tunnel_together() -> None:
    profile = load_profiles()["train"]
    up, down = link_pair(profile.up, profile.down, seed=1, begin=100.0)
    up.send(b"x", now=100.0)
    down.send(b"x", now=105.0)  # a server that speaks later
    for link in (up, down):
        before = link.counters.dropped_by_blackout
        link.send(b"x", now=139.9)
        assert link.counters.dropped_by_blackout == before
        link.send(b"x", now=140.1)
        assert link.counters.dropped_by_blackout == before + 1


def test_spells_have_their_mean_share_over_any_stretch() -> None:
    spells = Spells(Bursts(good=0.9, bad=0.1), seed=1)
    bad = sum(spells.is_bad(number * 0.03) for number in range(100_000)) / 100_000
    assert bad == pytest.approx(0.1, abs=0.01)


def test_any_moment_can_be_asked_for_in_any_order() -> None:
    spells = Spells(Bursts(good=0.5, bad=0.5), seed=1)
    times = [number * 37.7 for number in range(-20, 200)]
    assert [spells.is_bad(time) for time in times] == [spells.is_bad(time) for time in reversed(times)][::-1]
    assert isinstance(spells.is_bad(1e9), bool)
