"""Lines that control a relay do what they say, or say what is wrong and change nothing."""

import json
from pathlib import Path

import pytest

from rmosh_netem.control import obey
from rmosh_netem.errors import NetemError
from rmosh_netem.firewall import Firewall
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import load_profiles


class FakeRelay:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.up = LinkModel(delay=0.1)
        self.down = LinkModel(delay=0.2)
        self.told: list[tuple[str, object]] = []
        self.firewall = Firewall()

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        self.up = up or self.up
        self.down = down or self.down

    def blackout(self, seconds: float) -> None:
        self.told.append(("blackout", seconds))

    def rebind(self, host: str | None = None) -> int:
        self.told.append(("rebind", host))
        return 2

    def put_up(self, firewall: Firewall) -> None:
        self.firewall = firewall
        self.told.append(("put_up", firewall))

    def forget_after(self, seconds: float | None) -> None:
        self.told.append(("forget_after", seconds))

    def begin_again(self) -> None:
        self.told.append(("begin_again", None))

    def describe(self) -> dict[str, object]:
        return {"up": 1}


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


def test_settings_change_both_directions(relay: FakeRelay) -> None:
    obey("loss=30% mtu=600", relay, {})
    assert relay.up == LinkModel(delay=0.1, loss=0.3, mtu=600)
    assert relay.down == LinkModel(delay=0.2, loss=0.3, mtu=600)


def test_one_direction_can_be_changed(relay: FakeRelay) -> None:
    obey("down rate=1mbit", relay, {})
    assert relay.up == LinkModel(delay=0.1)
    assert relay.down == LinkModel(delay=0.2, rate=1e6)


def test_a_profile_replaces_both_models(relay: FakeRelay) -> None:
    profiles = load_profiles()
    assert "satellite" in obey("profile satellite", relay, profiles)
    assert relay.up == profiles["satellite"].up


def test_a_profile_brings_its_firewall_and_its_nat(relay: FakeRelay) -> None:
    profiles = load_profiles()
    obey("profile udp-blocked", relay, profiles)
    assert relay.told == [("put_up", Firewall(blocked=True)), ("forget_after", None)]
    relay.told.clear()
    obey("profile nat-forgets", relay, profiles)
    assert relay.told == [("put_up", Firewall()), ("forget_after", 30.0)]


def test_what_is_set_holds_against_the_schedule(relay: FakeRelay) -> None:
    relay.up = relay.down = load_profiles()["train"].up
    obey("loss=100%", relay, {})
    for second in range(300):
        assert relay.up.as_of(second).loss == 1.0
    assert relay.up.as_of(30).delay == 0.04
    assert relay.up.as_of(120).delay == 0.06  # the schedule goes on with all else
    assert relay.up.schedule is not None and len(relay.up.schedule.blackouts) == 6


def test_a_schedule_that_has_nothing_left_to_change_is_gone(tmp_path: Path, relay: FakeRelay) -> None:
    (tmp_path / "a.trace").write_text("at 0s loss=1%\nat 600s loss=2%\n")
    obey(f"delay=5ms schedule={tmp_path / 'a.trace'}", relay, {})
    assert relay.up.as_of(700) == LinkModel(delay=0.005, loss=0.02)
    obey("loss=100%", relay, {})
    assert relay.up == LinkModel(delay=0.005, loss=1.0)


def test_blackouts_and_rebinds_are_passed_on(relay: FakeRelay) -> None:
    obey("blackout 10s", relay, {})
    assert "2 clients" in obey("rebind", relay, {})
    obey("rebind 127.0.0.9", relay, {})
    assert relay.told == [("blackout", 10.0), ("rebind", None), ("rebind", "127.0.0.9")]


def test_stats_are_json_and_help_lists_the_commands(relay: FakeRelay) -> None:
    assert json.loads(obey("stats", relay, {})) == {"up": 1}
    assert "blackout" in obey("help", relay, {})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dance", "say help"),
        ("blackout", "say help"),
        ("up", "say help"),
        ("blackout long", "150ms"),
        ("loss=130%", "at most 100%"),
        ("profile mars", "no profile 'mars'"),
    ],
)
def test_a_wrong_line_is_refused_with_the_remedy_and_changes_nothing(relay: FakeRelay, line: str, words: str) -> None:
    before = relay.up, relay.down
    with pytest.raises(NetemError, match=words):
        obey(line, relay, load_profiles())
    assert (relay.up, relay.down) == before
    assert relay.told == []
